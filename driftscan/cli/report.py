"""`driftscan report`: the incident report as one file."""

from dataclasses import replace
from pathlib import Path

import click

from driftscan.cli import options, output
from driftscan.cli.options import Asked, Place
from driftscan.drift.query import Query, select
from driftscan.history.repository import Repository
from driftscan.report import json
from driftscan.report.file import write
from driftscan.report.rows import Extent
from driftscan.report.view import build


@click.command("report")
@options.asked
@options.place
@options.query
@options.formats("html", "json")
@click.option(
    "-o", "file", type=click.Path(path_type=Path), metavar="FILE", help="Where to. [default: driftscan-report.FORMAT]"
)
@options.quiet
@options.strict
@options.exit_code
def command(
    *,
    asked: Asked,
    place: Place,
    query: Query,
    form: str,
    file: Path | None,
    quiet: bool,
    strict: bool,
    exit_code: bool,
) -> int:
    """Write the incident report: one HTML file that needs nothing else, mode 0600.

    It holds what changed, what broke and when it was mended, the known breakages explained, the raw differences, and
    what is in force now.
    """
    with Repository.open(place.directory) as repository:
        options.tell(asked.describe(), quiet=quiet)
        examined = place.examine(repository, asked.selection, output.now().date())
        outcome = examined.outcome
        wanted = select(outcome, query)
        request = output.request(
            place=place, repository=repository, outcome=wanted, asked=asked, query=query, extent=Extent.WHOLE
        )
        request = replace(request, decided=examined.decided)
    written = file or Path(f"driftscan-report.{form}")
    if form == "json":
        write(written, json.log(wanted, request))
    else:
        # jinja2 is slow to import, and the other formats do not need it.
        from driftscan.report import html  # noqa: PLC0415

        write(written, html.render(build(wanted, request)))
    options.tell(f"wrote {written}", quiet=quiet)
    return output.exit_code(outcome.gaps, wanted.open, strict=strict, fail_on_findings=exit_code)
