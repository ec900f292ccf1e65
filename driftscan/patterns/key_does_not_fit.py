"""The private key of a server does not belong to its certificate any more.

Symptom:
    With keys of one type nginx refuses to load, `key values mismatch`: the reload fails without a word to visitors, the
    old certificate is served until it expires, and a restart stops all sites. With keys of two types `nginx -t` passes
    and every handshake fails: `no shared cipher` in the log, ERR_SSL_VERSION_OR_CIPHER_MISMATCH in browsers.

Cause:
    Only one of the two was changed: a new certificate without its new key, two directives that name two lineages of
    certbot, two renewals of one lineage. OpenSSL keeps a place for each type of key and compares only within one.

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
    Name certificate and key of one lineage, or put the key that the certificate was made for where nginx looks. Then
    `nginx -t`, a reload, and a look with `openssl s_client -connect HOST:443 -servername NAME`.

References:
    https://nginx.org/en/docs/http/configuring_https_servers.html#chains
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key
    https://docs.openssl.org/3.0/man3/SSL_CTX_use_certificate/
    https://github.com/nginx/nginx/commit/a144d828cb70f788e2f8b06e820af95ae2e28f75
"""

from collections.abc import Iterator, Mapping

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.key_pairs import KeyPair, key_pairs
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE_KEY
from driftscan.nginx.edits import Edit, Replace
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "lineages": "{server} has a certificate of the lineage {lineage} and a key of another one: {certificate} and "
        "{key}.",
        "numbers": "{server} has a certificate and a key of different renewals: {certificate} and {key}.",
        "replaced": "{server} has a certificate for another key than before in {certificate}, and the key in {key} is "
        "the same as before (git blob {blob}).",
        "type": "{server} has a certificate for a key of another type than before in {certificate}, and the key in "
        "{key} is the same as before (git blob {blob}): nginx loads that, and every handshake fails.",
    },
    visitors={
        "": "everybody after the next restart; until then the old certificate is served",
        "type": "everybody, as soon as nginx is reloaded",
    },
    remedies={
        "": "Name the key of the certificate at {place}, and look at `nginx -t` before the reload.",
        "replaced": "Put the key that the new certificate was made for into {key}, or the old certificate back into "
        "{certificate}. `openssl pkey -in {key} -pubout -outform DER | sha256sum` must print {digest}.",
        "type": "Put the key that the new certificate was made for into {key}, or the old certificate back into "
        "{certificate}, before anybody reloads nginx. `openssl pkey -in {key} -pubout -outform DER | sha256sum` must "
        "print {digest}.",
    },
    symptoms=(
        "key values mismatch",
        "X509_check_private_key:key values mismatch",
        "SSL_CTX_use_PrivateKey",
        "SSL_CTX_use_PrivateKey_file",
        "no shared cipher",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "sslv3 alert handshake failure",
    ),
    affects="every nginx; a spurious `key values mismatch` of nginx 1.27.2 to 1.29.1 comes from its certificate cache",
    also=("key-cert-mismatch-same-type", "key-cert-type-mismatch-undetected"),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose certificate and key went apart."""
    partner = {id(new): old for old, new in transition.pairs.same}
    for server in transition.after.servers:
        old = partner.get(id(server))
        before = () if old is None else key_pairs(transition.before, old)
        after = key_pairs(transition.after, server)
        apart = ((pair, _went_apart(before[number : number + 1], pair)) for number, pair in enumerate(after))
        for pair, variant in apart:
            if variant is not None:
                yield _hit(transition.after, server, pair, variant)
                break


def _went_apart(before: tuple[KeyPair, ...], now: KeyPair) -> str | None:
    """Why the two do not belong together any more; `None` where they do, or where it was so before."""
    variant = _apart(now)
    for was in before:
        if variant is None:
            return _replaced(was, now)
        if _apart(was) == variant:
            return None
    return variant


def _apart(pair: KeyPair) -> str | None:
    """What the names of certbot's files tell: each lineage has a key of its own, and each renewal."""
    certificate, key = pair.certbot_certificate, pair.certbot_key
    if certificate is None or key is None:
        return None
    if certificate.lineage != key.lineage:
        return "lineages"
    return "numbers" if None not in {certificate.number, key.number} and certificate.number != key.number else None


def _replaced(was: KeyPair, now: KeyPair) -> str | None:
    """What the files tell that stand behind the same names, or new ones: the key is the old one, byte by byte."""
    old, new = was.own, now.own
    if old is None or new is None or old.key_digest == new.key_digest:
        return None
    if was.key.blob is None or was.key.blob != now.key.blob:
        return None
    return "replaced" if old.key_type == new.key_type else "type"


def _hit(state: State, server: Server, pair: KeyPair, variant: str) -> Hit:
    subject = server_subject(server, state)
    lines = server[SSL_CERTIFICATE_KEY].places or (server.at,)
    facts = [("server", str(subject)), ("certificate", pair.certificate.host_path), ("key", pair.key.host_path)]
    if variant == "lineages" and pair.certbot_certificate is not None:
        facts.append(("lineage", pair.certbot_certificate.lineage))
    if variant in {"lineages", "numbers"}:
        facts.append(("place", str(lines[0])))
    else:
        facts += [("blob", pair.key_mark), ("digest", pair.certificate_mark)]
    return Hit(
        subject,
        (*lines, *pair.places),
        tuple(facts),
        Severity.CRITICAL if variant == "type" else Severity.HIGH,
        frozenset({Need.KEY}),
        variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """Certificate and key are of one lineage and renewal, or one of the two files is another one than then."""
    facts = dict(hit.facts)
    for server in state.servers:
        if server_subject(server, state).key == hit.subject.key:
            for pair in key_pairs(state, server):
                if (pair.certificate.host_path, pair.key.host_path) == (facts["certificate"], facts["key"]):
                    return _is_mended(pair, facts)
    return True


def _is_mended(pair: KeyPair, facts: Mapping[str, str]) -> bool:
    if "digest" not in facts:
        return _apart(pair) is None
    return (pair.key_mark, pair.certificate_mark) != (facts["blob"], facts["digest"])


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The key of the certificate's own lineage."""
    for server in state.servers if hit.variant == "lineages" else ():
        places, pairs = server[SSL_CERTIFICATE_KEY].places, key_pairs(state, server)
        if server_subject(server, state).key == hit.subject.key and len(pairs) == len(places) == 1:
            key = pairs[0].key_of_lineage
            if key is not None:
                yield Replace(places[0], SSL_CERTIFICATE_KEY.name, f"ssl_certificate_key {key};")
