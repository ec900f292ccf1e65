"""A site has a certificate of an authority for trials, or will have one after the next renewal.

Symptom:
    Every browser and program refuses the site: NET::ERR_CERT_AUTHORITY_INVALID, SEC_ERROR_UNKNOWN_ISSUER, `unable to
    get local issuer certificate`. The issuer that they show begins with (STAGING). certbot and `nginx -t` are content.

Cause:
    The certificate was asked for with `--test-cert` or `--staging`, or with the address of Let's Encrypt's staging
    environment, whose roots nobody trusts. certbot writes the address into the renewal file, so that every renewal asks
    there again, and a forced run over a working lineage replaces its certificate.

Before:
    # /etc/letsencrypt/renewal/shop.example.conf: server = https://acme-v02.api.letsencrypt.org/directory
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

After:
    # /etc/letsencrypt/renewal/shop.example.conf: server = https://acme-staging-v02.api.letsencrypt.org/directory
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

Remedy:
    Have it issued by the real authority, `certbot renew --cert-name NAME --force-renewal --server
    https://acme-v02.api.letsencrypt.org/directory`, which also writes that address into the renewal file, and reload
    nginx. Trials leave no trace with `certbot renew --dry-run`.

References:
    https://letsencrypt.org/docs/staging-environment/
    https://eff-certbot.readthedocs.io/en/stable/using.html#changing-the-acme-server
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.lineages import in_use
from driftscan.evidence.served import Served, served, tell
from driftscan.evidence.trial_hosts import is_for_visitors
from driftscan.host.certbot_files import is_staging as is_staging_server
from driftscan.host.renewal import Renewal
from driftscan.nginx.certificates import is_staging
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "served": "{file}, sent by {servers}, was issued by an authority for trials: {issuer}.",
        "renewal": "The next renewal of {lineage}, the certificate of {servers}, will ask an authority for trials: "
        "{acme}.",
    },
    visitors={
        "served": "everybody: browsers warn, and with HSTS offer no way on; programs refuse",
        "renewal": "nobody before the next renewal, everybody from then on",
    },
    remedies={
        "served": "Have {file} issued by the authority itself (certbot: renew with --force-renewal and --server "
        "https://acme-v02.api.letsencrypt.org/directory), and reload nginx.",
        "renewal": "Run `certbot renew --cert-name {lineage} --force-renewal --server "
        "https://acme-v02.api.letsencrypt.org/directory`, which writes that address into {renewal}.",
    },
    symptoms=(
        "NET::ERR_CERT_AUTHORITY_INVALID",
        "SEC_ERROR_UNKNOWN_ISSUER",
        "curl: (60) SSL certificate problem: unable to get local issuer certificate",
        "certificate verify failed: unable to get local issuer certificate",
        "(STAGING) Let's Encrypt",
        "Fake LE Intermediate X1",
        "tlsv1 alert unknown ca:SSL alert number 48",
    ),
    affects="every certbot",
    also=("renewal-staging-server",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each such certificate that is sent, and for each renewal file that will bring one."""
    told: set[str] = set()
    for held in served(state):
        if is_staging(held.own):
            told.add(held.certbot.lineage if held.certbot else "")
            yield _served(state, held)
    for name, servers in in_use(state).items():
        renewal = state.host.lineages[name].renewal
        acme = None if renewal is None else renewal.params.get("server")
        if renewal is not None and acme is not None and is_staging_server(acme.text) and name not in told:
            yield _renewal(state, servers, renewal)


def _served(state: State, held: Served) -> Hit:
    return Hit(
        held.subject,
        (held.place, *held.places),
        (
            ("servers", tell(held.servers, state)),
            ("file", held.file.host_path),
            ("issuer", held.own.issuer_name),
        ),
        Severity.CRITICAL if any(map(is_for_visitors, held.names)) else Severity.LOW,
        variant="served",
    )


def _renewal(state: State, servers: tuple[Server, ...], renewal: Renewal) -> Hit:
    acme = renewal.params["server"]
    names = {name for server in servers for name in server.names}
    places = (place for server in servers for place in server[SSL_CERTIFICATE].places)
    return Hit(
        FileSubject(renewal.path),
        (acme.at, *dict.fromkeys(places)),
        (
            ("servers", tell(servers, state)),
            ("acme", acme.text),
            ("lineage", renewal.name),
            ("renewal", renewal.path),
        ),
        Severity.HIGH if any(map(is_for_visitors, names)) else Severity.LOW,
        variant="renewal",
    )
