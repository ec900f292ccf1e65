"""Stapling is on, and nginx has nothing to staple, or cannot follow the responder when it moves.

Symptom:
    `nginx -t` and every reload warn that `ssl_stapling` is ignored, or the error log says `no resolver defined to
    resolve`. Visitors see nothing; only where a certificate demands stapling (Must-Staple) would somebody fail.

Cause:
    The certificate names no OCSP responder: Let's Encrypt took them out of its certificates in May 2025 and switched
    them off in August 2025. Or the certificate of the issuer is neither in the file that `ssl_certificate` names nor
    in `ssl_trusted_certificate`. Or there is no `resolver` in `http {}` or in the server: then nginx asks the address
    that the responder had when nginx was loaded, until that is another one.

Before:
    # /etc/nginx/shop.pem names an OCSP responder.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        ssl_stapling on;
    }

After:
    # /etc/nginx/shop.pem names none.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        ssl_stapling on;
    }

Remedy:
    Take `ssl_stapling` and `ssl_stapling_verify` out where all certificates are of that kind. Nothing is lost: nothing
    was stapled. Where only the issuer's certificate is missing, name the file with the whole chain; where only the
    `resolver` is missing, add one to `http {}`.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_stapling
    https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver
    https://letsencrypt.org/2024/12/05/ending-ocsp/
    https://letsencrypt.org/2025/08/06/ocsp-service-has-reached-end-of-life
    https://github.com/hestiacp/hestiacp/issues/5071
    https://github.com/WordOps/WordOps/issues/740
    https://github.com/srvrco/getssl/issues/27
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.evidence.met import is_certbots
from driftscan.evidence.served import Served, find, served, tell
from driftscan.evidence.stapling import Stapling, responder_host, stapling
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_STAPLING
from driftscan.nginx.edits import Edit, Replace
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.LOW,
    messages={
        "no-responder": "ssl_stapling is on for {servers}, but {file} names no OCSP responder that nginx could ask: it "
        "warns and staples nothing.",
        "no-issuer": "ssl_stapling is on for {servers}, but the certificate of {issuer}, which issued {file}, is not "
        "there: nginx warns and staples nothing.",
        "no-resolver": "ssl_stapling is on for {servers} without a resolver: nginx asks {responder} at the address "
        "that it had when nginx was loaded.",
    },
    visitors={
        "": "nobody: there is only a warning at each reload",
        "no-resolver": "nobody: there are only warnings in the log, and nothing is stapled once the address is another "
        "one",
    },
    remedies={
        "no-responder": "Take the `ssl_stapling` line at {place} out, if no other certificate needs it.",
        "no-issuer": "Put the certificate of {issuer} behind the server's own in {file}, or take the `ssl_stapling` "
        "line at {place} out.",
        "no-resolver": "Write a `resolver` into http {{}} (on a host with systemd-resolved `resolver 127.0.0.53;`), or "
        "take the `ssl_stapling` line at {place} out.",
    },
    symptoms=(
        '"ssl_stapling" ignored, no OCSP responder URL in the certificate',
        '"ssl_stapling" ignored, issuer certificate not found for certificate',
        '"ssl_stapling" ignored, invalid URL prefix in OCSP responder',
        "no resolver defined to resolve",
        "while requesting certificate status, responder",
    ),
    affects="nginx 1.3.7 and later; Let's Encrypt's certificates since May 2025",
    also=("stapling-no-ocsp-url-le", "stapling-without-resolver-or-issuer"),
)

_VARIANTS = {
    Stapling.NO_RESPONDER: "no-responder",
    Stapling.NO_ISSUER: "no-issuer",
    Stapling.NO_RESOLVER: "no-resolver",
}


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each file that some server is to staple to and cannot; what demands stapling is told elsewhere.

    To a certificate that has signed itself nobody expects a staple: it mostly fills the place of a default server.
    """
    for held in served(state):
        if held.own.must_staple or held.own.self_signed:
            continue
        found = [
            (server, variant)
            for server in held.servers
            if (variant := _VARIANTS.get(stapling(server, held, state))) is not None and server[SSL_STAPLING].places
        ]
        if found:
            variant = found[0][1]
            yield _hit(state, held, [server for server, other in found if other == variant], variant)


def _hit(state: State, held: Served, servers: list[Server], variant: str) -> Hit:
    places = tuple(dict.fromkeys(place for server in servers for place in server[SSL_STAPLING].places))
    facts = {"servers": tell(servers, state), "file": held.file.host_path, "place": str(places[0])}
    if variant == "no-issuer":
        facts["issuer"] = held.own.issuer_name
    if variant == "no-resolver":
        facts["responder"] = responder_host(servers[0], held) or ""
    return Hit(held.subject, (*places, held.place), tuple(facts.items()), variant=variant)


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The lines taken out of the servers themselves; those of `http {}` may be for other certificates too."""
    held = find(state, hit.subject)
    lines = [server[SSL_STAPLING] for server in held.servers] if held is not None else []
    places = dict.fromkeys(place for line in lines for place in line.places if isinstance(line.origin, Explicit))
    if hit.variant == "no-responder" and len(places) == len(lines) and not any(map(is_certbots, places)):
        yield from (Replace(place, SSL_STAPLING.name, "") for place in places)
