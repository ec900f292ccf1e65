"""Every finding of a history with the whole of its life, as rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from driftscan.drift.chronicle import Picture
from driftscan.drift.findings import Fingerprint, Life
from driftscan.drift.patches import Patch
from driftscan.drift.scan import Outcome, Step
from driftscan.history.commit import Commit, CommitId
from driftscan.history.platform import Platform
from driftscan.patterns.catalogue import KnownBreakage
from driftscan.report.findings import (
    MOMENTARY,
    NO_PATCHES,
    OPEN,
    RESOLVED,
    WITHDRAWN,
    Fate,
    Told,
    finding_row,
    group,
)
from driftscan.report.patterns import explained
from driftscan.report.pictures import picture_row
from driftscan.report.rows import FindingRow
from driftscan.report.wording import commit_row, duration, moment, not_before

_NO_PICTURES: Final[Mapping[tuple[Fingerprint, CommitId | None], Picture]] = MappingProxyType({})


class Lives:
    """Every finding of an outcome with its whole life, also told where it began."""

    def __init__(
        self,
        outcome: Outcome,
        patches: Mapping[str, Patch] = NO_PATCHES,
        pictures: Mapping[tuple[Fingerprint, CommitId | None], Picture] = _NO_PICTURES,
    ) -> None:
        self._outcome = outcome
        self._patches = patches
        self._pictures = pictures
        self._steps: Mapping[CommitId, Step] = {step.commit.id: step for step in outcome.steps}
        lives: dict[tuple[Fingerprint, CommitId | None], Life] = {}
        for step in outcome.steps:
            for event in step.findings:
                lives[_identity(event.life)] = event.life
        for life in outcome.open:
            lives[_identity(life)] = life
        self._lives = lives
        self._open = {_identity(life) for life in outcome.open}

    def all(self) -> tuple[FindingRow, ...]:
        """Every finding, open ones first, the worst first, the newest first."""
        rows = group(Told(life, self.state(life)) for life in self._lives.values())
        return tuple(_anchored(self.row(told) for told in sorted(rows, key=self._order)))

    def _order(self, told: Sequence[Told]) -> tuple[bool, int, float, str, str]:
        life = told[0].life
        newest = life.introduced.committed.timestamp() if life.introduced else 0.0
        finding = life.finding
        return (told[0].state != OPEN, -finding.severity, -newest, finding.pattern, finding.hit.subject.key)

    def entries(self) -> tuple[KnownBreakage, ...]:
        """The entries of the catalogue that explain all of them, by id."""
        found = (explained(life.finding) for life in self._lives.values())
        return tuple(sorted({entry.id: entry for entry in found if entry}.values(), key=lambda entry: entry.id))

    def of_step(self, step: Step) -> tuple[FindingRow, ...]:
        """What one step did: news first, as the events are ordered."""
        told = group(Told(self.whole(event.life), event.state.value) for event in step.findings)
        return tuple(self.row(rows) for rows in told)

    def whole(self, life: Life) -> Life:
        """The same life to its end, as far as it is known."""
        later = self._lives.get(_identity(life), life)
        return (
            life
            if life.resolved
            else Life(life.finding, life.introduced, life.introduced_not_before, later.resolved, life.times)
        )

    def state(self, life: Life) -> str:
        """How a life stands at the end of what was examined."""
        if _identity(life) in self._open:
            return OPEN
        if life.resolved is not None:
            return RESOLVED
        entry = explained(life.finding)
        lasts = entry is None or entry.matcher.events is None or entry.matcher.mended is not None
        return WITHDRAWN if lasts else MOMENTARY

    def row(self, told: Sequence[Told]) -> FindingRow:
        """One row for findings of one cause."""
        life = told[0].life
        fate = Fate(
            began=self._began(life),
            ended=self._ended(life),
            lasted=self._lasted(life),
            introduced=None if life.introduced is None else commit_row(life.introduced, life.introduced_not_before),
            resolved=None if life.resolved is None else commit_row(life.resolved, self._before(life.resolved)),
        )
        row = finding_row(told, self._platform(life), fate, self._patches if told[0].state == OPEN else NO_PATCHES)
        picture = next(filter(None, (self._pictures.get(_identity(one.life)) for one in told)), None)
        return row if picture is None else replace(row, picture=picture_row(picture, row))

    def earliest(self, life: Life) -> datetime | None:
        """The earliest moment it may have been there; `None` when that is before the history."""
        if life.introduced is None:
            return life.finding.hit.since
        return not_before(life.introduced, life.introduced_not_before) or life.introduced.committed

    def _before(self, commit: Commit) -> Commit | None:
        step = self._steps.get(commit.id)
        return None if step is None else step.previous

    def _platform(self, life: Life) -> Platform | None:
        if life.introduced is not None and life.introduced.id in self._steps:
            return self._steps[life.introduced.id].platform
        return None if self._outcome.state is None else self._outcome.state.platform

    def _began(self, life: Life) -> str:
        since = life.finding.hit.since
        if life.introduced is None and since is not None:
            return f"{moment(since).text}, by itself"
        if life.introduced is None:
            start = self._outcome.start
            return "there when the examined history began" + (f", on {moment(start.committed).text}" if start else "")
        row = commit_row(life.introduced, life.introduced_not_before)
        window = f", {row.window}" if row.window else ""
        return f"{row.time.text} by {row.short} ({row.who}){window}"

    def _ended(self, life: Life) -> str:
        if life.resolved is not None:
            row = commit_row(life.resolved, self._before(life.resolved))
            window = f", {row.window}" if row.window else ""
            return f"{row.time.text} by {row.short} ({row.who}){window}"
        return {
            OPEN: "still open",
            MOMENTARY: "an event, over at once",
            WITHDRAWN: "no longer found with what became known later about the versions",
        }[self.state(life)]

    def _lasted(self, life: Life) -> str:
        """For how long, as far as the times of the commits say."""
        if life.introduced is None or life.resolved is None:
            return ""
        last = not_before(life.resolved, self._before(life.resolved)) or life.resolved.committed
        earliest = self.earliest(life) or life.introduced.committed
        shortest, longest = last - life.introduced.committed, life.resolved.committed - earliest
        if shortest == longest:
            return duration(longest)
        if shortest <= timedelta(0):
            return f"up to {duration(longest)}"
        return f"{duration(shortest)}, perhaps up to {duration(longest)}"


def _anchored(rows: Iterable[FindingRow]) -> Iterator[FindingRow]:
    """The same rows; the first life of a finding that is told is the one that links lead to."""
    seen: set[str] = set()
    for row in rows:
        members = tuple(replace(member, is_anchor=member.fingerprint not in seen) for member in row.members)
        seen.update(member.fingerprint for member in members)
        yield replace(row, members=members)


def _identity(life: Life) -> tuple[Fingerprint, CommitId | None]:
    return life.finding.fingerprint, None if life.introduced is None else life.introduced.id
