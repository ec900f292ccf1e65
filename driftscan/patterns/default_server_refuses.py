"""The default server of a socket began to refuse handshakes.

Symptom:
    Names that no server has, and clients that send none, fail before any page: ERR_SSL_UNRECOGNIZED_NAME_ALERT in
    Chrome, SSL_ERROR_UNRECOGNIZED_NAME_ALERT in Firefox, `tlsv1 unrecognized name` (alert 112) in curl and OpenSSL.
    Health checks by address fail. nginx logs `handshake rejected while SSL handshaking`, at level info.

Cause:
    `ssl_reject_handshake on` in the default server ends every handshake that leads there. That is a good guard
    against unknown names, and it also ends those of every name that the default server answered for until then:
    its own, and those of its certificate that no other server has.

Before:
    server { listen 443 ssl default_server; server_name main.example; }

After:
    server { listen 443 ssl default_server; server_name main.example; ssl_reject_handshake on; }

Remedy:
    Give every name that is in use a server of its own first, and refuse the rest in a server without names:
    `server { listen 443 ssl default_server; ssl_reject_handshake on; }`. Let health checks send a name (SNI).

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_reject_handshake
    https://github.com/nginx/nginx/commit/9cdb278454367448366354f2786b36c1fef1f92e
    https://github.com/NginxProxyManager/nginx-proxy-manager/issues/4457
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import ServerSubject, SocketSubject, server_subject
from driftscan.drift.unread import hidden
from driftscan.nginx.directives.http_ssl import SSL_REJECT_HANDSHAKE
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.answers import answer_on, sample
from driftscan.tls.coverage import certificate_paths, is_internal, is_single, lacking, listed, trusted_names
from driftscan.tls.endpoints import Endpoint

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.HIGH,
    messages={
        "names": "{default}, the default server of {socket}, refuses handshakes now: {names} cannot be reached there "
        "any more, for which {before} answered.",
        "unknown": "{default}, the default server of {socket}, refuses handshakes now: clients that send no name, or "
        "one that no server has, cannot connect.",
    },
    visitors={
        "names": "everybody who visits {names}",
        "unknown": "clients that send no name, such as Internet Explorer on Windows XP, Java 6, Python before 2.7.9 "
        "and health checks by address",
    },
    remedies={
        "names": "Give {names} a server with a certificate, or take ssl_reject_handshake off at {place}. "
        "`openssl s_client -connect {host} -servername {name}` shows whether they are refused.",
        "unknown": "Nothing, if that is what is wanted: most hosts are better off so. Let health checks and proxies "
        "that connect to {socket} send a name, or take ssl_reject_handshake off at {place}.",
    },
    symptoms=(
        "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
        "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
        "tlsv1 unrecognized name",
        "tlsv1 unrecognized name:SSL alert number 112",
        "[SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name",
        "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
        "Received fatal alert: unrecognized_name",
        "handshake rejected while SSL handshaking",
    ),
    affects="nginx 1.19.4 and later",
    also=("reject-handshake-default",),
)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A socket whose default server refuses now what one served before."""

    old: Socket
    new: Socket
    names: tuple[str, ...]
    """Those that were served and are refused."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each default server that names are lost with, or else for each socket."""
    by_server: dict[int, list[_Refusal]] = {}
    for refusal in _refusals(transition):
        if refusal.names:
            by_server.setdefault(id(refusal.old.default), []).append(refusal)
        else:
            yield _unknown(transition.after, refusal)
    for refusals in by_server.values():
        yield _names(transition, refusals)


def _refusals(transition: Transition) -> Iterator[_Refusal]:
    before, after = transition.before, transition.after
    unread = hidden(before, after)
    for address, new in sorted(after.tls_sockets.items()):
        old = before.tls_sockets.get(address)
        if old is None or new.default[SSL_REJECT_HANDSHAKE].value is not True or new.default.at.path in unread:
            continue
        if old.default[SSL_REJECT_HANDSHAKE].value is False:
            served = dict.fromkeys(name for name in _served(before, old) if not is_internal(name))
            yield _Refusal(old, new, tuple(name for name in served if _is_refused(new, name)))


def _served(state: State, socket: Socket) -> Iterator[str]:
    """The names that the default server answers for with a certificate for them: its own, and its certificate's."""
    named = [name for name in socket.default.names if socket.names.owners.get(name) is socket.default]
    beside = trusted_names(Endpoint(socket, "", socket.default), state)
    for name in (*named, *(name for name in beside if socket.names.find(sample(name)) is None)):
        at = Endpoint(socket, name, socket.default)
        if is_single(name) and certificate_paths(at) and not lacking(at, state):
            yield name


def _is_refused(socket: Socket, name: str) -> bool:
    found = answer_on(socket, name)
    return found is not None and found.at.server[SSL_REJECT_HANDSHAKE].value is True


def _unknown(state: State, refusal: _Refusal) -> Hit:
    default, address = refusal.new.default, refusal.new.address
    places = (*default[SSL_REJECT_HANDSHAKE].places, refusal.new.listen_of(default).at)
    return Hit(
        SocketSubject(address),
        tuple(dict.fromkeys(places)),
        (("default", str(server_subject(default, state))), ("socket", str(address)), ("place", str(places[0]))),
        Severity.LOW,
        variant="unknown",
    )


def _names(transition: Transition, refusals: list[_Refusal]) -> Hit:
    first, after = refusals[0], transition.after
    old, default = first.old.default, first.new.default
    names = tuple(dict.fromkeys(name for refusal in refusals for name in refusal.names))
    addresses = tuple(refusal.new.address for refusal in refusals)
    places = (*default[SSL_REJECT_HANDSHAKE].places, first.new.listen_of(default).at)
    in_use = any(name in server.names for server in after.servers for name in names)
    return Hit(
        ServerSubject(old.name, names, addresses, old.at),
        tuple(dict.fromkeys(places)),
        (
            ("default", str(server_subject(default, after))),
            ("before", str(server_subject(old, transition.before))),
            ("socket", listed(map(str, addresses))),
            ("names", listed(names)),
            ("place", str(places[0])),
            ("host", f"{names[0]}:{addresses[0].port}"),
            ("name", names[0]),
        ),
        Severity.HIGH,
        frozenset() if in_use else frozenset({Need.DNS}),
        "names",
    )


def mended(state: State, hit: Hit) -> bool:
    """Handshakes are not refused any more: for the names, or for unknown ones."""
    match hit.subject:
        case ServerSubject(names=names, sockets=addresses):
            sockets = (state.tls_sockets.get(address) for address in addresses)
            return not any(socket and _is_refused(socket, name) for socket in sockets for name in names)
        case SocketSubject(socket=address):
            socket = state.tls_sockets.get(address)
            return socket is None or socket.default[SSL_REJECT_HANDSHAKE].value is not True
        case _:
            return True
