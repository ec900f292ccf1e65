"""The catalogue as Markdown: a page that is generated, so that it says what the program says."""

from collections.abc import Iterable, Iterator

from driftscan.patterns.catalogue import KnownBreakage
from driftscan.report import markup
from driftscan.report.patterns import pattern_row
from driftscan.report.printable import all_printable
from driftscan.report.rows import PatternRow


def catalogue(entries: Iterable[KnownBreakage]) -> str:
    """A table of all entries, and then each of them explained."""
    rows = [all_printable(pattern_row(entry)) for entry in entries]
    return "\n".join([*_table(rows), "", *(line for row in rows for line in _entry(row))]).rstrip("\n") + "\n"


def entry(known: KnownBreakage) -> str:
    """One entry explained."""
    return "\n".join(_entry(all_printable(pattern_row(known)))).rstrip("\n") + "\n"


def _table(rows: Iterable[PatternRow]) -> Iterator[str]:
    yield "| pattern | at worst | what it is |"
    yield "| --- | --- | --- |"
    for row in rows:
        yield f"| [`{row.id}`](#{row.id}) | {row.severity} | {markup.text(row.title)} |"


def _entry(row: PatternRow) -> Iterator[str]:
    yield from (f"## {row.id}", "")
    yield from (f"**{markup.text(row.title)}.** At worst {row.severity}; {row.category}.", "")
    prose = dict(row.prose)
    for name in ("Symptom", "Cause"):
        yield from _paragraphs(name, prose.get(name, ()))
    for name, code in row.code:
        if any(code):
            yield from (f"{name}:", "", *markup.fenced(code, "nginx"))
    yield from _paragraphs("Remedy", prose.get("Remedy", ()))
    if row.symptoms:
        yield from ("Seen as:", "", *(f"- {markup.code(symptom)}" for symptom in row.symptoms), "")
    yield from (f"Affects: {markup.prose(row.affects)}.", "")
    if row.also:
        yield from (f"Also known as: {', '.join(markup.code(name) for name in row.also)}.", "")
    if row.references:
        yield from ("References:", "", *(f"- <{address}>" for address in row.references), "")


def _paragraphs(name: str, paragraphs: Iterable[str]) -> Iterator[str]:
    for number, paragraph in enumerate(paragraphs):
        lead = "" if number else f"**{name}.** "
        yield from (lead + markup.prose(paragraph), "")
