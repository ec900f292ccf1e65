"""A name lost its server, and the default server of the socket answers for it with another certificate.

Symptom:
    One name fails while everything else works: NET::ERR_CERT_COMMON_NAME_INVALID in Chrome, SSL_ERROR_BAD_CERT_DOMAIN
    in Firefox, `no alternative certificate subject name matches` in curl; with HSTS there is no way past it. Where
    the default server refuses unknown names it is ERR_SSL_UNRECOGNIZED_NAME_ALERT. `nginx -t` passes.

Cause:
    A server was removed, its link in sites-enabled deleted, its name misspelled or taken out, its port changed, or a
    server on one single address now takes the connections. nginx does not refuse a name that no server has: the
    default server of the socket answers, with its own certificate.

Before:
    server { listen 443 ssl; server_name main.example; ssl_certificate main.pem; }
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; }

After:
    server { listen 443 ssl; server_name main.example; ssl_certificate main.pem; }

Remedy:
    Put the server back, or, where the name moved, leave one that redirects, with a certificate for the old name:
    `return 301 https://NEW$request_uri;`. A name that was given up needs its DNS records removed.

References:
    https://nginx.org/en/docs/http/request_processing.html
    https://github.com/nginx-proxy/nginx-proxy/pull/225
    https://github.com/certbot/certbot/issues/5030
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import ServerSubject, SocketSubject, server_subject
from driftscan.drift.unread import hidden
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_REJECT_HANDSHAKE
from driftscan.nginx.sockets import Socket, is_specific, reached
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.answers import Answer, answer, answer_on, is_loopback, sample
from driftscan.tls.coverage import certificate_paths, differ, is_host, is_internal, lacking, listed, names_of, suits
from driftscan.tls.endpoints import Endpoint, has_context
from driftscan.tls.families import twin

PATTERN = Pattern(
    category=Category.WRONG_CERTIFICATE,
    severity=Severity.CRITICAL,
    messages={
        "wrong": "{names} had a server on {socket}; now the default server, {default}, answers there, with "
        "{certificate}, which is for {covered}.",
        "other": "{names} had a server on {socket}, with the certificate in {old}; now the default server, {default}, "
        "answers there with {certificate}.",
        "refused": "{names} had a server on {socket}; now the default server, {default}, answers there, and refuses "
        "the handshake.",
        "borrowed": "The server of {names} on {socket} had the certificate in {old} and has none now: it sends "
        "{certificate}, that of the default server, {default}.",
    },
    visitors={
        "": "everybody who visits {names}: browsers warn, and offer no way on with HSTS; programs refuse",
        "refused": "everybody who visits {names}: the connection is refused before any page",
    },
    remedies={
        "": "Put a server for {names} back on {socket}, if only to redirect, with a certificate that has the name. If "
        "it was given up on purpose, remove its DNS records. `openssl s_client -connect {host} -servername {name}` "
        "shows what visitors are sent.",
        "borrowed": "Give the server of {names} its ssl_certificate and ssl_certificate_key back; they were {old} and "
        "its key. `openssl s_client -connect {host} -servername {name}` shows what visitors are sent.",
    },
    symptoms=(
        "NET::ERR_CERT_COMMON_NAME_INVALID",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "curl: (60) SSL: no alternative certificate subject name matches target host name",
        "certificate verify failed: Hostname mismatch, certificate is not valid for",
        "No subject alternative DNS name matching",
        "x509: certificate is valid for",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
        "tlsv1 unrecognized name",
        "sslv3 alert bad certificate:SSL alert number 42",
    ),
    affects="every nginx",
    also=("vhost-removed-falls-to-default",),
)


_TELLS_OLD = frozenset({"other", "borrowed"})


@dataclass(frozen=True, slots=True)
class _Fall:
    """A name at an address that is answered otherwise than by the server it had."""

    name: str
    on: SocketSubject
    was: Endpoint
    now: Endpoint
    variant: str
    severity: Severity
    needs: frozenset[Need]


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose names are answered by a default server now."""
    before, after = transition.before, transition.after
    unread = hidden(after, before)
    falls: dict[int, list[_Fall]] = {}
    for address in sorted(before.tls_sockets.keys() | after.tls_sockets.keys()):
        socket = reached(before.sockets, address.host, address.port, address.transport)
        successor = reached(after.sockets, address.host, address.port, address.transport)
        if socket is None or successor is None or not (socket.ssl and successor.ssl):
            continue
        for name, server in socket.names.owners.items():
            heir = successor.names.owners.get(name)
            if (heir is not None and has_context(heir)) or not is_host(name) or server.at.path in unread:
                continue
            fall = _fall(transition, Endpoint(socket, name, server), successor, SocketSubject(address))
            if fall is not None:
                falls.setdefault(id(server), []).append(fall)
    for of_server in falls.values():
        yield _hit(transition, of_server)


def _fall(transition: Transition, was: Endpoint, successor: Socket, on: SocketSubject) -> _Fall | None:
    before, after = transition.before, transition.after
    found = answer_on(successor, was.name)
    if found is None or (found.claimed and has_context(found.at.server)):
        return None
    sent = certificate_paths(was)
    variant = _variant(after, was, found, sent) if sent and not lacking(was, before) else None
    moved = successor.address != was.socket.address
    if variant is None or (moved and is_loopback(on.socket)) or _is_on_twin(after, successor, was.name):
        return None
    needs = set()
    if moved or not _is_named(after, was.name) or _has_an_address(after, on, was.name):
        needs.add(Need.DNS)
    if variant != "refused" and not (suits(was, before) and lacking(found.at, after)):
        needs.add(Need.CERTIFICATE)
    severity = Severity.HIGH if needs else Severity.CRITICAL
    if is_internal(was.name):
        severity = Severity.LOW
    return _Fall(was.name, on, was, found.at, variant, severity, frozenset(needs))


def _variant(state: State, was: Endpoint, now: Answer, sent: tuple[str, ...]) -> str | None:
    """What a client gets that asks for the name; `None` where nothing is wrong, or another pattern says it."""
    paths = certificate_paths(now.at)
    if paths is None:
        return None
    if now.at.server[SSL_REJECT_HANDSHAKE].value is True:
        # What the default server itself refuses that it served before is told by default-server-refuses.
        return None if was.server is was.default else "refused"
    wrong = lacking(now.at, state)
    if wrong is None:
        return ("borrowed" if now.claimed else "other") if paths and differ(paths, sent) else None
    # A name that a server claims without a certificate for it is told by certificate-lacks-name, while it lasts.
    return "wrong" if wrong and not now.claimed else None


def _is_on_twin(state: State, socket: Socket, name: str) -> bool:
    """Whether the name still has its server for IPv4, or for IPv6: ipv6-differs tells that, while it lasts."""
    other = twin(state.sockets, socket)
    return other is not None and other.ssl and name in other.names.owners


def _has_an_address(state: State, on: SocketSubject, name: str) -> bool:
    """Whether a server on one single address has the name now, on the same port: its records may lead there."""
    return any(
        is_specific(address) and address.port == on.socket.port and name in socket.names.owners
        for address, socket in state.tls_sockets.items()
    )


def _is_named(state: State, name: str) -> bool:
    """Whether a name is still in use: some server has it, on another socket, or for plain HTTP."""
    return any(name in server.names for server in state.servers)


def _hit(transition: Transition, falls: list[_Fall]) -> Hit:
    worst = max(falls, key=lambda fall: (fall.severity, -len(fall.needs)))
    alike = [fall for fall in falls if fall.variant == worst.variant and fall.now.server is worst.now.server]
    server, after = worst.was.server, transition.after
    names, addresses = (
        tuple(dict.fromkeys(found)) for found in zip(*((fall.name, fall.on.socket) for fall in falls), strict=True)
    )
    now, default = worst.now, worst.now.default
    certificate = default[SSL_CERTIFICATE]
    facts = {
        "names": listed(fall.name for fall in alike),
        "socket": listed(str(fall.on) for fall in alike),
        "default": str(server_subject(default, after)),
        "host": f"{sample(worst.name)}:{worst.on.socket.port}",
        "name": sample(worst.name),
    }
    if worst.variant != "refused":
        facts["certificate"] = listed(certificate_paths(now) or ())
    if worst.variant == "wrong":
        facts["covered"] = listed(names_of(lacking(now, after) or ()))
    if worst.variant in _TELLS_OLD:
        facts["old"] = listed(certificate_paths(worst.was) or ())
    deciding = now.server.at if worst.variant == "borrowed" else now.socket.listen_of(default).at
    return Hit(
        ServerSubject(server.name, names, addresses, server.at),
        tuple(dict.fromkeys((deciding, *certificate.places[:1]))),
        tuple(facts.items()),
        worst.severity,
        worst.needs,
        worst.variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """Each of the names has a server with a certificate, is answered with one that is for it, or speaks no TLS."""
    assert isinstance(hit.subject, ServerSubject), "events() makes hits about servers only"  # noqa: S101
    old = dict(hit.facts).get("old")
    for address in hit.subject.sockets:
        for name in hit.subject.names:
            found = answer(state.sockets, address, name)
            if found is None or (found.claimed and found.at.server[SSL_CERTIFICATE].value) or suits(found.at, state):
                continue
            if old is None or listed(certificate_paths(found.at) or ()) != old:
                return False
    return True
