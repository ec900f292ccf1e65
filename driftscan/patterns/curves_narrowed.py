"""ssl_ecdh_curve lost groups that clients need, or was set where it has no effect.

Symptom:
    Clients without the groups that are left fail with `handshake failure`; nginx writes `no suitable key share` (TLS
    1.3) or `no shared cipher` (TLS 1.2) at level info. Clients whose first guess was another group make one more round
    trip. In a server that is not the default one nothing happens at all. `nginx -t` passes in each case.

Cause:
    Hardening templates write one curve, such as secp384r1. The list of the socket's default server is used for every
    name, in every version of nginx up to today's: what another server says about curves is never looked at.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_ecdh_curve auto; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_ecdh_curve secp384r1; }

Remedy:
    Leave `ssl_ecdh_curve` out (`auto`), or keep the three that everybody has one of:
    `ssl_ecdh_curve X25519:prime256v1:secp384r1;`, once in `http {}`.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_ecdh_curve
    https://github.com/nginx/nginx/commit/3b7dca4bb5b0938addd48dd5261a0b61d849f8f3
    https://github.com/cloudflare/sslconfig/issues/94
    https://nginx.org/en/CHANGES
"""

from collections.abc import Iterator

from driftscan.drift.changes import Scope, SettingChanged
from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import (
    changed_endpoints,
    decider_of,
    deciding_lines,
    listed,
    needs_library,
    offer_at,
    places,
    rewritten,
    worst,
)
from driftscan.evidence.system_groups import P256
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_CONF_COMMAND, SSL_ECDH_CURVE
from driftscan.nginx.directives.values import show
from driftscan.nginx.edits import Edit
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.clients import CLASSES, ClientClass
from driftscan.tls.coverage import listed as few
from driftscan.tls.endpoints import Endpoint, has_context
from driftscan.tls.offered import FIRST_GUESS, USUAL_GROUPS, connects, with_groups

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.CRITICAL,
    messages={
        "everybody": "{server} lost {lost} and has {left} left, which not all of today's browsers have.",
        "clients": "{server} lost {lost} and has {left} left: {few} cannot connect any more.",
        "programs": "{server} lost {lost} and has {left} left: browsers connect with one more round trip, programs "
        "that have none of these do not.",
        "slower": "{server} lost {lost} and has {left} left: most clients make one more round trip.",
        "ignored": "{server} sets ssl_ecdh_curve {own}, which has no effect: the default server of its socket, "
        "{default}, decides for every name ({left}).",
    },
    symptoms=(
        "sslv3 alert handshake failure",
        "SSL alert number 40",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "no suitable key share while SSL handshaking",
        "no suitable groups while SSL handshaking",
        "no shared cipher while SSL handshaking",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
    ),
    affects="every nginx; lists from 1.11.0 on",
    visitors={
        "everybody": "nearly every visitor: Chrome, Edge and their kin have X25519, P-256 and P-384 only",
        "clients": "{clients}",
        "programs": "programs and devices that have none but the groups that went, often P-256 alone; all others wait "
        "a little longer",
        "slower": "most visitors wait a little longer; nobody is locked out",
        "ignored": "nobody",
    },
    remedies={
        "ignored": "Write it in {default}, which decides for every name of the socket, or in `http {{}}`; in {server} "
        "({place}) it does nothing.",
        "": "Let {server} offer them again: `ssl_ecdh_curve X25519:prime256v1:secp384r1;` ({place}), or `auto`.",
    },
    also=("ecdh-curve-narrowed-default-decides",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each default server whose groups became fewer, and for each server that is not heard."""
    yield from worst((*_narrowed(transition), *_ignored(transition)))


def _narrowed(transition: Transition) -> Iterator[Hit]:
    before, after = transition.before, transition.after
    for old, new in changed_endpoints(transition, ("ssl_ecdh_curve", "ssl_conf_command")):
        was, now = offer_at(before, old), offer_at(after, new)
        if was is None or now is None or now.groups is None or was.groups == now.groups:
            continue
        lost = (USUAL_GROUPS if was.groups is None else was.groups & USUAL_GROUPS) - now.groups
        earlier = with_groups(now, was.groups)
        gone = [client for client in CLASSES if connects(client, earlier) and not connects(client, now)]
        variant, severity = _judged(gone, lost)
        if variant is None:
            continue
        lines = deciding_lines(transition, old, new, SSL_ECDH_CURVE, SSL_CONF_COMMAND)
        subject = server_subject(decider_of(new, SSL_ECDH_CURVE, after.platform), after)
        yield Hit(
            subject,
            lines,
            (
                ("server", str(subject)),
                ("lost", ", ".join(sorted(lost))),
                ("left", ", ".join(sorted(now.groups))),
                ("place", str(lines[0])),
                *(_told(gone) if variant == "clients" else ()),
            ),
            severity,
            # Only with suites that need no group does nobody notice, and which there are depends on the library.
            needs_library(after.platform) if gone else frozenset(),
            variant,
        )


def _told(gone: list[ClientClass]) -> tuple[tuple[str, str], ...]:
    names = [client.name for client in gone]
    return ("clients", ", ".join(names)), ("few", few(names, 2))


def _judged(gone: list[ClientClass], lost: frozenset[str]) -> tuple[str | None, Severity]:
    if any(client.browsers for client in gone):
        return "everybody", Severity.CRITICAL
    if gone:
        return "clients", Severity.HIGH if any(client.current for client in gone) else Severity.MEDIUM
    # P-256 is the group that every TLS 1.3 has to have (RFC 8446, 9.1), and all that some programs have.
    if P256 in lost:
        return "programs", Severity.MEDIUM
    # What current clients guess first; without the others nobody is slower.
    return ("slower" if lost & FIRST_GUESS else None), Severity.LOW


def _ignored(transition: Transition) -> Iterator[Hit]:
    after = transition.after
    keys = {
        change.subject.key
        for change in transition.changes
        if isinstance(change, SettingChanged)
        and (change.scope, change.directive, change.in_force) == (Scope.CONFIGURED, SSL_ECDH_CURVE.name, False)
    }
    for at in places(after) if keys else ():
        subject = server_subject(at.server, after)
        if subject.key in keys and _is_ignored(at):
            own = at.server[SSL_ECDH_CURVE]
            yield Hit(
                subject,
                own.places,
                (
                    ("server", str(subject)),
                    ("own", show(own.value)),
                    ("left", show(at.default[SSL_ECDH_CURVE].value)),
                    ("default", str(server_subject(at.default, after))),
                    ("place", str(own.places[0])),
                ),
                Severity.LOW,
                variant="ignored",
            )


def _is_ignored(at: Endpoint) -> bool:
    own, first = at.server[SSL_ECDH_CURVE], at.default[SSL_ECDH_CURVE]
    said = isinstance(own.origin, Explicit) and at.server is not at.default and has_context(at.server)
    return said and own.known and first.known and own.value != first.value


def mended(state: State, hit: Hit) -> bool:
    """The groups that went are back, or the value that has no effect is gone, or the server."""
    lost = listed(hit, "lost")
    for at in places(state):
        if hit.variant == "ignored":
            if server_subject(at.server, state).key == hit.subject.key and _is_ignored(at):
                return False
        elif server_subject(at.default, state).key == hit.subject.key:
            now = offer_at(state, at)
            if now is not None and now.groups is not None and not lost <= now.groups:
                return False
    return True


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The list of the library in the place of the one that is too short, or that does nothing."""
    for server in state.servers:
        if server_subject(server, state).key == hit.subject.key:
            text = "" if hit.variant == "ignored" else "ssl_ecdh_curve auto;"
            yield from rewritten(server[SSL_ECDH_CURVE], SSL_ECDH_CURVE.name, text)
            return
