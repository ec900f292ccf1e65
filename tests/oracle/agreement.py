"""The model's answer to a client, in the terms in which a client sees it."""

from pathlib import PurePosixPath

from driftscan.history.platform import Platform
from driftscan.nginx.directives.hsts import HSTS, Hsts, Policy
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http_ssl import (
    SSL_CERTIFICATE,
    SSL_PROTOCOLS,
    SSL_REJECT_HANDSHAKE,
    SSL_SESSION_CACHE,
    SSL_SESSION_TICKETS,
)
from driftscan.nginx.directives.session_cache import SessionCache
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.listen import Address
from driftscan.nginx.sockets import Socket
from driftscan.tls.endpoints import Endpoint, Split
from tests.oracle.server import REFUSED, TLS12, TLS13, Answer, Host, installed

VERSIONS = {TLS12: Protocol.TLS12, TLS13: Protocol.TLS13}


def socket_of(host: Host, address: str) -> Socket:
    """The socket that takes a connection to an address: the exact one, else the wildcard of its port."""
    sockets = {socket.address: socket for socket in host.state().sockets}
    if address.startswith("unix:"):
        return sockets[Address(address, 0)]
    name, _, port = address.rpartition(":")
    exact = Address(name, int(port))
    return sockets[exact] if exact in sockets else sockets[Address("0.0.0.0", int(port))]  # noqa: S104 - data


def endpoint(socket: Socket, name: str | None) -> Endpoint:
    return Endpoint(socket, name or "", socket.select(name))


def predicted(socket: Socket, name: str | None, protocol: Protocol, known: Platform) -> Answer:
    """Certificate, protocol, header and ALPN that a client will see."""
    at = endpoint(socket, name)
    if at.in_force(SSL_REJECT_HANDSHAKE, known).value is True:
        return REFUSED
    offered = at.in_force(SSL_PROTOCOLS, known).value
    assert isinstance(offered, frozenset)
    if protocol not in offered:
        return REFUSED
    certificates = at.in_force(SSL_CERTIFICATE, known).value
    assert isinstance(certificates, tuple)
    alpn = "h2" if at.in_force(HTTP2, known).value is True else "http/1.1"
    # Of two certificates with keys of one type the last one is used.
    return Answer(PurePosixPath(certificates[-1]).stem, str(protocol), alpn=alpn)


def policy(socket: Socket, host: str) -> Policy | None:
    """The HSTS policy of the start page of the server that answers for a `Host`."""
    value = socket.select(host)[HSTS].value
    assert isinstance(value, Hsts)
    return value.start_page


def resumes(socket: Socket, name: str | None, protocol: Protocol, known: Platform) -> bool:
    """Whether a second connection can resume the session of the first."""
    at = endpoint(socket, name)
    tickets = at.in_force(SSL_SESSION_TICKETS, known).value
    cache = at.in_force(SSL_SESSION_CACHE, known).value
    ids = isinstance(cache, SessionCache) and cache.stores
    if isinstance(tickets, Split):
        return protocol is Protocol.TLS12 and ids
    return tickets is True or ids


def check(host: Host, address: str, name: str | None) -> dict[Protocol, Answer]:
    """What nginx answers to a client of each version, once it is what the model says."""
    known = installed()
    socket = socket_of(host, address)
    seen = {}
    for version, protocol in VERSIONS.items():
        answer = host.ask(address, name, version)
        expected = predicted(socket, name, protocol, known)
        said = (answer.certificate, answer.protocol, answer.alpn)
        assert said == (expected.certificate, expected.protocol, expected.alpn), (address, name, protocol)
        if answer.body is not None:
            sent = policy(socket, name or "nobody.invalid")
            read = None if answer.hsts is None else Policy.read(answer.hsts, always=sent is not None and sent.always)
            assert read == sent, (address, name)
        seen[protocol] = answer
    return seen
