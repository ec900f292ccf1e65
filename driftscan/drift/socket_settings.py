"""What every server of a listen socket says about one directive, and whose word counts there.

A change or a finding tells what clients meet. This tells why: a socket with all of its servers side by side.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from driftscan.drift.findings import Finding
from driftscan.drift.state import State, once
from driftscan.drift.subjects import ServerSubject, SocketSubject, server_subject
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Location, Node
from driftscan.nginx.directives.base import AnyDeclaration, AnySetting, Decider, Explicit, Origin, Setting, fact
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.hsts import HEADER, HSTS
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http3 import HTTP3
from driftscan.nginx.listen import Address, Transport
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.tls.endpoints import has_context


@dataclass(frozen=True, slots=True)
class Said:
    """What servers of one socket say about a directive, all of them alike."""

    servers: tuple[ServerSubject, ...]
    """The default server alone, or all others with the same value from the same place, in the order of nginx."""
    is_default: bool
    """The default server of the socket."""
    value: object
    """After inheritance; it means nothing where `known` is not set."""
    known: bool
    origin: Origin
    has_context: bool = True
    """Whether nginx makes a TLS context for them; without one the default server decides everything of the handshake,
    whatever they say (:func:`driftscan.tls.endpoints.has_context`)."""


@dataclass(frozen=True, slots=True)
class SocketSetting:
    """One directive on one TLS socket, as every server says it that clients can reach there."""

    socket: SocketSubject
    directive: str
    decider: Decider
    """Who decides for a name that selects another server than the default server."""
    said: tuple[Said, ...]
    """The default server first, then the others: the most servers first, then by key."""


@once
def socket_setting(state: State, address: Address, directive: str) -> SocketSetting | None:
    """What the servers of a socket say about a directive.

    `None` where no TLS is spoken, or where the directive means nothing: to this kind of servers, to this version of
    nginx, or over this transport.
    """
    socket = state.tls_sockets.get(address)
    declaration = None if socket is None else COMPARED[socket.family].get(directive)
    if socket is None or declaration is None or not means_something(declaration, socket, state.platform.nginx.version):
        return None
    alike: dict[tuple[AnySetting, bool], list[ServerSubject]] = {}
    for server in _others(socket):
        key = _own(socket, server, declaration), has_context(server)
        alike.setdefault(key, []).append(server_subject(server, state))
    groups = sorted(alike.items(), key=lambda group: (-len(group[1]), min(server.key for server in group[1])))
    return SocketSetting(
        SocketSubject(address),
        directive,
        _decider(declaration, socket, state),
        (
            _said(_own(socket, socket.default, declaration), [server_subject(socket.default, state)], is_default=True),
            *(replace(_said(said, servers, is_default=False), has_context=own) for (said, own), servers in groups),
        ),
    )


def means_something(declaration: AnyDeclaration, socket: Socket, version: NginxVersion) -> bool:
    """Whether an nginx of this version knows a directive, and it says something about the socket.

    `http2` also where only `listen` says it; those of HTTP/3 where `listen` says `quic`.
    """
    # What is read from whole levels has no entry in a command table.
    known = not declaration.forms or bool(declaration.forms_of(version))
    said_by_listen = declaration is HTTP2 and socket.http2
    quic = socket.address.transport is Transport.QUIC
    return (known or said_by_listen) and (quic or declaration not in HTTP3)


def _decider(declaration: AnyDeclaration, socket: Socket, state: State) -> Decider:
    """As :meth:`Endpoint.in_force` tells it: one `listen` with `http2` decides for the whole socket."""
    if declaration is HTTP2:
        return Decider.SOCKET if socket.http2 else Decider.HTTP_SERVER
    return fact(declaration.decider, state.platform) or Decider.SNI_SERVER


def _others(socket: Socket) -> Iterable[Server]:
    """The servers that some name selects, other than the default server, each once."""
    owners = (server for name, server in socket.names.owners.items() if name not in UNREACHABLE)
    return dict.fromkeys(server for server in owners if server is not socket.default)


def _own(socket: Socket, server: Server, declaration: AnyDeclaration) -> AnySetting:
    """What a server says itself, its `listen` on this socket included."""
    listen = socket.listen_of(server)
    return Setting(True, Explicit((listen.at,))) if declaration is HTTP2 and listen.http2 else server[declaration]


def _said(setting: AnySetting, servers: Iterable[ServerSubject], *, is_default: bool) -> Said:
    return Said(tuple(servers), is_default, setting.value, setting.known, setting.origin)


def told_by(finding: Finding, state: State) -> tuple[str, ...]:
    """The directives that a finding is about, among those that are compared.

    They are the ones on the lines of its evidence, the deciding line first, or else the ones that its facts name. A
    line with several of them does not tell which one is meant, and counts for none.
    """
    lines = _compared_at(state)
    held = (lines.get(place, ()) for place in finding.hit.evidence)
    written = dict.fromkeys(names[0] for names in held if len(names) == 1)
    return tuple(written or dict.fromkeys(value for _, value in finding.hit.facts if value in _COMPARED))


_COMPARED: Final = frozenset(name for declared in COMPARED.values() for name in declared)


@once
def _compared_at(state: State) -> Mapping[Location, tuple[str, ...]]:
    """The compared directives of a configuration, by the line where they begin."""
    found: dict[Location, dict[str, None]] = {}
    for directive in _directives(state.config.nodes):
        name = HSTS.name if _sends_hsts(directive) else directive.name
        if name in _COMPARED:
            found.setdefault(directive.at, {})[name] = None
    return {place: tuple(names) for place, names in found.items()}


def _directives(nodes: Iterable[Node]) -> Iterator[Directive]:
    """Every directive at any depth, in the order of nginx."""
    for node in nodes:
        if isinstance(node, Directive):
            yield node
            yield from _directives(node.inside())


def _sends_hsts(directive: Directive) -> bool:
    return directive.name == "add_header" and directive.args[:1] != () and directive.args[0].lower() == HEADER
