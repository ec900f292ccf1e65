"""What the commits since the last run changed, compared with what was told then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from driftscan import __version__
from driftscan.drift.findings import Finding, FindingState, Life
from driftscan.drift.state import State
from driftscan.history.commit import Commit, CommitId
from driftscan.history.observe import Options
from driftscan.history.platform import Platform
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.hook.keep import KnownFinding
from driftscan.nginx.config import Gap, GapKind
from driftscan.nginx.includes import Layout
from driftscan.report.entries import SEVERITY_WORDS
from driftscan.site.examine import Examined, examine

Fate = Literal["introduced", "returned", "resolved", "found"]
"""`found` is brought by no commit: time passed, or the history is another one."""
FATES: Final[Mapping[FindingState, Fate]] = {
    FindingState.INTRODUCED: "introduced",
    FindingState.RETURNED: "returned",
    FindingState.RESOLVED: "resolved",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that became of one finding."""

    fate: Fate
    life: Life
    platform: Platform
    commit: Commit | None = None
    """What brought it; `None`: no commit."""
    previous: Commit | None = None
    """The commit before that."""

    @property
    def finding(self) -> Finding:
        """The finding."""
        return self.life.finding


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at, and what is known about its host."""

    path: Path
    """The repository, as it is called."""
    layout: Layout
    versions: Options


@dataclass(frozen=True, slots=True)
class Before:
    """What the last run left."""

    examined: CommitId
    version: str
    """Of driftscan."""
    open: Mapping[str, KnownFinding]


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told."""

    head: CommitId
    committed: datetime
    told: tuple[Told, ...]
    gone: Mapping[str, KnownFinding]
    """Open before and not now, and no commit says why; by fingerprint."""
    unread: tuple[Gap, ...]
    """What cannot be read any more."""
    rewritten: bool
    """The commit of the last run is none of this history."""
    lost: bool
    """It is not even in the repository any more."""
    changed: bool
    """Whether there is anything for a report."""
    open: Mapping[str, KnownFinding]
    gaps: int
    state: State

    @property
    def is_nothing(self) -> bool:
        """Whether nobody needs to hear or see anything."""
        return not (self.told or self.gone or self.unread or self.changed or self.lost)

    @property
    def known(self) -> dict[str, Any]:
        """What the next run has to know, as fields of :class:`~driftscan.hook.keep.Kept`."""
        return {
            "version": __version__,
            "examined": self.head,
            "open": dict(self.open),
            "gaps": self.gaps,
            "committed": self.committed.timestamp(),
        }


def news(repository: Repository, subject: Subject, before: Before | None, today: datetime) -> News:
    """What became of findings since the last run; of the newest commit alone, where there was none.

    A finding that was told is not told again while it is open, whatever became of the commits in between.
    """
    head = repository.head
    there = before is not None and repository.has(before.examined)
    rewritten = before is not None and not (there and repository.leads_to(before.examined, head))
    selection = Selection(tip=head, limit=1)
    if before is not None and there:
        selection = Selection(tip=head, after=before.examined)
    examined = examine(repository, selection, today.date(), subject.layout, subject.versions)
    if examined.outcome.last is None:
        # The branch was set back to a commit that was examined long ago, or there is nothing new.
        examined = examine(repository, Selection(tip=head, limit=1), today.date(), subject.layout, subject.versions)
        examined = replace(examined, outcome=replace(examined.outcome, steps=()))
    outcome = examined.outcome
    last, state = outcome.last, outcome.state
    assert last is not None, "a selection of one commit has one"  # noqa: S101 - git answered with nothing
    assert state is not None, "a walk over a commit ends in a state"  # noqa: S101 - the same
    there_before = {} if before is None else before.open
    known = dict(there_before)
    told = list(_stepwise(examined, known))
    now = {life.finding.fingerprint: life for life in outcome.open}
    # Another driftscan knows more breakages; they are none that anybody made now.
    if before is not None and before.version == __version__:
        told += [Told("found", life, state.platform) for mark, life in now.items() if mark not in known]
    return News(
        head=head,
        committed=last.committed,
        told=tuple(told),
        gone={mark: found for mark, found in there_before.items() if mark in known and mark not in now},
        unread=tuple(gap for step in outcome.steps for gap in step.opened if gap.kind is GapKind.UNREADABLE),
        rewritten=rewritten,
        lost=before is not None and not there,
        changed=bool(outcome.steps),
        open={mark: _known(life.finding) for mark, life in now.items()},
        gaps=len(outcome.gaps),
        state=state,
    )


def _stepwise(examined: Examined, known: dict[str, KnownFinding]) -> Iterator[Told]:
    """What the commits did, one after the other; `known` becomes what is open by what was told."""
    for step in examined.outcome.steps:
        for event in step.findings:
            fate, mark = FATES[event.state], event.finding.fingerprint
            if fate == "resolved":
                known.pop(mark, None)
            elif mark in known:
                continue
            else:
                known[mark] = _known(event.finding)
            yield Told(fate, event.life, step.platform, step.commit, step.previous)


def _known(finding: Finding) -> KnownFinding:
    return KnownFinding(finding.pattern, SEVERITY_WORDS[finding.severity - 1], str(finding.hit.subject))
