"""Since when a client meets what it meets, as a closed union: a commit, or the honest reason why none can be named."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from driftscan.drift.changes import DefaultServerChanged, NameMoved, Side
from driftscan.history.commit import Commit
from driftscan.nginx.config import Gap


class Appearance(Enum):
    """What was new when clients began to meet an endpoint."""

    SERVER = "server"
    """The server that answers."""
    NAME = "name"
    """The name: the server was there before, and so was the socket."""
    SOCKET = "socket"
    """TLS on the socket: the server was there before."""


@dataclass(frozen=True, slots=True)
class Lost:
    """From a commit on a value could not be known."""

    commit: Commit
    previous: Commit | None
    """The commit before."""
    before: Side | None
    """The last that was known; `None` where nothing was."""
    gap: Gap | None
    """What could not be read; `None` where nothing says which part it was."""


@dataclass(frozen=True, slots=True)
class FromStart:
    """It was so in the first state of the history: since then, or before."""

    commit: Commit


@dataclass(frozen=True, slots=True)
class Added:
    """Before this commit no client could ask for the endpoint."""

    commit: Commit
    previous: Commit | None
    what: Appearance


@dataclass(frozen=True, slots=True)
class Changed:
    """Before this commit clients met another value."""

    commit: Commit
    previous: Commit | None
    before: Side
    by_upgrade: bool
    """Nobody wrote it: another nginx or TLS library makes it of the same configuration."""
    beside: tuple[NameMoved | DefaultServerChanged, ...] = ()
    """What else the commit did to the endpoint: another server answers, or begins the handshake."""


@dataclass(frozen=True, slots=True)
class Learned:
    """No commit made it so: from this one on more is known of the versions, and they decide."""

    commit: Commit
    previous: Commit | None
    before: Side | None
    """What was taken for the value until then; `None` where the endpoint itself comes with the versions."""


@dataclass(frozen=True, slots=True)
class Found:
    """It was so when it could be read (again), and not before that was lost: no commit can be named."""

    commit: Commit
    previous: Commit | None
    lost: Lost


@dataclass(frozen=True, slots=True)
class NotKnown:
    """It cannot be told what is in force, and so not since when."""

    lost: Lost


Beginning: TypeAlias = FromStart | Added | Changed | Learned | Found | NotKnown


@dataclass(frozen=True, slots=True)
class Unread:
    """A time for which a value is not known; it was the same before and after."""

    lost: Lost
    found: Commit
    """The commit with which it could be read again."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The server had another name, and clients met the same there."""

    name: str
    until: Commit
    """The commit that renamed it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """nginx would not have loaded what the commit left."""

    until: Commit | None
    """The commit with which it would load again; `None`: it is still refused."""


@dataclass(frozen=True, slots=True)
class Since:
    """The whole answer for one value."""

    beginning: Beginning
    unread: tuple[Unread, ...] = ()
    """Oldest first, all of them after the beginning."""
    formerly: tuple[Renamed, ...] = ()
    """Oldest first, none of them before the beginning."""
    refused: Refused | None = None
    brought: tuple[Commit, ...] = ()
    """Where the commit is a merge: the commits on its branch that changed the value, the newest first."""
