"""The command line: one file per verb, and the one place where errors become exit codes.

A verb is a translation: arguments to one call, its result to text, the outcome to an exit code. Verbs are imported
when they are called, because starting fast matters in a hook.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from driftscan import __version__
from driftscan.cli.interrupt import Stopped, stoppable
from driftscan.errors import DriftscanError, ExitCode, missing_package
from driftscan.report.printable import printable

VERBS = (
    "log",
    "show",
    "diff",
    "report",
    "effective",
    "blame",
    "check",
    "suspects",
    "patterns",
    "hook",
    "doctor",
    "demo",
    "completion",
)
"""In the order of the help page."""
QUESTION = "_DRIFTSCAN_COMPLETE"
"""The variable by which a shell asks what can be completed, as click has it."""


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


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    no_args_is_help=True,
    subcommand_metavar="COMMAND [ARGS]...",
)
@click.version_option(__version__, prog_name="driftscan", message="%(prog)s %(version)s")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The settings of this host, if they are not in /etc/driftscan.toml.",
)
@click.option("--show-config", is_flag=True, help="Show the settings in force and where they come from, and exit.")
@click.pass_context
def driftscan(
    context: click.Context,
    *,
    config_file: Path | None,  # noqa: ARG001 - options.configured reads it when a verb asks
    show_config: bool,
) -> None:
    """What changed in nginx TLS, when, by whom, who is hit, and why it breaks.

    Reads the git history that etckeeper keeps of /etc, and writes nothing to it. Start with `driftscan demo`, or
    with `driftscan log --since yesterday`.
    """
    if show_config:
        _show_config(context)
        context.exit()
    if context.invoked_subcommand is None:
        context.fail("Missing command.")


def _show_config(context: click.Context) -> None:
    # The verbs' own modules are slow to import, and help does without them.
    from driftscan.cli import options, output  # noqa: PLC0415
    from driftscan.report import settings  # noqa: PLC0415

    output.emit(settings.render(options.configured(context)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; no traceback reaches a user who made no mistake."""
    try:
        with stoppable():
            return _run(argv)
    except Stopped as stopped:
        with suppress(OSError):  # the terminal may be what has gone
            print(f"driftscan: {stopped}", file=sys.stderr)
        return stopped.exit_code


def _run(argv: Sequence[str] | None) -> int:
    if QUESTION in os.environ:
        from driftscan.cli import completion  # noqa: PLC0415 - only the TAB key needs it

        return completion.answer(os.environ[QUESTION])
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
    except Exception as error:
        if said := missing_package(error):
            print(f"driftscan: {said}", file=sys.stderr)
            return ExitCode.USAGE
        traceback.print_exc()
        print("driftscan: this is a bug of driftscan; please report it with the lines above", file=sys.stderr)
        return ExitCode.BUG
    return result if isinstance(result, int) else ExitCode.DONE
