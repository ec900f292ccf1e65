"""What a change or a finding is about, named as a visitor would see it."""

from dataclasses import dataclass
from typing import TypeAlias

from driftscan.drift.state import State
from driftscan.nginx.config import Location
from driftscan.nginx.listen import Address
from driftscan.nginx.servers import Server
from driftscan.nginx.upstreams import Upstream
from driftscan.tls.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class ServerSubject:
    """A server: what it is called and where it listens for TLS. Its place in a file is not its identity."""

    name: str
    """Its first name; `""` or `_` when it has no other."""
    names: tuple[str, ...]
    sockets: tuple[Address, ...]
    at: Location

    def __str__(self) -> str:
        ports = sorted({address.port for address in self.sockets})
        shown = self.name or "(no name)"
        return f"{shown}:{','.join(map(str, ports))}" if ports else shown

    @property
    def key(self) -> str:
        """Stable while the server keeps its first name and its ports."""
        return f"server {self}"


@dataclass(frozen=True, slots=True)
class EndpointSubject:
    """A name on a socket."""

    socket: Address
    name: str
    """`""` for clients that send no name, or one that no server claims."""
    server: ServerSubject
    """The server that answers."""

    def __str__(self) -> str:
        return f"{self.name or 'any other name'} on {self.socket}"

    @property
    def key(self) -> str:
        """Stable while the name is served on the socket."""
        return f"endpoint {self.socket} {self.name}"


@dataclass(frozen=True, slots=True)
class SocketSubject:
    """A listening socket."""

    socket: Address

    def __str__(self) -> str:
        return str(self.socket)

    @property
    def key(self) -> str:
        """Stable while nginx listens there."""
        return f"socket {self.socket}"


@dataclass(frozen=True, slots=True)
class ZoneSubject:
    """A shared memory zone, known by its name to the whole configuration."""

    name: str

    def __str__(self) -> str:
        return f"zone {self.name}"

    @property
    def key(self) -> str:
        """Stable while the zone is called so."""
        return f"zone {self.name}"


@dataclass(frozen=True, slots=True)
class UpstreamSubject:
    """A place of a server that passes requests on."""

    server: ServerSubject
    path: str
    """The location, as written; empty for a server of stream."""
    target: str
    """Where to, as written."""

    def __str__(self) -> str:
        place = f"{self.server} {self.path}".rstrip()
        return f"{place} -> {self.target}"

    @property
    def key(self) -> str:
        """Stable while the location and its server keep their names."""
        return f"upstream {self.server} {self.path}"


@dataclass(frozen=True, slots=True)
class ConfigurationSubject:
    """The whole configuration of one nginx."""

    main: str
    """Its main file."""

    def __str__(self) -> str:
        return self.main

    @property
    def key(self) -> str:
        """Stable while the main file keeps its place."""
        return f"configuration {self.main}"


@dataclass(frozen=True, slots=True)
class FileSubject:
    """A file of the tree that is no configuration of nginx: a certificate, a key, what certbot or OpenSSL reads."""

    path: str
    """Relative to the root of the tree."""

    def __str__(self) -> str:
        return self.path

    @property
    def key(self) -> str:
        """Stable while the file keeps its place."""
        return f"file {self.path}"


Subject: TypeAlias = (
    ServerSubject | EndpointSubject | SocketSubject | ZoneSubject | UpstreamSubject | ConfigurationSubject | FileSubject
)


def server_subject(server: Server, state: State) -> ServerSubject:
    """A server of a state, as a subject."""
    return ServerSubject(server.name, server.names, state.tls_addresses(server), server.at)


def upstream_subject(upstream: Upstream, state: State) -> UpstreamSubject:
    """A place that passes requests on, as a subject."""
    return UpstreamSubject(server_subject(upstream.server, state), upstream.path, upstream.target)


def endpoint_subject(endpoint: Endpoint, state: State) -> EndpointSubject:
    """An endpoint of a state, as a subject."""
    return EndpointSubject(endpoint.socket.address, endpoint.name, server_subject(endpoint.server, state))
