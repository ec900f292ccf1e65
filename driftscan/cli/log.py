"""`driftscan log`: what changed over time, with findings."""

import click

from driftscan.cli import options, output
from driftscan.cli.options import Asked, Place
from driftscan.drift.query import Query, select
from driftscan.drift.scan import finish
from driftscan.history.repository import Repository
from driftscan.report import json, text
from driftscan.report.rows import Extent
from driftscan.report.view import build


@click.command("log")
@options.asked
@options.place
@options.query
@options.formats("text", "json")
@options.color
@options.quiet
@options.strict
@options.exit_code
def command(
    *,
    asked: Asked,
    place: Place,
    query: Query,
    form: str,
    color: str,
    quiet: bool,
    strict: bool,
    exit_code: bool,
) -> int:
    """TLS changes over time, newest first, with what they broke and mended.

    Dates are ISO 8601 or git's relative words; a bare date is the whole local day. Commits behind a wrong clock are
    found too.
    """
    with Repository.open(place.directory) as repository:
        options.tell(asked.describe(), quiet=quiet)
        outcome = finish(place.scan(repository, asked.selection))
        wanted = select(outcome, query)
        request = output.request(
            place=place, repository=repository, outcome=wanted, asked=asked, query=query, extent=Extent.CHANGES
        )
    if form == "json":
        output.emit(json.log(wanted, request))
    else:
        output.emit(text.log(build(wanted, request), output.palette(color)))
    events = [event for step in wanted.steps for event in step.findings]
    return output.exit_code(outcome.gaps, events, strict=strict, fail_on_findings=exit_code)
