"""openssl.cnf gives every TLS context another security level, other groups or other options.

Symptom:
    Nobody touched nginx, and after the next restart it stops with `ee key too small` or `ca md too weak`, or some
    clients fail: `no shared cipher`, `no suitable key share`, `unsupported protocol` in the error log. Towards
    upstreams: `unsafe legacy renegotiation disabled`, `dh key too small`. Packages of a distribution's upgrade change
    the file, and a workaround in it is easily lost.

Cause:
    OpenSSL reads the section that `openssl_conf`, `ssl_conf` and `system_default` lead to, and applies it to each
    context before nginx says anything. What nginx does not set itself stays: the security level, unless
    `ssl_ciphers` has an `@SECLEVEL` of its own; the groups, unless `ssl_ecdh_curve` is another than `auto`; options
    and TLS 1.3 suites. MinProtocol and MaxProtocol are no longer among that since nginx 1.15.6 and 1.14.2, which set
    both.

Before:
    # /etc/ssl/openssl.cnf: CipherString = DEFAULT@SECLEVEL=1
    server { listen 443 ssl; server_name shop.example; ssl_certificate rsa-1024.pem; ssl_certificate_key a.key; }

After:
    # /etc/ssl/openssl.cnf: CipherString = DEFAULT@SECLEVEL=2
    server { listen 443 ssl; server_name shop.example; ssl_certificate rsa-1024.pem; ssl_certificate_key a.key; }

Remedy:
    Say in nginx what nginx needs, so that the file can change: `ssl_ciphers ...:@SECLEVEL=1;`, `ssl_ecdh_curve`, and
    for one upstream `proxy_ssl_ciphers DEFAULT:@SECLEVEL=1;`. Certificates with short keys or SHA-1 are better
    replaced. Everything else on the host that uses OpenSSL (curl, git, PHP, Python) follows the file as well.

References:
    https://docs.openssl.org/3.0/man5/config/
    https://docs.openssl.org/3.0/man3/SSL_CTX_set_security_level/
    https://nginx.org/en/CHANGES
    https://github.com/nginx/nginx/commit/471d077fdd9f677da80d6a8a34ac76c44e201872
    https://github.com/oerdnj/deb.sury.org/issues/985
    https://github.com/NginxProxyManager/nginx-proxy-manager/issues/2727
    https://github.com/pyca/pyopenssl/issues/1002
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject, server_subject, upstream_subject
from driftscan.evidence.security_level import (
    following,
    forbidden,
    has_word,
    leaves_bounds,
    library_of,
    passing_with_system_level,
    refused_at,
    refused_parameters,
    said_at,
    speaking,
    spoken,
    system_commands,
    system_level,
)
from driftscan.evidence.system_groups import P256, USUAL, group_command, groups, listed, open_to_groups
from driftscan.nginx.directives.values import Protocol, show
from driftscan.nginx.edits import Edit, Inside
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.CRITICAL,
    messages={
        "certificate": "{file} raises the security level from {before} to {after}: OpenSSL refuses {refused} of "
        "{server} then ({weakness}), and nginx will not start.",
        "parameters": "{file} raises the security level from {before} to {after}: OpenSSL refuses {refused} of "
        "{server} then ({weakness}), and nginx will not start.",
        "protocols": "{file} raises the security level from {before} to {after}, at which OpenSSL does not speak "
        "{lost}: {server} is configured to.",
        "bound": "{file} takes MinProtocol from {before} to {after}, and nginx {nginx} leaves that as it is: {server} "
        "does not speak {lost} any more, as it is configured to.",
        "groups": "{file} offers other groups for the key exchange ({before} became {after}): {server} does not take "
        "{lost} any more.",
        "upstream": "{file} raises the security level from {before} to {after}: {place} refuses an upstream with a "
        "shorter key or an older signature now.",
        "legacy": "{file} has lost {lost}: {place} refuses an upstream that does not know secure renegotiation now.",
        "raised": "{file} raises the security level from {before} to {after} for {server} and every other server that "
        "sets none: short keys and old signatures of clients are refused.",
        "lowered": "{file} lowers the security level from {before} to {after} for {server} and every other server "
        "that sets none: weaker keys and signatures are accepted.",
    },
    visitors={
        "certificate": "everybody, once nginx is started again; until then the old process goes on",
        "parameters": "everybody, once nginx is started again; until then the old process goes on",
        "protocols": "clients that speak nothing newer than TLS 1.1: Android up to 4.3, Internet Explorer up to 10, "
        "Java 6 and 7 as installed, and programs on OpenSSL before 1.0.1",
        "bound": "clients that speak nothing newer than TLS 1.1: Android up to 4.3, Internet Explorer up to 10, "
        "Java 6 and 7 as installed, and programs on OpenSSL before 1.0.1",
        "groups": "clients that offer none of the groups that are left",
        "upstream": "everybody whose request {place} passes on, if the upstream is that weak",
        "legacy": "everybody whose request {place} passes on, if the upstream is that old",
        "raised": "clients that show a certificate with a short key or an old signature",
        "lowered": "nobody: more clients than before can connect",
    },
    remedies={
        "certificate": "Have {refused} issued anew with a larger key and SHA-256 before nginx is restarted. Until "
        "then `ssl_ciphers` of {server} can end in `:@SECLEVEL={before}` (nginx 1.21.2 or later).",
        "parameters": "Make longer ones before nginx is restarted, `openssl dhparam -out {refused} 2048`, or take "
        "`ssl_dhparam` out of {server}.",
        "protocols": "Where such clients still count, write `:@SECLEVEL=0` (up to OpenSSL 1.1.1: 1) at the end of "
        "`ssl_ciphers` in {server}.",
        "bound": "Where such clients still count, change MinProtocol in {file} back to what it was ({before}). From "
        "nginx 1.15.6 on it has no say there any more.",
        "groups": "Write `ssl_ecdh_curve {curves};` in the default server of the socket of {server}, so that {file} "
        "has no say in it.",
        "upstream": "Write `proxy_ssl_ciphers DEFAULT:@SECLEVEL={before};` in the location of {place}, if its "
        "upstream needs it.",
        "legacy": "Write `proxy_ssl_conf_command Options UnsafeLegacyServerConnect;` in the location of {place} "
        "(nginx 1.19.4 or later), if its upstream needs it.",
        "": "Write `:@SECLEVEL={before}` at the end of `ssl_ciphers` if nginx is to stay as it was.",
    },
    symptoms=(
        "SSL_CTX_use_certificate() failed (SSL: error:0A00018F:SSL routines::ee key too small)",
        "SSL_CTX_use_certificate() failed (SSL: error:140AB18F:SSL routines:SSL_CTX_use_certificate:ee key too small)",
        "SSL_CTX_use_certificate() failed (SSL: error:0A00018E:SSL routines::ca md too weak)",
        "dh key too small",
        "ee key too small",
        "ca md too weak",
        "no suitable signature algorithm",
        "no suitable key share",
        "unsupported protocol",
        "no protocols available",
        "unsafe legacy renegotiation disabled",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
    ),
    affects="OpenSSL 1.1.1 and later read the section for every program; MinProtocol: nginx before 1.15.6 and 1.14.2",
    also=("openssl-cnf-system-default-changed",),
)

_REFUSED = {"certificate": refused_at, "parameters": refused_parameters}
"""What finds a file that keeps nginx from starting at a level."""
_LEGACY = ("UnsafeLegacyServerConnect", "UnsafeLegacyRenegotiation")
_OLDEST_FIRST = list(Protocol)
_POSITION = {protocol.value: position for position, protocol in enumerate(Protocol)}


@dataclass(frozen=True, slots=True)
class _Effect:
    """What the change does to nginx."""

    variant: str
    severity: Severity
    command: str
    facts: tuple[tuple[str, str], ...]
    needs: frozenset[Need] = frozenset()


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for the file, with the worst that its change does to nginx; none where it does nothing."""
    before, after = transition.before, transition.after
    if before.host.openssl is None or after.host.openssl is None or before.host.openssl == after.host.openssl:
        return
    effects = (*_of_level(before, after), *_of_bounds(before, after), *_of_groups(before, after))
    worst = max((*effects, *_of_options(before, after)), key=lambda effect: effect.severity, default=None)
    if worst is not None:
        yield Hit(
            FileSubject(after.host.openssl.path),
            (said_at(after, worst.command),),
            (("file", said_at(after, worst.command).path), *worst.facts),
            worst.severity,
            worst.needs | (frozenset({Need.NGINX}) if after.host.openssl.nginx else frozenset()),
            worst.variant,
        )


def _of_level(before: State, after: State) -> Iterator[_Effect]:
    """What another security level does, where the file sets one or does so no longer."""
    texts = [system_commands(state).get("cipherstring") for state in (before, after)]
    if len({None if said is None else said.text for said in texts}) == 1:
        return
    was, now = system_level(before), system_level(after)
    if was is None or now is None or was == now:
        return
    yield from _refusals(before, after, was, now)
    needs = frozenset({Need.LIBRARY} if after.platform.library is None else ())
    levels = (("before", str(was)), ("after", str(now)))
    for server in following(after):
        named = ("server", str(server_subject(server, after)))
        if now < was:
            yield _Effect("lowered", Severity.LOW, "cipherstring", (named, *levels), needs)
            return
        lost = forbidden(after, now) - forbidden(after, was)
        if gone := lost & spoken(server):
            yield _Effect("protocols", Severity.MEDIUM, "cipherstring", (named, *levels, ("lost", show(gone))), needs)
        yield _Effect("raised", Severity.LOW, "cipherstring", (named, *levels), needs)
    for place in passing_with_system_level(after) if now > was else ():
        facts = (("place", str(upstream_subject(place, after))), *levels)
        yield _Effect("upstream", Severity.MEDIUM, "cipherstring", facts, frozenset({Need.UPSTREAM}))


def _refusals(before: State, after: State, was: int, now: int) -> Iterator[_Effect]:
    needs = frozenset({Need.LIBRARY} if after.platform.library is None else ())
    for server in speaking(after):
        for variant, refused in _REFUSED.items():
            found = refused(after, server, now)
            if found is not None and refused(before, server, was) is None:
                facts = (
                    ("server", str(server_subject(server, after))),
                    ("refused", found[0]),
                    ("weakness", found[1]),
                    ("before", str(was)),
                    ("after", str(now)),
                )
                yield _Effect(variant, Severity.CRITICAL, "cipherstring", facts, needs)


def _of_bounds(before: State, after: State) -> Iterator[_Effect]:
    """What MinProtocol does to an nginx that does not set the bounds itself."""
    if not leaves_bounds(after.platform.nginx.version):
        return
    was, now = (system_commands(state).get("minprotocol") for state in (before, after))
    old, new = (_POSITION.get(said.text, 0) if said else 0 for said in (was, now))
    for server in speaking(after):
        if gone := frozenset(_OLDEST_FIRST[old:new]) & spoken(server):
            facts = (
                ("server", str(server_subject(server, after))),
                ("before", "no bound" if was is None else was.text),
                ("after", "no bound" if now is None else now.text),
                ("lost", show(gone)),
                ("nginx", str(after.platform.nginx.version)),
            )
            yield _Effect("bound", Severity.MEDIUM, "minprotocol", facts, frozenset({Need.NGINX}))
            return


def _of_groups(before: State, after: State) -> Iterator[_Effect]:
    """What other groups do to the servers that leave them to OpenSSL."""
    was, now = groups(before), groups(after)
    lost = (USUAL if was is None else was & USUAL) - (USUAL if now is None else now)
    if not lost or now is None:
        return
    # Nearly every client that offers X25519 offers P-256 as well.
    severity = Severity.LOW if P256 in now else Severity.HIGH if now & USUAL else Severity.CRITICAL
    for server in open_to_groups(after)[:1]:
        facts = (
            ("server", str(server_subject(server, after))),
            ("lost", listed(lost)),
            ("before", "the usual ones" if was is None else listed(was)),
            ("curves", listed(USUAL if was is None else was)),
            ("after", listed(now)),
        )
        yield _Effect("groups", severity, group_command(after), facts)


def _of_options(before: State, after: State) -> Iterator[_Effect]:
    """What the loss of an option does to places that may pass requests on to something very old."""
    if not library_of(after).is_openssl_since("3.0"):
        return
    was, now = (system_commands(state).get("options") for state in (before, after))
    lost = (
        [] if was is None else [name for name in _LEGACY if has_word(was, name) and not (now and has_word(now, name))]
    )
    for place in after.upstreams if lost else ():
        if place.speaks_tls:
            facts = (("place", str(upstream_subject(place, after))), ("lost", lost[0]))
            yield _Effect("legacy", Severity.MEDIUM, "options", facts, frozenset({Need.UPSTREAM}))
            return


def mended(state: State, hit: Hit) -> bool:
    """The file says what it said before, as far as that had an effect; or nobody follows it any more."""
    facts = dict(hit.facts)
    if state.host.openssl is None:
        return True
    match hit.variant:
        case "certificate" | "parameters":
            level, refused = system_level(state), _REFUSED[hit.variant]
            return level is None or all(refused(state, server, level) is None for server in speaking(state))
        case "bound":
            said = system_commands(state).get("minprotocol")
            own = not leaves_bounds(state.platform.nginx.version)
            return own or said is None or said.text == facts["before"]
        case "groups":
            left = groups(state)
            back = left is None or not {name for name in USUAL - left if listed(frozenset({name})) in facts["lost"]}
            return back or not open_to_groups(state)
        case "legacy":
            said = system_commands(state).get("options")
            return said is not None and has_word(said, facts["lost"])
        case _:
            return str(system_level(state)) == facts["before"]


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Name the groups in each default server that takes them from the file."""
    if hit.variant != "groups":
        return
    for server in open_to_groups(state):
        yield Inside(server.at, "server", f"ssl_ecdh_curve {dict(hit.facts)['curves']};")
