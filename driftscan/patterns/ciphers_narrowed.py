"""Suites went from ssl_ciphers that some clients have no substitute for.

Symptom:
    Clients of one kind fail with `handshake failure` (40) or ERR_SSL_VERSION_OR_CIPHER_MISMATCH while all others work.
    nginx writes `no shared cipher` to the error log, at level info. `nginx -t` passes.

Cause:
    Up to TLS 1.2 client and server must have a suite in common that fits the certificate. Internet Explorer 11 on
    Windows 7 and 8.1 and Safari 6 to 8 have ECDHE with an RSA certificate in CBC mode only, clients from before 2010
    have no ECDHE at all, and Windows XP has RC4 and 3DES. A shorter list, `@SECLEVEL`, or a TLS library that was built
    with fewer suites takes away what they have. TLS 1.3 has suites of its own, which `ssl_ciphers` leaves alone.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers ECDHE+AESGCM:ECDHE+AES; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers ECDHE+AESGCM; }

Remedy:
    Keep one suite for each kind of client that must be served: `ECDHE-RSA-AES128-SHA` for Internet Explorer 11 and old
    Safari, or `DHE-RSA-AES128-GCM-SHA256` with `ssl_dhparam` for Internet Explorer 11 alone. Where a list comes from
    certbot, leave its file alone. Log `$ssl_cipher` for some weeks before suites are taken away.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_ciphers
    https://docs.openssl.org/master/man1/openssl-ciphers/
    https://github.com/certbot/certbot/commit/e3dbd9ce4a6336afd58c1917939172d7adc1d8bb
    https://github.com/certbot/certbot/commit/896c1e0b66817eff447b41f619772a6441b416df
    https://gist.github.com/mikemaccana/24b41f4ff1d4ee89eefd
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import changed_endpoints, deciding_lines, needs_library, offer_at, places, told, worst
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS, SSL_CONF_COMMAND
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.clients import CLASSES, ClientClass
from driftscan.tls.offered import Offered, connects, fitting, holder, kind, misfit, with_suites

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.CRITICAL,
    messages={
        "everybody": "{server} lost {lost}, and nothing is left that today's browsers have.",
        "current": "{server} lost {lost}: {clients} cannot connect any more.",
        "old": "{server} lost {lost}: {clients} cannot connect any more.",
        "devices": "{server} lost {lost}; no client that driftscan knows of needs them, old devices and devices that "
        "decrypt recorded traffic may.",
    },
    symptoms=(
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "sslv3 alert handshake failure",
        "SSL alert number 40",
        "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
        "gnutls_handshake() failed: Handshake failed",
        "This page can't be displayed. Turn on TLS 1.0, TLS 1.1, and TLS 1.2 in Advanced settings",
        "no shared cipher while SSL handshaking",
        "SSL3_GET_CLIENT_HELLO:no shared cipher",
    ),
    affects="every nginx; TLS 1.2 and older",
    visitors={
        "everybody": "every visitor: {clients}",
        "current": "{clients}",
        "old": "{clients}",
        "devices": "no browser; old devices and programs that have nothing else",
    },
    remedies={
        "devices": "Nothing, unless a device or program fails at {server} since then: it needs {lost} back ({place}).",
        "": "Put one suite that they have back into the list of {server} ({place}); that is enough.",
    },
    also=("ciphers-drop-legacy-kx",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose suites became fewer, if somebody may miss them."""
    yield from worst(_hits(transition))


def _hits(transition: Transition) -> Iterator[Hit]:
    before, after = transition.before, transition.after
    for old, new in changed_endpoints(transition, ("ssl_ciphers", "ssl_conf_command")):
        was, now = offer_at(before, old), offer_at(after, new)
        # A list that does not fit the certificate at all is a breakage of its own.
        if was is None or now is None or misfit(now):
            continue
        # Versions, groups and certificates of now: what becomes of clients without those is another breakage.
        was = with_suites(now, was.suites)
        gone = [client for client in CLASSES if connects(client, was) and not connects(client, now)]
        lost = _lost_kinds(was, now)
        variant = _variant(gone, lost)
        if variant is None:
            continue
        lines = deciding_lines(transition, old, new, SSL_CIPHERS, SSL_CONF_COMMAND)
        server = holder(new)
        yield Hit(
            server_subject(server, after),
            lines,
            (
                ("server", str(server_subject(server, after))),
                ("lost", ", ".join(lost) or "suites"),
                ("place", str(lines[0])),
                *([("clients", ", ".join(client.name for client in gone))] if gone else []),
            ),
            _SEVERITIES[variant],
            needs_library(after.platform) | (frozenset() if gone else {Need.CLIENTS}),
            variant,
        )


_SEVERITIES = {
    "everybody": Severity.CRITICAL,
    "current": Severity.HIGH,
    "old": Severity.MEDIUM,
    "devices": Severity.LOW,
}


def _variant(gone: list[ClientClass], lost: list[str]) -> str | None:
    if any(client.browsers for client in gone):
        return "everybody"
    if any(client.current for client in gone):
        return "current"
    if gone:
        return "old"
    return "devices" if "static RSA" in lost else None


def _lost_kinds(was: Offered, now: Offered) -> list[str]:
    """Kinds of which there was a suite that could be chosen, and is none."""
    keys = now.keys or was.keys or frozenset({"RSA", "ECDSA"})
    kinds = [
        dict.fromkeys(kind(suite) for suite in fitting(offer.suites, now.versions.protocols, keys))
        for offer in (was, now)
    ]
    return sorted(kinds[0].keys() - kinds[1].keys())


def mended(state: State, hit: Hit) -> bool:
    """Those who lost their suites can connect again, or the server is gone."""
    missed = told(hit, "clients")
    for at in places(state):
        if server_subject(holder(at), state).key != hit.subject.key:
            continue
        now = offer_at(state, at)
        if now is None:
            continue
        kinds = {kind(suite) for suite in now.fitting}
        if hit.variant == "devices" and "static RSA" not in kinds:
            return False
        if any(client.name in missed and not connects(client, now) for client in CLASSES):
            return False
    return True
