"""`driftscan hook`: run after every commit of /etc."""

import sys
from pathlib import Path

import click

from driftscan.hook import install as installer
from driftscan.hook.run import run as run_hook
from driftscan.report.printable import printable

_directory = click.option(
    "-C",
    "directory",
    type=click.Path(path_type=Path),
    default=Path("/etc"),
    metavar="DIR",
    help="The repository. [default: /etc]",
)


@click.group("hook")
def command() -> None:
    """Run driftscan after every commit; it speaks only when one broke something."""


@command.command("install")
@_directory
def install(*, directory: Path) -> int:
    """Write git's post-commit hook; a hook that is there goes on running."""
    click.echo(printable(str(installer.install(directory, Path(sys.executable)))))
    return 0


@command.command("uninstall")
@_directory
def uninstall(*, directory: Path) -> int:
    """Leave the hook as it was before."""
    click.echo(printable(str(installer.uninstall(directory))))
    return 0


@command.command("status")
@_directory
def status(*, directory: Path) -> int:
    """Whether the hook is there and can run."""
    found = installer.status(directory)
    click.echo(printable(str(found)))
    return 0 if found.installed and found.trouble is None else 1


@command.command("run")
@_directory
@click.argument("revision", default="HEAD", metavar="[COMMIT]")
def run(*, directory: Path, revision: str) -> int:
    """What the hook does: a few lines when the commit broke something, else nothing. Always exits 0."""
    # Whatever goes wrong here, a commit of /etc must not fail for it.
    try:
        sys.stderr.write(run_hook(directory, revision))
    except Exception as error:
        said = printable(f"{type(error).__name__}: {error}")
        sys.stderr.write(f"driftscan: could not look at the new commit ({said}); `driftscan show` tells more\n")
    return 0
