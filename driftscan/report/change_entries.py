"""What a change is in a JSON document, kind by kind: a part of the published schema. Changes only ever add."""

from typing import Literal, TypeAlias

from msgspec import Struct

from driftscan.report.entries import (
    Configuration,
    Endpoint,
    Load,
    Server,
    Setting,
    SocketSubject,
    Subject,
)


class SettingChanged(Struct, frozen=True, tag_field="kind", tag="setting"):
    """A setting has another value."""

    scope: Literal["in-force", "configured"]
    subject: Subject
    directive: str
    before: Setting
    after: Setting
    effect: Literal["in-force", "none"]
    reason: str | None
    by_upgrade: bool
    """Nobody wrote it: a default that changed with the version of nginx."""


class ServerAdded(Struct, frozen=True, tag_field="kind", tag="server-added"):
    """A server that speaks TLS is new."""

    subject: Server


class ServerRemoved(Struct, frozen=True, tag_field="kind", tag="server-removed"):
    """A server that spoke TLS is gone, or speaks it no more."""

    subject: Server


class ServerRenamed(Struct, frozen=True, tag_field="kind", tag="server-renamed"):
    """The same server answers to other names."""

    subject: Server
    before: Server
    after: Server


class NameMoved(Struct, frozen=True, tag_field="kind", tag="name-moved"):
    """A name is answered by another server of the same socket."""

    subject: Endpoint
    before: Server
    after: Server


class DefaultServerChanged(Struct, frozen=True, tag_field="kind", tag="default-server"):
    """Another server is the default one of a socket."""

    subject: SocketSubject
    before: Server
    after: Server
    explicit_before: bool
    explicit_after: bool


class SocketAdded(Struct, frozen=True, tag_field="kind", tag="socket-added"):
    """nginx speaks TLS on a socket where it did not."""

    subject: SocketSubject


class SocketRemoved(Struct, frozen=True, tag_field="kind", tag="socket-removed"):
    """nginx does not speak TLS on a socket any more."""

    subject: SocketSubject
    still_listening: bool


class AddressTaken(Struct, frozen=True, tag_field="kind", tag="address-taken"):
    """Connections to one address are taken from the servers that listen on all addresses."""

    subject: SocketSubject
    wildcard: SocketSubject
    names: list[str]
    """Those that another server answers for there; the empty one is the default server."""
    tls: bool


class AddressReleased(Struct, frozen=True, tag_field="kind", tag="address-released"):
    """Connections to one address go to the servers that listen on all addresses again."""

    subject: SocketSubject
    wildcard: SocketSubject
    names: list[str]


class LoadChanged(Struct, frozen=True, tag_field="kind", tag="load"):
    """nginx would refuse the configuration now, or load it again."""

    subject: Configuration
    before: Load
    after: Load


Change: TypeAlias = (
    SettingChanged
    | ServerAdded
    | ServerRemoved
    | ServerRenamed
    | NameMoved
    | DefaultServerChanged
    | SocketAdded
    | SocketRemoved
    | AddressTaken
    | AddressReleased
    | LoadChanged
)
