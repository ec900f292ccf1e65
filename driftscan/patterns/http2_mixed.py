"""Some listen lines of a socket say http2 and others do not: all servers of the socket speak HTTP/2.

Symptom:
    Usually none, which is the surprise: a server that was kept from HTTP/2, or never switched to it, speaks it all
    the same. Some clients and modules misbehave with it; and when the one line that says `http2` goes away, HTTP/2 is
    gone for all, and gRPC with it. nginx may warn `protocol options redefined for 0.0.0.0:443` (1.23.4 and later).

Cause:
    `http2` on a `listen` belongs to the socket, as `ssl` does: one server that says it offers HTTP/2 for every name
    there, in every version. The directive `http2 on` (nginx 1.25.1 and later) belongs to a server, but `http2 off`
    cannot take back what a `listen` says.

Before:
    server { listen 443 ssl; server_name shop.example; }
    server { listen 443 ssl; server_name wiki.example; }

After:
    server { listen 443 ssl; server_name shop.example; }
    server { listen 443 ssl http2; server_name wiki.example; }

Remedy:
    Let all servers of the socket say the same. From nginx 1.25.1 on, take `http2` off every `listen` in one step and
    write `http2 on;` in each server that is to have it, or once in `http {}`.

References:
    https://nginx.org/en/docs/http/ngx_http_v2_module.html#http2
    https://github.com/nginx/nginx/commit/aefd862ab197c3ab49001fcf69be478aab5b0f4e
    https://github.com/linuxserver/docker-swag/issues/377
    https://nginx.org/en/CHANGES
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.LOW,
    messages={
        "": "All servers of {socket} speak HTTP/2, because {saying} has http2 on its listen; {silent} does not say so.",
        "off": "{silent} says http2 off on {socket} without effect: {saying} has http2 on its listen, which counts for "
        "all servers there.",
    },
    visitors={
        "": "clients that offer HTTP/2: today nobody is worse off, but one line decides for {silent} too",
        "off": "clients of {silent} that offer HTTP/2, which was to be kept from them",
    },
    remedies={
        "": "Let {silent} say what {saying} says at {place}, or take http2 off every listen of {socket} at once; from "
        "nginx 1.25.1 on write http2 on in the servers that are to have it.",
    },
    symptoms=(
        "protocol options redefined for",
        'the "listen ... http2" directive is deprecated, use the "http2" directive instead',
    ),
    affects="nginx 1.9.5 and later",
    also=("http2-socket-wide",),
)
_DIRECTIVE_SINCE = NginxVersion(1, 25, 1)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each TLS socket with servers that get HTTP/2 by the word of another one."""
    for address, socket in state.tls_sockets.items():
        silent = _silent(state, socket) if socket.http2 else []
        if not silent:
            continue
        # What a server says against it counts for more than what it does not say.
        against = [server for server in silent if isinstance(server[HTTP2].origin, Explicit) and _knows(state)]
        saying = [(server, listen) for server, listen in socket.listens if listen.http2]
        shown = against or silent
        refused = [at for server in against for at in server[HTTP2].places]
        places = [*refused, *(socket.listen_of(server).at for server in shown), *(listen.at for _, listen in saying)]
        yield Hit(
            SocketSubject(address),
            tuple(dict.fromkeys(places)),
            (
                ("socket", str(address)),
                ("silent", listed(str(server_subject(server, state)) for server in shown)),
                ("saying", str(server_subject(saying[0][0], state))),
                ("place", str(saying[0][1].at)),
            ),
            variant="off" if against else "",
        )


def _silent(state: State, socket: Socket) -> list[Server]:
    """The servers that do not ask for HTTP/2 in either way; one of which that cannot be told is not counted."""
    return [
        server
        for server, listen in socket.listens
        if not listen.http2 and not (_knows(state) and (server[HTTP2].value is True or not server[HTTP2].known))
    ]


def _knows(state: State) -> bool:
    """Whether this nginx has the directive; before, it is refused, and asks for nothing."""
    return state.platform.nginx.version >= _DIRECTIVE_SINCE


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """What the servers get already, in their own words: nothing changes for anybody."""
    socket = next(socket for address, socket in state.tls_sockets.items() if SocketSubject(address) == hit.subject)
    silent = _silent(state, socket) if hit.variant != "off" else []
    if _knows(state):
        yield from (Inside(server.at, "server", "http2 on;") for server in silent)
    else:
        yield from with_parameters((socket.listen_of(server) for server in silent), lambda _: True, "http2")
