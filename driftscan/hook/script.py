"""The lines of shell that a hook runs, for one repository and one interpreter."""

import re
import shlex
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from driftscan.hook.gate import PACKAGES

TITLE: Final = "# Tells what this commit does to nginx TLS. `driftscan hook uninstall` takes these lines away.\n"
POST_COMMIT: Final = "post-commit"
POST_REWRITE: Final = "post-rewrite"
UNTIL_REBASED: Final = (
    "# What a rebase passes through is nobody's configuration; `post-rewrite rebase` is its end.\n"
    '    if [ "${1-}" != rebase ]; then\n'
    '        if [ -d "$git_dir/rebase-merge" ] || [ -d "$git_dir/rebase-apply" ]; then exit 0; fi\n'
    "    fi"
)


@dataclass(frozen=True, slots=True)
class Call:
    """What the lines call, and for what."""

    python: Path
    """The interpreter that driftscan is installed for, as `sys.executable` names it: not resolved, since the way
    through a virtual environment's link is what makes it that environment."""
    top: Path
    """The work tree, links followed."""
    git_dir: Path
    gate: Path
    """The file of :mod:`driftscan.hook.gate`."""
    config: Path | None = None
    """The configuration file, where it is not the usual one."""


def lines(call: Call, *, waits_for_rebase: bool) -> bytes:
    """The lines, for any POSIX shell and under any of its options."""
    text = resources.files("driftscan.hook").joinpath("lines.sh").read_text("utf-8")
    values = {
        "PACKAGES": PACKAGES,
        "CONFIG": "" if call.config is None else f"--config {shlex.quote(str(call.config))} ",
        "PYTHON": shlex.quote(str(call.python)),
        "REPOSITORY": shlex.quote(str(call.top)),
        "GIT_DIR": shlex.quote(str(call.git_dir)),
        "GATE": shlex.quote(str(call.gate)),
        "UNTIL_REBASED": UNTIL_REBASED if waits_for_rebase else ":",
    }
    filled = re.sub(r"@([A-Z_]+)@", lambda place: values[place[1]], text)
    return (TITLE + filled).encode("utf-8", "surrogateescape")
