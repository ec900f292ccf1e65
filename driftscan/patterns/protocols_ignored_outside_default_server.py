"""A server's ssl_protocols has no effect, because it is not the default server of its socket.

Symptom:
    A TLS version that the server lists is refused, or one that it does not list is accepted. `nginx -t` says
    nothing. After an upgrade to nginx 1.29.2 or later the value suddenly counts, and clients of this one name fail
    with a `protocol version` alert, or weak versions come back.

Cause:
    Until nginx 1.29.2 the protocol version is agreed on before the name that the client sent is looked at, with the
    settings of the socket's default server. From 1.29.2 on, with OpenSSL 1.1.1 or newer or BoringSSL, the name is
    looked at first. With an older library, or LibreSSL, nothing changed.

Before:
    server { listen 443 ssl default_server; ssl_protocols TLSv1.2 TLSv1.3; }
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1.2 TLSv1.3; }

After:
    server { listen 443 ssl default_server; ssl_protocols TLSv1.2 TLSv1.3; }
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1.3; }

Remedy:
    Set `ssl_protocols` once, in `http {}`, or make every server of the socket say the same. A name that needs
    protocols of its own needs an address or port of its own, or nginx 1.29.2.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_protocols
    https://github.com/nginx/nginx/issues/613
    https://github.com/nginx/nginx/commit/0373fe5d98c1515640e74fa6f4d32fac1f1d3ab2
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import rewritten
from driftscan.nginx.directives.base import Decider, Explicit, fact
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS, SSL_REJECT_HANDSHAKE, has_client_hello_callback
from driftscan.nginx.directives.values import show
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import has_context

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.MEDIUM,
    messages={
        "": "{server} is configured for {own}, but nginx {nginx} takes the protocols of the socket's default server, "
        "{default}: {forced}.",
    },
    symptoms=("alert protocol version", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "SSL_ERROR_UNSUPPORTED_VERSION"),
    affects="nginx before 1.29.2; later ones with a TLS library other than OpenSSL 1.1.1+ or BoringSSL",
    visitors={"": "visitors of {server}, who can use {forced} whatever it says"},
    remedies={
        "": "If {own} is meant, write `ssl_protocols {own};` in {default}, for all names of the socket, or give "
        "{server} an address or port of its own. If not, let {server} say {forced} too: then an upgrade to nginx "
        "1.29.2 or later, which heeds it, changes nothing.",
    },
    also=("protocols-nondefault-vhost-ignored",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server whose protocols, or whose default server's, were chosen and are not the same."""
    if fact(SSL_PROTOCOLS.decider, state.platform) is not Decider.DEFAULT_SERVER:
        return
    for server in state.servers:
        for address in state.asked_for(server):
            socket = state.tls_sockets[address]
            if server is not socket.default and _ignored(server, socket):
                yield _hit(state, server, socket)
                break


def _ignored(server: Server, socket: Socket) -> bool:
    own, forced = server[SSL_PROTOCOLS], socket.default[SSL_PROTOCOLS]
    chosen = isinstance(own.origin, Explicit) or isinstance(forced.origin, Explicit)
    if not chosen or not has_context(server) or server[SSL_REJECT_HANDSHAKE].value is True:
        return False
    return own.known and forced.known and own.value != forced.value


def _hit(state: State, server: Server, socket: Socket) -> Hit:
    own, forced = server[SSL_PROTOCOLS], socket.default[SSL_PROTOCOLS]
    nginx, library = state.platform.versions
    # Without that callback no nginx can choose the server early enough: its version does not matter.
    needs = (Need.NGINX,) if library is None or has_client_hello_callback(library) else ()
    return Hit(
        server_subject(server, state),
        (*(own.places or (server.at,)), *(forced.places or (socket.listen_of(socket.default).at,))),
        (
            ("server", str(server_subject(server, state))),
            ("own", show(own.value)),
            ("default", str(server_subject(socket.default, state))),
            ("forced", show(forced.value)),
            ("nginx", str(nginx)),
        ),
        needs=frozenset(needs),
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The versions that clients get all the same, also written where they are ignored: nothing changes for anybody."""
    for server in state.servers:
        if server_subject(server, state).key != hit.subject.key:
            continue
        for address in state.asked_for(server):
            socket = state.tls_sockets[address]
            if server is socket.default or not _ignored(server, socket):
                continue
            own, text = server[SSL_PROTOCOLS], f"ssl_protocols {show(socket.default[SSL_PROTOCOLS].value)};"
            if isinstance(own.origin, Explicit):
                yield from rewritten(own, SSL_PROTOCOLS.name, text)
            else:
                yield Inside(server.at, "server", text)
            return
