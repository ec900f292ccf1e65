"""A certificate is sent without the intermediate certificates that lead to its root.

Symptom:
    Desktop browsers open the site, because they fetch or remember intermediate certificates. curl, wget, git, Python,
    Java, Go, webhooks and many Android devices refuse: `unable to get local issuer certificate`, `PKIX path building
    failed`. `nginx -t` passes, and monitoring with a browser sees nothing.

Cause:
    `ssl_certificate` names cert.pem, which holds the server's own certificate only, or a file from which the others
    were left out. nginx sends what is in that file and nothing else; since 1.7.11 `ssl_trusted_certificate` adds
    nothing to it. A file with the intermediate of another authority is no better. Wrong order is: TLS 1.3 asks clients
    to cope with it, and nearly all do.

Before:
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

After:
    # cert.pem holds one certificate, fullchain.pem holds the whole chain.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/cert.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

Remedy:
    Name fullchain.pem. From other authorities, append the intermediate certificates to the server's own, which comes
    first, each followed by the one that issued it; the root itself is not needed. Then reload nginx. Check with
    `openssl s_client -connect HOST:443 -servername NAME`, not with a browser.

References:
    https://nginx.org/en/docs/http/configuring_https_servers.html#chains
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate
    https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2
    https://github.com/certbot/certbot/issues/610
    https://github.com/certbot/certbot/issues/941
    https://github.com/nginx-proxy/nginx-proxy/issues/331
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.named_only import NamedOnly, named_only
from driftscan.evidence.served import Served, find, on_host, served, tell
from driftscan.host.certbot_files import in_live
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.edits import Edit, Replace
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import is_host

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.HIGH,
    messages={
        "alone": "{file}, sent by {servers}, holds the certificate alone, without that of its issuer, {issuer}.",
        "lineage": "{file}, sent by {servers}, holds the certificate alone; {full} has that of its issuer, {issuer}, "
        "as well.",
        "named": "{file}, sent by {servers}, is where certbot writes the certificate alone; {full} has that of its "
        "issuer as well.",
        "private": "{file}, sent by {servers}, holds the certificate alone: clients must have that of {issuer}, "
        "which is no public authority, themselves.",
        "unrelated": "{file}, sent by {servers}, has no certificate of the issuer, {issuer}, in its chain.",
        "order": "{file}, sent by {servers}, has the certificate of the issuer, {issuer}, in the wrong place.",
    },
    visitors={
        "": "clients that fetch no missing certificates: curl, wget, git, Python, Java, Go, Node.js, webhooks, "
        "Android; desktop browsers mostly hide it",
        "private": "clients that trust the root of {issuer} and were not given the intermediate certificates",
        "order": "old clients that insist on the order, if any are left",
    },
    remedies={
        "": "Append the certificate of {issuer} to {file}, behind the server's own, and any that leads from there to "
        "a root; then reload nginx.",
        "lineage": "Name {full} at {place} and reload nginx.",
        "named": "Name {full} at {place} and reload nginx; `openssl s_client -connect {host} -servername {name}` must "
        "then show more than one certificate.",
        "unrelated": "Replace the chain in {file} by that of {issuer}, which the authority offers for download; then "
        "reload nginx.",
        "order": "Put the certificate of {issuer} directly behind the server's own in {file}, and reload nginx.",
    },
    symptoms=(
        "curl: (60) SSL certificate problem: unable to get local issuer certificate",
        "certificate verify failed: unable to get local issuer certificate",
        "unable to verify the first certificate",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "PKIX path building failed",
        "unable to find valid certification path to requested target",
        "java.security.cert.CertPathValidatorException: Trust anchor for certification path not found",
        "x509: certificate signed by unknown authority",
        "SEC_ERROR_UNKNOWN_ISSUER",
        "NET::ERR_CERT_AUTHORITY_INVALID",
        "tlsv1 alert unknown ca:SSL alert number 48",
        '"ssl_stapling" ignored, issuer certificate not found for certificate',
    ),
    affects="every nginx",
)

_ALL_LOGGED = datetime(2018, 5, 1, tzinfo=UTC)
"""Chrome asks for logging of every public certificate issued after 30 April 2018; before, few were logged."""


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each file that is sent and leads clients to no root."""
    for held in served(state):
        variant = _wrong(held)
        if variant is not None:
            yield _hit(state, held, variant)
    for unread in named_only(state):
        if unread.certbot.kind == "cert":
            yield _named(state, unread)


def _wrong(held: Served) -> str | None:
    """What is wrong with the chain of a file; `None` where nothing is, or no client asks for one."""
    own, chain = held.own, held.chain
    if own.self_signed or own.is_authority:
        return None
    if not chain:
        if not _is_public(held):
            return "private" if own.issuer_urls else None
        return "lineage" if held.certbot and held.certbot.kind == "cert" else "alone"
    if own.issuer == chain[0].subject:
        return None
    if any(own.issuer == link.subject for link in chain):
        return "order"
    return "unrelated" if _is_public(held) else None


def _is_public(held: Served) -> bool:
    """Whether an authority that browsers know has issued it; those issue from intermediate certificates only."""
    own = held.own
    early = own.not_before is not None and own.not_before < _ALL_LOGGED
    return own.logged or (early and bool(own.issuer_urls))


def _named(state: State, unread: NamedOnly) -> Hit:
    first = server_subject(unread.servers[0], state)
    name = first.name if is_host(first.name) else "NAME"
    return Hit(
        unread.subject,
        unread.places,
        (
            ("host", f"{name}:{first.sockets[0].port}"),
            ("name", name),
            ("servers", tell(unread.servers, state)),
            ("file", unread.file.host_path),
            ("full", on_host(unread, in_live(unread.certbot.lineage, "fullchain"))),
            ("place", str(unread.places[0])),
        ),
        needs=frozenset({Need.CERTIFICATE}),
        variant="named",
    )


_JUDGED = {
    "private": (Severity.LOW, frozenset({Need.CLIENTS})),
    "order": (Severity.LOW, frozenset({Need.CLIENTS})),
}


def _hit(state: State, held: Served, variant: str) -> Hit:
    severity, needs = _JUDGED.get(variant, (Severity.HIGH, frozenset[Need]()))
    facts = [("servers", tell(held.servers, state)), ("file", held.file.host_path), ("issuer", held.own.issuer_name)]
    if variant == "lineage" and held.certbot is not None:
        place = next(iter(held.places), held.place)
        facts += [("full", on_host(held, in_live(held.certbot.lineage, "fullchain"))), ("place", str(place))]
    return Hit(held.subject, (*held.places, held.place), tuple(facts), severity, needs, variant)


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """fullchain.pem of the same lineage, which the tree must have."""
    held = find(state, hit.subject)
    if hit.variant == "lineage" and held is not None and held.certbot is not None:
        lineage = state.host.lineages.get(held.certbot.lineage)
        full = on_host(held, in_live(held.certbot.lineage, "fullchain"))
        for place in held.places if lineage is not None and "fullchain" in lineage.live else ():
            yield Replace(place, SSL_CERTIFICATE.name, f"ssl_certificate {full};")
