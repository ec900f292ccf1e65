"""A port that spoke plain HTTP speaks TLS now, and whoever still sends http:// to it gets status 400.

Symptom:
    `400 Bad Request: The plain HTTP request was sent to HTTPS port`, to proxies, health checks, scripts and bookmarks
    that say http://; a load balancer takes the host out of service. nginx logs `client sent plain HTTP request to
    HTTPS port` at level info, and in the access log the status 400 (497 inside nginx).

Cause:
    `ssl` was added to a `listen` that others use in plain HTTP. It belongs to the socket: one server that says it is
    enough for all of them. nginx cannot serve both on one port.

Before:
    server { listen 8080; server_name app.example; }

After:
    server { listen 8080 ssl; server_name app.example; }

Remedy:
    Change the clients of the port to https:// in the same step, or give TLS a port of its own. For browsers
    `error_page 497 =301 https://$host:$server_port$request_uri;` sends plain requests on.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#errors
    https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
"""

from collections.abc import Iterator

from driftscan.drift.changes import SocketAdded
from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.in_front import sends_plain_requests_on
from driftscan.evidence.passing import is_reached_by_tls_only
from driftscan.nginx.directives.base import Explicit, Family
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.HIGH,
    messages={
        "": "{socket} spoke plain HTTP and speaks TLS now, for {servers}: requests that still come as http:// get "
        "status 400.",
        "http": "{socket} spoke plain HTTP and speaks TLS now, for {servers}: http:// without a port leads there, and "
        "gets status 400.",
        "sent-on": "{socket} spoke plain HTTP and speaks TLS now, for {servers}: requests that still come as "
        "http:// are sent on by error_page 497.",
    },
    visitors={
        "": "whoever still sends http:// to {socket}: load balancers, health checks, scripts, bookmarks",
        "http": "everybody who opens http://, and every certificate authority that checks the name over HTTP",
        "sent-on": "health checks and programs that use {socket} by http:// and follow no redirect; browsers go on",
    },
    remedies={
        "": "Change whatever connects to {socket} to https://, or take ssl off the listen at {place} and give TLS a "
        "port of its own.",
        "http": "Take ssl off the listen at {place}; https:// has port 443.",
        "sent-on": "Change whatever does not follow redirects to https://; browsers need nothing.",
    },
    symptoms=(
        "400 Bad Request The plain HTTP request was sent to HTTPS port",
        "The plain HTTP request was sent to HTTPS port",
        "client sent plain HTTP request to HTTPS port while reading client request headers",
    ),
    affects="every nginx",
)
_HTTP = 80


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each socket that others may still use without TLS; one that lost it before is only put right."""
    before = {socket.address: socket for socket in transition.before.sockets}
    for change in transition.changes:
        if not isinstance(change, SocketAdded):
            continue
        old, new = before.get(change.subject.socket), transition.after.tls_sockets[change.subject.socket]
        if old is None or old.ssl or not old.family is new.family is Family.HTTP or _was_meant_for_tls(old):
            continue
        places = [listen.at for listen in new.ssl_from] or [new.listen_of(new.default).at]
        variant, severity = _judged(transition.after, new)
        yield Hit(
            change.subject,
            tuple(dict.fromkeys(places)),
            (
                ("socket", str(change.subject)),
                ("servers", listed(str(server_subject(server, transition.after)) for server in new.servers)),
                ("place", str(places[0])),
            ),
            severity,
            frozenset() if variant == "http" else frozenset({Need.CLIENTS, Need.FRONT}),
            variant,
        )


def _judged(state: State, socket: Socket) -> tuple[str, Severity]:
    """Which sentence tells it, and how bad it is."""
    if all(sends_plain_requests_on(state, server) for server in socket.servers):
        return "sent-on", Severity.LOW
    if is_reached_by_tls_only(state, socket):
        return "", Severity.LOW
    return ("http", Severity.HIGH) if socket.address.port == _HTTP else ("", Severity.MEDIUM)


def _was_meant_for_tls(socket: Socket) -> bool:
    """Whether the word was only missing: on a port such as 443 and 8443, or with certificates in the servers."""
    port = socket.address.port
    certificates = (server[SSL_CERTIFICATE].origin for server in socket.servers)
    return port % 1000 == 443 or (port != _HTTP and any(isinstance(origin, Explicit) for origin in certificates))
