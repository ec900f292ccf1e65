"""What one client gets: the whole handshake, step by step, as nginx and its TLS library go through it.

The address decides the socket, the name the server (:mod:`driftscan.tls.endpoints`), and then: does the socket speak
TLS, has its default server a context, is there a common protocol version, is the name refused by configuration, is
there a common ALPN protocol, and is there a cipher that fits a certificate? The first no ends it, with an alert.
What cannot be known of a platform or a file makes the outcome `UNKNOWN`, with the reason.

Compared with 18 releases of nginx on OpenSSL 3.0 (tests/oracle).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol as Typing

from driftscan.history.platform import Platform
from driftscan.nginx.config import ResolvedConfig
from driftscan.nginx.directives.base import Decider
from driftscan.nginx.directives.http_ssl import (
    SSL_CERTIFICATE,
    SSL_CONF_COMMAND,
    SSL_REJECT_HANDSHAKE,
    SSL_SESSION_TICKETS,
    SSL_VERIFY_CLIENT,
)
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.files import NamedFile, Presence, for_name
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket, reached
from driftscan.tls import chosen, negotiation
from driftscan.tls.endpoints import Endpoint, has_context
from driftscan.tls.negotiation import Offer, Refused, Unknown
from driftscan.tls.openssl import TicketMismatch, ticket_mismatch
from driftscan.tls.tickets import tickets


@dataclass(frozen=True, slots=True)
class Client:
    """A client, by what it sends first."""

    sni: str | None = None
    """The name it asks for; `None` where it sends none."""
    protocols: frozenset[Protocol] = frozenset({Protocol.TLS12, Protocol.TLS13})
    ciphers: str | None = None
    """Its suites for TLS 1.2 and older as an OpenSSL cipher string; `None`: what OpenSSL offers by default."""
    alpn: tuple[str, ...] = ()
    groups: str | None = None
    """Its groups as OpenSSL writes a list of them; `None`: the usual ones."""
    tickets: bool = True
    """Whether it takes session tickets with TLS 1.2."""


class Outcome(StrEnum):
    """How an attempt to connect ends."""

    COMPLETE = "complete"
    REFUSED = "refused"
    """With an alert, or by closing the connection."""
    PLAIN = "plain"
    """Something answers that speaks no TLS."""
    UNREACHABLE = "unreachable"
    """Nothing listens."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client gets. Every other field is `None` where there is no such thing, or it cannot be told."""

    outcome: Outcome
    why: str
    """One sentence: what decided it."""
    server: Server | None = None
    """The server that the name selects."""
    certificate: str | None = None
    """The file of the certificate that is sent, as a path of the host."""
    protocol: Protocol | None = None
    alpn: str | None = None
    client_certificate: bool | None = None
    """Whether the client is asked for a certificate."""
    ticket: bool | None = None
    """Whether it is sent a session ticket."""


class Site(Typing):
    """One state of a host, as far as its clients see it."""

    @property
    def config(self) -> ResolvedConfig:
        """Its configuration."""

    @property
    def sockets(self) -> Sequence[Socket]:
        """What it listens on."""

    @property
    def platform(self) -> Platform:
        """What it runs."""


def meet(site: Site, host: str, port: int, client: Client) -> Handshake:
    """What a client gets that connects to a local address: as `host` in :func:`driftscan.nginx.sockets.reached`."""
    socket = reached(site.sockets, host, port)
    if socket is None:
        return Handshake(Outcome.UNREACHABLE, f"no server listens on {host}:{port}")
    return greet(site, socket, client)


def greet(site: Site, socket: Socket, client: Client) -> Handshake:
    """What a client gets that is connected to a socket."""
    sni = client.sni or None
    server = socket.select(sni)
    if not socket.ssl:
        return Handshake(Outcome.PLAIN, f"no listen of {socket.address} says ssl", server)
    if socket.proxy_protocol:
        return Handshake(Outcome.REFUSED, f"{socket.address} expects the PROXY protocol first", server)
    pattern = socket.names.undecided(sni) if sni and len(socket.listens) > 1 else None
    if pattern is not None:
        return Handshake(Outcome.UNKNOWN, f"whether {sni} matches {pattern} cannot be told", server)
    at = Endpoint(socket, sni or "", server)
    try:
        return _negotiate(at, site.config.named, site.platform, client)
    except Refused as refused:
        return Handshake(Outcome.REFUSED, str(refused), server)
    except Unknown as unknown:
        return Handshake(Outcome.UNKNOWN, str(unknown), server)


def _negotiate(at: Endpoint, named: Mapping[str, NamedFile], platform: Platform, client: Client) -> Handshake:
    if not has_context(at.default):
        raise Refused("the default server has no certificate: nginx closes the connection")
    # A server without a context of its own leaves the default server's in place.
    holder = at.server if has_context(at.server) else at.default
    offer = Offer(client.protocols, client.ciphers, client.groups)
    protocol = negotiation.version(at, platform, offer)
    if at.in_force(SSL_REJECT_HANDSHAKE, platform).value is True:
        raise Refused("ssl_reject_handshake is on: alert unrecognized_name")
    alpn = negotiation.application(at, platform, client.alpn)
    paths = tuple(for_name(path, client.sni or "") for path in _known(holder, SSL_CERTIFICATE.name, at))
    files = zip(paths, _known(holder, SSL_CERTIFICATE.name, at), strict=True)
    certificates = tuple(_usable(path, named, by_name=path != written) for path, written in files)
    certificate = chosen.choose(at, platform, offer, protocol, certificates)
    if protocol is not Protocol.TLS13 and client.tickets:
        _check_tickets(at, holder, platform)
    verify = at.in_force(SSL_VERIFY_CLIENT, platform) if holder is at.server else None
    asked = (holder[SSL_VERIFY_CLIENT] if verify is None else verify).value
    return Handshake(
        Outcome.COMPLETE,
        f"{protocol} with {certificate or 'the certificate'} of {holder.name or 'the default server'}",
        at.server,
        certificate,
        protocol,
        alpn,
        None if asked is None else asked != "off",
        _ticket(at, platform, protocol, client),
    )


def _known(holder: Server, name: str, at: Endpoint) -> tuple[str, ...]:
    setting = holder[SSL_CERTIFICATE]
    if not setting.known:
        raise Unknown(f"{name} of {at.server.name or 'the server'} is in a part that cannot be read")
    return setting.value or ()


def _usable(path: str, named: Mapping[str, NamedFile], *, by_name: bool) -> NamedFile:
    """The file behind a path when the handshake needs it; `by_name` tells that the client's name is a part of it."""
    if "$" in path:
        raise Unknown(f"the certificate's name {path} depends on a variable")
    if by_name and path not in named:
        raise Unknown(f"whether there is {path}, for a name that no server has, was not looked up")
    found = named.get(path, NamedFile(path, Presence.UNKNOWN))
    if found.presence is Presence.ABSENT:
        raise Refused(f"{path} is missing when it is needed: alert internal_error")
    return found


def _ticket(at: Endpoint, platform: Platform, protocol: Protocol, client: Client) -> bool | None:
    """Whether a session ticket is sent; with TLS 1.3 it may be one that stands for an entry of a cache."""
    met = at.in_force(SSL_SESSION_TICKETS, platform)
    holder = at.server if has_context(at.server) else at.default
    if not met.known or not all(server[SSL_CONF_COMMAND].known for server in (holder, at.default)):
        return None
    together = met.decider is Decider.TICKETS
    own = _wants_tickets(holder)
    first = _wants_tickets(at.default) if together else own
    if protocol is Protocol.TLS13:
        # None with `on` at the default server and `off` behind it; else they are sent, if only as keys of a cache.
        return own or not first
    return own and first and client.tickets


def _check_tickets(at: Endpoint, holder: Server, platform: Platform) -> None:
    """Whether a library sends a ticket that its ServerHello did not announce, which every client refuses."""
    mismatch = _wants_tickets(at.default) and not _wants_tickets(holder)
    library = None if platform.library is None else platform.library.version
    if mismatch and ticket_mismatch(library, platform.nginx.version) is TicketMismatch.BREAKS:
        raise Refused(f"{library} sends a session ticket that it did not announce: the client ends the handshake")


def _wants_tickets(server: Server) -> bool:
    """What a server says itself; on where that is not known."""
    return tickets(server).on is not False
