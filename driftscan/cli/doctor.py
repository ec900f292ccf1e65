"""`driftscan doctor`: whether everything is there and right."""

from pathlib import Path

import click

from driftscan.cli import options, output
from driftscan.configuration.read import DEFAULT
from driftscan.doctor import render
from driftscan.doctor.examine import examine
from driftscan.doctor.subject import Subject
from driftscan.errors import DriftscanError, ExitCode


@click.command("doctor")
@click.option(
    "-C",
    "directory",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    help="The repository. [default: /etc, or what the settings say]",
)
@options.formats("text", "json")
@options.color
def command(*, directory: Path | None, form: str, color: str) -> int:
    """Whether everything that driftscan needs is there and right, and the command that mends what is not.

    Looks at python, git, the repository, etckeeper, the hook, the settings, and how much of nginx's configuration can
    be read. Writes nothing. Exits 1 when something fails; warnings are no failure.
    """
    configured, trouble = DEFAULT, ""
    try:
        configured = options.configured(click.get_current_context())
    except DriftscanError as error:
        trouble = str(error)
    where = directory or Path(configured.settings.host.directory)
    subject = Subject(where, output.now().astimezone(), configured, trouble)
    found = examine(subject)
    output.emit(render.json(subject, found) if form == "json" else render.text(found, output.palette(color)))
    return ExitCode.DONE if found.works else ExitCode.FINDINGS
