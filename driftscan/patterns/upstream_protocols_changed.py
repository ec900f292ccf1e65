"""nginx offers less to an upstream than before: protocols, cipher suites, or what a command allows.

Symptom:
    Visitors get 502 Bad Gateway from some locations only. The error log has `SSL_do_handshake() failed` with alert 70
    (protocol version) or 40 (handshake failure) `while SSL handshaking to upstream`; nothing else changed, and the
    upstream's own site opens in a browser. `nginx -t` passes.

Cause:
    As a client nginx offers what `proxy_ssl_protocols`, `proxy_ssl_ciphers` and `proxy_ssl_conf_command` say (and
    their twins of grpc, uwsgi and stream). When the upstream, often an old appliance, has nothing of what is left, no
    connection comes about. Since nginx 1.27.3 the default is TLS 1.2 and 1.3: an upgrade alone can drop TLS 1.0
    and 1.1.

Before:
    server { listen 80; server_name shop.example; location / { proxy_pass https://10.0.0.5; } }

After:
    server {
        listen 80;
        server_name shop.example;
        location / { proxy_pass https://10.0.0.5; proxy_ssl_protocols TLSv1.3; }
    }

Remedy:
    Ask the upstream what it speaks: `openssl s_client -connect HOST:443`, with `-tls1_2` and the like. Give back what
    it needs in the one location that passes requests to it, and leave the rest of the server as it is.

References:
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_protocols
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_ciphers
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_conf_command
    https://nginx.org/en/CHANGES
    https://github.com/nginx/nginx/commit/ebd18ec1812bd6f3de54d9f9fc81563a0ec9f264
    https://docs.openssl.org/3.0/man3/SSL_CONF_cmd/
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.loading import configuration
from driftscan.drift.state import State
from driftscan.drift.subjects import upstream_subject
from driftscan.evidence.passing import hosts, paired
from driftscan.evidence.security_level import level, library_of, permits
from driftscan.nginx.backends import commands, declared
from driftscan.nginx.directives.base import AnySetting, Default
from driftscan.nginx.directives.values import Protocol, show
from driftscan.nginx.upstreams import Upstream
from driftscan.openssl.ciphers import select
from driftscan.openssl.suites import Suite
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.UPSTREAM,
    severity=Severity.HIGH,
    messages={
        "protocols": "{place} does not offer {lost} to {host} any more: {directive} leaves {left}.",
        "default": "nginx {nginx} does not offer {lost} to upstreams any more where {directive} does not ask for it: "
        "that is so for {places}, the first of them to {host}.",
        "ciphers": "{place} does not offer {lost} to {host} any more: {directive} leaves others.",
        "no-rsa": "{place} does not offer {lost} to {host} any more: {directive} leaves nothing that usual servers "
        "with RSA certificates take up to TLS 1.2.",
        "level": "{place} asks more of the keys and certificates of {host} than before: {directive} raises the "
        "security level to {lost}.",
        "commands": "{place} speaks to {host} with other OpenSSL commands than before: {directive} says something "
        "else of {lost}.",
    },
    visitors={
        "default": "everybody whose request goes to an upstream that speaks nothing but {lost}",
        "level": "everybody whose request {place} passes on, if {host} has a key or certificate below level {lost}",
        "commands": "everybody whose request {place} passes on, if {host} relied on what {lost} said before",
        "": "everybody whose request {place} passes on, if {host} speaks nothing but {lost}",
    },
    remedies={
        "protocols": "If {host} needs {lost}, write `{directive} {cure};` in the block that begins at {block}.",
        "default": "If {host} needs {lost}, write `{directive} {cure};` in the block that begins at {block}.",
        "commands": "If {host} needs it, give {directive} back what it said ({before}) in the block that begins at "
        "{block}.",
        "": "If {host} needs it, write `{directive} {before};` in the block that begins at {block}.",
    },
    symptoms=(
        "502 Bad Gateway",
        "tlsv1 alert protocol version:SSL alert number 70) while SSL handshaking to upstream",
        "error:0A00042E:SSL routines::tlsv1 alert protocol version",
        "error:1409442E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version",
        "sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream",
        "unsupported protocol) while SSL handshaking to upstream",
        "no ciphers available) while SSL handshaking to upstream",
        "dh key too small) while SSL handshaking to upstream",
        "ee key too small) while SSL handshaking to upstream",
        "ca md too weak) while SSL handshaking to upstream",
        "unsafe legacy renegotiation disabled) while SSL handshaking to upstream",
    ),
    affects="every nginx with these directives (1.5.6 and later); the default lost TLS 1.0 and 1.1 in 1.27.3",
    also=("upstream-protocol-cipher-change",),
)

_GRAVITY: Final = {Protocol.TLS12: Severity.HIGH, Protocol.TLS11: Severity.MEDIUM, Protocol.TLS10: Severity.MEDIUM}
"""How bad it is to lose a protocol: many upstreams have nothing newer than TLS 1.2, few nothing older than 1.3."""
_NARROWING: Final = {
    "minprotocol": "MinProtocol",
    "maxprotocol": "MaxProtocol",
    "protocol": "Protocol",
    "cipherstring": "CipherString",
    "ciphersuites": "Ciphersuites",
    "groups": "Groups",
    "curves": "Curves",
    "signaturealgorithms": "SignatureAlgorithms",
    "options": "Options",
}
"""Commands that can keep a handshake from coming about; the others say nothing to the other side."""
_MOST_SHOWN: Final = 2


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each place that offers less, and one for all places whose default an upgrade of nginx changed."""
    by_default: list[tuple[Upstream, Hit]] = []
    for old, new in paired(transition):
        if not (old.speaks_tls and new.speaks_tls):
            continue
        hits = [hit for judge in (_protocols, _ciphers, _commands) for hit in judge(transition, old, new)]
        if not hits:
            continue
        worst = max(hits, key=lambda hit: hit.severity or PATTERN.severity)
        if worst.variant == "default":
            by_default.append((new, worst))
        else:
            yield worst
    if by_default:
        yield _of_upgrade(transition.after, by_default)


def _protocols(transition: Transition, old: Upstream, new: Upstream) -> Iterator[Hit]:
    was, now = old[declared(old, "protocols")], new[declared(new, "protocols")]
    if not (was.known and now.known):
        return
    # What the library refuses at its security level was not on offer, whatever the directive said.
    ciphers = old[declared(old, "ciphers")].value
    lost = {
        protocol
        for protocol in (was.value or frozenset()) - (now.value or frozenset())
        if permits(transition.before, ciphers, protocol) is not False
    }
    if lost:
        upgrade = isinstance(was.origin, Default) and isinstance(now.origin, Default)
        severity = max(_GRAVITY.get(protocol, Severity.LOW) for protocol in lost)
        needs = {Need.UPSTREAM, Need.NGINX} if upgrade else {Need.UPSTREAM}
        if upgrade and transition.before.platform.library is None:
            # Most libraries beside such an nginx have not spoken the old versions for long.
            severity, needs = Severity.LOW, needs | {Need.LIBRARY}
        variant = "default" if upgrade else "protocols"
        hit = _hit(transition.after, new, was, now, show(frozenset(lost)), severity, needs, variant)
        yield replace(hit, facts=(*hit.facts, ("cure", show(frozenset(lost) | (now.value or frozenset())))))


def _ciphers(transition: Transition, old: Upstream, new: Upstream) -> Iterator[Hit]:
    was, now = old[declared(old, "ciphers")], new[declared(new, "ciphers")]
    if not (was.known and now.known) or was.value == now.value:
        return
    state, library = transition.after, library_of(transition.after)
    before, after = (select(str(value), library, state.platform.family).suites for value in (was.value, now.value))
    lost = [suite for suite in before if suite not in after and suite.authentication in {"RSA", "ECDSA"}]
    raised, held = level(state, now.value), level(transition.before, was.value)
    if lost and not _usual(after) and _usual(before):
        yield _hit(state, new, was, now, _names(lost), Severity.HIGH, {Need.UPSTREAM}, "no-rsa")
    elif lost:
        severity = Severity.MEDIUM if any(_is_usual(suite) for suite in lost) else Severity.LOW
        yield _hit(state, new, was, now, _names(lost), severity, {Need.UPSTREAM}, "ciphers")
    elif raised is not None and held is not None and raised > held:
        yield _hit(state, new, was, now, str(raised), Severity.MEDIUM, {Need.UPSTREAM}, "level")


def _is_usual(suite: Suite) -> bool:
    return suite.key_exchange == "ECDHE" and suite.mac == "AEAD"


def _usual(suites: tuple[Suite, ...]) -> bool:
    """Whether there is what nearly every server of today has with its RSA certificate."""
    return any(_is_usual(suite) and suite.authentication == "RSA" for suite in suites)


def _names(suites: list[Suite]) -> str:
    shown = ", ".join(suite.name for suite in suites[:_MOST_SHOWN])
    return shown if len(suites) <= _MOST_SHOWN else f"{shown} and {len(suites) - _MOST_SHOWN} more suites"


def _commands(transition: Transition, old: Upstream, new: Upstream) -> Iterator[Hit]:
    was, now = old[declared(old, "conf_command")], new[declared(new, "conf_command")]
    if not (was.known and now.known):
        return
    before, after = commands(was.value), commands(now.value)
    # An option that is new gives leave to something; any other new command is a bound.
    new_options = {"options"} - before.keys()
    changed = sorted(
        _NARROWING[name] for name in _NARROWING.keys() - new_options if before.get(name) != after.get(name)
    )
    if changed:
        yield _hit(transition.after, new, was, now, ", ".join(changed), Severity.MEDIUM, {Need.UPSTREAM}, "commands")


def _hit(  # noqa: PLR0913, PLR0917 - a place, its setting before and after, and what was made of them
    state: State,
    place: Upstream,
    was: AnySetting,
    now: AnySetting,
    lost: str,
    severity: Severity,
    needs: set[Need],
    variant: str,
) -> Hit:
    role = {"ciphers": "ciphers", "no-rsa": "ciphers", "level": "ciphers", "commands": "conf_command"}.get(
        variant, "protocols"
    )
    found = hosts(state, place)
    return Hit(
        upstream_subject(place, state),
        (*now.places, place.at),
        (
            ("place", str(upstream_subject(place, state))),
            ("host", str(found[0]) if found else place.target),
            ("directive", declared(place, role).name),
            ("lost", lost),
            ("before", show(was.value)),
            ("left", show(now.value)),
            ("block", str(place.settings_at)),
        ),
        severity,
        frozenset(needs),
        variant,
    )


def _of_upgrade(state: State, places: list[tuple[Upstream, Hit]]) -> Hit:
    """One hit for what an upgrade did to all places alike."""
    hits = [hit for _, hit in places]
    worst = max(hits, key=lambda hit: hit.severity or PATTERN.severity)
    count = "one place" if len(places) == 1 else f"{len(places)} places"
    return Hit(
        configuration(state),
        tuple(place.at for place, _ in places),
        (*worst.facts, ("nginx", str(state.platform.nginx.version)), ("places", count)),
        worst.severity,
        worst.needs,
        "default",
    )
