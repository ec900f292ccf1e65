"""The JSON document of `driftscan blame`, as types: a part of the published schema. Changes only ever add."""

from typing import Literal, TypeAlias

from msgspec import Struct

from driftscan.report.entries import Commit, Gap, InForce, Load, Place, Platform, Server, Setting


class Lost(Struct, frozen=True):
    """From a commit on a value could not be known."""

    commit: Commit
    before: Setting | None
    """The last that was known; null where nothing was."""
    gap: Gap | None
    """What could not be read."""


class Unread(Struct, frozen=True):
    """A time for which a value is not known; it was the same before and after."""

    lost: Lost
    found: str
    """Id of the commit with which it could be read again."""


class Renamed(Struct, frozen=True):
    """The server had another name."""

    name: str
    until: str
    """Id of the commit that renamed it."""


class Since(Struct, frozen=True):
    """Since when clients meet a value."""

    how: Literal["history-begins", "added", "changed", "versions-learned", "readable-again", "not-known"]
    """`history-begins`: since the first commit, or before. `added`: no client could ask there before. `changed`:
    clients met something else before. No commit made it so in the others: since `versions-learned` more is known of
    nginx and its library, since `readable-again` it is known at all, and `not-known` is what it is now."""
    commit: Commit | None
    """Null for what is not known now."""
    before: Setting | None
    """What clients met before, or what was taken for it."""
    what: Literal["server", "name", "socket"] | None
    """What was new, where an endpoint was added."""
    by_upgrade: bool
    """Nobody wrote it: another nginx or TLS library makes it so."""
    beside: list[str]
    """What else the commit did to the endpoint: `name-moved`, `default-server-changed`."""
    lost: Lost | None
    """Where it could not be known before, or cannot be now."""
    unread: list[Unread]
    renamed: list[Renamed]
    brought: list[str]
    """Where the commit is a merge: ids of the commits on its branch that made it, the newest first."""
    refused: bool
    """nginx would not have loaded what the commit left."""
    loads_with: str | None
    """Id of the commit with which it would load again; null while it is refused, and where it never was."""


Whose: TypeAlias = Literal["decider", "default-server", "selected-server"]


class Line(Struct, frozen=True):
    """A line that says so, and the commit since which its file does."""

    at: Place
    of: Whose
    """Whose line it is: of the setting that decides, or of the other server that has a part in the value."""
    commit: Commit | None
    """Null: its file is not in the history."""
    from_start: bool
    """It was there when the history begins."""


class Blamed(InForce, frozen=True, kw_only=True):
    """A value as a client meets it, since when, and who wrote it."""

    since: Since
    lines: list[Line]


class BlamedEndpoint(Struct, frozen=True):
    """What a client meets that asks this socket for this name."""

    socket: str
    name: str
    server: Server
    settings: dict[str, Blamed]


class Blame(Struct, frozen=True, kw_only=True):
    """`driftscan blame`: which commit made each value in force what it is."""

    schema: Literal["driftscan/1"] = "driftscan/1"
    revision: str
    """As it was asked for."""
    commit: str
    """Its id: the newest commit that counts."""
    commits: int
    """How many commits were walked."""
    shallow: bool
    """The history is cut off at its start."""
    platform: Platform
    load: Load
    blamed: list[BlamedEndpoint]
    gaps: list[Gap]
    version: str
