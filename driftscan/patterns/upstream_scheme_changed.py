"""nginx speaks TLS to a port of plain HTTP, or plain HTTP to a port of TLS, since somebody changed one.

Symptom:
    Visitors get 502 Bad Gateway, and the error log has `SSL_do_handshake() failed ... wrong version number while SSL
    handshaking to upstream`: a TLS handshake was answered in plain HTTP. The other way round visitors get the
    upstream's own page "400 The plain HTTP request was sent to HTTPS port". `nginx -t` passes.

Cause:
    The scheme of `proxy_pass` decides whether nginx speaks TLS, and the port does not follow it: `https://` with
    `:8080` is a handshake with port 8080. A server of an `upstream {}` without a port is asked on port 80, also
    where `proxy_pass` says `https://`.

Before:
    server { listen 80; server_name shop.example; location / { proxy_pass http://127.0.0.1:8080; } }

After:
    server { listen 80; server_name shop.example; location / { proxy_pass https://127.0.0.1:8080; } }

Remedy:
    Let scheme and port fit each other: `http://` with the plain port, or `https://` with the port that speaks TLS,
    written out (`:443`) at each server of an `upstream {}`. `curl -v http://HOST:PORT/` and `curl -vk
    https://HOST:PORT/` from the same host tell which of the two the port speaks.

References:
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
    https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
    https://github.com/evertramos/nginx-proxy-automation/issues/10
"""

from collections.abc import Iterator
from typing import Final

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import upstream_subject
from driftscan.evidence.passing import hosts, own_socket, paired, place_of
from driftscan.nginx.backends import Backend, address, read_address, with_scheme
from driftscan.nginx.edits import Edit, Replace
from driftscan.nginx.upstreams import Upstream
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.UPSTREAM,
    severity=Severity.HIGH,
    messages={
        "tls": "{place} speaks TLS to {host} now, a port that speaks plain HTTP by custom: the handshake fails then, "
        "and visitors get 502.",
        "plain": "{place} speaks plain HTTP to {host} now, a port that speaks TLS by custom: visitors get its error "
        "400 then, and what they send is on the wire for anybody to read.",
        "group": "{place} speaks TLS to {host} now, because no port is written for that server at {at} and nginx takes "
        "80 then: a port that speaks plain HTTP by custom, with which the handshake fails, and visitors get 502.",
        "own-tls": "{place} speaks TLS to {host}, where this nginx listens without TLS: the handshake fails, and "
        "visitors get 502.",
        "own-plain": "{place} speaks plain HTTP to {host}, where this nginx listens with TLS: visitors get its error "
        "400.",
        "turned-tls": "{place} speaks TLS to {host} now and spoke plain HTTP to it before: where the port has not "
        "changed too, the handshake fails, and visitors get 502.",
        "turned-plain": "{place} speaks plain HTTP to {host} now and spoke TLS to it before: where the port has not "
        "changed too, visitors get an error, and what they send is on the wire for anybody to read.",
    },
    visitors={
        "own-tls": "everybody whose request {place} passes on",
        "own-plain": "everybody whose request {place} passes on",
        "turned-tls": "everybody whose request {place} passes on, if {host} still speaks plain HTTP",
        "turned-plain": "everybody whose request {place} passes on, if {host} still speaks TLS",
        "": "everybody whose request {place} passes on, if {host} speaks what is usual on its port",
    },
    remedies={
        "own-tls": "Write `{directive} {cure};` at {at}.",
        "own-plain": "Write `{directive} {cure};` at {at}.",
        "group": "Write the port that speaks TLS behind the server at {at}, such as `:443`; without one nginx takes "
        "80, whatever the scheme is.",
        "": "If {host} speaks the other protocol, write `{directive} {cure};` at {at}, or the port that speaks what "
        "is written.",
    },
    symptoms=(
        "502 Bad Gateway",
        "400 The plain HTTP request was sent to HTTPS port",
        "Client sent an HTTP request to an HTTPS server.",
        "error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream",
        "error:1408F10B:SSL routines:ssl3_get_record:wrong version number) while SSL handshaking to upstream",
        "error:140770FC:SSL routines:SSL23_GET_SERVER_HELLO:unknown protocol) while SSL handshaking to upstream",
        "upstream sent no valid HTTP/1.0 header while reading response header from upstream",
        "packet length too long) while SSL handshaking to upstream",
    ),
    affects="every nginx",
    also=("upstream-scheme-mismatch",),
)

_PLAIN: Final = frozenset({80, 8080})
_TLS: Final = frozenset({443, 8443})
_OTHER: Final = {
    "https": "http",
    "http": "https",
    "grpcs": "grpc",
    "grpc": "grpcs",
    "suwsgi": "uwsgi",
    "uwsgi": "suwsgi",
}


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each place whose scheme and port have come to contradict each other."""
    before, after = transition.before, transition.after
    for old, new in paired(transition):
        # Streams are passed on to any port as they come.
        if new.side.switch is not None:
            continue
        found = _contradicted(after, new)
        if found is not None and _contradicted(before, old) is None:
            yield _hit(after, new, found)
        elif found is None and (turned := _turned(before, old, after, new)) is not None:
            yield _hit(after, new, turned, "turned-tls" if new.speaks_tls else "turned-plain")


def _contradicted(state: State, place: Upstream) -> Backend | None:
    """A host whose port speaks the other protocol: certainly where it is nginx's own, by custom elsewhere."""
    found = address(place)
    if found is None or found.scheme not in _OTHER:
        return None
    ports = _PLAIN if place.speaks_tls else _TLS
    for host in hosts(state, place):
        own = own_socket(state, host)
        if (own is None and host.port in ports) or (own is not None and own.ssl is not place.speaks_tls):
            return host
    return None


def _turned(before: State, old: Upstream, after: State, new: Upstream) -> Backend | None:
    """A host that is spoken to otherwise on the same port, which says nothing by its number."""
    if old.speaks_tls is new.speaks_tls or old.by_variable or new.by_variable:
        return None
    known = {(host.host, host.port) for host in hosts(before, old)}
    same = (host for host in hosts(after, new) if (host.host, host.port) in known and own_socket(after, host) is None)
    return next((host for host in same if host.port not in _PLAIN | _TLS), None)


def _hit(state: State, place: Upstream, host: Backend, variant: str = "") -> Hit:
    found = read_address(place.target)
    other = _OTHER.get(found.scheme, "") if found else ""
    own = own_socket(state, host)
    if not variant:
        spoken = "tls" if place.speaks_tls else "plain"
        variant = f"own-{spoken}" if own is not None else "group" if place.speaks_tls and host.implied else spoken
    return Hit(
        upstream_subject(place, state),
        (place.at, *(() if host.at == place.at else (host.at,))),
        (
            ("place", str(upstream_subject(place, state))),
            ("host", str(host)),
            ("directive", place.side.passing),
            ("cure", with_scheme(place.target, other)),
            ("at", str(host.at if variant == "group" else place.at)),
        ),
        Severity.MEDIUM if variant.startswith("turned") else Severity.HIGH,
        frozenset({Need.UPSTREAM}) if own is None else frozenset(),
        variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """Scheme and port fit each other, or the place is gone; what turned has turned back, or goes to another port."""
    place, host = place_of(state, hit.subject), dict(hit.facts)["host"]
    if place is None:
        return True
    if hit.variant.startswith("turned"):
        same = any(str(other) == host for other in hosts(state, place))
        return not same or place.speaks_tls is (hit.variant == "turned-plain")
    return _contradicted(state, place) is None


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Give it the scheme of its port; where the port is the one that was never written, only a person can tell it."""
    place = place_of(state, hit.subject)
    facts = dict(hit.facts)
    if place is not None and hit.variant != "group":
        yield Replace(place.at, place.side.passing, f"{place.side.passing} {facts['cure']};")
