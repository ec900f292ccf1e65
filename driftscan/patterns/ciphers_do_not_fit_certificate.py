"""No suite of ssl_ciphers goes with the key of the certificate.

Symptom:
    Everybody who uses TLS 1.2 fails: ERR_SSL_VERSION_OR_CIPHER_MISMATCH in Chrome, SSL_ERROR_NO_CYPHER_OVERLAP in
    Firefox, `sslv3 alert handshake failure` in curl and programs. With TLS 1.3 on, current browsers work, and only
    older clients, programs and monitoring fail. nginx writes `no shared cipher` at level info; `nginx -t` passes.

Cause:
    Up to TLS 1.2 a suite names the kind of key that the server proves itself with: ECDHE-RSA, DHE-RSA and suites
    without forward secrecy need an RSA certificate, ECDHE-ECDSA needs one with an EC key. certbot 2.0 and later make EC
    keys where nothing says otherwise, and up to 2.4.0 a renewal could change the kind of an old certificate; a list of
    ciphers that was written for the other kind then has nothing left. Not a line of nginx's configuration changes.

Before:
    # shop.pem has an RSA key.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
    }

After:
    # shop.pem has an EC key.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
    }

Remedy:
    Write a list that does not care for the kind of key, such as `ECDHE+AESGCM:ECDHE+CHACHA20`, or one with ECDHE-ECDSA
    and ECDHE-RSA names. Or keep to a kind: `certbot renew --cert-name NAME --key-type rsa --force-renewal`. A server
    may also have one certificate of each kind (nginx 1.11.0 and later).

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_ciphers
    https://github.com/randombit/botan/issues/3249
    https://github.com/certbot/certbot/issues/9635
    https://github.com/dokku/dokku/issues/3661
    https://github.com/Mailu/Mailu/issues/804
    https://github.com/webdevops/Dockerfile/issues/475
    https://github.com/nginx/docker-nginx/issues/893
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import (
    certificate_places,
    cipher_lines,
    needs_library,
    offer_at,
    on_every_library,
    places,
    rewritten,
    worst,
)
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.edits import Edit
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import NEUTRAL_LIST, holder, misfit

PATTERN = Pattern(
    category=Category.HANDSHAKE_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "nobody": "The certificate of {server} has an {kind} key ({certificate}), and no suite of its list goes with "
        "one: nobody can connect.",
        "tls12": "The certificate of {server} has an {kind} key ({certificate}), and no suite of its list goes with "
        "one: only TLS 1.3 works.",
    },
    symptoms=(
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "sslv3 alert handshake failure",
        "SSL alert number 40",
        "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure",
        "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        "remote error: tls: handshake failure",
        "gnutls_handshake() failed: Handshake failed",
        "no shared cipher while SSL handshaking",
        "SSL3_GET_CLIENT_HELLO:no shared cipher",
    ),
    affects="every nginx; TLS 1.2 and older. certbot 2.0.0 to 2.4.0 change the kind of key when they renew",
    visitors={
        "nobody": "every visitor",
        "tls12": "clients without TLS 1.3: Android up to 8, Safari up to 12.0, Internet Explorer, Java before 8u261, "
        "and programs on OpenSSL before 1.1.1 or on the TLS of Windows 10",
    },
    remedies={
        "": "Let {server} have suites for both kinds of keys: `ssl_ciphers {proposal};` in the place of {place}, and "
        "reload nginx. Or have the certificate issued again with an {other} key (certbot: `--key-type {word}`).",
    },
    also=("ciphers-no-match-cert-keytype",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that has suites for TLS 1.2 or older, and a known certificate that none of them fits."""
    yield from worst(hit for at in places(state) if (hit := _hit(state, at)) is not None)


def _hit(state: State, at: Endpoint) -> Hit | None:
    certificates = certificate_places(state, at)
    offer = offer_at(state, at) if certificates else None
    if offer is None or offer.keys is None or not misfit(offer):
        return None
    kind, other = ("RSA", "EC") if "RSA" in offer.keys else ("EC", "RSA")
    tls13 = Protocol.TLS13 in offer.versions.protocols
    lines = cipher_lines(state, at)
    subject = server_subject(holder(at), state)
    return Hit(
        subject,
        (*lines, *certificates),
        (
            ("server", str(subject)),
            ("kind", kind),
            ("other", other),
            ("word", "ecdsa" if kind == "RSA" else "rsa"),
            ("certificate", ", ".join(place.path for place in certificates)),
            ("place", str(lines[0])),
            ("proposal", NEUTRAL_LIST),
        ),
        Severity.HIGH if tls13 else Severity.CRITICAL,
        frozenset() if on_every_library(state, at, misfit) else needs_library(state.platform),
        "tls12" if tls13 else "nobody",
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """A list for either kind of key in the place of the server's."""
    for server in state.servers:
        if server_subject(server, state).key == hit.subject.key:
            yield from rewritten(server[SSL_CIPHERS], SSL_CIPHERS.name, f"ssl_ciphers {NEUTRAL_LIST};")
