"""Session tickets are off, and the cache that should stand in for them is not the default server's.

Symptom:
    Every visit makes a full handshake: more CPU and a later first byte. `openssl s_client -reconnect` prints `New`
    and never `Reused`. Nobody is refused, and nothing is logged.

Cause:
    Sessions are stored and looked up with the `ssl_session_cache` of the socket's default server, whatever other
    servers say, because the callbacks belong to the TLS context that the handshake began with. A default server
    without a cache leaves the cache of every other server unused; with tickets off there is no other way to resume.
    The usual way to it is certbot's options file, which only the servers with a certificate of certbot include.

Before:
    server { listen 443 ssl default_server; ssl_session_tickets off; ssl_session_cache shared:TLS:10m; }
    server { listen 443 ssl; server_name shop.example; ssl_session_tickets off; ssl_session_cache shared:TLS:10m; }

After:
    server { listen 443 ssl default_server; ssl_session_tickets off; }
    server { listen 443 ssl; server_name shop.example; ssl_session_tickets off; ssl_session_cache shared:TLS:10m; }

Remedy:
    Declare the cache in `http {}`, or in the default server of the socket as well, with the same name and size.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_session_cache
    https://github.com/nginx/nginx/commit/a6befbb40f801a68f451c349bc02bc27762e68b7
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.evidence.met import is_certbots
from driftscan.nginx.directives.base import Explicit, Family
from driftscan.nginx.directives.http_ssl import SSL_REJECT_HANDSHAKE, SSL_SESSION_CACHE, SSL_SESSION_TICKETS
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import has_context

PATTERN = Pattern(
    category=Category.PERFORMANCE,
    severity=Severity.LOW,
    messages={
        "": "{servers} have session tickets off and a session cache, {cache}, that {socket} does not use: its default "
        "server, {default}, stores no sessions.",
    },
    symptoms=("New, TLSv1.3, Cipher is", "New, TLSv1.2, Cipher is", "full handshake on every connection"),
    affects="every nginx from 1.5.9 on",
    visitors={"": "nobody is refused; everybody who comes back to {servers} makes a full handshake"},
    remedies={
        "": "Write `ssl_session_cache {cache};` in the default server {default} ({default_at}) too, with the same name "
        "and size, and reload nginx. Leave files that certbot manages as they are.",
    },
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each socket on which a cache is meant to be used and none is.

    Where tickets are on nearly every client resumes with them, and servers that disagree about tickets are another
    matter: both are no reason to speak here.
    """
    for socket in state.tls_sockets.values():
        if socket.family is not Family.HTTP or len(socket.servers) == 1 or not _stores_nothing(socket.default):
            continue
        ignored = [server for server in socket.servers if _is_ignored(state, socket, server)]
        if ignored:
            yield _hit(state, socket, ignored)


def _stores_nothing(default: Server) -> bool:
    cache, tickets = default[SSL_SESSION_CACHE], default[SSL_SESSION_TICKETS]
    return tickets.value is False and cache.known and cache.value is not None and not cache.value.stores


def _is_ignored(state: State, socket: Socket, server: Server) -> bool:
    cache = server[SSL_SESSION_CACHE]
    if cache.value is None or not cache.value.stores or server[SSL_SESSION_TICKETS].value is not False:
        return False
    if not has_context(server) or server[SSL_REJECT_HANDSHAKE].value is True:
        return False
    return socket.address in state.asked_for(server)


def _hit(state: State, socket: Socket, ignored: list[Server]) -> Hit:
    default = socket.default
    off = default[SSL_SESSION_CACHE].places
    place = (*off, default.at)[0]
    lines = [at for server in ignored for at in server[SSL_SESSION_CACHE].places]
    return Hit(
        SocketSubject(socket.address),
        tuple(dict.fromkeys((place, *lines))),
        (
            ("servers", ", ".join(str(server_subject(server, state)) for server in ignored)),
            ("cache", str(ignored[0][SSL_SESSION_CACHE].value)),
            ("socket", str(socket.address)),
            ("default", str(server_subject(default, state))),
            ("default_at", str(place)),
        ),
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The cache of the other servers, in the default server."""
    for address, socket in state.tls_sockets.items():
        if SocketSubject(address) != hit.subject:
            continue
        setting = socket.default[SSL_SESSION_CACHE]
        meant = next(server for server in socket.servers if _is_ignored(state, socket, server))
        text = f"{SSL_SESSION_CACHE.name} {meant[SSL_SESSION_CACHE].value};"
        if not isinstance(setting.origin, Explicit):
            yield Inside(socket.default.at, "server", text)
        elif len(setting.places) == 1 and not is_certbots(setting.places[0]):
            yield Replace(setting.places[0], SSL_SESSION_CACHE.name, text)
