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
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.evidence.in_front import has_given_up_tls, hears_of_visitors
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.stream_ssl import SSL_PREREAD
from driftscan.nginx.edits import Edit
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed
from driftscan.tls.families import twin

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "": "{socket} spoke TLS and now speaks plain HTTP, for {servers}: no listen of it says ssl.",
        "given-up": "{socket} spoke TLS and now speaks plain HTTP, for {servers}: ssl is gone from its listens, and "
        "the certificates with it.",
        "stream": "{socket} took TLS off its connections and now passes them on as they come, for {servers}: no "
        "listen of it says ssl.",
    },
    visitors={
        "": "everybody who opens https:// on {socket}",
        "given-up": "everybody who opens https:// on {socket}, unless something in front of nginx speaks TLS with them",
        "stream": "everybody who connects to {socket}, unless what it passes connections to speaks TLS itself",
    },
    remedies={
        "": "Put ssl back on the listen at {place}, and on every other listen of {socket}, then reload nginx.",
        "given-up": "If something in front of nginx speaks TLS now, nothing. If not, put ssl back on the listen at "
        "{place} and ssl_certificate and ssl_certificate_key into its server, then reload nginx.",
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
    state = transition.after
    before = {socket.address: socket for socket in transition.before.sockets}
    after = {socket.address: socket for socket in state.sockets}
    for change in transition.changes:
        if not isinstance(change, SocketRemoved) or not change.still_listening:
            continue
        socket = after[change.subject.socket]
        if _is_told_elsewhere(state, socket) or _is_passed_through(before[socket.address], socket):
            continue
        variant, severity, needs = _judged(state, socket)
        yield Hit(
            change.subject,
            tuple(dict.fromkeys(listen.at for _, listen in socket.listens)),
            (
                ("socket", str(change.subject)),
                ("servers", listed(str(server_subject(server, state)) for server in socket.servers)),
                ("place", str(socket.listens[0][1].at)),
            ),
            severity,
            needs,
            variant,
        )


def _is_told_elsewhere(state: State, socket: Socket) -> bool:
    """Whether another pattern says more: of mail, or of IPv6 and IPv4 where one of the two still speaks TLS."""
    other = twin(state.sockets, socket)
    still = other is not None and other.ssl and not set(other.servers).isdisjoint(socket.servers)
    return socket.family is Family.MAIL or still


def _is_passed_through(old: Socket, new: Socket) -> bool:
    """Whether stream hands the handshakes on to what speaks TLS: it took the port over, or looks for names in them."""
    taken_over = new.family is Family.STREAM and old.family is not Family.STREAM
    return taken_over or (new.family is Family.STREAM and new.default[SSL_PREREAD].value is True)


def _judged(state: State, socket: Socket) -> tuple[str, Severity, frozenset[Need]]:
    """Which sentence tells it, how bad it is, and what it depends on."""
    if socket.family is Family.STREAM:
        return "stream", Severity.CRITICAL, frozenset()
    if not has_given_up_tls(socket):
        return "", Severity.CRITICAL, frozenset()
    severity = Severity.LOW if hears_of_visitors(state, socket) else Severity.HIGH
    return "given-up", severity, frozenset({Need.FRONT})


def mended(state: State, hit: Hit) -> bool:
    """TLS is back, or nobody listens there any more."""
    socket = _found(state, hit)
    return socket is None or socket.ssl


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The word on every line of the socket; where the certificates are gone too, it alone is no cure."""
    socket = _found(state, hit)
    if socket is not None and hit.variant != "given-up":
        yield from with_parameters((listen for _, listen in socket.listens), lambda _: True, "ssl")


def _found(state: State, hit: Hit) -> Socket | None:
    assert isinstance(hit.subject, SocketSubject), "events() makes hits about sockets only"  # noqa: S101
    return next((socket for socket in state.sockets if socket.address == hit.subject.socket), None)
