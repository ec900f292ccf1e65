"""`python -m driftscan`."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C before main() listens has nothing to clear up, or to print

try:
    from driftscan.cli import main
except ModuleNotFoundError as error:
    from driftscan.errors import ExitCode, missing_package

    if (said := missing_package(error)) is None:
        raise
    print(f"driftscan: {said}", file=sys.stderr)
    sys.exit(ExitCode.USAGE)

sys.exit(main())
