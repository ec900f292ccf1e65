"""`driftscan patterns`: the catalogue of known breakages, offline."""

import click

from driftscan.cli import options, output
from driftscan.errors import DriftscanError
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.report import json, text
from driftscan.report.patterns import pattern_row


@click.command("patterns")
@click.argument("identifier", required=False, metavar="[ID]")
@click.option("--search", metavar="TEXT", help="Those whose symptoms or explanation hold this text, such as an error.")
@options.formats("text", "json")
@options.color
def command(*, identifier: str | None, search: str | None, form: str, color: str) -> int:
    """The known breakages; with an ID, one of them explained."""
    known = [entry for entry in catalogue() if identifier in {None, entry.id}]
    if not known:
        raise DriftscanError(f"{identifier!r} is no known breakage; `driftscan patterns` lists them")
    if search is not None:
        known = [entry for entry in known if _mentions(entry, search)]
    rows = [pattern_row(entry) for entry in known]
    if form == "json":
        output.emit(json.patterns(known))
    elif identifier is None:
        output.emit(text.patterns_list(rows, output.palette(color)))
    else:
        output.emit("".join(text.pattern(row, output.palette(color)) for row in rows))
    return 0


def _mentions(entry: KnownBreakage, text: str) -> bool:
    wanted = text.casefold()
    prose = (entry.title, *(section for _, section in entry.sections))
    # People paste whole lines of a log, of which the catalogue has the telling part.
    return any(wanted in part.casefold() for part in prose) or any(
        symptom.casefold() in wanted or wanted in symptom.casefold() for symptom in entry.pattern.symptoms
    )
