"""For every value that clients meet: the commit since which they do, and the one that wrote the line that says so.

The two are often not the same. A line may be years old when another default server, an include, a link, the order of
files or a new nginx makes it count, so the first is followed through the states (:mod:`driftscan.drift.follower`) and
the second through the file (:mod:`driftscan.drift.written`). Both look along the first parents, for what happens on a
branch reaches the host with its merge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from driftscan.drift.at_endpoint import Key
from driftscan.drift.beginnings import Since
from driftscan.drift.changes import (
    Change,
    DefaultServerChanged,
    NameMoved,
    ServerAdded,
    ServerRenamed,
    SettingChanged,
    SocketAdded,
)
from driftscan.drift.follower import Follower
from driftscan.drift.scan import Scan, Step
from driftscan.drift.state import State
from driftscan.drift.subjects import EndpointSubject
from driftscan.drift.written import Files, Written
from driftscan.errors import DriftscanError
from driftscan.history.commit import Commit, CommitId
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import AnyDeclaration, Decider
from driftscan.nginx.includes import Layout
from driftscan.tls.endpoints import Endpoint, InForce, Split


class Whose(Enum):
    """To whom a line belongs that a value rests on."""

    DECIDER = "decider"
    """The setting that decides, or has the last word."""
    DEFAULT_SERVER = "default-server"
    """The default server, where it decides together with the server that answers."""
    SELECTED_SERVER = "selected-server"
    """The server that answers, where the default server has the last word."""


@dataclass(frozen=True, slots=True)
class Blamed:
    """A value that clients of an endpoint meet, and where it comes from."""

    directive: str
    met: InForce
    since: Since
    lines: tuple[tuple[Whose, Written], ...]
    """The lines that it rests on, the ones of the setting that decides first; none of a default."""


@dataclass(frozen=True, slots=True)
class Blame:
    """A history that was walked to a commit, ready to be asked."""

    commit: CommitId
    state: State
    """The state at that commit."""
    commits: int
    """How many commits were walked."""
    shallow: bool
    """The history is cut off at its start."""
    _follower: Follower
    _files: Files
    _brought: Mapping[CommitId, tuple[Step, ...]] = field(default_factory=dict)
    """By merge: the steps of its branch, oldest first."""

    def of(self, endpoint: Endpoint, declaration: AnyDeclaration) -> Blamed:
        """The answer for one directive at an endpoint of the state."""
        key = (endpoint.socket.address, endpoint.name)
        met = endpoint.in_force(declaration, self.state.platform)
        since = self._follower.since(key, declaration.name)
        brought = tuple(self._bringers(since, key, declaration.name))
        lines = tuple(
            (whose, self._files.wrote(at, declaration.name, self.state.config.files.get(at.path)))
            for whose, at in _rests_on(endpoint, declaration, met)
        )
        return Blamed(declaration.name, met, replace(since, brought=brought), lines)

    def place_of(self, commit: Commit | None) -> int:
        """Where a commit stands in the walk, from 0; `None` is before all of them."""
        return -1 if commit is None else self._follower.numbers[commit.id]

    def _bringers(self, since: Since, key: Key, directive: str) -> Iterator[Commit]:
        """The commits of a merged branch that changed the value there, or made the endpoint."""
        commit = getattr(since.beginning, "commit", None)
        for step in reversed(self._brought.get(commit.id, ()) if isinstance(commit, Commit) else ()):
            if any(_is_about(change, key, directive, self.state) for change in step.changes):
                yield step.commit


def blame(
    repository: Repository, commit: CommitId, observer: Observer, layout: Layout, wanted: frozenset[str] | None = None
) -> Blame:
    """Walk the whole history of a commit.

    Args:
        repository: the history.
        commit: the newest commit that counts.
        observer: knows the versions.
        layout: where things are on the host.
        wanted: the directives that will be asked for; all of them when nobody chose.
    """
    segment = repository.select(Selection(tip=commit))
    follower = Follower(wanted)
    scan = Scan(repository, segment, (), observer, layout, follower)
    brought: dict[CommitId, tuple[Step, ...]] = {}
    for step in scan.steps():
        if step.merged_by is not None and follower.newest is not None:
            # The newest commit of the walk is the merge that these came with, however many merges lie between.
            brought[follower.newest.id] = (*brought.get(follower.newest.id, ()), step)
    if scan.state is None:
        raise DriftscanError(f"{commit[:12]}: no commit is selected")
    files = Files(repository.revisions(segment), repository.read)
    return Blame(commit, scan.state, scan.commits, scan.shallow, follower, files, brought)


_TOGETHER: Final = frozenset({Decider.TICKETS, Decider.PREFERENCE, Decider.SESSION_CACHE, Decider.CONF_COMMAND})
"""Where two servers have a part in a value."""


def _rests_on(endpoint: Endpoint, declaration: AnyDeclaration, met: InForce) -> Iterator[tuple[Whose, Location]]:
    """The lines that a value rests on."""
    own = met.setting.places
    yield from ((Whose.DECIDER, at) for at in own)
    if met.decider not in _TOGETHER or endpoint.server is endpoint.default:
        return
    # Of a session cache the server that answers can only say that there is none.
    has_part = met.decider is not Decider.SESSION_CACHE or isinstance(met.value, Split)
    by_default = met.server is endpoint.default
    other, whose = (endpoint.server, Whose.SELECTED_SERVER) if by_default else (endpoint.default, Whose.DEFAULT_SERVER)
    if has_part:
        yield from ((whose, at) for at in other[declaration].places if at not in own)


def _is_about(change: Change, key: Key, directive: str, state: State) -> bool:
    """Whether a change on a branch has to do with what is met at an endpoint."""
    address, name = key
    match change:
        case SettingChanged(subject=EndpointSubject() as subject):
            return (subject.socket, subject.name) == key and change.directive == directive
        case NameMoved(subject=subject):
            return (subject.socket, subject.name) == key
        case DefaultServerChanged(subject=subject) | SocketAdded(subject=subject):
            return subject.socket == address
        case ServerAdded(subject=subject):
            return address in subject.sockets and set(subject.names) == set(state.endpoints[key].server.names)
        case ServerRenamed(after=subject):
            return address in subject.sockets and name in subject.names
        case _:
            return False
