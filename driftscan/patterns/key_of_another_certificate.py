"""A server names a certificate, and the key of another one.

Symptom:
    With keys of one type nginx refuses to load, `key values mismatch`: the reload fails without a word to visitors, the
    old certificate is served until it expires, and a restart stops all sites. With keys of two types `nginx -t` passes
    and every handshake fails: `no shared cipher` in the log, ERR_SSL_VERSION_OR_CIPHER_MISMATCH in browsers.

Cause:
    The two directives name two lineages of certbot or two renewals of one, or one key stands beside the certificates of
    two keys. Or the file begins with the certificate of the authority: nginx takes the first one for the server's own.
    OpenSSL keeps a place for each type of key and compares only within one.

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
        ssl_certificate /etc/letsencrypt/live/shop.example-0001/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

Remedy:
    Name certificate and key of one lineage, the links in live/ for both; or the key that the certificate was made for.
    In the file the server's own certificate comes first, then the one that issued it. Then `nginx -t`, a reload, and a
    look with `openssl s_client -connect HOST:443 -servername NAME`.

References:
    https://nginx.org/en/docs/http/configuring_https_servers.html#chains
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key
    https://docs.openssl.org/3.0/man3/SSL_CTX_use_certificate/
    https://eff-certbot.readthedocs.io/en/stable/using.html#where-are-my-certificates
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.key_pairs import key_pairs
from driftscan.evidence.misfits import Misfit, Reason, misfits
from driftscan.host.certbot_files import CertbotFile
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE_KEY
from driftscan.nginx.edits import Edit, Replace
from driftscan.patterns.base import Category, Pattern

_LOADS = ": nginx loads that, and every handshake fails."
PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "lineages": "{server} has {certificate} with {key}, which is the key of the lineage {lineage}.",
        "lineages-type": "{server} has {certificate} with {key}, the key of the lineage {lineage}, which is of another "
        f"type{_LOADS}",
        "numbers": "{server} has {certificate} with {key}, which are of two renewals: {issue} and {key_issue}.",
        "shared": "{server} has {certificate} with {key}, and {owner} has that key with a certificate for another one.",
        "shared-type": "{server} has {certificate} with {key}, the key of {owner}, which is of another type" + _LOADS,
        "order": "{certificate}, sent by {server}, begins with the certificate of its authority, {authority}, which "
        "nginx takes for the server's own: the key does not fit.",
        "order-type": "{certificate}, sent by {server}, begins with the certificate of its authority, {authority}, "
        f"whose key is of another type than the server's{_LOADS}",
        "chain": "{certificate}, sent by {server}, holds the chain without the server's own certificate.",
    },
    visitors={
        "": "everybody after the next restart; until then the old certificate is served",
        **dict.fromkeys(("lineages-type", "shared-type", "order-type"), "everybody, as soon as nginx is reloaded"),
    },
    remedies={
        "": "Name the key that {certificate} was made for at {place}, and look at `nginx -t` before the reload.",
        "numbers": "Name the links in live/{lineage}/ for both, fullchain.pem and privkey.pem, and look at `nginx -t` "
        "before the reload; if those lead to two renewals, run `certbot renew --cert-name {lineage} --force-renewal`.",
        **dict.fromkeys(
            ("order", "order-type"),
            "Put the server's own certificate first in {certificate}, then that of {authority}, and reload nginx.",
        ),
        "chain": "Name the file that begins with the server's own certificate (certbot: fullchain.pem) at {place}, and "
        "reload nginx.",
    },
    symptoms=(
        "key values mismatch",
        "X509_check_private_key:key values mismatch",
        "SSL_CTX_use_PrivateKey",
        "SSL_CTX_use_PrivateKey_file",
        "no shared cipher",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "ERR_SSL_PROTOCOL_ERROR",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "sslv3 alert handshake failure",
    ),
    affects="every nginx",
    also=("key-cert-mismatch-same-type", "key-cert-type-mismatch-undetected"),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server with a pair that does not belong together."""
    for found in misfits(state):
        yield _hit(state, found)


def _hit(state: State, found: Misfit) -> Hit:
    subject, pair = server_subject(found.server, state), found.pair
    of_file = found.reason in {Reason.ORDER, Reason.CHAIN}
    keys = () if of_file else found.server[SSL_CERTIFICATE_KEY].places
    lines = (*keys, *pair.places) or (found.server.at,)
    facts = {
        "server": str(subject),
        "certificate": pair.certificate.host_path,
        "key": pair.key.host_path,
        "place": str(lines[0]),
    }
    if found.key_of is not None:
        facts["lineage"] = found.key_of.lineage
    if found.certificate_of is not None and found.key_of is not None:
        facts |= {"issue": _called(found.certificate_of), "key_issue": _called(found.key_of)}
    if found.owner is not None:
        facts["owner"] = str(server_subject(found.owner, state))
    if found.reason is Reason.ORDER and pair.own is not None:
        facts["authority"] = pair.own.common_name or pair.own.subject
    return Hit(
        subject,
        lines,
        tuple(facts.items()),
        Severity.CRITICAL if found.other_type else Severity.HIGH,
        frozenset(() if found.sure else {Need.KEY}),
        f"{found.reason}-type" if found.other_type else found.reason.value,
    )


def _called(file: CertbotFile) -> str:
    return f"{file.kind}{file.number}.pem"


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The key of the certificate's own lineage."""
    for found in misfits(state) if hit.variant.startswith(Reason.LINEAGES) else ():
        places = found.server[SSL_CERTIFICATE_KEY].places
        alone = len(key_pairs(state, found.server)) == len(places) == 1
        key = found.pair.key_of_lineage
        if alone and key is not None and server_subject(found.server, state).key == hit.subject.key:
            yield Replace(places[0], SSL_CERTIFICATE_KEY.name, f"ssl_certificate_key {key};")
