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
    Declare the cache in `http {}`, or in the default server of the socket as well: with the same name and size, or as
    a zone of its own beside one that certbot declares, for certbot changes the size one day and nginx then refuses two
    sizes for one name.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_session_cache
    https://github.com/nginx/nginx/commit/a6befbb40f801a68f451c349bc02bc27762e68b7
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.evidence.met import is_certbots, told
from driftscan.nginx.directives.base import Explicit, Family
from driftscan.nginx.directives.http_ssl import SSL_REJECT_HANDSHAKE, SSL_SESSION_CACHE, SSL_SESSION_TICKETS
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.nginx.zones import declarations
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed
from driftscan.tls.endpoints import Endpoint, has_context

PATTERN = Pattern(
    category=Category.PERFORMANCE,
    severity=Severity.LOW,
    messages={
        "": "The session cache of {servers}, {ignored}, is not used: the default server of {socket}, {default}, stores "
        "no sessions, and session tickets are off.",
    },
    symptoms=("New, TLSv1.3, Cipher is", "New, TLSv1.2, Cipher is", "full handshake on every connection"),
    affects="every nginx from 1.5.9 on",
    visitors={"": "everybody who comes back to {servers}, with a full handshake each time and no error"},
    remedies={
        "": "Write `ssl_session_cache {cache};` in the default server {default} ({default_at}), and reload nginx.",
    },
    also=("session-cache-effective-default-only",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each socket on which a cache is meant to be used and none is.

    Where tickets are on nearly every client resumes with them; where two servers disagree about tickets and decide
    together, that is told by session-tickets-mismatch. Neither is a reason to speak here.
    """
    for socket in state.tls_sockets.values():
        if socket.family is Family.HTTP and len(socket.servers) > 1 and _stores_nothing(socket.default):
            ignored = list(_ignored(state, socket))
            if ignored:
                yield _hit(state, socket, ignored)


def _stores_nothing(default: Server) -> bool:
    cache = default[SSL_SESSION_CACHE]
    return cache.known and cache.value is not None and not cache.value.stores


def _ignored(state: State, socket: Socket) -> Iterator[Server]:
    """The servers of a socket whose cache would be the only way to resume."""
    for server in socket.servers:
        cache = server[SSL_SESSION_CACHE].value
        if cache is None or not cache.stores or server[SSL_REJECT_HANDSHAKE].value is True or not has_context(server):
            continue
        met = Endpoint(socket, server.name, server).in_force(SSL_SESSION_TICKETS, state.platform)
        if met.value is False and socket.address in state.asked_for(server):
            yield server


def _hit(state: State, socket: Socket, ignored: list[Server]) -> Hit:
    default = socket.default
    off = default[SSL_SESSION_CACHE].places
    place = (*off, default.at)[0]
    caches = [server[SSL_SESSION_CACHE] for server in ignored]
    lines = [at for cache in caches for at in cache.places]
    return Hit(
        SocketSubject(socket.address),
        tuple(dict.fromkeys((place, *lines))),
        (
            ("servers", listed(str(server_subject(server, state)) for server in ignored)),
            ("ignored", listed(str(cache.value) for cache in caches)),
            ("cache", _proposed(state, ignored[0])),
            ("socket", str(socket.address)),
            ("default", str(server_subject(default, state))),
            ("default_at", str(place)),
        ),
    )


def _proposed(state: State, meant: Server) -> str:
    """A cache for the default server: the same one, but never a zone that certbot may give another size."""
    setting = meant[SSL_SESSION_CACHE]
    zone = None if setting.value is None else setting.value.zone
    if setting.value is None or zone is None or not any(is_certbots(place) for place in setting.places):
        return str(setting.value)
    taken = {declared.name for main in state.config.mains for declared in declarations(main)}
    name = next(name for number in count(1) if (name := f"default_TLS{number}") not in taken)
    return str(replace(setting.value, zone=replace(zone, name=name)))


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """A cache for the default server."""
    for address, socket in state.tls_sockets.items():
        if SocketSubject(address) != hit.subject:
            continue
        setting = socket.default[SSL_SESSION_CACHE]
        text = f"{SSL_SESSION_CACHE.name} {told(hit, 'cache')};"
        if not isinstance(setting.origin, Explicit):
            yield Inside(socket.default.at, "server", text)
        elif len(setting.places) == 1 and not is_certbots(setting.places[0]):
            yield Replace(setting.places[0], SSL_SESSION_CACHE.name, text)
