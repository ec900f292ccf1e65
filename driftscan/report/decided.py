"""What somebody has decided to live with, worded."""

from collections.abc import Iterator

from driftscan.report.rows import SuppressedRow
from driftscan.report.wording import count
from driftscan.site.decided import Decided
from driftscan.site.suppressions import Suppression


def suppressed_rows(decided: Decided) -> tuple[SuppressedRow, ...]:
    """The open findings that are set aside, the worst first."""
    return tuple(
        SuppressedRow(
            found.life.finding.pattern,
            str(found.life.finding.severity),
            str(found.life.finding.hit.subject),
            found.life.finding.fingerprint,
            found.by.until.isoformat(),
            found.by.owner,
            found.by.reason,
            str(found.by.at),
        )
        for found in decided.suppressed
    )


def decided_notes(decided: Decided, *, listed: bool) -> Iterator[str]:
    """How many findings are set aside, and which decisions are over."""
    number = len(decided.suppressed)
    if number:
        where = "" if listed else "; --show-suppressed lists them"
        yield f"{count(number, 'open finding')} {'is' if number == 1 else 'are'} suppressed{where}."
    for found in decided.over:
        yield f"A suppression is over: {over(found)}. What it set aside is told again."


def over(found: Suppression) -> str:
    """A decision whose last day has passed."""
    who = f", {found.owner}" if found.owner else ""
    return f"{found.pattern} until {found.until} ({found.at}{who}): {found.reason.rstrip('.')}"
