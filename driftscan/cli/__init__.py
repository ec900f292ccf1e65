"""The command line: one file per verb, and the one place where errors become exit codes.

A verb is a translation: arguments to one call, its result to text, the outcome to an exit code. Verbs are imported
when they are called, because starting fast matters in a hook.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

from driftscan import __version__
from driftscan.errors import DriftscanError, ExitCode
from driftscan.report.printable import printable

VERBS = ("log", "show", "diff", "report", "effective", "check", "suspects", "patterns", "hook", "demo")
"""In the order of the help page."""


class _Verbs(click.Group):
    """Verbs by name, each in its own module."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"driftscan.cli.{cmd_name}").command
        assert isinstance(command, click.Command), "every module of a verb has a click command"  # noqa: S101
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="driftscan", message="%(prog)s %(version)s")
def driftscan() -> None:
    """What changed in nginx TLS, when, by whom, who is hit, and why it breaks.

    Reads the git history that etckeeper keeps of /etc, and writes nothing to it. Start with `driftscan demo`, or
    with `driftscan log --since yesterday`.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; no traceback reaches a user who made no mistake."""
    try:
        result = driftscan.main(argv, prog_name="driftscan", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except DriftscanError as error:
        print(f"driftscan: {printable(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of a pipe has seen enough. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception:
        traceback.print_exc()
        print("driftscan: this is a bug of driftscan; please report it with the lines above", file=sys.stderr)
        return ExitCode.BUG
    return result if isinstance(result, int) else ExitCode.DONE
