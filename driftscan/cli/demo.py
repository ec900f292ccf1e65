"""`driftscan demo`: the founding incident, built and reported on."""

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from driftscan.cli import options, output
from driftscan.cli.options import Asked, Place
from driftscan.demo.build import build as build_history
from driftscan.drift.chronicle import Witness
from driftscan.drift.query import Query
from driftscan.history.dates import Window
from driftscan.history.observe import Options
from driftscan.history.repository import Repository
from driftscan.nginx.includes import Layout
from driftscan.report import html, json, text
from driftscan.report.file import write
from driftscan.report.rows import Extent
from driftscan.report.view import build


@click.command("demo")
@click.argument("directory", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "-o",
    "file",
    type=click.Path(path_type=Path),
    default=Path("driftscan-demo.html"),
    show_default=True,
    metavar="FILE",
    help="Where the report goes.",
)
@options.formats("text", "json")
@options.color
@options.quiet
def command(*, directory: Path | None, file: Path, form: str, color: str, quiet: bool) -> int:
    """Build the incident that driftscan began with, and report on it.

    It is a real git history in DIR, to try the other verbs on; without DIR it is thrown away again.
    """
    if directory is not None:
        _tell(directory, str(directory), file, form, color, quiet=quiet)
        return 0
    with tempfile.TemporaryDirectory(prefix="driftscan-demo-") as temporary:
        # The same report every time, and no path in it that is gone when it is read.
        _tell(Path(temporary) / "etc", "/etc (demo)", file, form, color, quiet=quiet)
    return 0


def _tell(directory: Path, name: str, file: Path, form: str, color: str, *, quiet: bool) -> None:
    build_history(directory)
    place = Place(directory, Layout(), Options(), root_given=False)
    asked = Asked(None, Window(), None)
    with Repository.open(directory) as repository:
        witness = Witness()
        outcome = place.examine(repository, asked.selection, output.now().date(), witness).outcome
        request = output.request(
            place=place, repository=repository, outcome=outcome, asked=asked, query=Query(), extent=Extent.WHOLE
        )
    request = replace(request, path=name, chronicle=witness.chronicle)
    report = build(outcome, request)
    output.emit(json.log(outcome, request) if form == "json" else text.log(report, output.palette(color)))
    write(file, html.render(report))
    options.tell(f"wrote {file}", quiet=quiet)
