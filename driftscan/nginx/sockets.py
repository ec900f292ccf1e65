"""The listening sockets of a configuration: which servers share one, which is its default, what all of them get.

nginx: ngx_http_add_listen and ngx_http_add_addresses. A socket is one (address, port, transport). `ssl`, `http2` and
`proxy_protocol` are ORed over every server that listens on it; nobody can switch them off again. The default server
is the one that says so, else the one whose `listen` was read first. (All versions from 0.8.21.)

A connection to 203.0.113.5:443 meets the servers that listen on exactly that address, if any does, and those of the
wildcard only otherwise (ngx_http_init_connection looks among the addresses of a port for the local one).

stream has default servers and names since 1.25.5 (ngx_stream_core_listen); before, and in mail always, one server
listens on an address.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http_ssl import SSL
from driftscan.nginx.listen import Address, Listen, Transport, accepts_ipv4
from driftscan.nginx.names import NameTable
from driftscan.nginx.servers import Server

_SSL_DIRECTIVE_GONE = NginxVersion(1, 25, 1)
_STREAM_NAMES_SINCE = NginxVersion(1, 25, 5)
ANY_IPV4 = "0.0.0.0"  # noqa: S104 - data, nothing binds here
ANY_IPV6 = "[::]"


@dataclass(frozen=True, slots=True, eq=False)
class Socket:
    """One listening socket with its servers in the order nginx reads them."""

    address: Address
    listens: tuple[tuple[Server, Listen], ...]
    """Each server once, with the `listen` that brought it here."""
    default: Server
    explicit_default: Listen | None
    """The `listen` that says `default_server`, if one does."""
    names: NameTable[Server]
    http2: bool
    """Whether a `listen` parameter offers HTTP/2 to every name of the socket."""
    proxy_protocol: bool
    """Whether connections start with a PROXY protocol header."""

    @property
    def servers(self) -> tuple[Server, ...]:
        """The servers of this socket."""
        return tuple(server for server, _ in self.listens)

    @property
    def family(self) -> Family:
        """Whose servers these are."""
        return self.default.family

    @property
    def text(self) -> str:
        """The address as nginx's messages show it: in the words of the `listen` that sets socket options, if any."""
        listens = [listen for _, listen in self.listens]
        return next((listen for listen in listens if listen.sets_options), listens[0]).text

    @property
    def ssl(self) -> bool:
        """Whether connections start with a TLS handshake."""
        return _starts_tls(self)

    @property
    def ssl_from(self) -> tuple[Listen, ...]:
        """The `listen` lines that make it so."""
        return tuple(listen for _, listen in self.listens if listen.ssl)

    @property
    def ssl_on(self) -> bool:
        """Whether the old `ssl on` of the default server makes it so; on other servers it does nothing (< 1.25.1)."""
        if self.default.platform.nginx.version >= _SSL_DIRECTIVE_GONE or self.family is Family.STREAM:
            return False
        return self.address.transport is Transport.TCP and self.default[SSL].value is True

    def select(self, sni: str | None) -> Server:
        """The server whose configuration a client meets that asks for this name, or for none."""
        found = self.names.find(sni) if sni and len(self.listens) > 1 else None
        return self.default if found is None else found[1]

    def listen_of(self, server: Server) -> Listen:
        """The `listen` line by which a server is on this socket."""
        return next(listen for member, listen in self.listens if member is server)


@functools.lru_cache(maxsize=64)  # asked for every name of a socket
def _starts_tls(socket: Socket) -> bool:
    return any(listen.ssl for _, listen in socket.listens) or socket.ssl_on


def build_sockets(servers: tuple[Server, ...]) -> tuple[Socket, ...]:
    """Every socket of the configuration, by address."""
    members: dict[tuple[Family, Address], list[tuple[Server, Listen]]] = {}
    for server in servers:
        for listen in server.listens:
            on_socket = members.setdefault((server.family, listen.address), [])
            # The same address twice in one server is refused by nginx (a duplicate listen); keep the first.
            if not on_socket or on_socket[-1][0] is not server:
                on_socket.append((server, listen))
    sockets = []
    for (_, address), listens in members.items():
        explicit = next(((server, listen) for server, listen in listens if listen.default_server), None)
        sockets.append(
            Socket(
                address,
                tuple(listens),
                listens[0][0] if explicit is None else explicit[0],
                None if explicit is None else explicit[1],
                NameTable.build((server, _sni(server)) for server, _ in listens),
                any(listen.http2 for _, listen in listens),
                any(listen.proxy_protocol for _, listen in listens),
            )
        )
    return tuple(sorted(sockets, key=lambda socket: socket.address))


def _sni(server: Server) -> tuple[str, ...]:
    """The names by which clients can ask for a server."""
    match server.family:
        case Family.HTTP:
            return server.names
        case Family.STREAM:
            return server.names if server.platform.nginx.version >= _STREAM_NAMES_SINCE else ()
        case Family.MAIL:
            return ()


def reached(sockets: Iterable[Socket], host: str, port: int, transport: Transport = Transport.TCP) -> Socket | None:
    """The socket that takes a connection to a local address; `None` when nothing listens there.

    Args:
        sockets: all of a configuration.
        host: as in :class:`Address`: `203.0.113.5`, `[2001:db8::1]`, `unix:/run/x.sock`.
        port: 0 for a unix socket.
        transport: what the client speaks.
    """
    on_port = _on_port(_Same(sockets) if isinstance(sockets, tuple) else _Same(tuple(sockets)), port, transport)
    if host in on_port or host.startswith("unix:"):
        return on_port.get(host)
    return _wildcard(on_port, host)


def _wildcard(on_port: Mapping[str, Socket], host: str) -> Socket | None:
    """The one of a port's sockets that listens on all addresses of the host's family."""
    any_ipv6 = on_port.get(ANY_IPV6)
    if host.startswith("["):
        return any_ipv6
    if ANY_IPV4 in on_port:
        return on_port[ANY_IPV4]
    return any_ipv6 if any_ipv6 is not None and takes_ipv4(any_ipv6) else None


class _Same:
    """The sockets of one configuration as a key, which is the very same tuple: to compare thousands takes too long."""

    __slots__ = ("sockets",)

    def __init__(self, sockets: tuple[Socket, ...]) -> None:
        self.sockets = sockets

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.sockets is other.sockets

    def __hash__(self) -> int:
        return id(self.sockets)


def _on_port(same: _Same, port: int, transport: Transport) -> Mapping[str, Socket]:
    return _by_port(same).get((port, transport), {})


@functools.lru_cache(maxsize=8)  # a `listen` on a range of ports makes thousands, and each asks for all others
def _by_port(same: _Same) -> Mapping[tuple[int, Transport], Mapping[str, Socket]]:
    found: dict[tuple[int, Transport], dict[str, Socket]] = {}
    for socket in same.sockets:
        found.setdefault((socket.address.port, socket.address.transport), {})[socket.address.host] = socket
    return found


def takes_ipv4(socket: Socket) -> bool:
    """Whether IPv4 connections arrive at an IPv6 wildcard: `ipv6only=off`, or nginx before 1.3.4 on Linux."""
    nginx = socket.default.platform.nginx.version
    said = [accepts_ipv4(listen, nginx) for _, listen in socket.listens]
    return any(said) or all(answer is None for answer in said)


def is_specific(address: Address) -> bool:
    """Whether it is one address of the host, and so takes connections away from a wildcard on its port."""
    return address.port != 0 and address.host not in {ANY_IPV4, ANY_IPV6}


def covering(sockets: Iterable[Socket], address: Address) -> Socket | None:
    """The wildcard socket that would take the connections to a specific address if nobody listened on it."""
    if not is_specific(address):
        return None
    same = _Same(sockets if isinstance(sockets, tuple) else tuple(sockets))
    return _wildcard(_on_port(same, address.port, address.transport), address.host)
