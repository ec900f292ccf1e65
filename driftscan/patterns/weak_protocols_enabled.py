"""SSL 3, TLS 1.0 or TLS 1.1 can be used again.

Symptom:
    Nothing breaks. Scanners lower the grade of the site, and an audit (PCI DSS, BSI, NIST) finds it. Somebody between
    a visitor and the server can try to make both use the old version, with its weak hashes and CBC suites.

Cause:
    A restored snippet, an old template or a distribution's stock nginx.conf lists the versions; or a list of ciphers
    with `@SECLEVEL=0` makes them work that the library kept off until then; or another server, with an older list, has
    become the default server, which before nginx 1.29.2 decides for every name of the socket.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1.2; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1 TLSv1.1 TLSv1.2; }

Remedy:
    Write `ssl_protocols TLSv1.2 TLSv1.3;` in `http {}`, and nowhere else. Old devices that need more get an address or
    port of their own. OpenSSL 3 speaks TLS 1.0 and 1.1 at security level 0 only: there the old list may be without
    effect until somebody adds `@SECLEVEL=0`.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_protocols
    https://www.rfc-editor.org/rfc/rfc8996
    https://github.com/mozilla/ssl-config-generator/issues/188
    https://github.com/nginx/nginx/issues/680
    https://github.com/karljohns0n/nginx-more/issues/35
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import listed, needs_library, worst
from driftscan.evidence.spoken import Cause, decided, shifts, together, told_cause
from driftscan.nginx.directives.values import show
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.offered import OLD

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.HIGH,
    messages={
        "": "{who} speaks {gained} again, beside {left}.",
        "level": "{who} is at security level 0 now, where OpenSSL speaks {gained} again, beside {left}.",
        "perhaps": "{who} has {gained} switched on again, beside {left}; whether they work depends on the "
        "TLS library, of which too little is known.",
    },
    symptoms=(
        "TLS 1.0 enabled",
        "TLS 1.1 enabled",
        "TLS Version 1.0 Protocol Detection",
        "TLS Version 1.1 Deprecated Protocol",
        "This server supports TLS 1.0 and TLS 1.1. Grade capped to B.",
        "SSL Version 2 and 3 Protocol Detection",
        "POODLE",
        "NET::ERR_SSL_OBSOLETE_VERSION",
        "no suitable signature algorithm while SSL handshaking",
    ),
    affects="every nginx; OpenSSL 3.0 and later speak TLS 1.0 and 1.1 at security level 0 only",
    visitors={"": "every visitor: somebody in between may have the connection use the old version"},
    remedies={
        "": "Let {server} have `ssl_protocols TLSv1.2 TLSv1.3;`. What brought {gained} back is {cause}.",
        "level": "Take `@SECLEVEL=0` out of the list of {server} ({cause}), or {gained} out of its `ssl_protocols`. "
        "Old devices that need both get an address or port of their own.",
        "perhaps": "Let {server} have `ssl_protocols TLSv1.2 TLSv1.3;`. What brought {gained} back is {cause}; "
        "`nginx -V` names the library.",
    },
    also=("protocols-weak-readded",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose list of versions is in force and has an old one that could not be used before."""
    yield from worst(_hits(transition))


def _hits(transition: Transition) -> Iterator[Hit]:
    after = transition.after
    for shift in shifts(transition):
        was, now = shift.was, shift.now
        # What perhaps worked, and surely works now, is news; the other way round it is none.
        sure = (now.protocols - now.doubtful) - (was.protocols - was.doubtful)
        gained = OLD & (sure or now.protocols - was.protocols)
        if not gained:
            continue
        perhaps = gained <= now.doubtful
        yield Hit(
            server_subject(shift.server, after),
            shift.lines,
            (
                *together(shift, after),
                ("gained", show(gained)),
                ("left", show(now.protocols - gained) or "nothing else"),
                ("cause", told_cause(shift, after)),
            ),
            Severity.LOW if perhaps else Severity.HIGH,
            shift.needs | needs_library(after.platform),
            "perhaps" if perhaps else "level" if shift.cause is Cause.LEVEL else "",
        )


def mended(state: State, hit: Hit) -> bool:
    """None of the old versions is spoken any more, or the server decides nothing any more."""
    gained = listed(hit, "gained")
    for now in decided(state, hit.subject.key):
        # What surely worked is over when it may still work, as it may have before.
        left = now.protocols if hit.variant == "perhaps" else now.protocols - now.doubtful
        if any(str(protocol) in gained for protocol in left):
            return False
    return True
