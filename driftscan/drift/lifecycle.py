"""Findings over time: introduced, resolved, returned, or open at the end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from driftscan.drift.compare import Transition
from driftscan.drift.findings import (
    Entry,
    Finding,
    FindingEvent,
    FindingState,
    Fingerprint,
    Hit,
    Life,
    PatternId,
    Severity,
    fingerprint,
    judge,
)
from driftscan.drift.state import State
from driftscan.drift.subjects import ConfigurationSubject, ServerSubject, server_subject
from driftscan.history.commit import Commit
from driftscan.nginx.edits import Edit


@dataclass(frozen=True, slots=True)
class Matcher:
    """A known breakage, as far as finding it is concerned.

    Either `hazards` says whether it is there in a state; then its life follows from the states. Or `events` says
    whether a step brought it; then it ends when `mended` says so, and without `mended` it is over at once.
    """

    id: PatternId
    severity: Severity
    hazards: Callable[[State], Iterable[Hit]] | None = None
    events: Callable[[Transition], Iterable[Hit]] | None = None
    mended: Callable[[State, Hit], bool] | None = None
    fix: Callable[[State, Hit], Iterable[Edit]] | None = None
    """The lines that mend it, where lines can; whether they do is tried out before anybody sees them."""
    entry: Entry | None = None
    """Where its findings are explained."""


@dataclass(slots=True)
class Tracker:
    """The findings of a walk, from the oldest commit to the newest."""

    catalogue: tuple[Matcher, ...]
    _open: dict[Fingerprint, Life] = field(default_factory=dict)
    _past: dict[Fingerprint, Life] = field(default_factory=dict)
    _hidden: dict[Fingerprint, frozenset[str]] = field(default_factory=dict)
    """For an open finding that cannot be seen: the unread files that may hold what it rests on."""

    @property
    def open(self) -> tuple[Life, ...]:
        """What is not resolved, in a fixed order."""
        return tuple(sorted(self._open.values(), key=_life_order))

    def rebase(self, state: State) -> None:
        """Judge the same tree anew, because more is known of the platform, or an assumed version moved on.

        No commit changed anything, so no commit is said to have introduced or resolved anything.
        """
        now = self._hazards(state)
        events = {found.id for found in self.catalogue if found.hazards is None}
        lives = {
            mark: life for mark, life in self._open.items() if life.finding.pattern in events or mark in self._hidden
        }
        for mark, finding in now.items():
            known = self._open.get(mark)
            lives[mark] = Life(finding, None, None) if known is None else _renewed(known, finding)
        self._open = lives

    def step(self, transition: Transition, commit: Commit | None, previous: Commit | None) -> tuple[FindingEvent, ...]:
        """What this commit introduced and resolved."""
        events: list[FindingEvent] = []
        hazards = self._hazards(transition.after)
        self._follow(transition, hazards)
        unread = _unread(transition.after)
        dark = unread - _unread(transition.before)
        over: set[Fingerprint] = set()
        for mark, life in tuple(self._open.items()):
            hiding = (self._hidden.pop(mark, frozenset()) | dark) & unread
            if mark in hazards or not self._is_over(life.finding, transition.after):
                continue
            hiding &= _may_hide(life.finding.hit, transition.after, unread)
            if hiding:
                # It went out of sight when a file could not be read any more; that is no cure.
                self._hidden[mark] = hiding
            else:
                self._close(mark, life, commit)
                over.add(mark)
                events.append(FindingEvent(FindingState.RESOLVED, self._past[mark]))
        for mark, finding in hazards.items():
            if mark in self._open:
                # The same breakage of the same thing: how bad it is may have changed with the platform.
                self._open[mark] = _renewed(self._open[mark], finding)
            else:
                events.append(self._introduce(mark, finding, commit, previous))
        for found in self.catalogue:
            for hit in found.events(transition) if found.events else ():
                finding = judge(found.id, found.severity, hit, transition.after.platform, found.entry)
                mark = finding.fingerprint
                if mark not in self._open and mark not in over:
                    events.append(self._introduce(mark, finding, commit, previous))
                    if found.mended is None:
                        self._past[mark] = self._open.pop(mark)
        return tuple(sorted(events, key=_event_order))

    def _hazards(self, state: State) -> Mapping[Fingerprint, Finding]:
        found: dict[Fingerprint, Finding] = {}
        for matcher in self.catalogue:
            for hit in matcher.hazards(state) if matcher.hazards else ():
                finding = judge(matcher.id, matcher.severity, hit, state.platform, matcher.entry)
                if finding.fingerprint in found and isinstance(hit.subject, ServerSubject):
                    # Two servers of one name on two addresses are two hosts to somebody.
                    apart = fingerprint(matcher.id, hit.subject, *map(str, hit.subject.sockets))
                    finding = replace(finding, fingerprint=apart)
                found.setdefault(finding.fingerprint, finding)
        return found

    def _follow(self, transition: Transition, hazards: Mapping[Fingerprint, Finding]) -> None:
        """Keep the life of a finding whose server got another first name or port: nobody broke or mended anything."""
        for old, new in transition.pairs.same if self._open else ():
            was, now = server_subject(old, transition.before), server_subject(new, transition.after)
            if was.key == now.key:
                continue
            for found in self.catalogue:
                mark, successor = fingerprint(found.id, was), fingerprint(found.id, now)
                if mark in self._open and mark not in hazards and successor in hazards and successor not in self._open:
                    self._open[successor] = self._open.pop(mark)

    def _is_over(self, finding: Finding, state: State) -> bool:
        matcher = next(found for found in self.catalogue if found.id == finding.pattern)
        return matcher.mended(state, finding.hit) if matcher.mended else True

    def _introduce(
        self, mark: Fingerprint, finding: Finding, commit: Commit | None, previous: Commit | None
    ) -> FindingEvent:
        past = self._past.pop(mark, None)
        life = Life(finding, commit, previous, times=past.times + 1 if past else 1)
        self._open[mark] = life
        return FindingEvent(FindingState.RETURNED if past else FindingState.INTRODUCED, life)

    def _close(self, mark: Fingerprint, life: Life, commit: Commit | None) -> None:
        del self._open[mark]
        self._past[mark] = replace(life, resolved=commit)


def _renewed(life: Life, finding: Finding) -> Life:
    """The same life with what is known now; its fingerprint stays the one that was told."""
    return replace(life, finding=replace(finding, fingerprint=life.finding.fingerprint))


def _may_hide(hit: Hit, state: State, unread: frozenset[str]) -> frozenset[str]:
    """Those of the unread files that may hold what a finding rests on."""
    if isinstance(hit.subject, ConfigurationSubject):
        # nginx stopped at one line: where that can still be read, it is mended.
        return unread & {at.path for at in hit.evidence}
    servers = [server for server in state.servers if server_subject(server, state).key == hit.subject.key]
    if not servers:
        return unread
    concerned = [*servers, *(state.tls_sockets[at].default for server in servers for at in state.tls_addresses(server))]
    gaps = [gap for server in concerned for gap in (server.own.hole, server.around.hole) if gap is not None]
    return unread & {gap.path for gap in gaps}


def _unread(state: State) -> frozenset[str]:
    """The files and places that nothing stands in for, so that what rests on them is unknown."""
    return frozenset(gap.path for gap in state.config.gaps if not gap.remembered)


def _life_order(life: Life) -> tuple[int, str, str]:
    return (-life.finding.severity, life.finding.pattern, life.finding.hit.subject.key)


def _event_order(event: FindingEvent) -> tuple[int, int, str, str]:
    severity, pattern, key = _life_order(event.life)
    return (event.state is FindingState.RESOLVED, severity, pattern, key)
