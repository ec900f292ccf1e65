"""`driftscan patterns`: the catalogue of known breakages, offline."""

import difflib
from collections.abc import Sequence
from pathlib import Path

import click

from driftscan.cli import options, output
from driftscan.errors import DriftscanError
from driftscan.history.directory import Directory
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.patterns.search import Index
from driftscan.report import json, markdown, text
from driftscan.report.patterns import pattern_row
from driftscan.report.printable import all_printable
from driftscan.site.site import read_site


@click.command("patterns")
@click.argument("identifier", required=False, metavar="[ID]")
@click.option("--search", metavar="TEXT", help="Those that explain an error, pasted as it is, the likeliest first.")
@click.option(
    "-C",
    "directory",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    help="Also the patterns that driftscan/patterns.d in this directory holds, such as /etc.",
)
@options.formats("text", "json", "md")
@options.color
def command(*, identifier: str | None, search: str | None, directory: Path | None, form: str, color: str) -> int:
    """The known breakages; with an ID, one of them explained."""
    known = _known(directory)
    if identifier is not None:
        known = [entry for entry in known if identifier == entry.id or identifier in entry.pattern.also]
        if not known:
            raise DriftscanError(f"{identifier!r} is no known breakage{_meant(identifier)}")
    if search is not None:
        known = [match.entry for match in Index(known).search(search)]
        if not known and form == "text":
            raise DriftscanError(f"no known breakage is seen as {search!r}; try a shorter part of it")
    if form == "json":
        output.emit(json.patterns(known))
    elif form == "md":
        output.emit(markdown.catalogue(known) if identifier is None else "\n".join(map(markdown.entry, known)))
    else:
        rows = [all_printable(pattern_row(entry)) for entry in known]
        if identifier is None:
            output.emit(text.patterns_list(rows, output.palette(color)))
        else:
            output.emit("".join(text.pattern(row, output.palette(color)) for row in rows))
    return 0


def _known(directory: Path | None) -> Sequence[KnownBreakage]:
    entries = catalogue()
    if directory is None:
        return entries
    site = read_site(Directory.open(directory), (entry.id for entry in entries))
    for gap in site.gaps:
        raise DriftscanError(f"{gap.at or gap.path}: {gap.reason}")
    return (*entries, *site.patterns)


def _meant(identifier: str) -> str:
    names = [name for entry in catalogue() for name in (entry.id, *entry.pattern.also)]
    close = difflib.get_close_matches(identifier, names, 1)
    return f"; did you mean {close[0]}?" if close else "; `driftscan patterns` lists them"
