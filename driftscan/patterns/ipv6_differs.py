"""Visitors by IPv6 meet something else than visitors by IPv4 on the same port.

Symptom:
    The site works for some and fails for others, or now and then: browsers try IPv6 and IPv4 at once. Over IPv6 it is
    ERR_SSL_PROTOCOL_ERROR or `wrong version number` (plain HTTP), another site's certificate, or a refused handshake.
    `curl -4` works and `curl -6` fails. `nginx -t` passes.

Cause:
    `listen 443` and `listen [::]:443` are two sockets for nginx. Each has its own servers, its own default server,
    and its own `ssl`. A server that has only one of the lines leaves its names on the other socket to the default
    server there; a line without `ssl` makes that socket speak plain HTTP.

Before:
    server { listen 443 ssl; listen [::]:443 ssl; server_name shop.example; }

After:
    server { listen 443 ssl; listen [::]:443; server_name shop.example; }

Remedy:
    Write each `listen` twice, with the same words: `listen 443 ssl;` and `listen [::]:443 ssl;`, in every server, and
    `default_server` on both lines of the same one. Check with `curl -4 -I https://NAME/` and `curl -6 -I`.

References:
    https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
    https://github.com/certbot/certbot/issues/5256
    https://github.com/certbot/certbot/issues/9268
    https://github.com/wulabing/V2Ray_ws-tls_bash_onekey/issues/23
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.nginx.directives.base import AnyDeclaration, Decider, fact
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_REJECT_HANDSHAKE
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import ANY_IPV6, Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.answers import answer_on, sample
from driftscan.tls.coverage import certificate_paths, differ, is_host, is_internal, lacking, listed, names_of
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.families import twins

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "plain": "{here} speaks TLS, and {there} does not, for {servers}: no listen of it says ssl.",
        "certificate": "{server} does not listen on {there}: by {family} the default server there, {default}, answers "
        "for it, with a certificate for {covered}.",
        "refused": "{server} does not listen on {there}: by {family} the default server there, {default}, refuses the "
        "handshake.",
        "other": "{server} does not listen on {there}: by {family} the default server there, {default}, answers for "
        "it, with {certificate}.",
        "default": "{default} is the default server of {here} by its own word; on {there} it is {other}, although "
        "{default} listens there too.",
    },
    visitors={
        "plain": "everybody who connects to {there}, and nobody else",
        "": "visitors of {server} by {family}, if its names have {record} records in DNS",
        "default": "those who connect to {there} without a name, or with one that no server has",
    },
    remedies={
        "plain": "Add ssl to the listen at {place}, and to every other listen of {there}. Then reload nginx.",
        "": "Add a listen for {there}, with the words of the one at {place}, to the server, or remove the {record} "
        "records of its names. `openssl s_client -connect {host} -servername {name}` shows what is sent there.",
        "default": "Write default_server on the listen at {place} too, as on the other one of that server.",
    },
    symptoms=(
        "ERR_SSL_PROTOCOL_ERROR",
        "SSL_ERROR_RX_RECORD_TOO_LONG",
        "wrong version number",
        "NET::ERR_CERT_COMMON_NAME_INVALID",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "curl: (60) SSL: no alternative certificate subject name matches target host name",
        "tlsv1 unrecognized name",
        '"\\x16\\x03\\x01" 400',
    ),
    affects="every nginx; before 1.3.4 only with ipv6only=on",
    also=("ipv6-listen-missing-ssl",),
)
_ORDER = {"certificate": Severity.HIGH, "refused": Severity.HIGH, "other": Severity.MEDIUM}


@dataclass(frozen=True, slots=True)
class _Gone:
    """A name that a server has on one of two sockets, while the default server answers for it on the other."""

    at: Endpoint
    there: Endpoint
    variant: str


def hazards(state: State) -> Iterator[Hit]:
    """One hit for a socket without TLS or with another default server, and one for each server on only one socket."""
    told: set[int] = set()
    for pair in twins(state.sockets):
        if pair[0].ssl is not pair[1].ssl:
            yield from _plain(state, *(pair if pair[0].ssl else pair[::-1]))
        elif pair[0].ssl:
            for here, there in (pair, pair[::-1]):
                yield from _default(state, here, there)
                missing = _gone(state, here, there)
                # Where most servers do without it, few visitors come that way.
                worst = Severity.MEDIUM if len(missing) > len(there.servers) else Severity.HIGH
                for server, gone in missing.items():
                    if id(server) not in told:
                        told.add(id(server))
                        yield _missing(state, server, gone, worst)


def _shared(here: Socket, there: Socket) -> list[Server]:
    return [server for server in there.servers if server in here.servers]


def _plain(state: State, here: Socket, there: Socket) -> Iterator[Hit]:
    shared = _shared(here, there)
    if not shared:
        return
    places = (there.listen_of(shared[0]).at, here.listen_of(shared[0]).at)
    yield Hit(
        SocketSubject(there.address),
        tuple(dict.fromkeys(places)),
        (
            ("here", str(here.address)),
            ("there", str(there.address)),
            ("servers", listed(str(server_subject(server, state)) for server in shared)),
            ("place", str(places[0])),
        ),
        Severity.HIGH if _is_ipv6(there) else Severity.CRITICAL,
        variant="plain",
    )


def _gone(state: State, here: Socket, there: Socket) -> dict[Server, list[_Gone]]:
    """By server: its names that no server has on the other socket, where that makes a difference to a visitor."""
    found: dict[Server, list[_Gone]] = {}
    for name, server in here.names.owners.items():
        if name in there.names.owners or not is_host(name) or is_internal(name):
            continue
        met = answer_on(there, name)
        if met is not None and not met.claimed:
            at = Endpoint(here, name, server)
            variant = _variant(state, at, met.at)
            if variant is not None:
                found.setdefault(server, []).append(_Gone(at, met.at, variant))
    return found


def _variant(state: State, at: Endpoint, there: Endpoint) -> str | None:
    sent, other = certificate_paths(at), certificate_paths(there)
    # What is wrong on both sockets is no difference.
    if not sent or other is None or lacking(at, state):
        return None
    if there.server[SSL_REJECT_HANDSHAKE].value is True:
        return "refused"
    wrong = lacking(there, state)
    if wrong is None:
        return "other" if other and differ(sent, other) else None
    # With a certificate for the name the handshake is as good, whatever pages come after it.
    return "certificate" if wrong else None


def _is_ipv6(socket: Socket) -> bool:
    return socket.address.host == ANY_IPV6


def _missing(state: State, server: Server, gone: list[_Gone], at_worst: Severity) -> Hit:
    worst = max(gone, key=lambda one: _ORDER[one.variant])
    here, there = worst.at.socket, worst.there.socket
    files = lacking(worst.there, state) or ()
    facts = {
        "server": str(server_subject(server, state)),
        "there": str(there.address),
        "default": str(server_subject(there.default, state)),
        "family": "IPv6" if _is_ipv6(there) else "IPv4",
        "record": "AAAA" if _is_ipv6(there) else "A",
        "place": str(here.listen_of(server).at),
        "host": str(there.address),
        "name": sample(worst.at.name),
    }
    if worst.variant == "other":
        facts["certificate"] = listed(certificate_paths(worst.there) or ())
    if files:
        facts["covered"] = listed(names_of(files))
    return Hit(
        server_subject(server, state),
        tuple(dict.fromkeys((here.listen_of(server).at, there.listen_of(there.default).at))),
        tuple(facts.items()),
        min(_ORDER[worst.variant], at_worst),
        frozenset({Need.DNS, Need.CERTIFICATE} if worst.variant == "other" else {Need.DNS}),
        worst.variant,
    )


def _default(state: State, here: Socket, there: Socket) -> Iterator[Hit]:
    default = here.default
    if here.explicit_default is None or there.default is default or default not in there.servers:
        return
    if not any(_differs(default, there.default, one) for one in _decided(state, there)):
        return
    place = there.listen_of(default).at
    yield Hit(
        SocketSubject(there.address),
        tuple(dict.fromkeys((place, here.explicit_default.at, there.listen_of(there.default).at))),
        (
            ("here", str(here.address)),
            ("there", str(there.address)),
            ("default", str(server_subject(default, state))),
            ("other", str(server_subject(there.default, state))),
            ("place", str(place)),
        ),
        Severity.LOW,
        variant="default",
    )


def _decided(state: State, socket: Socket) -> Iterator[AnyDeclaration]:
    """What the default server of a socket decides for others, or for those who ask for no server."""
    for declaration in COMPARED[socket.family].values():
        alone = declaration is SSL_CERTIFICATE or declaration is SSL_REJECT_HANDSHAKE
        if alone or fact(declaration.decider, state.platform) in {Decider.DEFAULT_SERVER, Decider.TICKETS}:
            yield declaration


def _differs(one: Server, other: Server, declaration: AnyDeclaration) -> bool:
    mine, its = one[declaration], other[declaration]
    return mine.known and its.known and mine.value != its.value


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The line that is missing, or the word."""
    for pair in twins(state.sockets):
        for here, there in (pair, pair[::-1]):
            if isinstance(hit.subject, SocketSubject):
                if there.address == hit.subject.socket and hit.variant == "plain":
                    yield from with_parameters([there.listen_of(s) for s in _shared(here, there)], _every, "ssl")
                elif there.address == hit.subject.socket and there.explicit_default is None:
                    yield from with_parameters([there.listen_of(here.default)], _every, "default_server")
                continue
            for server in _gone(state, here, there) if here.ssl and there.ssl else ():
                if server_subject(server, state) == hit.subject:
                    listen = there.listen_of(there.default)
                    word = "quic" if "quic" in listen.parameters else "ssl"
                    yield Inside(server.at, "server", f"listen {listen.text} {word};")


def _every(_: str) -> bool:
    return True
