"""Session tickets are off in a server while the socket's default server has them on.

Symptom:
    Browsers show ERR_SSL_PROTOCOL_ERROR or SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET for some sites of the socket
    and not for others. `nginx -t` passes, and curl works, because curl offers no session tickets. With a newer TLS
    library nothing fails, but every visit makes a full handshake.

Cause:
    A handshake begins with the settings of the socket's default server; only then does the name that the client
    sent select another server, whose settings replace some of them half-way. With tickets on at the default server
    and off at the selected one, OpenSSL before 1.0.2l and every LibreSSL promise nothing in the ServerHello and send
    a ticket all the same, and clients up to TLS 1.2 that offer tickets abort. Newer OpenSSL drops the ticket: with
    TLS 1.3, before nginx 1.29.2, no session can be resumed, in whichever of the two servers tickets are off.

Before:
    server { listen 443 ssl default_server; }
    server { listen 443 ssl; server_name shop.example; }

After:
    server { listen 443 ssl default_server; }
    server { listen 443 ssl; server_name shop.example; ssl_session_tickets off; }

Remedy:
    Give every server of the socket the same value: write `ssl_session_tickets off;` in the default server too, or
    once in `http {}` with no other value in any server. Then reload nginx. Where certbot manages the included file,
    change the default server and leave certbot's file alone, so that its updates keep coming. Check with
    `openssl s_client -tls1_2 -servername NAME -connect HOST:443`, not with curl.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_session_tickets
    https://github.com/nginx-proxy/nginx-proxy/issues/580
    https://github.com/certbot/certbot/issues/7322
    https://github.com/openssl/openssl/pull/1065
    https://github.com/nginx/nginx/commit/0373fe5d98c1515640e74fa6f4d32fac1f1d3ab2
    https://qiita.com/MasaGon/items/c6719e723e9fb57e3a4f
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.certbot_looked import has_the_ticket_fix
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS, SSL_REJECT_HANDSHAKE, SSL_SESSION_TICKETS
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.listen import Transport
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import has_context
from driftscan.tls.openssl import TicketMismatch, resumption_lost_when_off_on, ticket_mismatch
from driftscan.tls.tickets import tickets

PATTERN = Pattern(
    category=Category.HANDSHAKE_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "breaks": "{server} has session tickets off, but the default server of its socket, {default}, has them on: "
        "with {library}, browsers cannot connect.",
        "no-resumption": "{server} has session tickets off, but the default server of its socket, {default}, has them "
        "on: with {library} and nginx {nginx}, visitors of {server} cannot resume {resumed}.",
        "no-resumption-reverse": "{server} has session tickets on, but the default server of its socket, {default}, "
        "has them off: with nginx {nginx}, visitors of {server} cannot resume TLS 1.3 sessions.",
    },
    symptoms=(
        "ERR_SSL_PROTOCOL_ERROR",
        "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET",
        "gnutls_handshake() failed: An unexpected TLS packet was received",
        "[SSL: UNEXPECTED_MESSAGE] unexpected message",
        "ossl_statem_client_read_transition:unexpected message",
        "ERR_SSL_UNEXPECTED_MESSAGE",
        "sslv3 alert unexpected message",
    ),
    affects="handshakes: nginx 1.5.9 and later with OpenSSL before 1.0.2l or any LibreSSL; "
    "resumption: nginx 1.5.9 and later with OpenSSL 1.0.2l to 1.1.0, nginx up to 1.29.1 with OpenSSL 1.1.1 or later",
    visitors={
        "breaks": "everybody who asks for {server} with a client that offers session tickets with TLS 1.2 or older: "
        "Chrome, Firefox, and programs in Python, Ruby or Node.js; curl and Java connect",
        "": "everybody who comes back to {server}, with a full handshake each time and no error",
    },
    remedies={
        "breaks": "Write `ssl_session_tickets off;` in the default server {default} ({default_at}), run `nginx -t` and "
        "reload nginx; {own_at} can stay as it is. Check with `openssl s_client -tls1_2 -servername NAME -connect "
        "HOST:443`, because curl does not show it. OpenSSL 1.0.2l or later mends it too.",
        "no-resumption": "Write `ssl_session_tickets off;` in the default server {default} ({default_at}) too, and "
        "give it an `ssl_session_cache`; {own_at} can stay as it is. nginx 1.29.2 with OpenSSL 1.1.1 or later mends it "
        "too. It is no emergency.",
        "no-resumption-reverse": "Give {server} and {default} the same value, best once in `http {{}}`: off at "
        "{default_at}, on at {own_at}. nginx 1.29.2 with OpenSSL 1.1.1 or later mends it too. It is no emergency.",
    },
    also=("session-tickets-mismatch-shared-socket",),
)

_UNKNOWN_LIBRARY = {
    "breaks": "OpenSSL before 1.0.2l or LibreSSL",
    "no-resumption": "OpenSSL 1.1.1 or later",
    "no-resumption-reverse": "OpenSSL 1.1.1 or later",
}
_OFF = "ssl_session_tickets off;"
_DIRECTIVE_SINCE = NginxVersion(1, 5, 9)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that is at odds with the default server of one of its sockets."""
    if state.platform.nginx.version < _DIRECTIVE_SINCE:
        return
    for server in state.servers:
        at_odds = [
            hit
            for address in state.asked_for(server)
            if (hit := _at_odds(state, state.tls_sockets[address], server)) is not None
        ]
        # Its sockets may have different default servers: the worst of them counts.
        if at_odds:
            yield max(at_odds, key=lambda hit: hit.severity or PATTERN.severity)


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Tickets off in the default servers too; what another program manages stays as it is.

    In the other direction there is a choice to make, and nobody waits for it.
    """
    for server in state.servers if hit.variant != "no-resumption-reverse" else ():
        if server_subject(server, state) != hit.subject:
            continue
        for address in state.asked_for(server):
            default = state.tls_sockets[address].default
            setting = default[SSL_SESSION_TICKETS]
            if not setting.value or tickets(default).by_command:
                continue
            if isinstance(setting.origin, Explicit):
                yield Replace(setting.places[0], SSL_SESSION_TICKETS.name, _OFF)
            else:
                yield Inside(default.at, "server", _OFF)


def _at_odds(state: State, socket: Socket, server: Server) -> Hit | None:
    # Without a certificate the server has no TLS context, and the default server's stays in use.
    if server is socket.default or not (has_context(server) and has_context(socket.default)):
        return None
    own, default = tickets(server), tickets(socket.default)
    if own.on is None or default.on is None or own.on == default.on or server[SSL_REJECT_HANDSHAKE].value is True:
        return None
    nginx, library = state.platform.versions
    if own.on or (library is None and has_the_ticket_fix(state, own.places)):
        if not (resumption_lost_when_off_on(state.platform) and _offers_tls13(socket)):
            return None
        variant = "no-resumption-reverse" if own.on else "no-resumption"
        return _hit(state, socket, server, variant, Severity.LOW, Need.NGINX, Need.LIBRARY)
    match ticket_mismatch(library, nginx):
        case TicketMismatch.BREAKS | None if _offers_more_than_tls13(socket):
            return _hit(state, socket, server, "breaks", Severity.CRITICAL, Need.LIBRARY)
        case TicketMismatch.NO_RESUMPTION if _offers_tls13(socket) or not _resumes_tls12(state):
            # Before OpenSSL 1.1.1 no nginx can choose the server early enough: its version does not matter.
            needs = (Need.NGINX,) if _resumes_tls12(state) else ()
            return _hit(state, socket, server, "no-resumption", Severity.LOW, *needs)
        case _:
            return None


def _offers_tls13(socket: Socket) -> bool:
    return Protocol.TLS13 in (socket.default[SSL_PROTOCOLS].value or ())


def _offers_more_than_tls13(socket: Socket) -> bool:
    """The broken handshake is one of TLS 1.2 or older, which QUIC has not."""
    only_tls13 = socket.default[SSL_PROTOCOLS].value == frozenset({Protocol.TLS13})
    return socket.address.transport is Transport.TCP and not only_tls13


def _resumes_tls12(state: State) -> bool:
    """OpenSSL 1.1.1 gives the session an id in place of the ticket; 1.0.2l to 1.1.0 give it neither."""
    _, library = state.platform.versions
    return library is None or library.is_openssl_since("1.1.1")


def _hit(state: State, socket: Socket, server: Server, variant: str, severity: Severity, *needs: Need) -> Hit:
    own_places = tickets(server).places or (server.at,)
    default_places = tickets(socket.default).places or (socket.listen_of(socket.default).at,)
    nginx, library = state.platform.versions
    return Hit(
        server_subject(server, state),
        (*own_places, *default_places),
        (
            ("server", str(server_subject(server, state))),
            ("default", str(server_subject(socket.default, state))),
            ("library", _UNKNOWN_LIBRARY[variant] if library is None else str(library)),
            ("resumed", "TLS 1.3 sessions" if _resumes_tls12(state) else "sessions"),
            ("nginx", str(nginx)),
            ("own_at", str(own_places[0])),
            ("default_at", str(default_places[0])),
        ),
        severity,
        frozenset(needs),
        variant,
    )
