"""What nginx checks at the end of `http {}`, `stream {}` and `mail {}`, when it knows all of their servers.

nginx: ngx_http_block, ngx_stream_block and ngx_mail_block. The merge functions of the modules one after the other, each
over all servers; then locations, the sockets' default servers (ngx_http_ssl_init) and the tables of names
(ngx_http_optimize_servers).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from driftscan.history.platform import Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Hole, Location, named
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http_ssl import SSL, SSL_CERTIFICATE, SSL_PROTOCOLS, SSL_REJECT_HANDSHAKE
from driftscan.nginx.directives.mail_ssl import STARTTLS
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.files import NamedFile
from driftscan.nginx.listen import Transport
from driftscan.nginx.loadtest import contexts, locations, names, passing
from driftscan.nginx.loadtest.commands import forms_of
from driftscan.nginx.loadtest.contexts import Need
from driftscan.nginx.loadtest.library import TlsLibrary
from driftscan.nginx.loadtest.targets import Targets
from driftscan.nginx.loadtest.verdict import Notes
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket, build_sockets, is_specific
from driftscan.nginx.upstreams import Upstream

_NEEDS_CERTIFICATE: Final = NginxVersion(1, 15, 0)
"""`listen ... ssl` without a certificate is found while loading (CHANGES 1.15.0)."""
_REJECTS: Final = NginxVersion(1, 19, 4)
_STREAM_SHARES: Final = NginxVersion(1, 25, 5)
_NO_SSL_DIRECTIVE: Final = NginxVersion(1, 25, 1)
_MAIL_PORTS: Final = frozenset({25, 110, 143, 465, 587, 993, 995})
"""Ports by which nginx knows the protocol of a mail server without being told."""
_HANDLERS: Final = frozenset({"proxy_pass", "return", "pass"})


@dataclass(frozen=True, slots=True)
class Parts:
    """What a configuration is made of."""

    platform: Platform
    named: Mapping[str, NamedFile]
    sockets: tuple[Socket, ...]
    upstreams: tuple[Upstream, ...]
    notes: Notes


def check(block: Directive, family: Family, servers: tuple[Server, ...], parts: Parts, targets: Targets) -> None:
    """Everything nginx checks when it has read a block of servers: module by module, in the order they are built in."""
    library = TlsLibrary(parts.platform, parts.named, parts.notes, block)
    blocks = tuple(named(block.inside(), "server"))
    match family:
        case Family.HTTP:
            targets.check(family)
            _contexts(block, servers, library)
            passing.check(servers, parts.upstreams, library)
            for inner in blocks:
                locations.check_all(inner.inside(), parts.notes)
        case Family.STREAM:
            _handlers(blocks, parts.notes)
            passing.check(servers, parts.upstreams, library)
            targets.check(family)
            _contexts(block, servers, library)
        case Family.MAIL:
            _mail_protocols(servers, parts.notes)
            _contexts(block, servers, library)
            _mail_auth(block, blocks, parts.notes)
    if family is Family.HTTP or (family is Family.STREAM and parts.platform.nginx.version >= _STREAM_SHARES):
        _sockets(block, family, servers, parts)


def _contexts(block: Directive, servers: Iterable[Server], library: TlsLibrary) -> None:
    for server in servers:
        need = _needed(server, block, library.platform.nginx.version)
        if need is not None or _makes_all(server.family, library.platform.nginx.version):
            contexts.make(server, block, library, need)


def _makes_all(family: Family, nginx: NginxVersion) -> bool:
    """Whether every server with a certificate gets a context, and not only one that is asked for TLS."""
    return family is Family.HTTP or nginx < _NEEDS_CERTIFICATE or (family is Family.STREAM and nginx >= _STREAM_SHARES)


def _sockets(block: Directive, family: Family, servers: Sequence[Server], parts: Parts) -> None:
    ports = tuple(_by_port(servers, family, parts.sockets))
    for port in ports:
        for socket in port:
            _certificate(socket, parts)
    buckets = [node.args[0] for node in named(block.inside(), "server_names_hash_bucket_size")]
    for port in ports:
        # ngx_http_cmp_conf_addrs: bound ones first, the wildcard last.
        for socket in sorted(port, key=lambda each: (not is_specific(each.address), not _binds(each))):
            names.check_socket(socket, next(iter(buckets), None), parts.notes)


def _binds(socket: Socket) -> bool:
    return any(listen.sets_options for _, listen in socket.listens)


def _needed(server: Server, block: Directive, nginx: NginxVersion) -> Need | None:
    """The directive for which the server itself must have a certificate, or for which alone it gets a context."""
    ssl = [node.read_at for node in named(server.block, "listen") if "ssl" in node.args[1:]]
    listens = ssl and nginx >= _NEEDS_CERTIFICATE
    switched = server[SSL].value is True and nginx < _NO_SSL_DIRECTIVE
    match server.family:
        case Family.STREAM if listens and nginx < _STREAM_SHARES:
            return Need("listen ... ssl", ssl[-1])
        case Family.HTTP if switched:
            return Need("ssl", _line(server, block, "ssl"))
        case Family.MAIL if listens:
            return Need("listen ... ssl", ssl[-1])
        case Family.MAIL if switched:
            return Need("ssl", _line(server, block, "ssl", "starttls"))
        case Family.MAIL if server[STARTTLS].known and server[STARTTLS].value not in {"off", None}:
            return Need("starttls", _line(server, block, "ssl", "starttls"))
    return None


def _line(server: Server, block: Directive, *names: str) -> Location:
    """The line of the last directive of these in the server, else around it."""
    for nodes in (server.block, block.inside()):
        found = [node.read_at for node in named(nodes, *names)]
        if found:
            return found[-1]
    return server.opened


def _certificate(socket: Socket, parts: Parts) -> None:
    """What the default server of a TLS socket must have (ngx_http_ssl_init)."""
    quic = socket.address.transport is Transport.QUIC
    if not (socket.ssl_from or quic) or parts.platform.nginx.version < _NEEDS_CERTIFICATE:
        return
    how = "quic" if quic else "ssl"
    rejecting = parts.platform.nginx.version >= _REJECTS and socket.default[SSL_REJECT_HANDSHAKE].value is True
    checked = socket.servers if rejecting and not socket.default[SSL_CERTIFICATE].value else (socket.default,)
    for server in checked:
        certificate, protocols = server[SSL_CERTIFICATE], server[SSL_PROTOCOLS]
        if not certificate.known:
            continue
        if not certificate.value and server[SSL_REJECT_HANDSHAKE].value is not True:
            text = f'no "ssl_certificate" is defined for the "listen ... {how}" directive'
            parts.notes.refuse(text, server.opened, by_release=True)
        if quic and protocols.known and Protocol.TLS13 not in (protocols.value or ()) and certificate.value:
            text = '"ssl_protocols" must enable TLSv1.3 for the "listen ... quic" directive'
            parts.notes.refuse(text, server.opened, by_release=True)


def _by_port(servers: Sequence[Server], family: Family, sockets: Iterable[Socket]) -> Iterable[Sequence[Socket]]:
    """The sockets of these servers as nginx keeps them: by kind of address and port, in the order of the text."""
    own = {id(server) for server in servers}
    found = {socket.address: socket for socket in sockets if socket.family is family}
    if any(id(server) not in own for socket in found.values() for server in socket.servers):
        # A second block of the family, which nginx will refuse when it comes to it.
        found = {socket.address: socket for socket in build_sockets(tuple(servers))}
    ports: dict[tuple[str, int, Transport], list[Socket]] = {}
    for server in servers:
        for listen in server.listens:
            socket = found.pop(listen.address, None)
            if socket is not None:
                address = socket.address
                kind = address.host[:1] if address.host[:1] in "[u" else "4"
                ports.setdefault((kind, address.port, address.transport), []).append(socket)
    return ports.values()


def _handlers(blocks: Iterable[Directive], notes: Notes) -> None:
    """A server of stream must do something with its connections (ngx_stream_core_merge_srv_conf)."""
    for server in blocks:
        handled = any(
            isinstance(node, Hole) or node.name in _HANDLERS or not forms_of(node.name) for node in server.inside()
        )
        if not handled:
            notes.refuse("no handler for server", server.read_at)


def _mail_protocols(servers: Iterable[Server], notes: Notes) -> None:
    for server in servers:
        told = server.own.hole is not None or any(True for _ in named(server.block, "protocol"))
        if not told and not any(listen.address.port in _MAIL_PORTS for listen in server.listens):
            notes.refuse("unknown mail protocol for server", server.opened)


def _mail_auth(block: Directive, blocks: Iterable[Directive], notes: Notes) -> None:
    if _says(block, "auth_http"):
        return
    for server in blocks:
        if not _says(server, "auth_http"):
            notes.refuse('no "auth_http" is defined for server', server.read_at)


def _says(block: Directive, name: str) -> bool:
    return any(isinstance(node, Hole) or node.name == name for node in block.inside())
