"""`driftscan suspects`: which change may have caused an incident."""

from datetime import datetime

import click

from driftscan.cli import options, output, progress
from driftscan.cli.options import Asked, Place
from driftscan.drift.suspects import Incident, rank
from driftscan.history import dates
from driftscan.history.dates import Window
from driftscan.patterns.search import Index
from driftscan.report import json, suspects


@click.command("suspects")
@click.option("--at", "time", required=True, metavar="TIME", help="When it was first seen: ISO 8601 or git's words.")
@click.option("--symptom", metavar="TEXT", help="What was seen: a browser's, client's or server's error, pasted.")
@click.option("--server", metavar="GLOB", help="The name that visitors asked for.")
@click.option("--since", metavar="DATE", help="Only commits from then on. [default: the whole history]")
@click.option("-n", "limit", type=click.IntRange(min=1), default=5, show_default=True, help="How many to show.")
@options.place
@options.formats("text", "json")
@options.color
@options.quiet
@options.strict
def command(
    *,
    time: str,
    symptom: str | None,
    server: str | None,
    since: str | None,
    limit: int,
    place: Place,
    form: str,
    color: str,
    quiet: bool,
    strict: bool,
) -> int:
    """The changes before an incident, the likeliest cause first, each with the reasons for its rank.

    They are ranked by what they explain, whom they hit, how long before they came, and how certain that is. What was
    resolved before the incident is left out; what was committed after it counts where it may have been made before.
    """
    now = datetime.now().astimezone()
    at = dates.until(time, now)
    window = Window.parse(since, None, now)
    with progress.opened(place.directory, quiet=quiet) as repository:
        examined = place.examine(repository, Asked(None, window, None).selection, output.now().date())
    outcome = examined.outcome
    explains = None if symptom is None else Index(examined.entries).scores(symptom)
    if explains is not None and not explains:
        options.tell("no known breakage shows that symptom; ranked by the rest", quiet=quiet)
    incident = Incident(at, server, explains or None)
    found = rank(outcome, incident)
    options.tell(f"incident: {at:%Y-%m-%d %H:%M:%S %z}; {window.describe()}", quiet=quiet)
    rows = suspects.suspect_rows(found[:limit], incident)
    if form == "json":
        output.emit(json.suspects(rows, incident, symptom))
    else:
        output.emit(suspects.render(rows, len(found) - len(rows), output.palette(color)))
    return output.exit_code(outcome.gaps, (), strict=strict, fail_on_findings=False)
