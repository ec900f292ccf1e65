"""Early data (0-RTT) is on in the default server: requests to every name of the socket can be replayed.

Symptom:
    None. Somebody who records the first packets of a visitor can send them again, and an application that acts on
    them acts twice: an order, a payment, a vote. No log tells the two apart.

Cause:
    With `ssl_early_data on` clients that come back with TLS 1.3 send the request together with the ClientHello,
    before the handshake can show that they are there. The value of the default server holds for all names of its
    socket, `off` in another server changes nothing; and `on` in another server has no effect.

Before:
    # OpenSSL 1.1.1 or later
    server { listen 443 ssl; ssl_protocols TLSv1.2 TLSv1.3; location / { proxy_pass http://127.0.0.1:8080; } }

After:
    # OpenSSL 1.1.1 or later
    server {
        listen 443 ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_early_data on;
        location / { proxy_pass http://127.0.0.1:8080; }
    }

Remedy:
    Leave it off, or let the application know: `proxy_set_header Early-Data $ssl_early_data;` in every place that
    passes requests on, and an application that answers 425 to what must not happen twice (RFC 8470).

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_early_data
    https://www.rfc-editor.org/rfc/rfc8470
    https://www.rfc-editor.org/rfc/rfc8446#section-8
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.evidence.mentions import mentions, passed_on
from driftscan.history.versions import Library
from driftscan.nginx.directives.base import Explicit, Family
from driftscan.nginx.directives.http_ssl import SSL_EARLY_DATA, SSL_PROTOCOLS, SSL_REJECT_HANDSHAKE
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.listen import Transport
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.MEDIUM,
    messages={
        "replay": "The default server of {socket}, {default}, accepts early data for every name there, and {servers} "
        "passes requests on without a word that they may be replayed.",
        "no-effect": "{server} has ssl_early_data on, which has no effect: the default server of its socket, "
        "{default}, decides, and has it off.",
    },
    symptoms=("Early data was accepted", "Max Early Data: 16384", "425 Too Early"),
    affects="nginx 1.15.4 and later with OpenSSL 1.1.1 or later, 1.15.3 and later with BoringSSL",
    visitors={
        "replay": "visitors of {servers} whose requests somebody records and sends again",
        "no-effect": "nobody; visitors of {server} wait one round trip longer than was meant",
    },
    remedies={
        "replay": "Write `ssl_early_data off;` at {place}, or pass `Early-Data $ssl_early_data` on (proxy_set_header, "
        "fastcgi_param) in every location of {servers} whose application answers 425 to it. Then reload nginx.",
        "no-effect": "Take the line at {place} away. To have early data, switch it on in {default}, knowing that this "
        "is for every name of the socket.",
    },
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each socket whose applications are not told of early data, and each server that has it in vain."""
    if not _is_supported(state):
        return
    for address, socket in state.tls_sockets.items():
        if socket.family is not Family.HTTP or address.transport is not Transport.TCP:
            continue
        default = socket.default[SSL_EARLY_DATA]
        if default.value is True:
            exposed = [server for server in socket.servers if _is_exposed(state, socket, server)]
            if exposed and Protocol.TLS13 in (socket.default[SSL_PROTOCOLS].value or ()):
                yield _replay(state, socket, exposed)
        elif default.known:
            for server in socket.servers:
                own = server[SSL_EARLY_DATA]
                if own.value is True and isinstance(own.origin, Explicit) and address in state.asked_for(server):
                    yield _no_effect(state, socket, server)


def _is_supported(state: State) -> bool:
    library = state.platform.library
    return library is None or _has_early_data(library.version)


def _has_early_data(library: Library) -> bool:
    """Another library makes nginx say that it ignores the directive (ngx_ssl_early_data)."""
    return library.family == "BoringSSL" or library.is_openssl_since("1.1.1")


def _is_exposed(state: State, socket: Socket, server: Server) -> bool:
    met = server is socket.default or socket.address in state.asked_for(server)
    if not met or server[SSL_REJECT_HANDSHAKE].value is True or passed_on(server) is None:
        return False
    return not mentions(state, server, "ssl_early_data")


def _replay(state: State, socket: Socket, exposed: list[Server]) -> Hit:
    lines = socket.default[SSL_EARLY_DATA].places
    return Hit(
        SocketSubject(socket.address),
        (*lines, *(at for server in exposed if (at := passed_on(server)) is not None)),
        (
            ("socket", str(socket.address)),
            ("default", str(server_subject(socket.default, state))),
            ("servers", listed(str(server_subject(server, state)) for server in exposed)),
            ("place", str(lines[0])),
        ),
        Severity.MEDIUM,
        frozenset({Need.LIBRARY}),
        "replay",
    )


def _no_effect(state: State, socket: Socket, server: Server) -> Hit:
    lines = server[SSL_EARLY_DATA].places
    return Hit(
        server_subject(server, state),
        (*lines, *(socket.default[SSL_EARLY_DATA].places or (socket.default.at,))),
        (
            ("server", str(server_subject(server, state))),
            ("default", str(server_subject(socket.default, state))),
            ("place", str(lines[0])),
        ),
        Severity.LOW,
        variant="no-effect",
    )
