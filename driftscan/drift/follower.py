"""Follows what clients meet at every endpoint through a walk, and remembers since when it is so.

A client sees a socket and a name. Whatever answers there, the value that it meets has one life as long as it is the
same: another server, another file or another order of files does not end it. A server that is renamed takes the life
of its values along, for its visitors were told the new name.

What cannot be compared is not concluded from. A value that is unknown, and an endpoint whose server, or whose default
server, stands in a file that cannot be read, is lost from there on; when it is found again and is the same as before,
its life goes on with that noted, and when it is another one nobody can say when it changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from driftscan.drift import at_endpoint
from driftscan.drift.at_endpoint import Key
from driftscan.drift.beginnings import (
    Added,
    Beginning,
    Changed,
    Found,
    FromStart,
    Learned,
    Lost,
    NotKnown,
    Refused,
    Renamed,
    Since,
    Unread,
)
from driftscan.drift.compare import Transition
from driftscan.drift.findings import FindingEvent, Life
from driftscan.drift.settings import met_side
from driftscan.drift.state import State
from driftscan.drift.unread import hidden
from driftscan.drift.watcher import Watcher
from driftscan.history.commit import Commit, CommitId
from driftscan.history.platform import Platform
from driftscan.nginx.config import Gap
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.compared import COMPARED
from driftscan.tls.endpoints import Endpoint


@dataclass(slots=True)
class _Followed:
    """One endpoint up to the state that the walk stands at."""

    birth: Beginning
    """Of every value that has no later beginning."""
    beginnings: dict[str, Beginning] = field(default_factory=dict)
    """By directive."""
    lost: dict[str, Lost] = field(default_factory=dict)
    """The values that are not known now."""
    unread: dict[str, tuple[Unread, ...]] = field(default_factory=dict)
    formerly: tuple[Renamed, ...] = ()
    dark: frozenset[str] = frozenset()
    """The files that may hold what decides here, as long as one of them cannot be read: all values are lost."""

    def begin(self, name: str, beginning: Beginning) -> None:
        self.beginnings[name] = beginning
        self.unread.pop(name, None)

    def copy(self) -> "_Followed":
        return replace(
            self, beginnings=dict(self.beginnings), lost=dict(self.lost), unread=dict(self.unread), formerly=()
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """From one state to another, whoever made it."""

    before: State
    after: State
    commit: Commit
    previous: Commit | None
    transition: Transition | None
    """`None`: no commit made it, more is known of the versions."""


@dataclass(slots=True)
class Follower(Watcher):
    """Watches one scan of a history from its beginning; :meth:`since` then answers for the state at its end."""

    wanted: frozenset[str] | None = None
    """The directives that will be asked for; all of them when nobody chose."""
    state: State | None = None
    newest: Commit | None = None
    """The commit that is walked."""
    _previous: Commit | None = None
    _followed: dict[Key, _Followed] = field(default_factory=dict)
    numbers: dict[CommitId, int] = field(default_factory=dict)
    """The commits in the order of the walk."""
    _unread_since: dict[str, tuple[Commit, Commit | None, Gap]] = field(default_factory=dict)
    """By file: since when it cannot be read."""
    _refusals: list[tuple[Commit, Commit | None]] = field(default_factory=list)
    """From which commit nginx would refuse the configuration, and with which it would load again."""

    def since(self, key: Key, name: str) -> Since:
        """Since when clients of an endpoint of the last state meet what a directive says there."""
        followed = self._followed[key]
        beginning = followed.beginnings.get(name, followed.birth)
        if name in followed.lost:
            return Since(NotKnown(followed.lost[name]))
        number = self._number(beginning)
        renamed = tuple(one for one in followed.formerly if self.numbers[one.until.id] >= number)
        return Since(beginning, followed.unread.get(name, ()), renamed, self._refused(number))

    # ------------------------------------------------------------------ what the walk tells

    def walked(self, commit: Commit, previous: Commit | None, was: Platform, now: Platform) -> None:  # noqa: ARG002 - of all watchers
        """Count the commits."""
        self.numbers[commit.id] = len(self.numbers)
        self.newest, self._previous = commit, previous

    def began(self, state: State, commit: Commit, lives: Sequence[Life], *, earlier: bool) -> None:  # noqa: ARG002 - of all watchers
        """Everything there is was there when the history begins, or before."""
        self._arrive(state, commit, None)
        for key, endpoint in state.endpoints.items():
            self._followed[key] = self._new(FromStart(commit), endpoint, state, commit, None)

    def judged_anew(self, state: State, commit: Commit, lives: Sequence[Life]) -> None:  # noqa: ARG002 - of all watchers
        """What is another value now was not made so by any commit."""
        if self.state is not None:
            self._go(_Step(self.state, state, commit, self._previous, None))

    def stepped(
        self,
        transition: Transition,
        commit: Commit,
        previous: Commit | None,
        events: Sequence[FindingEvent],  # noqa: ARG002 - of all watchers
    ) -> None:
        """A commit made another state."""
        self._go(_Step(transition.before, transition.after, commit, previous, transition))

    # ------------------------------------------------------------------ from state to state

    def _arrive(self, state: State, commit: Commit, previous: Commit | None) -> None:
        """Note what holds for the whole state."""
        self.state = state
        unread = _unread(state)
        opened = {path: (commit, previous, gap) for path, gap in unread.items() if path not in self._unread_since}
        self._unread_since = {path: at for path, at in self._unread_since.items() if path in unread} | opened
        is_refused = bool(self._refusals) and self._refusals[-1][1] is None
        if state.load.ok is False and not is_refused:
            self._refusals.append((commit, None))
        elif state.load.ok is not False and is_refused:
            self._refusals[-1] = (self._refusals[-1][0], commit)

    def _go(self, step: _Step) -> None:
        before, after = step.before, step.after
        went_dark, came_to_light = hidden(after, before), hidden(before, after)
        unread = frozenset(_unread(after))
        # What was not read before may have been there for as long as its file could not be read.
        closed = [at for path, at in self._unread_since.items() if path not in unread]
        since = min(closed, key=lambda at: self.numbers[at[0].id], default=None)
        self._arrive(after, step.commit, step.previous)
        for key, new in after.endpoints.items():
            old, followed = before.endpoints.get(key), self._followed.get(key)
            if old is not None and old.server.family is not new.server.family:
                old = followed = None
            if followed is None:
                old, followed = self._first(step, key, new, since if new.server.at.path in came_to_light else None)
                self._followed[key] = followed
            if followed.dark:
                followed.dark &= unread
                if not followed.dark:
                    self._find(step, followed, new, _names(new.server.family, self.wanted))
                continue
            if old is None or _is_same(step, old, new):
                continue
            if _in(went_dark, old):
                self._lose(step, followed, old)
                continue
            if _in(came_to_light, new) and since is not None:
                self._doubt(step, followed, old, since)
            self._compare(step, key, followed, old, new)
        for key in self._followed.keys() - after.endpoints.keys():
            followed, old = self._followed[key], before.endpoints.get(key)
            if old is not None and not followed.dark and old.server.at.path in went_dark:
                self._lose(step, followed, old)
            elif not followed.dark & unread:
                del self._followed[key]

    def _first(
        self, step: _Step, key: Key, new: Endpoint, unread: tuple[Commit, Commit | None, Gap] | None
    ) -> tuple[Endpoint | None, _Followed]:
        """An endpoint that was not there before, and what it was called then if its server was renamed."""
        transition = step.transition
        beginning: Beginning
        if transition is None:
            beginning = Learned(step.commit, step.previous, None)
        elif unread is not None:
            commit, previous, gap = unread
            beginning = Found(step.commit, step.previous, Lost(commit, previous, None, gap))
        else:
            renamed = at_endpoint.renamed(transition, key, new)
            if renamed is not None and renamed in self._followed:
                was = self._followed[renamed]
                followed = was.copy()
                followed.formerly = (*was.formerly, Renamed(renamed[1], step.commit))
                return step.before.endpoints[renamed], followed
            beginning = Added(step.commit, step.previous, at_endpoint.appearance(transition, key, new))
        return None, self._new(beginning, new, step.after, step.commit, step.previous)

    def _new(
        self, beginning: Beginning, endpoint: Endpoint, state: State, commit: Commit, previous: Commit | None
    ) -> _Followed:
        followed = _Followed(beginning)
        if state.gaps:
            for name in _names(endpoint.server.family, self.wanted):
                if at_endpoint.side(endpoint, name, state) is None:
                    followed.lost[name] = Lost(commit, previous, None, at_endpoint.gap(endpoint, name))
        return followed

    def _compare(self, step: _Step, key: Key, followed: _Followed, old: Endpoint, new: Endpoint) -> None:
        for name in self._candidates(step, followed, old, new):
            declaration = COMPARED[new.server.family][name]
            was = old.in_force(declaration, step.before.platform)
            now = new.in_force(declaration, step.after.platform)
            if name in followed.lost:
                self._find(step, followed, new, [name])
            elif was.known and not now.known:
                side = met_side(was, step.before)
                followed.lost[name] = Lost(step.commit, step.previous, side, at_endpoint.gap(new, name))
            elif was.known and was.value != now.value:
                side = met_side(was, step.before)
                if step.transition is None:
                    followed.begin(name, Learned(step.commit, step.previous, side))
                else:
                    beside = tuple(at_endpoint.beside(step.transition, key))
                    upgrade = at_endpoint.by_upgrade(step.transition, key, name)
                    followed.begin(name, Changed(step.commit, step.previous, side, upgrade, beside))

    def _candidates(self, step: _Step, followed: _Followed, old: Endpoint, new: Endpoint) -> Iterable[str]:
        """The directives that can differ at an endpoint at all, and those that are not known."""
        names = _names(new.server.family, self.wanted)
        if (
            step.before.platform.knowledge != step.after.platform.knowledge
            or at_endpoint.has_hole(old)
            or at_endpoint.has_hole(new)
        ):
            return names
        servers = (old.server, old.default, new.server, new.default)
        settled = frozenset({"http2"}).union(followed.lost, *(server.settled() for server in servers))
        return [name for name in names if name in settled]

    def _lose(self, step: _Step, followed: _Followed, old: Endpoint) -> None:
        """What decides at an endpoint stands in a file that cannot be read any more."""
        unread = _unread(step.after)
        new = unread.keys() - _unread(step.before).keys() or unread.keys()
        followed.dark = frozenset(new)
        gap = unread[min(new)] if new else None
        for name in _names(old.server.family, self.wanted):
            if name not in followed.lost:
                side = at_endpoint.side(old, name, step.before)
                followed.lost[name] = Lost(step.commit, step.previous, side, gap)

    def _doubt(self, step: _Step, followed: _Followed, old: Endpoint, since: tuple[Commit, Commit | None, Gap]) -> None:
        """What decides at an endpoint may have been there before, unread: what was taken for the value was a guess."""
        commit, previous, gap = since
        for name in _names(old.server.family, self.wanted):
            if name not in followed.lost:
                begun = self._number(followed.beginnings.get(name, followed.birth))
                side = at_endpoint.side(old, name, step.before) if begun < self.numbers[commit.id] else None
                followed.lost[name] = Lost(commit, previous, side, gap)

    def _find(self, step: _Step, followed: _Followed, new: Endpoint, names: Iterable[str]) -> None:
        """What was lost can be known again; where it is as it was, it is taken to have been so all the time."""
        for name in names:
            side, lost = at_endpoint.side(new, name, step.after), followed.lost.get(name)
            if side is None or lost is None:
                continue
            del followed.lost[name]
            if lost.before is not None and lost.before.value == side.value:
                followed.unread[name] = (*followed.unread.get(name, ()), Unread(lost, step.commit))
            else:
                followed.begin(name, Found(step.commit, step.previous, lost))

    # ------------------------------------------------------------------ the answer

    def _number(self, beginning: Beginning) -> int:
        commit = beginning.lost.commit if isinstance(beginning, NotKnown) else beginning.commit
        return self.numbers[commit.id]

    def _refused(self, number: int) -> Refused | None:
        for first, until in self._refusals:
            if self.numbers[first.id] <= number and (until is None or number < self.numbers[until.id]):
                return Refused(until)
        return None


def _names(family: Family, wanted: frozenset[str] | None) -> list[str]:
    return [name for name in COMPARED[family] if wanted is None or name in wanted]


def _unread(state: State) -> dict[str, Gap]:
    """The files that may hold servers and cannot be read."""
    return {gap.path: gap for gap in reversed(state.config.gaps) if not gap.remembered}


def _in(files: frozenset[str], endpoint: Endpoint) -> bool:
    return endpoint.server.at.path in files or endpoint.default.at.path in files


def _is_same(step: _Step, old: Endpoint, new: Endpoint) -> bool:
    """Whether nothing that the values rest on is another object: states share the servers that did not change."""
    return (
        old.server is new.server
        and old.default is new.default
        and old.socket.http2 == new.socket.http2
        and step.before.platform.knowledge == step.after.platform.knowledge
    )
