"""A site that has a public name is served with a certificate that was only to fill the place.

Symptom:
    Browsers warn, NET::ERR_CERT_AUTHORITY_INVALID or MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT, and programs refuse. The
    certificate that they show is named after the host, not after the site. `nginx -t` passes.

Cause:
    certbot's nginx plugin before 5.1 wrote a self-signed certificate of its own into a server while it was changing it,
    and left it there when it was killed or failed half-way. Or the server names the certificate that Debian's package
    ssl-cert makes for every host (snakeoil), which installers and examples use until there is a real one.

Before:
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

After:
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /var/lib/letsencrypt/snakeoil/0000_cert.pem;
        ssl_certificate_key /var/lib/letsencrypt/snakeoil/key.pem;
    }

Remedy:
    Run certbot again for the name, `certbot --nginx -d NAME`, or name the certificate of the lineage yourself, and
    reload nginx. `certbot rollback` takes back what an interrupted run has changed.

References:
    https://github.com/certbot/certbot/blob/main/certbot/CHANGELOG.md
    https://eff-certbot.readthedocs.io/en/stable/using.html
    https://nginx.org/en/docs/http/configuring_https_servers.html
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.makeshift import Makeshift, makeshifts
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.HIGH,
    messages={
        "certbot": "{server} sends {file}, which certbot puts there for a moment while it changes a server.",
        "snakeoil": "{server} sends {file}, the self-signed certificate that Debian makes for every host.",
    },
    visitors={
        "certbot": "everybody: browsers warn, and with HSTS offer no way on; programs refuse",
        "snakeoil": "everybody, unless something in front of nginx answers them and asks it for no real certificate",
    },
    remedies={
        "certbot": "Run certbot again for {server}, or name the certificate of its lineage at {place}; then reload "
        "nginx.",
        "snakeoil": "Name a certificate for {server} at {place}, and reload nginx.",
    },
    symptoms=(
        "NET::ERR_CERT_AUTHORITY_INVALID",
        "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
        "SEC_ERROR_UNKNOWN_ISSUER",
        "curl: (60) SSL certificate problem: self-signed certificate",
        "curl: (60) SSL certificate problem: self signed certificate",
        "certificate verify failed: self-signed certificate",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
    ),
    affects="certbot's nginx plugin before 5.1.0; Debian's ssl-cert",
    also=("certbot-config-rollback-temp",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server with a public name that sends such a certificate."""
    for found in makeshifts(state):
        yield _hit(state, found)


def _hit(state: State, found: Makeshift) -> Hit:
    subject = server_subject(found.server, state)
    certbots = found.by_certbot
    return Hit(
        subject,
        found.places,
        (("server", str(subject)), ("file", found.path), ("place", str(found.places[0]))),
        Severity.HIGH if certbots else Severity.MEDIUM,
        frozenset(() if certbots else {Need.FRONT}),
        "certbot" if certbots else "snakeoil",
    )
