"""What the hook prints after a commit: nothing, unless it broke something."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from driftscan.drift.findings import FindingEvent, FindingState, PatternId, Severity
from driftscan.drift.scan import Step
from driftscan.history.observe import NO_OPTIONS
from driftscan.history.platform import Platform
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.nginx.includes import Layout
from driftscan.patterns.catalogue import KnownBreakage
from driftscan.report.printable import printable
from driftscan.report.wording import certainty_note, some
from driftscan.site.examine import examine

MOST_SHOWN: Final = 5
ETC: Final = Path("/etc")


def run(repository_path: Path, revision: str = "HEAD") -> str:
    """What that commit broke, in a few lines; empty when there is nothing to say.

    Every commit of the host passes here, and what is printed ends in somebody's mail: a change that broke nothing
    is not news, and of many servers with the same trouble a few are named.

    Raises:
        RepositoryError: there is no such commit, or no repository.
    """
    with Repository.open(repository_path) as repository:
        today = datetime.now().astimezone().date()
        examined = examine(repository, Selection(tip=revision, limit=1), today, Layout(), NO_OPTIONS)
    known = {breakage.id: breakage for breakage in examined.entries}
    steps = [step for step in examined.outcome.steps if step.findings]
    return "".join(f"driftscan: {printable(line)}\n" for step in steps for line in _lines(step, known, repository_path))


def _lines(step: Step, known: dict[PatternId, KnownBreakage], repository: Path) -> Iterator[str]:
    begun = [event for event in step.findings if event.state is not FindingState.RESOLVED]
    if not begun:
        return
    for _, alike in groupby(begun, key=_kind):
        yield from _breakage(known, list(alike), step.platform)
    where = "" if repository == ETC else f" -C {repository}"
    yield f"`driftscan show{where} {step.commit.id[:12]}` tells more"


def _kind(event: FindingEvent) -> tuple[PatternId, str, Severity]:
    return event.finding.pattern, event.finding.hit.variant, event.finding.severity


def _breakage(
    known: dict[PatternId, KnownBreakage], events: Sequence[FindingEvent], platform: Platform
) -> Iterator[str]:
    first, *others = events
    finding = first.finding
    breakage = known[finding.pattern]
    yield f"{str(finding.severity).upper()} {breakage.id}: {breakage.because(finding.hit)}"
    if note := certainty_note(finding, platform):
        yield f"    this holds {note}"
    yield f"    see {', '.join(str(place) for place in finding.hit.evidence)}"
    if others:
        yield f"    the same goes for {_subjects(others)}"


def _subjects(events: Iterable[FindingEvent]) -> str:
    return some([str(event.finding.hit.subject) for event in events], MOST_SHOWN)
