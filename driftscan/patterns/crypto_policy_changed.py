"""The host has another cryptographic policy, and nginx takes its suites or security level from it.

Symptom:
    After `update-crypto-policies --set` and the next start some clients fail: `no shared cipher`, `unsupported
    protocol`, or, under FUTURE, nginx does not start: `ee key too small` for an RSA key of 2048 bits. Requests to
    upstreams fail with `dh key too small` or `ca md too weak`. Nothing in /etc/nginx changed.

Cause:
    On RHEL and Fedora /etc/crypto-policies/config names one policy for all programs. OpenSSL takes the security level
    from it for every program: 1 under LEGACY, 2 under DEFAULT and FIPS, 3 under FUTURE, unless `ssl_ciphers` has an
    `@SECLEVEL`. The suites come from it where `ssl_ciphers` is `PROFILE=SYSTEM`, or is not set in Red Hat's nginx.

Before:
    # /etc/crypto-policies/config: LEGACY
    server { listen 443 ssl; server_name shop.example; ssl_ciphers PROFILE=SYSTEM; }

After:
    # /etc/crypto-policies/config: FUTURE
    server { listen 443 ssl; server_name shop.example; ssl_ciphers PROFILE=SYSTEM; }

Remedy:
    Set `ssl_ciphers` and `ssl_protocols` in nginx where its visitors need something else than the rest of the host, or
    write a module for the policy that gives back the one algorithm that is missing. `update-crypto-policies --show`
    prints what is set; `nginx -t` tells whether the certificates are still taken.

References:
    https://access.redhat.com/articles/3666211
    https://docs.redhat.com/en/documentation/red_hat_enterprise_linux/9/html/securing_networks/planning-and-implementing-tls_securing-networks
    https://access.redhat.com/documentation/en-us/red_hat_enterprise_linux/8/html/securing_networks/planning-and-implementing-tls_securing-networks
    https://docs.openssl.org/3.0/man3/SSL_CTX_set_security_level/
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject, server_subject, upstream_subject
from driftscan.evidence.security_level import following, passing_with_system_level, refused_at, speaking
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS
from driftscan.nginx.servers import Server
from driftscan.openssl.policies import Policy, follows, read_policy
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.CRITICAL,
    messages={
        "certificate": "The policy of the host went from {before} to {after}: OpenSSL refuses {certificate} of "
        "{server} then ({weakness}), and nginx will not start.",
        "tighter": "The policy of the host went from {before} to {after}: {server} takes its cipher suites from it and "
        "refuses clients that need what {before} allowed.",
        "level": "The policy of the host went from {before} to {after}: {server} has suites of its own, and the "
        "security level of {after} refuses shorter keys and older signatures all the same.",
        "upstream": "The policy of the host went from {before} to {after}: {place} refuses an upstream with a shorter "
        "key or an older signature now.",
        "looser": "The policy of the host went from {before} to {after}: {server} accepts weaker suites and keys "
        "than before.",
        "other": "The policy of the host went from {before} to {after}, and {server} takes its cipher suites from it: "
        "what that changes is written in the policy and not in /etc/nginx.",
    },
    visitors={
        "certificate": "everybody, once nginx is started again; until then the old process goes on",
        "tighter": "clients that need TLS 1.0 or 1.1, SHA-1 or keys that {after} finds too short",
        "level": "clients that show a certificate with a key or a signature that {after} finds too weak",
        "upstream": "everybody whose request {place} passes on, if the upstream is that weak",
        "looser": "nobody: more clients than before can connect",
        "other": "clients that need an algorithm that {after} takes away",
    },
    remedies={
        "certificate": "Have {certificate} issued anew with a larger key before nginx is restarted, or go back with "
        "`update-crypto-policies --set {before}`.",
        "upstream": "Write `proxy_ssl_ciphers` with an `@SECLEVEL` of its own in the location of {place}, if its "
        "upstream needs it, or go back with `update-crypto-policies --set {before}`.",
        "": "Write `ssl_ciphers` out in {server} if nginx is not to follow the policy, or go back with "
        "`update-crypto-policies --set {before}`. nginx takes up either when it is restarted.",
    },
    symptoms=(
        "no shared cipher",
        "unsupported protocol",
        "ee key too small",
        "dh key too small",
        "ca md too weak",
        "no suitable signature algorithm",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
    ),
    affects="RHEL 8 and later, Fedora, and what is built from them",
    also=("rhel-crypto-policy-changed",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for the policy, with the worst that it does to nginx; none where nginx takes nothing from it."""
    before, after = transition.before.host.crypto_policy, transition.after.host.crypto_policy
    was, now = (None if policy is None else policy.policy for policy in (before, after))
    if was is None or now is None or was.text == now.text:
        return
    if transition.after.platform.family not in {"rhel", None}:
        # Debian packages the programs and the files, and its OpenSSL does not read them.
        return
    old, new = read_policy(was.text), read_policy(now.text)
    if old == new:
        return
    found = next(_effects(transition.after, old, new), None)
    if found is None:
        return
    variant, severity, needs, facts = found
    yield Hit(
        FileSubject(now.at.path),
        (now.at,),
        (("before", was.text), ("after", now.text), *facts),
        severity,
        needs,
        variant,
    )


_Facts = tuple[tuple[str, str], ...]
_Effect = tuple[str, Severity, frozenset[Need], _Facts]


def _effects(state: State, old: Policy, new: Policy) -> Iterator[_Effect]:
    """What it does to nginx, the worst first."""
    was, now = old.level, new.level
    nothing: frozenset[Need] = frozenset()
    clients = frozenset({Need.CLIENTS})
    raised = was is not None and now is not None and now > was
    if was is not None and now is not None and raised:
        for server in speaking(state):
            found = refused_at(state, server, now)
            if found is not None and refused_at(state, server, was) is None:
                certificate = (("certificate", found[0]), ("weakness", found[1]))
                yield "certificate", Severity.CRITICAL, nothing, (*_named(state, server), *certificate)
    followers = [server for server in speaking(state) if _follows(state, server)]
    lowered = was is not None and now is not None and now < was
    for server in followers:
        if raised:
            yield "tighter", Severity.HIGH, clients, _named(state, server)
        elif lowered:
            yield "looser", Severity.MEDIUM, nothing, _named(state, server)
        else:
            yield "other", Severity.LOW, clients, _named(state, server)
    for place in passing_with_system_level(state) if raised else ():
        facts = (("place", str(upstream_subject(place, state))),)
        yield "upstream", Severity.MEDIUM, frozenset({Need.UPSTREAM}), facts
    for server in following(state) if raised else ():
        yield "level", Severity.LOW, clients, _named(state, server)


def _follows(state: State, server: Server) -> bool:
    setting = server[SSL_CIPHERS]
    return follows(str(setting.value), written=bool(setting.places), built_by=state.platform.family)


def _named(state: State, server: Server) -> _Facts:
    return (("server", str(server_subject(server, state))),)


def mended(state: State, hit: Hit) -> bool:
    """The old policy is set again, or the certificates fit the new one."""
    policy, facts = state.host.crypto_policy, dict(hit.facts)
    if policy is None or policy.policy is None or policy.policy.text == facts["before"]:
        return True
    level = read_policy(policy.policy.text).level
    fits = level is not None and all(refused_at(state, server, level) is None for server in speaking(state))
    return hit.variant == "certificate" and fits
