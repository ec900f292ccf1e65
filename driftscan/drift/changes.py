"""What can change between two states, as a closed union of typed changes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from driftscan.drift.subjects import (
    ConfigurationSubject,
    EndpointSubject,
    ServerSubject,
    SocketSubject,
    UpstreamSubject,
)
from driftscan.nginx.directives.base import Decider, Origin
from driftscan.nginx.loadtest import Load


class Scope(StrEnum):
    """Which of the two levels a setting changed on."""

    CONFIGURED = "configured"
    """What is written for a server, after inheritance."""
    IN_FORCE = "in-force"
    """What a client meets at an endpoint."""


@dataclass(frozen=True, slots=True)
class Side:
    """A value before or after, with its origin and who decides it."""

    value: object
    origin: Origin
    decider: Decider | None
    """Who decides what clients meet; `None` for what is configured for a server, whether they meet it or not."""
    server: ServerSubject | None
    """The server it belongs to; `None` for a socket, which is every server's on it."""

    @property
    def decided_by(self) -> str:
        """The same for people: `default server _:443`, `socket`, `configured for shop.example`."""
        if self.decider is None:
            name = self.server.name if self.server else ""
            return f"configured for {name or 'this server'}"
        return self.decider.value if self.server is None else f"{self.decider.value} {self.server}"


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A setting has another value. Both sides are known; what became unknown is a gap, not a change."""

    scope: Scope
    subject: ServerSubject | EndpointSubject | SocketSubject | UpstreamSubject
    directive: str
    before: Side
    after: Side
    in_force: bool
    """Whether some client meets the difference."""
    reason: str | None = None
    """Why nobody does, when nobody does."""
    by_upgrade: bool = False
    """Nobody wrote it: what it rests on in the configuration is the same on both sides, and another nginx or TLS
    library makes something else of it. It has another default, or looks at another server."""


@dataclass(frozen=True, slots=True)
class ServerAdded:
    """A server is new that answers TLS clients; one that nobody can ask for is none."""

    subject: ServerSubject


@dataclass(frozen=True, slots=True)
class ServerRemoved:
    """A server that answered TLS clients is gone, or answers none of them any more."""

    subject: ServerSubject


@dataclass(frozen=True, slots=True)
class ServerRenamed:
    """The same server answers to other names."""

    before: ServerSubject
    after: ServerSubject

    @property
    def subject(self) -> ServerSubject:
        """The server as it is now."""
        return self.after


@dataclass(frozen=True, slots=True)
class NameMoved:
    """A name is answered by another server of the same socket."""

    subject: EndpointSubject
    before: ServerSubject
    after: ServerSubject


@dataclass(frozen=True, slots=True)
class DefaultServerChanged:
    """Clients without SNI, or with a name nobody claims, and every setting that the default server decides."""

    subject: SocketSubject
    before: ServerSubject
    after: ServerSubject
    explicit_before: bool
    explicit_after: bool


@dataclass(frozen=True, slots=True)
class SocketAdded:
    """nginx speaks TLS on a socket where it did not."""

    subject: SocketSubject


@dataclass(frozen=True, slots=True)
class SocketRemoved:
    """nginx does not speak TLS on a socket any more."""

    subject: SocketSubject
    still_listening: bool
    """The socket is there, and speaks something else."""


@dataclass(frozen=True, slots=True)
class AddressTaken:
    """Connections to one address are taken from the servers that listen on all addresses, by others."""

    subject: SocketSubject
    """The one address."""
    wildcard: SocketSubject
    names: tuple[str, ...]
    """Those that another server answers for there now, and all of them where TLS is gone; `""` stands for the default
    server, which answers every other name."""
    tls: bool
    """Whether the address itself speaks TLS."""


@dataclass(frozen=True, slots=True)
class AddressReleased:
    """Nobody listens on one address any more: its connections go to the servers that listen on all addresses."""

    subject: SocketSubject
    """The one address."""
    wildcard: SocketSubject
    names: tuple[str, ...]
    """Those of the wildcard that another server answered for there before, as in :class:`AddressTaken`."""


@dataclass(frozen=True, slots=True)
class LoadChanged:
    """nginx would refuse the configuration now, or would load it again."""

    subject: ConfigurationSubject
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
