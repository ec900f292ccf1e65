"""The listening sockets of a configuration: which servers share one, which is its default, what all of them get.

nginx: ngx_http_add_listen and ngx_http_add_addresses. A socket is one (address, port, transport). `ssl`, `http2` and
`proxy_protocol` are ORed over every server that listens on it; nobody can switch them off again. The default server
is the one that says so, else the one whose `listen` was read first. (All versions from 0.8.21.)
"""

from dataclasses import dataclass

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.http_ssl import SSL
from driftscan.nginx.listen import Address, Listen, Transport
from driftscan.nginx.names import NameTable
from driftscan.nginx.servers import Server

_SSL_DIRECTIVE_GONE = NginxVersion(1, 25, 1)


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
    def ssl(self) -> bool:
        """Whether connections start with a TLS handshake."""
        return bool(self.ssl_from) or self.ssl_on

    @property
    def ssl_from(self) -> tuple[Listen, ...]:
        """The `listen` lines that make it so."""
        return tuple(listen for _, listen in self.listens if listen.ssl)

    @property
    def ssl_on(self) -> bool:
        """Whether the old `ssl on` of the default server makes it so; on other servers it does nothing (< 1.25.1)."""
        if self.default.platform.nginx.version >= _SSL_DIRECTIVE_GONE:
            return False
        return self.address.transport is Transport.TCP and self.default[SSL].value is True

    def select(self, sni: str | None) -> Server:
        """The server whose configuration a client meets that asks for this name, or for none."""
        found = self.names.find(sni) if sni and len(self.listens) > 1 else None
        return self.default if found is None else found[1]

    def listen_of(self, server: Server) -> Listen:
        """The `listen` line by which a server is on this socket."""
        return next(listen for member, listen in self.listens if member is server)


def build_sockets(servers: tuple[Server, ...]) -> tuple[Socket, ...]:
    """Every socket of the configuration, by address."""
    members: dict[Address, list[tuple[Server, Listen]]] = {}
    for server in servers:
        for listen in server.listens:
            on_socket = members.setdefault(listen.address, [])
            # The same address twice in one server is refused by nginx (a duplicate listen); keep the first.
            if not on_socket or on_socket[-1][0] is not server:
                on_socket.append((server, listen))
    sockets = []
    for address, listens in members.items():
        explicit = next(((server, listen) for server, listen in listens if listen.default_server), None)
        sockets.append(
            Socket(
                address,
                tuple(listens),
                listens[0][0] if explicit is None else explicit[0],
                None if explicit is None else explicit[1],
                NameTable.build((server, server.names) for server, _ in listens),
                any(listen.http2 for _, listen in listens),
                any(listen.proxy_protocol for _, listen in listens),
            )
        )
    return tuple(sorted(sockets, key=lambda socket: socket.address))
