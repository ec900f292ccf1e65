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
from dataclasses import dataclass, replace

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import (
    changed_endpoints,
    deciding_lines,
    is_certbots,
    needs_library,
    of_library_alone,
    offer_at,
    places,
    told,
    worst,
)
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CIPHERS, SSL_CONF_COMMAND
from driftscan.openssl.suites import Suite
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.clients import CLASSES, ClientClass
from driftscan.tls.coverage import listed as few
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import ANY_KEY, NEUTRAL_LIST, Offered, connects, holder, kind, misfit, with_suites

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.CRITICAL,
    messages={
        "everybody": "{server} lost {lost}, and nothing is left that today's browsers have.",
        "current": "{server} lost {lost}: {few} cannot connect any more.",
        "old": "{server} lost {lost}: {few} cannot connect any more.",
        "kind": "{server} lost every suite for a certificate with an RSA key; which key its certificate has is not in "
        "the history.",
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
        "kind": "every visitor without TLS 1.3, if its certificate has an RSA key",
        "devices": "no browser; old devices and programs that have nothing else",
    },
    remedies={
        "devices": "Nothing, unless a device or program fails at {server} since then: it needs {lost} back ({place}).",
        "kind": "Look at it: `openssl x509 -noout -text -in {certificate}`. With an RSA key, write `ssl_ciphers "
        "{proposal};` in the place of {place}.",
        "old": "Nothing, if none of them visits {server}. Else {cure}.",
        "": "To have them back, {cure}.",
    },
    also=("ciphers-drop-legacy-kx",),
)


@dataclass(frozen=True, slots=True)
class _Loss:
    """What a shorter list means, with everything else as it is now."""

    was: Offered
    now: Offered
    gone: tuple[ClientClass, ...]
    """Who could connect, and cannot any more."""

    @property
    def variant(self) -> str | None:
        if any(client.browsers for client in self.gone):
            return "everybody"
        if any(client.current for client in self.gone):
            return "current"
        if self._lost_every_rsa_suite:
            return "kind"
        if self.gone:
            return "old"
        return "devices" if "static RSA" in self._kinds else None

    @property
    def _lost_every_rsa_suite(self) -> bool:
        """Whether it may fit the certificate no more, of which nothing is known.

        The other way round it is seldom: who has an EC certificate knows it.
        """
        held = [any(suite.authentication == "RSA" for suite in offer.fitting) for offer in (self.was, self.now)]
        return self.now.keys is None and held == [True, False] and bool(self.now.fitting)

    @property
    def _kinds(self) -> list[str]:
        """Kinds of which there was a suite that could be chosen, and is none."""
        was, now = ({kind(suite) for suite in offer.fitting} for offer in (self.was, self.now))
        return sorted(was - now)

    @property
    def told(self) -> str:
        """What went, in a few words."""
        suites = [suite.name for suite in self.was.fitting if suite not in self.now.fitting]
        return ", ".join(self._kinds) or few(suites, 2)

    @property
    def substitutes(self) -> Iterator[str]:
        """Suites of the earlier list with which those who are gone could connect, for each key that there may be."""
        for key in sorted(self.now.keys or ANY_KEY, reverse=True):
            held, found = replace(self.was, keys=frozenset({key})), list[Suite]()
            for client in self.gone:
                if not connects(client, with_suites(held, found)):
                    found += [s for s in self.was.suites if connects(client, with_suites(held, (s,)))][:1]
            yield from (suite.name for suite in found)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose suites became fewer, if somebody may miss them."""
    yield from worst(_hits(transition))


def _hits(transition: Transition) -> Iterator[Hit]:
    before, after = transition.before, transition.after
    for old, new in changed_endpoints(transition, ("ssl_ciphers", "ssl_conf_command")):
        was, now = offer_at(before, old), offer_at(after, new)
        # A list that does not fit the certificate at all is a breakage of its own, and one that nginx refuses another.
        if was is None or now is None or misfit(now) or (after.load.ok is False and not now.suites):
            continue
        # Versions, groups and certificates of now: what becomes of clients without those is another breakage.
        was = with_suites(now, was.suites)
        gone = tuple(client for client in CLASSES if connects(client, was) and not connects(client, now))
        loss = _Loss(was, now, gone)
        # What only became known of the library took nothing away.
        learned = None in {before.platform.library, after.platform.library} and of_library_alone(
            transition, old, new, SSL_CIPHERS, SSL_CONF_COMMAND
        )
        if loss.variant is not None and not learned:
            lines = deciding_lines(transition, old, new, SSL_CIPHERS, SSL_CONF_COMMAND)
            yield _hit(after, new, loss, lines)


def _hit(after: State, at: Endpoint, loss: _Loss, lines: tuple[Location, ...]) -> Hit:
    subject, variant = server_subject(holder(at), after), loss.variant or ""
    facts = [("server", str(subject)), ("place", str(lines[0])), ("lost", loss.told)]
    needs = needs_library(after.platform)
    match variant:
        case "kind":
            certificate = next(iter(holder(at)[SSL_CERTIFICATE].value or ()), "CERTIFICATE")
            facts += [("certificate", str(certificate)), ("proposal", NEUTRAL_LIST)]
            needs |= {Need.CERTIFICATE}
        case "devices":
            needs |= {Need.CLIENTS}
        case _:
            names, suites = [client.name for client in loss.gone], ":".join(loss.substitutes)
            where = (
                f"certbot keeps {lines[0]} up to date: give {subject} lines of its own in place of the include, with "
                f"`{suites}` in the list"
                if is_certbots(lines[0])
                else f"put `{suites}` back into the list of {subject} ({lines[0]})"
            )
            facts += [("clients", ", ".join(names)), ("few", few(names, 2)), ("cure", where)]
    return Hit(subject, lines, tuple(facts), _SEVERITIES[variant], needs, variant)


_SEVERITIES = {
    "everybody": Severity.CRITICAL,
    "current": Severity.HIGH,
    "old": Severity.MEDIUM,
    "kind": Severity.MEDIUM,
    "devices": Severity.LOW,
}


def mended(state: State, hit: Hit) -> bool:
    """Those who lost their suites can connect again, or the server is gone."""
    missed = told(hit, "clients").split(", ")
    for at in places(state):
        if server_subject(holder(at), state).key != hit.subject.key:
            continue
        now = offer_at(state, at)
        if now is None:
            continue
        if hit.variant == "devices" and not any(kind(suite) == "static RSA" for suite in now.fitting):
            return False
        if hit.variant == "kind" and now.keys is None and all(s.authentication != "RSA" for s in now.fitting):
            return False
        if any(client.name in missed and not connects(client, now) for client in CLASSES):
            return False
    return True
