"""The changes before an incident, ranked: what each would explain, whom it hits, how long before, and how sure that is.

A rank is a product of parts that people can check, each between 0 and 1 and each told with its reason: it orders the
commits to look at, and is no probability. The parts are chosen so that a finding that explains the symptom of the
server asked about comes before all that only happened shortly before.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from driftscan.drift.changes import AddressTaken, Change, LoadChanged, SettingChanged
from driftscan.drift.findings import Certainty, Finding, FindingState, Life, PatternId, Severity
from driftscan.drift.query import Query, keeps, keeps_change
from driftscan.drift.scan import Outcome, Step
from driftscan.drift.subjects import ConfigurationSubject, FileSubject, SocketSubject, ZoneSubject
from driftscan.history.etckeeper import MadeBy, origin


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of a trouble."""

    at: datetime
    """When it was seen first, aware."""
    server: str | None = None
    """A shell glob for the name that visitors asked for."""
    explains: Mapping[PatternId, float] | None = None
    """How well each known breakage explains the symptom, from 0 to 1; `None` where no symptom was told."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a rank."""

    kind: str
    """`explains`, `hits`, `time` or `certainty`."""
    weight: float
    """From 0 to 1."""
    detail: str = ""
    """What it is made of, for the sentence: a pattern's id, a subject, ..."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One change that may be the cause."""

    step: Step | None
    """The commit; `None` for what came by itself, because time passed, or was there before the history."""
    life: Life | None
    """The finding that makes it one; `None` for a change that no known breakage tells of."""
    others: tuple[Life, ...]
    """Further findings of the same commit, in the order of its step."""
    changes: tuple[Change, ...]
    """What the commit changed that visitors may meet, where no finding says so."""
    score: float
    reasons: tuple[Reason, ...]


_SEVERE: Final = {Severity.CRITICAL: 1.0, Severity.HIGH: 0.7, Severity.MEDIUM: 0.4, Severity.LOW: 0.15}
_SURE: Final = {Certainty.CERTAIN: 1.0, Certainty.ASSUMED: 0.8, Certainty.DEPENDS: 0.6}
_OTHER_SYMPTOM: Final = 0.1
"""A finding that is not known to show the symptom that was told."""
_NO_FINDING: Final = 0.08
"""A change of what visitors meet that no known breakage tells of."""
_NOT_IN_FORCE: Final = 0.01
_HALVES_IN: Final = timedelta(days=14)
_NEVER_BELOW: Final = 0.1
"""Some causes wait long for a restart, or for a renewal."""
_BY_ANY_NAME: Final = (ConfigurationSubject, ZoneSubject)
"""What hits every server."""
_BY_SOME_NAMES: Final = (SocketSubject, FileSubject)
"""What hits the servers of a socket or file, which may be the one asked about."""


def rank(outcome: Outcome, incident: Incident) -> tuple[Suspect, ...]:
    """Every change up to the incident that may be its cause, the likeliest first."""
    found = [*_of_steps(outcome, incident), *_by_themselves(outcome, incident)]
    return tuple(sorted(found, key=_order))


def _order(suspect: Suspect) -> tuple[float, float, str]:
    made = 0.0 if suspect.step is None else -suspect.step.commit.committed.timestamp()
    return (-round(suspect.score, 6), made, "" if suspect.life is None else suspect.life.finding.fingerprint)


def _of_steps(outcome: Outcome, incident: Incident) -> Iterator[Suspect]:
    over = _resolved_by(outcome, incident.at)
    for step in outcome.steps:
        if _earliest(step) > incident.at:
            continue
        begun = [event.life for event in step.findings if event.state is not FindingState.RESOLVED]
        suspects = [found for life in begun if (found := _finding(life, step, incident, over)) is not None]
        changes = tuple(change for change in step.changes if keeps_change(change, Query(server=incident.server)))
        if suspects:
            best = max(suspects, key=lambda suspect: suspect.score)
            others = tuple(found.life for found in suspects if found.life is not None and found is not best)
            yield replace(best, others=others)
        elif changes and not begun:
            yield _change(step, changes, incident)


def _by_themselves(outcome: Outcome, incident: Incident) -> Iterator[Suspect]:
    """What came because time passed, and what was there before the history that was looked at."""
    over = _resolved_by(outcome, incident.at)
    lives = (*outcome.open, *(event.life for step in outcome.steps for event in step.findings))
    seen: set[str] = set()
    for life in lives:
        since = life.finding.hit.since
        if life.introduced is not None or life.finding.fingerprint in seen or (since and since > incident.at):
            continue
        seen.add(life.finding.fingerprint)
        found = _finding(life, None, incident, over)
        if found is not None:
            yield found


def _resolved_by(outcome: Outcome, at: datetime) -> frozenset[tuple[str, str]]:
    """The findings that were over before the incident, by fingerprint and the commit that brought them."""
    return frozenset(
        _identity(event.life)
        for step in outcome.steps
        if step.commit.committed < at
        for event in step.findings
        if event.state is FindingState.RESOLVED
    )


def _identity(life: Life) -> tuple[str, str]:
    return life.finding.fingerprint, "" if life.introduced is None else life.introduced.id


def _finding(life: Life, step: Step | None, incident: Incident, over: frozenset[tuple[str, str]]) -> Suspect | None:
    finding = life.finding
    if _identity(life) in over:
        return None
    hits = _hits(finding, incident)
    if hits is None:
        return None
    reasons = (
        _explains(finding, incident),
        hits,
        _time(life, step, incident),
        Reason("certainty", _SURE[finding.certainty], finding.certainty.value),
    )
    return Suspect(step, life, (), (), _product(reasons), reasons)


def _change(step: Step, changes: tuple[Change, ...], incident: Incident) -> Suspect:
    met = [change for change in changes if not isinstance(change, SettingChanged) or change.in_force]
    weight = _NO_FINDING if met else _NOT_IN_FORCE
    if any(isinstance(change, LoadChanged | AddressTaken) for change in met):
        weight *= 2
    reasons = (Reason("explains", weight), _at(step.commit.committed, incident))
    return Suspect(step, None, (), tuple(met or changes), _product(reasons), reasons)


def _product(reasons: Iterable[Reason]) -> float:
    score = 1.0
    for reason in reasons:
        score *= reason.weight
    return score


def _explains(finding: Finding, incident: Incident) -> Reason:
    severe = _SEVERE[finding.severity]
    if incident.explains is None:
        return Reason("explains", severe, str(finding.severity))
    like = incident.explains.get(finding.pattern, 0.0)
    if not like:
        return Reason("explains", severe * _OTHER_SYMPTOM, "another symptom")
    # What shows the very symptom counts even where it is mild.
    return Reason("explains", like * (0.4 + 0.6 * severe), "the symptom")


def _hits(finding: Finding, incident: Incident) -> Reason | None:
    """Whether it hits who was hit; `None` where it cannot."""
    subject = finding.hit.subject
    if incident.server is None or keeps(finding, Query(server=incident.server)):
        return Reason("hits", 1.0, "" if incident.server is None else str(subject))
    if isinstance(subject, _BY_ANY_NAME):
        return Reason("hits", 0.9, "every server")
    return Reason("hits", 0.5, str(subject)) if isinstance(subject, _BY_SOME_NAMES) else None


def _time(life: Life, step: Step | None, incident: Incident) -> Reason:
    if step is not None:
        return _at(step.commit.committed, incident)
    since = life.finding.hit.since
    # What was there before all that was looked at did no harm for as long.
    return Reason("time", 0.2, "before the history") if since is None else _at(since, incident)


def _at(made: datetime, incident: Incident) -> Reason:
    before = max(incident.at - made, timedelta(0))
    weight = max(0.5 ** (before / _HALVES_IN), _NEVER_BELOW)
    return Reason("time", weight)


def _earliest(step: Step) -> datetime:
    """The first moment at which its changes may have been made: what waited for a commit was there before it."""
    waited = origin(step.commit).made_by in {MadeBy.DAILY, MadeBy.BEFORE_PACKAGE_RUN}
    if step.previous is None or not waited:
        return step.commit.committed
    return min(step.previous.committed, step.commit.committed)
