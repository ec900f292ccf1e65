"""What is in force for a client: the same directive may be decided by the default server or by the selected one.

How nginx does it: a connection starts with SSL_new() on the *default server's* context. When the client's SNI
selects another server that has a context of its own, nginx calls SSL_set_SSL_CTX and copies verification settings
and option bits (ngx_http_ssl_servername). Until 1.29.1 that happens in the servername callback: after the protocol
version, the TLS 1.3 suite and the session ticket were already looked at. From 1.29.2 on, with OpenSSL 1.1.1 or
BoringSSL, it happens in the ClientHello callback, before all of them. What SSL_set_SSL_CTX does not touch (groups,
session storage, ticket keys, early data) stays with the default server in every version.

A server without certificate has no context: then nothing is switched, and every handshake setting is the default
server's, but for `ssl_reject_handshake` and `ssl_buffer_size`. The table of who decides is in the declarations; the
combinations are here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from driftscan.history.platform import Platform
from driftscan.nginx.directives.base import AnyDeclaration, AnySetting, Decider, Explicit, Setting, fact
from driftscan.nginx.directives.http_ssl import (
    SSL_BUFFER_SIZE,
    SSL_CERTIFICATE,
    SSL_PROTOCOLS,
    SSL_REJECT_HANDSHAKE,
    SSL_VERIFY_CLIENT,
)
from driftscan.nginx.directives.session_cache import SessionCache
from driftscan.nginx.directives.values import show
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket

ANY_OTHER_NAME = ""
"""The endpoint of clients that send no SNI, or a name that no server claims."""


@dataclass(frozen=True, slots=True)
class Split:
    """Two servers decide together, and disagree."""

    sni_server: object
    default_server: object
    wording: str

    def __str__(self) -> str:
        return self.wording.format(sni=show(self.sni_server), default=show(self.default_server))


@dataclass(frozen=True, slots=True)
class InForce:
    """A value as a client meets it. Compare `value` only where both sides are `known`."""

    value: object
    setting: AnySetting
    """The setting that decides (of a combination, the one with the last word), with its origin."""
    decider: Decider
    server: Server | None
    """The server that `setting` belongs to; `None` for a socket's own."""
    known: bool
    reason: str | None = None
    """Why the selected server's own value is not the one, when it is not."""


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One name on one TLS socket, and the server that answers for it."""

    socket: Socket
    name: str
    """As in `server_name`, or :data:`ANY_OTHER_NAME`."""
    server: Server

    @property
    def default(self) -> Server:
        """The default server of the socket, which every handshake starts with."""
        return self.socket.default

    def in_force(self, declaration: AnyDeclaration, platform: Platform) -> InForce:
        """The value that a client of this endpoint meets, and who decides it."""
        decider = fact(declaration.decider, platform) or Decider.SNI_SERVER
        if decider in {Decider.HTTP_SERVER, Decider.HTTP2}:
            setting = self.server[declaration]
            if decider is Decider.HTTP2 and self.socket.http2:
                lines = tuple(listen.at for _, listen in self.socket.listens if listen.http2)
                return InForce(True, Setting(True, Explicit(lines)), Decider.SOCKET, None, known=True)
            return InForce(setting.value, setting, Decider.HTTP_SERVER, self.server, setting.known)
        if declaration in _OF_EVERY_SERVER and decider is Decider.SNI_SERVER:
            return _sni_server(self.server, self.default, declaration, platform)
        # The handshake does not ask for a client certificate then, but the answer is 400 all the same.
        refused_later = declaration is SSL_VERIFY_CLIENT and self.server is not self.default
        if self.server is self.default or not (has_context(self.server) or refused_later):
            setting = self.default[declaration]
            reason = None if self.server is self.default else "the selected server has no certificate"
            return InForce(setting.value, setting, Decider.DEFAULT_SERVER, self.default, setting.known, reason)
        return _COMBINATIONS[decider](self.server, self.default, declaration, platform)


def has_context(server: Server) -> bool:
    """Whether nginx makes a TLS context for a server (ngx_http_ssl_merge_srv_conf).

    A certificate that may stand in an unread file counts: most servers have one.
    """
    certificate = server[SSL_CERTIFICATE]
    return bool(certificate.value) or not certificate.known or server[SSL_REJECT_HANDSHAKE].value is True


def endpoints(sockets: tuple[Socket, ...]) -> Iterator[Endpoint]:
    """Every endpoint of every TLS socket: the names that clients can ask for, and the one for all others."""
    for socket in sockets:
        if not socket.ssl:
            continue
        yield Endpoint(socket, ANY_OTHER_NAME, socket.default)
        for name, server in socket.names.owners.items():
            if name not in UNREACHABLE:
                yield Endpoint(socket, name, server)


def asked_for(sockets: tuple[Socket, ...], sni: str) -> Iterator[Endpoint]:
    """What a client meets on each TLS socket that asks for this name, whether any server has it or not."""
    for socket in sockets:
        if socket.ssl:
            yield Endpoint(socket, sni, socket.select(sni))


_Combine = Callable[[Server, Server, AnyDeclaration, Platform], InForce]


def _sni_server(server: Server, _default: Server, declaration: AnyDeclaration, _platform: Platform) -> InForce:
    setting = server[declaration]
    return InForce(setting.value, setting, Decider.SNI_SERVER, server, setting.known)


def _default_server(server: Server, default: Server, declaration: AnyDeclaration, _platform: Platform) -> InForce:
    setting = default[declaration]
    reason = None
    if isinstance(server[declaration].origin, Explicit):
        reason = f"{declaration.name} is taken from the default server of the socket, whatever other servers say"
    return InForce(setting.value, setting, Decider.DEFAULT_SERVER, default, setting.known, reason)


def _both(decider: Decider, wording: str) -> _Combine:
    def combine(server: Server, default: Server, declaration: AnyDeclaration, _platform: Platform) -> InForce:
        own, first = server[declaration], default[declaration]
        value = own.value if own.value == first.value else Split(own.value, first.value, wording)
        return InForce(value, own, decider, server, own.known and first.known)

    return combine


def _session_cache(server: Server, default: Server, declaration: AnyDeclaration, _platform: Platform) -> InForce:
    own, first = server[declaration], default[declaration]
    value = first.value
    own_off = isinstance(own.value, SessionCache) and own.value.store == "off"
    if own_off and own.value != first.value:
        value = Split(own.value, first.value, "{default}, but no session ids ({sni} in the selected server)")
    reason = None
    if isinstance(own.origin, Explicit) and not own_off:
        reason = "sessions are stored by the default server of the socket, whatever other servers say"
    return InForce(value, first, Decider.SESSION_CACHE, default, first.known and own.known, reason)


_ALWAYS_DEFAULT = frozenset({"groups", "curves", "minprotocol", "maxprotocol"})
_DEFAULT_UNTIL_CLIENT_HELLO = frozenset({"protocol", "ciphersuites"})
"""OpenSSL's names for the commands, in lower case: SSL_CONF_cmd(3) compares them without case."""


def _conf_command(server: Server, default: Server, declaration: AnyDeclaration, platform: Platform) -> InForce:
    own, first = server[declaration], default[declaration]
    if own.value == first.value:
        return InForce(first.value, own, Decider.CONF_COMMAND, server, own.known and first.known)
    early = fact(SSL_PROTOCOLS.decider, platform) is Decider.SNI_SERVER
    from_default = _ALWAYS_DEFAULT if early else _ALWAYS_DEFAULT | _DEFAULT_UNTIL_CLIENT_HELLO

    def by_default(command: tuple[str, ...]) -> bool:
        return bool(command) and command[0].lower() in from_default

    def by_both(command: tuple[str, ...]) -> bool:
        # `Options -SessionTicket` is `ssl_session_tickets off`, so the same two servers decide.
        return not early and bool(command) and "sessionticket" in " ".join(command).lower()

    commands = [command for command in first.value or () if by_default(command) or by_both(command)]
    commands += [command for command in own.value or () if not by_default(command)]
    decided = own if own.value else first
    return InForce(
        tuple(dict.fromkeys(commands)) or None,
        decided,
        Decider.CONF_COMMAND,
        server if own.value else default,
        own.known and first.known,
    )


_OF_EVERY_SERVER = (SSL_REJECT_HANDSHAKE, SSL_BUFFER_SIZE)
"""What nginx asks of the selected server itself, and not of a TLS context (ngx_http_ssl_servername)."""
_COMBINATIONS: dict[Decider, _Combine] = {
    Decider.SNI_SERVER: _sni_server,
    Decider.DEFAULT_SERVER: _default_server,
    Decider.TICKETS: _both(Decider.TICKETS, "{sni} (default server: {default})"),
    Decider.PREFERENCE: _both(Decider.PREFERENCE, "{sni} (TLS 1.3: {default})"),
    Decider.SESSION_CACHE: _session_cache,
    Decider.CONF_COMMAND: _conf_command,
}
