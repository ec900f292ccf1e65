"""A server has a session ticket key of its own, and the default server of its socket decides.

Symptom:
    Sessions are not resumed on the other machines of a farm, or after a reload, although every machine has the same
    key file; or tickets can be read with a key that was thought to be out of use. Nobody is refused.

Cause:
    nginx looks the ticket keys up in the TLS context that the handshake began with, which is the default server's.
    Keys of another server on the socket are read when nginx starts, and never used. Without keys in the default
    server OpenSSL makes up its own, new ones at each start (and nginx 1.23.2 or later keeps and replaces them in the
    shared session cache).

Before:
    server { listen 443 ssl default_server; ssl_session_ticket_key keys/current; }
    server { listen 443 ssl; server_name shop.example; ssl_session_ticket_key keys/current; }

After:
    server { listen 443 ssl default_server; }
    server { listen 443 ssl; server_name shop.example; ssl_session_ticket_key keys/current; }

Remedy:
    Write `ssl_session_ticket_key` once, in `http {}`, with the current key first and the previous one after it, and
    replace the files on all machines together. A single machine needs none.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_session_ticket_key
    https://github.com/nginx/nginx/commit/1d572e359a210dcb27e5e073c016c1768c435263
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_SESSION_TICKET_KEY, SSL_SESSION_TICKETS
from driftscan.nginx.directives.values import show
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.MEDIUM,
    messages={
        "none": "{server} has ticket keys, {own}, that are never used: the default server of its socket, {default}, "
        "decides, and has none.",
        "other": "{server} has ticket keys, {own}, that are never used: the default server of its socket, {default}, "
        "decides, and has {used}.",
    },
    symptoms=("Reused, TLSv1.2", "New, TLSv1.3, Cipher is", "session ticket not accepted by other node"),
    affects="nginx 1.5.7 and later",
    visitors={
        "": "everybody who comes back to {server} on another machine with the same keys: a full handshake, and no error"
    },
    remedies={
        "none": "Give the default server {default} the same `ssl_session_ticket_key` lines as at {own_at}, or move "
        "them to `http {{}}`, and reload nginx.",
        "other": "Name the same keys once in `http {{}}` in the place of the lines at {own_at} and {used_at}, or, if "
        "those of {default} are the right ones, delete the lines at {own_at}. Then reload nginx.",
    },
    also=("session-ticket-key-multi",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server whose own keys are not those of a default server that it stands behind."""
    for server in state.servers:
        own = server[SSL_SESSION_TICKET_KEY]
        if not own.value or not isinstance(own.origin, Explicit):
            continue
        for address in state.asked_for(server):
            socket = state.tls_sockets[address]
            if socket.default is not server and _differs(server, socket):
                yield _hit(state, server, socket)
                break


def _differs(server: Server, socket: Socket) -> bool:
    own, used = server[SSL_SESSION_TICKET_KEY].value or (), socket.default[SSL_SESSION_TICKET_KEY]
    # Without tickets there is nothing to encrypt.
    if not used.known or socket.default[SSL_SESSION_TICKETS].value is not True:
        return False
    # The first key encrypts; the default server may know more old ones.
    return not set(own) <= set(used.value or ()) or own[:1] != (used.value or ())[:1]


def _hit(state: State, server: Server, socket: Socket) -> Hit:
    own, used = server[SSL_SESSION_TICKET_KEY], socket.default[SSL_SESSION_TICKET_KEY]
    facts = [
        ("server", str(server_subject(server, state))),
        ("own", show(own.value)),
        ("own_at", str(own.places[0])),
        ("default", str(server_subject(socket.default, state))),
    ]
    if used.value:
        facts += [("used", show(used.value)), ("used_at", str(used.places[0]))]
    return Hit(
        server_subject(server, state),
        (*own.places, *(used.places or (socket.default.at,))),
        tuple(facts),
        variant="other" if used.value else "none",
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The same keys in the default servers; which of two different ones are meant is for people to say."""
    for server in state.servers if hit.variant == "none" else ():
        if server_subject(server, state) != hit.subject:
            continue
        for address in state.asked_for(server):
            default = state.tls_sockets[address].default
            if not default[SSL_SESSION_TICKET_KEY].value:
                for key in server[SSL_SESSION_TICKET_KEY].value or ():
                    yield Inside(default.at, "server", f"{SSL_SESSION_TICKET_KEY.name} {key};")
