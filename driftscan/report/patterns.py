"""Known breakages explained, as rows."""

import functools
import inspect
import re

from driftscan.drift.findings import Finding, PatternId
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.report.rows import PatternRow

PROSE = ("Symptom", "Cause", "Remedy")
CODE = ("Before", "After")


@functools.cache
def _by_id() -> dict[PatternId, KnownBreakage]:
    return {entry.id: entry for entry in catalogue()}


def explained(finding: Finding) -> KnownBreakage | None:
    """The entry of the catalogue that a finding belongs to; `None` where it is of none that is known here."""
    return finding.entry if isinstance(finding.entry, KnownBreakage) else _by_id().get(finding.pattern)


def pattern_row(entry: KnownBreakage) -> PatternRow:
    """An entry of the catalogue with its sections taken apart."""
    return PatternRow(
        entry.id,
        entry.title,
        str(entry.pattern.severity),
        entry.pattern.category.value,
        entry.pattern.affects,
        entry.pattern.symptoms,
        tuple((name, paragraphs(entry.section(name))) for name in PROSE),
        tuple((name, tuple(entry.section(name).splitlines())) for name in CODE),
        tuple(address for address in entry.references if address.startswith(("https://", "http://"))),
        entry.pattern.also,
    )


def paragraphs(text: str) -> tuple[str, ...]:
    """Paragraphs without their line breaks."""
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", inspect.cleandoc(text)) if part.strip())


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence: one before a space, outside of backticks."""
    for found in re.finditer(r"[.:](?= [A-Z])", text):
        if text.count("`", 0, found.start()) % 2 == 0:
            return text[: found.start()] + "."
    return text
