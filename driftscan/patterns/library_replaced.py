"""An upgrade brought another branch of the TLS library, which refuses what the old one took.

Symptom:
    Nothing in /etc/nginx changed, and after the upgrade nginx does not start (`ee key too small`, `ca md too weak`),
    old clients fail (`unsupported protocol`, `no shared cipher`), or requests to old upstreams do (`unsafe legacy
    renegotiation disabled`, `dh key too small`). The access log still shows whoever was not hit.

Cause:
    nginx takes its rules from the library it is linked with. OpenSSL 1.1.0 brought security levels and left out 3DES
    and RC4, 1.1.1 brought TLS 1.3, 3.0 keeps TLS 1.0 and 1.1 and SHA-1 signatures for level 0 and refuses servers
    without secure renegotiation, 3.2 raised the level of a plain build to 2. Distributions raise levels of their own:
    Debian since its 1.1.1, Ubuntu since 20.04.

Before:
    # libssl1.1 1.1.1n
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; }

After:
    # libssl3 3.0.11
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; }

Remedy:
    Replace certificates with short keys or SHA-1 before the upgrade. Where clients that speak only TLS 1.0 or 1.1 still
    count, end `ssl_ciphers` in `:@SECLEVEL=0`; where one old upstream does, give its location
    `proxy_ssl_ciphers DEFAULT:@SECLEVEL=1;`. `nginx -V` prints the library nginx runs with, `nginx -t` what it
    refuses to load.

References:
    https://openssl-library.org/policies/releasestrat/
    https://docs.openssl.org/3.0/man7/migration_guide/
    https://docs.openssl.org/3.0/man3/SSL_CTX_set_security_level/
    https://github.com/mozilla/ssl-config-generator/issues/188
    https://github.com/wmnnd/nginx-certbot/pull/85
    https://github.com/openssl/openssl/issues/14036
    https://github.com/digitalocean/nginxconfig.io/issues/379
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.loading import configuration
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject, upstream_subject
from driftscan.evidence.passing import hosts, strangers
from driftscan.evidence.security_level import level, library_of, permits, refused_at, spoken
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS, SSL_PROTOCOLS, SSL_VERIFY_CLIENT
from driftscan.nginx.directives.values import Protocol, show
from driftscan.nginx.servers import Server
from driftscan.openssl.branches import branch
from driftscan.openssl.ciphers import select
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import has_context

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.CRITICAL,
    messages={
        "certificate": "{before} was replaced by {after}, which refuses {certificate} of {server} ({weakness}): nginx "
        "will not start.",
        "protocols": "{before} was replaced by {after}, which does not speak {lost} at its security level: they are "
        "among the protocols of {server}.",
        "suites": "{before} was replaced by {after}, which does not have {lost} any more: {server} has it in its list.",
        "clients": "{before} was replaced by {after}, which refuses client certificates with SHA-1 signatures or "
        "short keys: {server} asks for client certificates.",
        "upstream": "{before} was replaced by {after}, which refuses upstreams without secure renegotiation and with "
        "short keys: {place} passes requests on by TLS.",
        "": "{before} was replaced by {after}; as far as is known, that refuses no certificate, protocol or suite of "
        "this configuration that was taken before.",
    },
    visitors={
        "certificate": "everybody, once nginx is started again; until then the old process goes on",
        "protocols": "clients that speak nothing newer than TLS 1.1: Android up to 4.3, Internet Explorer up to 10, "
        "Java 6 and 7 as installed, and programs on OpenSSL before 1.0.1",
        "suites": "clients that have nothing but {lost}, such as IE 8 on Windows XP",
        "clients": "clients whose certificate is signed with SHA-1 or has a short key",
        "upstream": "everybody whose request {place} passes on, if the upstream is that old",
        "": "nobody that is known of",
    },
    remedies={
        "certificate": "Have {certificate} issued anew with a larger key and SHA-256 before nginx is restarted.",
        "protocols": "Where such clients still count, end `ssl_ciphers` of {server} in `:@SECLEVEL=0`; else take "
        "{lost} out of its `ssl_protocols`, so that it says what is true.",
        "suites": "Take {lost} out of `ssl_ciphers` of {server}; no package of {after} brings it back.",
        "clients": "Have the clients' certificates issued anew, or end `ssl_ciphers` of {server} in `:@SECLEVEL=0` "
        "until they are.",
        "upstream": "If its upstream needs it, write `proxy_ssl_conf_command Options UnsafeLegacyServerConnect;` "
        "(nginx 1.19.4 or later), or for a short key `proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;`, in the location of "
        "{place}.",
        "": "Nothing need be done; run `nginx -t` and look at the error log after the restart all the same.",
    },
    symptoms=(
        "ee key too small",
        "ca md too weak",
        "dh key too small",
        "no shared cipher",
        "unsupported protocol",
        "no suitable signature algorithm",
        "unexpected eof while reading",
        "unsafe legacy renegotiation disabled",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "SSL_ERROR_UNSUPPORTED_VERSION",
    ),
    affects="OpenSSL 1.0.1, 1.0.2, 1.1.0, 1.1.1, 3.0, 3.2, 3.5 and 4.0, from one to the next; OpenSSL to LibreSSL",
    also=("distro-openssl-major-upgrade",),
)

_WEAK: Final = frozenset({"3DES", "RC4", "SEED", "IDEA"})
"""What OpenSSL 1.1.0 left out, or moved to where no usual build has it."""
_OLD: Final = frozenset({Protocol.TLS10, Protocol.TLS11})


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for the configuration, with the worst consequence that it has for it; none within one branch."""
    was, now = transition.before.platform.library, transition.after.platform.library
    if was is None or now is None or branch(was.version) == branch(now.version):
        return
    worst = max(_hits(transition), key=lambda hit: hit.severity or PATTERN.severity, default=None)
    if worst is not None:
        versions = (("before", str(was.version)), ("after", str(now.version)))
        yield replace(worst, facts=(*versions, *worst.facts))


def _hits(transition: Transition) -> Iterator[Hit]:
    before, after = transition.before, transition.after
    about = configuration(after)
    servers = [(old, new) for old, new in transition.pairs.same if after.tls_addresses(new) and has_context(new)]
    for old, new in servers:
        named = ("server", str(server_subject(new, after)))
        for variant, severity, needs, facts in _consequences(before, after, old, new):
            yield Hit(about, (new.at,), (named, *facts), severity, needs, variant)
    if library_of(after).is_openssl_since("3.0") and not library_of(before).is_openssl_since("3.0"):
        for place in after.upstreams:
            if place.speaks_tls:
                facts = (("place", str(upstream_subject(place, after))),)
                # What anybody can reach has followed the times; what is so old stands in networks of one's own.
                home = len(strangers(after, place)) < max(len(hosts(after, place)), 1)
                severity = Severity.MEDIUM if home else Severity.LOW
                yield Hit(about, (place.at,), facts, severity, frozenset({Need.UPSTREAM}), "upstream")
    for _, new in servers[:1]:
        yield Hit(about, (new.at,), (), Severity.LOW)


_Consequence = tuple[str, Severity, frozenset[Need], tuple[tuple[str, str], ...]]


def _consequences(before: State, after: State, old: Server, new: Server) -> Iterator[_Consequence]:
    """What the other library does to one server."""
    ciphers, nothing = new[SSL_CIPHERS], frozenset[Need]()
    if not (ciphers.known and old[SSL_CIPHERS].known):
        return
    was, now = level(before, old[SSL_CIPHERS].value), level(after, ciphers.value)
    refused = None if now is None else refused_at(after, new, now)
    if refused is not None and was is not None and refused_at(before, old, was) is None:
        yield "certificate", Severity.CRITICAL, nothing, (("certificate", refused[0]), ("weakness", refused[1]))
    lost = frozenset(
        protocol
        for protocol in spoken(new) & spoken(old) & _OLD
        if permits(before, old[SSL_CIPHERS].value, protocol) and permits(after, ciphers.value, protocol) is False
    )
    if lost:
        # Nobody asked for what is only built in.
        severity = Severity.MEDIUM if new[SSL_PROTOCOLS].places else Severity.LOW
        yield "protocols", severity, nothing, (("lost", show(lost)),)
    if ciphers.places and ciphers.value == old[SSL_CIPHERS].value:
        yield from _suites(before, after, str(ciphers.value))
    stricter = library_of(after).is_openssl_since("3.0") and not library_of(before).is_openssl_since("3.0") and now != 0
    if new[SSL_VERIFY_CLIENT].value in {"on", "optional"} and (stricter or (was or 0) < (now or 0)):
        yield "clients", Severity.MEDIUM, frozenset({Need.CLIENTS}), ()


def _suites(before: State, after: State, cipher_string: str) -> Iterator[_Consequence]:
    """The weak suites that a list asks for by name, and gets no more."""
    was, now = (select(cipher_string, library_of(state), state.platform.family).suites for state in (before, after))
    kinds = {suite.encryption for suite in was} & _WEAK - {suite.encryption for suite in now}
    if kinds:
        only = {suite.encryption for suite in was} <= _WEAK
        yield "suites", Severity.HIGH if only else Severity.LOW, frozenset(), (("lost", show(frozenset(kinds))),)
