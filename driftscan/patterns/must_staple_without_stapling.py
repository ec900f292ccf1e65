"""A certificate demands a stapled OCSP response, and nginx sends none.

Symptom:
    Firefox and its relatives refuse the site, MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING, and sometimes open it at
    the second try. Chrome, Safari, curl and everything else do not look, so half of the people see nothing wrong.
    `nginx -t` passes.

Cause:
    The certificate carries the TLS feature `status_request` (Must-Staple, RFC 7633): clients that know it insist on an
    OCSP response in the handshake. Stapling is off, or has nothing to ask: the certificate names no OCSP responder, as
    Let's Encrypt's do since May 2025, or the certificate of its issuer is not in the file. Without a `resolver` nginx
    asks the address that the responder had when nginx was loaded, until that is another one.

Before:
    # /etc/nginx/shop.pem has Must-Staple and names an OCSP responder.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        ssl_stapling on;
    }

After:
    # /etc/nginx/shop.pem has Must-Staple and names an OCSP responder.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
    }

Remedy:
    Get a certificate without Must-Staple: take `must_staple = True` out of certbot's renewal file and renew with
    --force-renewal. Until it is there, keep `ssl_stapling on;` with a `resolver`, and an `ssl_stapling_file` that a
    timer keeps fresh, because nginx asks for a response only after the first visitor has come.

References:
    https://www.rfc-editor.org/rfc/rfc7633
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_stapling
    https://letsencrypt.org/2024/12/05/ending-ocsp/
    https://github.com/acmesh-official/acme.sh/issues/2938
    https://github.com/QROkes/webinoly/issues/43
    https://github.com/opnsense/plugins/issues/2367
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.served import Served, served
from driftscan.evidence.stapling import Stapling, responder_host, stapling
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_STAPLING
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.HIGH,
    messages={
        "off": "{server} sends {file}, which demands a stapled OCSP response, and ssl_stapling is off.",
        "no-responder": "{server} sends {file}, which demands a stapled OCSP response and names no OCSP responder that "
        "nginx could ask.",
        "no-issuer": "{server} sends {file}, which demands a stapled OCSP response, but the certificate of its issuer, "
        "{issuer}, is not there, so nginx staples none.",
        "no-resolver": "{server} sends {file}, which demands a stapled OCSP response, and has no resolver: nginx asks "
        "{responder} at the address that it had when nginx was loaded.",
    },
    visitors={
        "": "visitors with Firefox and other Gecko browsers; Chrome, Safari and programs do not look",
        "no-resolver": "visitors with Firefox and other Gecko browsers, once {responder} has another address",
    },
    remedies={
        "off": "Write `ssl_stapling on;` in {server}, with a `resolver`, and reload nginx; better, get a certificate "
        "without Must-Staple.",
        "no-responder": "Get a certificate without Must-Staple: with certbot, take must_staple out of the renewal file "
        "and renew with --force-renewal. Then reload nginx.",
        "no-issuer": "Put the certificate of {issuer} behind the server's own in {file} (certbot: fullchain.pem), and "
        "reload nginx.",
        "no-resolver": "Write a `resolver` into http {{}} (on a host with systemd-resolved `resolver 127.0.0.53;`) and "
        "reload nginx.",
    },
    symptoms=(
        "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING",
        "no resolver defined to resolve",
        '"ssl_stapling" ignored, no OCSP responder URL in the certificate',
        '"ssl_stapling" ignored, issuer certificate not found for certificate',
    ),
    affects="nginx 1.3.7 and later; Let's Encrypt issues such certificates no more since 2025",
)

_VARIANTS = {
    Stapling.OFF: "off",
    Stapling.NO_RESPONDER: "no-responder",
    Stapling.NO_ISSUER: "no-issuer",
    Stapling.NO_RESOLVER: "no-resolver",
}


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that sends such a certificate without what it demands."""
    told: set[int] = set()
    for held in served(state):
        for server in held.servers if held.own.must_staple else ():
            variant = _VARIANTS.get(stapling(server, held, state))
            if variant is not None and id(server) not in told:
                told.add(id(server))
                yield _hit(state, server, held, variant)


def _hit(state: State, server: Server, held: Served, variant: str) -> Hit:
    subject = server_subject(server, state)
    facts = {"server": str(subject), "file": held.file.host_path}
    if variant == "no-issuer":
        facts["issuer"] = held.own.issuer_name
    if variant == "no-resolver":
        facts["responder"] = responder_host(server, held) or ""
    return Hit(
        subject,
        (*(server[SSL_STAPLING].places or held.places), held.place),
        tuple(facts.items()),
        # Responders seldom move, and a reload finds the new address.
        Severity.MEDIUM if variant == "no-resolver" else Severity.HIGH,
        frozenset({Need.RUNNING} if variant == "no-resolver" else ()),
        variant,
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Stapling switched on in the server, where it has something to ask."""
    for server in state.servers if hit.variant == "off" else ():
        if server_subject(server, state).key == hit.subject.key:
            setting = server[SSL_STAPLING]
            if isinstance(setting.origin, Explicit):
                yield from (Replace(place, SSL_STAPLING.name, "ssl_stapling on;") for place in setting.places)
            else:
                yield Inside(server.at, "server", "ssl_stapling on;")
