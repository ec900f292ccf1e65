"""What the doctor found, as lines for a terminal and as JSON."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from driftscan import __version__
from driftscan.doctor.check import Check, Verdict
from driftscan.doctor.examine import Examination
from driftscan.doctor.subject import Subject
from driftscan.report import doctor_document as document
from driftscan.report.encoding import encoded
from driftscan.report.printable import printable
from driftscan.report.terminal import Ink, Palette
from driftscan.report.wording import count, enumerate_words

INK: Final = {Verdict.OK: Ink.RESOLVED, Verdict.WARNING: Ink.MEDIUM, Verdict.FAILS: Ink.HIGH}
NAMES: Final = 15
"""Columns for what a check is about."""


def text(found: Examination, palette: Palette) -> str:
    """A line for each check, its cure below it, and a sentence at the end."""
    return "".join(f"{line}\n" for line in _lines(found, palette))


def _lines(found: Examination, palette: Palette) -> Iterator[str]:
    for check in found.checks:
        word = f"{check.verdict.symbol} {check.verdict.value:<7}"
        yield f"{palette.paint(word, INK[check.verdict])}  {check.about:<{NAMES}}  {printable(check.found)}"
        if check.cure:
            yield f"{'':{len(word) + 2}}{'cure:':<{NAMES}}  {printable(check.cure)}"
    if found.unexamined:
        yield f"Not looked at, for want of a repository: {enumerate_words(found.unexamined)}."
    yield _sum(found)


def _sum(found: Examination) -> str:
    numbers = Counter(check.verdict for check in found.checks)
    bad = numbers[Verdict.FAILS]
    parts = [
        f"{count(bad, 'check')} {'fails' if bad == 1 else 'fail'}" if bad else "",
        count(numbers[Verdict.WARNING], "warning") if numbers[Verdict.WARNING] else "",
    ]
    said = enumerate_words([part for part in parts if part])
    return f"{said}, {numbers[Verdict.OK]} ok." if said else f"All {numbers[Verdict.OK]} checks are ok."


def json(subject: Subject, found: Examination) -> str:
    """The document that the published schema describes."""
    return encoded(
        document.Doctor(
            directory=str(subject.directory),
            works=found.works,
            checks=[_check(check) for check in found.checks],
            unexamined=list(found.unexamined),
            version=__version__,
        )
    )


def _check(check: Check) -> document.DoctorCheck:
    return document.DoctorCheck(
        about=check.about, verdict=check.verdict.value, found=check.found, cure=check.cure or None
    )
