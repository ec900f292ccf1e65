"""A TLS socket began, or ceased, to expect the PROXY protocol before the handshake.

Symptom:
    Begun: every connection that does not come from the load balancer is reset (`Recv failure: Connection reset by
    peer`, ERR_CONNECTION_RESET, ERR_SSL_PROTOCOL_ERROR), and nginx logs `broken header ... while reading PROXY
    protocol`. Ceased: connections from the load balancer fail (`wrong version number`), because its header is taken
    for a handshake. `nginx -t` passes.

Cause:
    With `proxy_protocol` on a `listen`, nginx expects a line about the client before anything else; without it, it
    must not come. The word belongs to the socket: one server that says it changes all servers of the port. The load
    balancer has to change at the same moment.

Before:
    server { listen 443 ssl; server_name shop.example; }

After:
    server { listen 443 ssl; server_name shop.example; }
    server { listen 443 ssl proxy_protocol; server_name app.example; }

Remedy:
    Change both sides together, or give the load balancer a port of its own: `listen 8443 ssl proxy_protocol;`. Check
    with `curl --haproxy-protocol`, which sends the header, and without it.

References:
    https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
    https://docs.nginx.com/nginx/admin-guide/load-balancer/using-proxy-protocol/
    https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.drift.unread import hidden
from driftscan.evidence.in_front import header_agrees
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "begun": "{socket} expects the PROXY protocol now, for all of its servers ({servers}): connections that do not "
        "begin with it are closed.",
        "ceased": "{socket} does not expect the PROXY protocol any more ({servers}): connections that begin with it "
        "fail.",
    },
    visitors={
        "begun": "everybody who connects to {socket} directly, or through a load balancer that sends no such header",
        "ceased": "everybody who comes through a load balancer that still sends the header to {socket}",
    },
    remedies={
        "begun": "Make the load balancer send the header, or take proxy_protocol off the listen at {place}; if only "
        "some connections carry it, give them a port of their own.",
        "ceased": "Stop the load balancer from sending the header, or put proxy_protocol back on the listen at "
        "{place}.",
    },
    symptoms=(
        "curl: (35) Recv failure: Connection reset by peer",
        "ERR_CONNECTION_RESET",
        "ERR_SSL_PROTOCOL_ERROR",
        "while reading PROXY protocol",
        "broken header: while reading PROXY protocol",
        "wrong version number",
        "client sent invalid request while reading client request line",
    ),
    affects="nginx 1.5.12 and later (http), 1.11.4 and later (stream), 1.19.8 and later (mail)",
    also=("proxy-protocol-flag-mismatch",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each socket that speaks TLS before and after, and expects something else in front of it."""
    before, after = transition.before, transition.after
    unread = hidden(before, after) | hidden(after, before)
    for address, new in sorted(after.tls_sockets.items()):
        old = before.tls_sockets.get(address)
        if old is None or old.proxy_protocol is new.proxy_protocol:
            continue
        if header_agrees(after, new) or _speakers(old if old.proxy_protocol else new) <= unread:
            continue
        saying = [listen.at for _, listen in new.listens if listen.proxy_protocol]
        places = saying or [listen.at for _, listen in new.listens]
        yield Hit(
            SocketSubject(address),
            tuple(dict.fromkeys(places)),
            (
                ("socket", str(address)),
                ("servers", listed(str(server_subject(server, after)) for server in new.servers)),
                ("place", str(places[0])),
            ),
            needs=frozenset({Need.FRONT}),
            variant="begun" if new.proxy_protocol else "ceased",
        )


def _speakers(socket: Socket) -> frozenset[str]:
    """The files of the servers that say so."""
    return frozenset(server.at.path for server, listen in socket.listens if listen.proxy_protocol)


def mended(state: State, hit: Hit) -> bool:
    """It is as it was, or what stands in front goes with it, or nobody speaks TLS there any more."""
    assert isinstance(hit.subject, SocketSubject), "events() makes hits about sockets only"  # noqa: S101
    socket = state.tls_sockets.get(hit.subject.socket)
    return socket is None or socket.proxy_protocol is (hit.variant == "ceased") or header_agrees(state, socket)
