"""Findings with all that a SARIF result is made of: its life, how new it is, and the decision that sets it aside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from driftscan.drift.findings import FindingState, Fingerprint, Life
from driftscan.drift.scan import Outcome
from driftscan.history.commit import Commit, CommitId
from driftscan.report import entries, records
from driftscan.report.check import Checked
from driftscan.report.findings import MOMENTARY, NO_PATCHES, OPEN, RESOLVED, WITHDRAWN
from driftscan.report.lives import Lives
from driftscan.report.rows import Request
from driftscan.report.sarif_log import BaselineState
from driftscan.report.wording import SHORT_ID, moment
from driftscan.site.suppressions import Suppression

_FATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        OPEN: "It is still open.",
        MOMENTARY: "It is an event, over at once.",
        WITHDRAWN: "It is no longer found with what became known later about the versions.",
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a state that is checked comes from."""

    root: str = "/etc"
    """Where the tree lives on its host."""
    repository: str = ""
    """Empty for a directory without a history."""
    commit: str = ""
    """Empty where no commit holds the state."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with all that its result is made of."""

    life: Life
    found: entries.Finding
    state: str
    """`open`, `resolved`, `over at once` or `withdrawn`."""
    baseline: BaselineState | None
    """Whether it is news; `None`: there is no history to say so."""
    fate: str
    """What became of it, in sentences; may be empty."""
    by: Suppression | None = None
    """What it is set aside by."""

    @property
    def order(self) -> tuple[int, bool, str, str, str]:
        """Worst first, because GitHub shows the first 5,000 results only, and what is open before what is over."""
        began = "" if self.found.introduced is None else self.found.introduced.commit
        return (-self.life.finding.severity, self.state != OPEN, self.found.pattern, self.found.fingerprint, began)


def of_history(outcome: Outcome, request: Request) -> Iterator[Told]:
    """Every finding of a history, each of its lives once, and what is set aside."""
    lives = Lives(outcome)
    steps = {step.commit.id: step for step in outcome.steps}
    every: dict[tuple[Fingerprint, CommitId | None], Life] = {}
    for life in (*(event.life for step in outcome.steps for event in step.findings), *outcome.open):
        every[life.finding.fingerprint, None if life.introduced is None else life.introduced.id] = lives.whole(life)
    asides = ((aside.life, aside.by) for aside in request.decided.suppressed)
    for life, by in (*((life, None) for life in every.values()), *asides):
        state = lives.state(life) if by is None else OPEN
        began = None if life.introduced is None else steps.get(life.introduced.id)
        ended = None if life.resolved is None else steps.get(life.resolved.id)
        ran = None if outcome.state is None else outcome.state.platform
        found = records.finding(
            life,
            FindingState.RESOLVED if state == RESOLVED else FindingState.INTRODUCED,
            ran if began is None else began.platform,
            None if ended is None else ended.previous,
            request.patches if state == OPEN and by is None else NO_PATCHES,
        )
        yield Told(life, found, state, _baseline(life, state, outcome.start), _fate(life, found, state), by)


def of_state(checked: Checked, origin: Origin) -> Iterator[Told]:
    """What is wrong in one state, and what of that is set aside."""
    asides = ((aside.life, aside.by) for aside in checked.decided.suppressed)
    for life, by in (*((life, None) for life in checked.decided.open), *asides):
        patches = checked.patches if by is None else NO_PATCHES
        found = records.finding(life, FindingState.INTRODUCED, checked.state.platform, patches=patches)
        # Without a history nothing is known to be new.
        news: BaselineState | None = "unchanged" if origin.repository else None
        fate = ""
        if life.finding.fingerprint in checked.uncommitted:
            news, fate = "new", "It is not committed yet."
        elif life.introduced is not None:
            news, fate = "new", _began(life, found)
        # A baseline that was asked for is another one than the commit before.
        yield Told(life, found, OPEN, checked.news_of(life) or news, fate, by)


def _baseline(life: Life, state: str, start: Commit | None) -> BaselineState:
    """Against the state before the range."""
    if state in {RESOLVED, WITHDRAWN}:
        return "absent"
    if life.introduced is not None:
        return "new"
    since = life.finding.hit.since
    return "new" if since is not None and (start is None or since > start.committed) else "unchanged"


def _fate(life: Life, found: entries.Finding, state: str) -> str:
    ended = _FATES.get(state, "") if found.resolved is None else f"Resolved {_when(found.resolved)}."
    return f"{_began(life, found)} {ended}"


def _began(life: Life, found: entries.Finding) -> str:
    if found.introduced is not None:
        return f"Introduced {'' if life.times == 1 else 'again '}{_when(found.introduced)}."
    since = life.finding.hit.since
    return "There when the examined history began." if since is None else f"Came by itself at {moment(since).text}."


def _when(at: entries.Moment) -> str:
    time = moment(datetime.fromisoformat(at.committed)).text
    window = "" if at.not_before is None else f", some time after {moment(datetime.fromisoformat(at.not_before)).text}"
    return f"by commit {at.commit[:SHORT_ID]} of {time}{window}"
