"""The catalogue as Markdown: a page that is generated, so that it says what the program says."""

import re
from collections.abc import Iterable, Iterator

from driftscan.patterns.catalogue import KnownBreakage
from driftscan.report.patterns import pattern_row
from driftscan.report.printable import all_printable
from driftscan.report.rows import PatternRow

_ACTING = re.compile(r"([\\`*_{}\[\]<>#|~])")


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
        yield f"| [`{row.id}`](#{row.id}) | {row.severity} | {_text(row.title)} |"


def _entry(row: PatternRow) -> Iterator[str]:
    yield from (f"## {row.id}", "")
    yield from (f"**{_text(row.title)}.** At worst {row.severity}; {row.category}.", "")
    prose = dict(row.prose)
    for name in ("Symptom", "Cause"):
        yield from _paragraphs(name, prose.get(name, ()))
    for name, code in row.code:
        if any(code):
            fence = "`" * max([3, *(len(run) + 1 for line in code for run in re.findall("`+", line))])
            yield from (f"{name}:", "", f"{fence}nginx", *code, fence, "")
    yield from _paragraphs("Remedy", prose.get("Remedy", ()))
    if row.symptoms:
        yield from ("Seen as:", "", *(f"- {_code(symptom)}" for symptom in row.symptoms), "")
    yield from (f"Affects: {_prose(row.affects)}.", "")
    if row.also:
        yield from (f"Also known as: {', '.join(_code(name) for name in row.also)}.", "")
    if row.references:
        yield from ("References:", "", *(f"- <{address}>" for address in row.references), "")


def _paragraphs(name: str, paragraphs: Iterable[str]) -> Iterator[str]:
    for number, paragraph in enumerate(paragraphs):
        lead = "" if number else f"**{name}.** "
        yield from (lead + _prose(paragraph), "")


def _prose(text: str) -> str:
    """Text in which backticks mark code; everything else is no markup."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _text(text)
    return "".join(_code(part) if number % 2 else _text(part) for number, part in enumerate(parts))


def _code(text: str) -> str:
    fence = "`" * (1 + max([0, *(len(run) for run in re.findall("`+", text))]))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _text(text: str) -> str:
    return _ACTING.sub(r"\\\1", text)
