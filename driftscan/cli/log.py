"""`driftscan log`: what changed over time, with findings."""

from dataclasses import replace

import click

from driftscan.cli import options, output, progress
from driftscan.cli.options import Asked, Place
from driftscan.drift.query import Query, select
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
@options.show_suppressed
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
    show_suppressed: bool,
) -> int:
    """TLS changes over time, newest first, with what they broke and mended.

    Dates are ISO 8601 or git's relative words; a bare date is the whole local day. Commits behind a wrong clock are
    found too.
    """
    with progress.opened(place.directory, quiet=quiet) as repository:
        options.tell(asked.describe(), quiet=quiet)
        examined = place.examine(repository, asked.selection, output.now().date())
        outcome = examined.outcome
        wanted = select(outcome, query)
        request = output.request(
            place=place, repository=repository, outcome=wanted, asked=asked, query=query, extent=Extent.CHANGES
        )
        request = replace(request, decided=examined.decided, show_suppressed=show_suppressed)
    if form == "json":
        output.emit(json.log(wanted, request))
    else:
        output.emit(text.log(build(wanted, request), output.palette(color)))
    events = [event for step in wanted.steps for event in step.findings]
    return output.exit_code(outcome.gaps, events, strict=strict, fail_on_findings=exit_code)
