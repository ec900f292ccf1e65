"""A name that sent HSTS has no valid HTTPS any more, and browsers go there by no other way.

Symptom:
    Those who have visited the site cannot open it, and there is nothing to click: ERR_CONNECTION_REFUSED, or
    NET::ERR_CERT_AUTHORITY_INVALID with a note on HSTS in Chrome, "has a security policy called HTTP Strict Transport
    Security" in Firefox. Others, and curl by http, see the site.

Cause:
    Browsers keep the policy until its max-age is over, whatever the server does meanwhile. When the server with `ssl`
    goes, or when a self-signed certificate takes the place of a valid one, they refuse the site instead of falling
    back to plain HTTP. (A certificate for other names is told by name-falls-to-default and certificate-lacks-name, a
    `listen` without `ssl` by listen-lost-ssl: they hit those without a policy as well.)

Before:
    server {
        listen 443 ssl;
        server_name shop.example;
        add_header Strict-Transport-Security "max-age=31536000" always;
    }

After:
    server { listen 80; server_name shop.example; }

Remedy:
    Give the name HTTPS with a valid certificate again. A site that is to be without HTTPS must first serve
    `Strict-Transport-Security: max-age=0` over valid HTTPS, for as long as the max-age that it served before.

References:
    https://www.rfc-editor.org/rfc/rfc6797
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security
    https://github.com/timlrx/tailwind-nextjs-starter-blog/pull/389
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import ServerSubject, server_subject
from driftscan.drift.unread import hidden
from driftscan.evidence.met import told as fact_of
from driftscan.evidence.strict_transport import (
    Https,
    Told,
    https_of,
    in_use,
    place_of,
    sends_none,
    told_by_name,
)
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import is_host
from driftscan.tls.endpoints import Endpoint

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "gone": "{name} told browsers to come by HTTPS only ({policy}), and nothing speaks TLS there any more.",
        "self-signed": "{name} told browsers to come by HTTPS only ({policy}), and {server} has a self-signed "
        "certificate there now.",
        "header": "{name} told browsers to come by HTTPS only ({policy}), and {server} does not say so any more: they "
        "forget it when max-age is over.",
    },
    symptoms=(
        "because the website uses HSTS",
        "has a security policy called HTTP Strict Transport Security (HSTS)",
        "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
        "NET::ERR_CERT_AUTHORITY_INVALID",
        "ERR_CONNECTION_REFUSED",
    ),
    affects="every browser that keeps HSTS policies",
    visitors={
        "": "everybody who has visited {name} and whose browser keeps the policy: they cannot open it, and cannot "
        "click the warning away",
        "header": "nobody as long as HTTPS stays",
    },
    remedies={
        "gone": "Bring the server with `ssl` and a certificate for {name} back; {place} is where it was, or what is "
        "left of it. Then reload nginx. To leave HTTPS, serve max-age=0 over it first.",
        "self-signed": "Name a certificate of a public authority at {place}, or have one issued, then reload nginx.",
        "header": "If HTTPS is to stay, put the header back at {place}. If it is to go, serve max-age=0 first, for as "
        "long as browsers were told.",
    },
    also=("hsts-removed-or-https-dropped-under-hsts",),
)
_VARIANTS = {Https.GONE: "gone", Https.SELF_SIGNED: "self-signed", Https.KEPT: "header"}


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose visitors hold a policy that cannot be kept any more."""
    before, after = transition.before, transition.after
    unread = hidden(after, before)
    found: dict[str, Hit] = {}
    for name, told in told_by_name(before).items():
        if told is None or not told.max_age or not is_host(name) or told.server.at.path in unread:
            continue
        ports = _ports(server_subject(told.server, before))
        now = https_of(after, name, ports)
        hit = None if _is_told_elsewhere(transition, now[0], ports) else _hit(transition, name, told, now)
        # Browsers kept no policy that came with an error.
        if hit is None or https_of(before, name, ports)[0] is not Https.KEPT:
            continue
        known = found.get(hit.subject.key)
        if known is None or (hit.severity or 0) > (known.severity or 0):
            found[hit.subject.key] = hit
    yield from found.values()


def _ports(subject: ServerSubject) -> frozenset[int]:
    return frozenset(address.port for address in subject.sockets)


def _is_told_elsewhere(transition: Transition, now: Https, ports: frozenset[int]) -> bool:
    """Whether it is told by a pattern about what hits everybody, policy or not."""
    plain = (socket.address for socket in transition.after.sockets if not socket.ssl)
    lost_ssl = any(address in transition.before.tls_sockets and address.port in ports for address in plain)
    return now is Https.WRONG or (now is Https.GONE and lost_ssl)


def _hit(transition: Transition, name: str, told: Told, now: tuple[Https, Endpoint | None]) -> Hit | None:
    after = transition.after
    https, at = now
    severity, needs = Severity.CRITICAL, frozenset[Need]()
    kept = https is Https.KEPT and (at is None or at.name not in at.server.names or not sends_none(at.server))
    if https is Https.UNKNOWN or kept:
        return None
    place = place_of(after, name, told.server)
    if https is Https.KEPT and at is not None:
        severity, place = Severity.LOW, at.server.at
    elif not in_use(after, name):
        # A name that moved to another host, or was given up with its records, is missed by nobody.
        severity, needs = Severity.HIGH, frozenset({Need.DNS})
    facts = [("name", name), ("policy", str(told.policy))]
    lines = [place]
    if at is not None:
        facts.append(("server", str(server_subject(at.server, after))))
        lines = [*at.server[SSL_CERTIFICATE].places, at.server.at] if https is not Https.KEPT else lines
    facts.append(("place", str(lines[0])))
    return Hit(
        server_subject(told.server, transition.before),
        tuple(dict.fromkeys(lines)),
        tuple(facts),
        severity,
        needs,
        _VARIANTS[https],
    )


def mended(state: State, hit: Hit) -> bool:
    """HTTPS is back with a certificate for the name; of a header, that it is sent again, or the name is gone."""
    assert isinstance(hit.subject, ServerSubject), "events() makes hits about servers only"  # noqa: S101
    name = fact_of(hit, "name")
    https, at = https_of(state, name, _ports(hit.subject))
    if hit.variant != "header":
        return https in {Https.KEPT, Https.UNKNOWN}
    return https is not Https.KEPT or at is None or not sends_none(at.server)
