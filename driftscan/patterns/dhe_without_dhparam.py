"""Suites with DHE are in the list, and without ssl_dhparam none of them works.

Symptom:
    With suites of DHE alone, everybody who uses TLS 1.2 fails: `sslv3 alert handshake failure` in curl,
    ERR_SSL_VERSION_OR_CIPHER_MISMATCH in Chrome. With ECDHE beside them only clients fail that have nothing else in
    common with the list: Internet Explorer 11 on Windows 7 and 8.1 (RSA certificate, AES in GCM mode only), and
    clients without ECDHE. nginx writes `no shared cipher` at level info; `nginx -t` passes.

Cause:
    nginx 1.11.0 and later have no parameters of their own for DHE: without `ssl_dhparam` (or the command DHParameters)
    the suites stay in the list, and OpenSSL passes over them. Removing the line, or upgrading from nginx 1.10, is
    enough. The settings of the server that the name selects count.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers DHE+AESGCM; ssl_dhparam /srv/dhparam.pem; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers DHE+AESGCM; }

Remedy:
    Put ECDHE first, which needs no parameters: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM;`. If clients need
    DHE, make parameters (`openssl dhparam -out /etc/nginx/dhparam.pem 2048`) and name them with `ssl_dhparam`.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_dhparam
    https://github.com/nginx/nginx/commit/61ec58a9bed5ec0cae60c3f3b8d46382beecc5c6
    https://nginx.org/en/CHANGES
"""

from collections.abc import Iterator
from functools import lru_cache

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import cipher_lines, needs_library, needs_nginx, offer_at, places, worst
from driftscan.nginx.directives.http_ssl import SSL_DHPARAM
from driftscan.nginx.directives.values import Protocol
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.clients import CLASSES
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import Offered, connects, holder, with_suites

PATTERN = Pattern(
    category=Category.HANDSHAKE_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "nobody": "{server} has suites with DHE only, and no parameters for it: nobody can connect.",
        "tls12": "{server} has suites with DHE only, and no parameters for it: only TLS 1.3 works.",
        "some": "{server} has suites with DHE, and no parameters for it: they do not work for {clients}.",
    },
    symptoms=(
        "sslv3 alert handshake failure",
        "SSL alert number 40",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        "no shared cipher while SSL handshaking",
    ),
    affects="nginx 1.11.0 and later; TLS 1.2 and older",
    visitors={
        "nobody": "every visitor",
        "tls12": "clients without TLS 1.3: Android up to 8, Safari up to 12.0, Internet Explorer, Java before 8u261, "
        "and programs on OpenSSL before 1.1.1 or on the TLS of Windows 10",
        "some": "{clients}",
    },
    remedies={
        "some": "Nothing, if none of them visits {server}. Else make parameters, `openssl dhparam -out "
        "/etc/nginx/dhparam.pem 2048`, and write `ssl_dhparam /etc/nginx/dhparam.pem;` beside its list ({place}).",
        "": "Put suites with ECDHE into the list of {server} ({place}), such as `ECDHE+AESGCM:ECDHE+CHACHA20`, or make "
        "parameters, `openssl dhparam -out /etc/nginx/dhparam.pem 2048`, and name them with `ssl_dhparam`.",
    },
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server some of whose visitors would need DHE."""
    yield from worst(hit for at in places(state) if (hit := _hit(state, at)) is not None)


@lru_cache(maxsize=256)  # most servers of a host offer the same
def _with_parameters(offer: Offered) -> tuple[Offered, tuple[str, ...]]:
    """What it would be with parameters for DHE, and the clients that could connect then and cannot now."""
    whole = with_suites(offer, (*offer.suites, *offer.idle))
    return whole, tuple(client.name for client in CLASSES if connects(client, whole) and not connects(client, offer))


def _hit(state: State, at: Endpoint) -> Hit | None:
    offer = offer_at(state, at)
    if offer is None or not offer.idle:
        return None
    whole, gone = _with_parameters(offer)
    if not any(suite.authentication != "NULL" for suite in offer.fitting) and whole.fitting:
        tls13 = Protocol.TLS13 in offer.versions.protocols
        variant, severity = ("tls12", Severity.HIGH) if tls13 else ("nobody", Severity.CRITICAL)
    elif gone:
        variant, severity = "some", Severity.LOW
    else:
        return None
    lines = cipher_lines(state, at)
    subject = server_subject(holder(at), state)
    return Hit(
        subject,
        lines,
        (
            ("server", str(subject)),
            ("place", str(lines[0])),
            *([("clients", ", ".join(gone))] if variant == "some" else []),
        ),
        severity,
        needs_nginx(at, state.platform, SSL_DHPARAM) | needs_library(state.platform),
        variant,
    )
