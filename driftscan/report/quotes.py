"""The lines that a report points at, quoted once, so that every `file:line` leads to what stands there."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from driftscan.report.pieces import QuoteRow
from driftscan.report.rawdiff import without_secrets

LONGEST = 400
"""A longer line is cut off."""


def quotes(places: Iterable[str], sources: Mapping[str, Sequence[str]]) -> Iterator[QuoteRow]:
    """One row for each place, in the order of files and lines; nothing for a line that cannot be shown.

    Args:
        places: `file:line`, as often as they come.
        sources: the lines of each file, as the newest commit has them.
    """
    found = sorted({parts for place in places if (parts := _parts(place)) is not None})
    for number, (path, line) in enumerate(found):
        lines = sources.get(path, ())
        if line <= len(lines):
            text = without_secrets(lines[line - 1].strip())
            yield QuoteRow(f"l-{number}", f"{path}:{line}", text if len(text) <= LONGEST else f"{text[:LONGEST]} ...")


def _parts(place: str) -> tuple[str, int] | None:
    found = re.fullmatch(r"(.+):([1-9][0-9]*)", place, re.DOTALL)
    return None if found is None else (found[1], int(found[2]))
