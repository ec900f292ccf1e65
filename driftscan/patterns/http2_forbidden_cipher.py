"""HTTP/2 is offered, and the suite that browsers get is one that HTTP/2 forbids.

Symptom:
    Chrome shows ERR_HTTP2_INADEQUATE_TRANSPORT_SECURITY, Firefox NS_ERROR_NET_INADEQUATE_SECURITY, and nothing of the
    site. curl works, nginx logs nothing, and `nginx -t` passes.

Cause:
    With TLS 1.2, HTTP/2 wants forward secrecy and authenticated encryption; RFC 9113 lists all other suites, and
    browsers end a connection that uses one. Nothing keeps nginx from offering HTTP/2 with them: with
    `ssl_prefer_server_ciphers on` the first suite of its list that the browser has is taken, also when it is in CBC
    mode or without forward secrecy. Without it browsers take a good one, as long as the list has any. TLS 1.3 has no
    suites of the forbidden kind, so that with it only clients without TLS 1.3 are hit.

Before:
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_prefer_server_ciphers on;
        ssl_ciphers ECDHE+SHA:ECDHE+AESGCM;
    }

After:
    server {
        listen 443 ssl http2;
        server_name shop.example;
        ssl_prefer_server_ciphers on;
        ssl_ciphers ECDHE+SHA:ECDHE+AESGCM;
    }

Remedy:
    Let the list begin with suites that HTTP/2 allows, `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20:...;`, or let the
    browser choose: `ssl_prefer_server_ciphers off;`. Without `http2` the site works, over HTTP/1.1.

References:
    https://www.rfc-editor.org/rfc/rfc9113#appendix-A
    https://nginx.org/en/docs/http/ngx_http_v2_module.html
    https://github.com/httpwg/http2-spec/issues/755
    https://github.com/mozilla/server-side-tls/issues/115
    https://github.com/EasyEngine/easyengine/issues/863
"""

from collections.abc import Iterator
from functools import lru_cache

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import cipher_lines, needs_library, offer_at, places, rewritten, worst
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS, SSL_PREFER_SERVER_CIPHERS
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.edits import Edit
from driftscan.openssl.suites import Suite
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.clients import BROWSER_SUITES
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import ANY_KEY, NEUTRAL_LIST, Offered, fitting, holder, is_modern

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.HIGH,
    messages={
        "browsers": "{server} offers HTTP/2 and no TLS 1.3, and browsers get {suite}, which HTTP/2 forbids.",
        "tls12": "{server} offers HTTP/2, and clients with TLS 1.2 get {suite}, which HTTP/2 forbids.",
    },
    symptoms=(
        "ERR_HTTP2_INADEQUATE_TRANSPORT_SECURITY",
        "ERR_SPDY_INADEQUATE_TRANSPORT_SECURITY",
        "NS_ERROR_NET_INADEQUATE_SECURITY",
        "INADEQUATE_SECURITY",
        "HTTP/2 connection error: INADEQUATE_SECURITY (0xc)",
    ),
    affects="nginx 1.9.5 and later, with TLS 1.2",
    visitors={
        "browsers": "everybody with a browser",
        "tls12": "browsers without TLS 1.3: Chrome before 70, Firefox before 63, Safari before 12.1, Edge before 79",
    },
    remedies={
        "": "Put suites that HTTP/2 allows first in the list of {server} ({place}), such as "
        "`ECDHE+AESGCM:ECDHE+CHACHA20`, or write `ssl_prefer_server_ciphers off;` if such are in it."
    },
    also=("http2-blacklisted-cipher",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server with HTTP/2 whose choice for a browser is a forbidden suite."""
    yield from worst(hit for at in places(state) if (hit := _hit(state, at)) is not None)


def _hit(state: State, at: Endpoint) -> Hit | None:
    if at.server.family is not Family.HTTP or at.in_force(HTTP2, state.platform).value is not True:
        return None
    offer = offer_at(state, at)
    if offer is None or Protocol.TLS12 not in offer.versions.protocols:
        return None
    # Of a certificate that is not known, it must be so with either kind of key.
    chosen = [_chosen(offer, frozenset({key})) for key in sorted(offer.keys or ANY_KEY)]
    if not all(suite is not None and not is_modern(suite) for suite in chosen):
        return None
    suite = next(suite for suite in chosen if suite is not None)
    tls13 = Protocol.TLS13 in offer.versions.protocols
    lines = cipher_lines(state, at)
    subject = server_subject(holder(at), state)
    return Hit(
        subject,
        (*lines, *holder(at)[SSL_PREFER_SERVER_CIPHERS].places),
        (("server", str(subject)), ("suite", suite.name), ("place", str(lines[0]))),
        Severity.LOW if tls13 else Severity.HIGH,
        needs_library(state.platform),
        "tls12" if tls13 else "browsers",
    )


@lru_cache(maxsize=256)  # most servers of a host offer the same
def _chosen(offer: Offered, keys: frozenset[str]) -> Suite | None:
    """What a browser gets with TLS 1.2; `None` where nothing is in common."""
    common = [
        suite for suite in fitting(offer.suites, frozenset({Protocol.TLS12}), keys) if suite.code in BROWSER_SUITES
    ]
    # Browsers name what HTTP/2 allows first.
    preferred = common if offer.prefers_own else sorted(common, key=is_modern, reverse=True)
    return next(iter(preferred), None)


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Suites that HTTP/2 allows, before the others in the list of the server."""
    for server in state.servers:
        if server_subject(server, state).key == hit.subject.key:
            setting = server[SSL_CIPHERS]
            yield from rewritten(setting, SSL_CIPHERS.name, f"ssl_ciphers {NEUTRAL_LIST}:{setting.value};")
