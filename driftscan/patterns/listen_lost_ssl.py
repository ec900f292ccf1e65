r"""No server on the socket says ssl any more: it speaks plain HTTP.

Symptom:
    Every visitor of the port fails: ERR_SSL_PROTOCOL_ERROR in Chrome, SSL_ERROR_RX_RECORD_TOO_LONG in Firefox, `wrong
    version number` in curl. `nginx -t` passes, the error log is empty, and the access log shows status 400 with
    requests that begin with \x16\x03\x01.

Cause:
    `ssl` belongs to the socket and not to the server: one `listen ... ssl` makes all servers of the address and port
    speak TLS. When the last one loses the word, or goes away, the others go on in plain HTTP.

Before:
    server { listen 443 ssl; server_name shop.example; }

After:
    server { listen 443; server_name shop.example; }

Remedy:
    Put `ssl` back on every `listen` of the port, for IPv4 and for IPv6: `listen 443 ssl;` and `listen [::]:443 ssl;`.

References:
    https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
    https://nginx.org/en/docs/http/configuring_https_servers.html
    https://github.com/digitalocean/nginxconfig.io/issues/215
"""

from collections.abc import Iterator

from driftscan.drift.changes import SocketRemoved
from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.nginx.directives.base import Family
from driftscan.nginx.edits import Edit
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.families import twin

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "": "{socket} spoke TLS and now speaks plain HTTP: no listen of it says ssl. It serves {servers}.",
        "stream": "{socket} took TLS off its connections and now passes them on as they come: no listen of it says "
        "ssl. It serves {servers}.",
    },
    visitors={
        "": "everybody who opens https:// on {socket}",
        "stream": "everybody who connects to {socket}, unless what it passes connections to speaks TLS itself",
    },
    remedies={
        "": "Put ssl back on the listen at {place}, and on every other listen of {socket}, then reload nginx. Where "
        "TLS is taken off in front of nginx now, listen on a port of its own, such as 127.0.0.1:8080.",
    },
    symptoms=(
        "ERR_SSL_PROTOCOL_ERROR",
        "SSL_ERROR_RX_RECORD_TOO_LONG",
        "wrong version number",
        "[SSL: WRONG_VERSION_NUMBER]",
        "ERR_SSL_WRONG_VERSION_NUMBER",
        "Unsupported or unrecognized SSL message",
        '"\\x16\\x03\\x01" 400',
    ),
    affects="every nginx",
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each socket that nginx still listens on, without TLS."""
    after = {socket.address: socket for socket in transition.after.sockets}
    for change in transition.changes:
        if isinstance(change, SocketRemoved) and change.still_listening:
            socket = after[change.subject.socket]
            if _is_told_elsewhere(transition.after, socket):
                continue
            yield Hit(
                change.subject,
                tuple(listen.at for _, listen in socket.listens),
                (
                    ("socket", str(change.subject)),
                    ("servers", ", ".join(str(server_subject(server, transition.after)) for server in socket.servers)),
                    ("place", str(socket.listens[0][1].at)),
                ),
                variant="stream" if socket.family is Family.STREAM else "",
            )


def _is_told_elsewhere(state: State, socket: Socket) -> bool:
    """Whether another pattern says more: of mail, or of IPv6 and IPv4 where one of the two still speaks TLS."""
    other = twin(state.sockets, socket)
    still = other is not None and other.ssl and not set(other.servers).isdisjoint(socket.servers)
    return socket.family is Family.MAIL or still


def mended(state: State, hit: Hit) -> bool:
    """TLS is back, or nobody listens there any more."""
    socket = _found(state, hit)
    return socket is None or socket.ssl


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The word on every line of the socket."""
    socket = _found(state, hit)
    if socket is not None:
        yield from with_parameters((listen for _, listen in socket.listens), lambda _: True, "ssl")


def _found(state: State, hit: Hit) -> Socket | None:
    assert isinstance(hit.subject, SocketSubject), "events() makes hits about sockets only"  # noqa: S101
    return next((socket for socket in state.sockets if socket.address == hit.subject.socket), None)
