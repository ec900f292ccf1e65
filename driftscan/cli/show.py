"""`driftscan show`: what one commit did."""

from dataclasses import replace

import click

from driftscan.cli import options, output, progress
from driftscan.cli.options import Asked, Place
from driftscan.drift.query import Query
from driftscan.history.dates import Window
from driftscan.report import json, text
from driftscan.report.rows import Extent
from driftscan.report.view import build


@click.command("show")
@click.argument("revision", default="HEAD", metavar="[COMMIT]")
@options.place
@options.formats("text", "json")
@options.color
@options.quiet
@options.strict
@options.exit_code
@options.show_suppressed
def command(
    *,
    revision: str,
    place: Place,
    form: str,
    color: str,
    quiet: bool,
    strict: bool,
    exit_code: bool,
    show_suppressed: bool,
) -> int:
    """What one commit changed in TLS, against its first parent."""
    with progress.opened(place.directory, quiet=quiet) as repository:
        commit = repository.resolve(revision)
        asked = Asked(commit, Window(), 1)
        examined = place.examine(repository, asked.selection, output.now().date())
        outcome = examined.outcome
        request = output.request(
            place=place, repository=repository, outcome=outcome, asked=asked, query=Query(), extent=Extent.CHANGES
        )
        request = replace(request, decided=examined.decided, show_suppressed=show_suppressed)
    options.tell(f"range: commit {commit[:12]} ({revision})", quiet=quiet)
    if form == "json":
        output.emit(json.log(outcome, request))
    else:
        output.emit(text.step(build(outcome, request), output.palette(color)))
    events = [event for step in outcome.steps for event in step.findings]
    return output.exit_code(outcome.gaps, events, strict=strict, fail_on_findings=exit_code)
