"""The lines that certbot wrote into a server are gone: the site is not on HTTPS any more.

Symptom:
    `https://` of one site gives ERR_CONNECTION_REFUSED, or the certificate of another site
    (NET::ERR_CERT_COMMON_NAME_INVALID), while `http://` answers. With HSTS nobody gets in at all. certbot renews the
    certificate as if nothing had happened.

Cause:
    certbot's nginx plugin writes `listen 443 ssl`, the certificate and its key into the file of the site, each line
    marked `# managed by Certbot`. A deployment, a panel or a package that writes that file anew leaves them out, and
    `certbot renew` does not put them back: only `certbot install`, or the first run for a name, does.

Before:
    # certbot renews the certificate shop.example
    server { listen 80; server_name shop.example; listen 443 ssl; }

After:
    # certbot renews the certificate shop.example
    server { listen 80; server_name shop.example; }

Remedy:
    `certbot install --cert-name NAME --nginx` writes the lines again. To keep them, let whatever writes the file write
    them too, and get certificates with `certbot certonly`, which leaves nginx alone.

References:
    https://eff-certbot.readthedocs.io/en/stable/using.html#nginx
    https://eff-certbot.readthedocs.io/en/stable/using.html#certbot-commands
    https://github.com/certbot/certbot/issues/8258
    https://qiita.com/MasaGon/items/c6719e723e9fb57e3a4f
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.https_lost import is_renewed, is_served_by_tls, lost
from driftscan.evidence.renewals import renewal_file
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.sockets import ANY_IPV6
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.HIGH,
    messages={
        "": "Only plain HTTP is left of {names}, which had TLS with certbot's certificate {name}; {file} still renews "
        "it.",
    },
    visitors={"": "everybody who asks for https://{first}, and every browser that has been told to use nothing else"},
    remedies={
        "": "Run `certbot install --cert-name {name} --nginx`, or write `listen 443 ssl;`, `ssl_certificate` and "
        "`ssl_certificate_key` into the server at {place} again. If HTTPS was given up on purpose, "
        "`certbot delete --cert-name {name}`.",
    },
    symptoms=(
        "ERR_CONNECTION_REFUSED",
        "NET::ERR_CERT_COMMON_NAME_INVALID",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "Failed to connect to port 443: Connection refused",
        "The certificate was saved, but could not be installed",
        "managed by Certbot",
    ),
    affects="every nginx; every certbot with its nginx plugin",
    also=("certbot-managed-lines-removed",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server that is left with such names."""
    for found in lost(transition.before, transition.after):
        file = renewal_file(found.lineage)
        yield Hit(
            server_subject(found.server, transition.after),
            (found.server.at,),
            (
                ("names", listed(found.names)),
                ("first", found.names[0]),
                ("name", found.lineage),
                ("file", file),
                ("place", str(found.server.at)),
            ),
        )


def mended(state: State, hit: Hit) -> bool:
    """The name is served by TLS again, or by nobody, or certbot renews the certificate no more."""
    facts = dict(hit.facts)
    there = any(facts["first"] in server.names for server in state.servers)
    return not there or not is_renewed(state, facts["name"]) or is_served_by_tls(state, facts["first"])


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """What certbot wrote, without its marks."""
    facts = dict(hit.facts)
    live = f"{state.host.root}/letsencrypt/live/{facts['name']}"
    for server in state.servers:
        if server.at == hit.evidence[0]:
            yield Inside(server.at, "server", "listen 443 ssl;")
            if any(listen.address.host == ANY_IPV6 for listen in server.listens):
                yield Inside(server.at, "server", "listen [::]:443 ssl;")
            yield Inside(server.at, "server", f"ssl_certificate {live}/fullchain.pem;")
            yield Inside(server.at, "server", f"ssl_certificate_key {live}/privkey.pem;")
            return
