"""The private key of a server does not belong to its certificate any more.

Symptom:
    With keys of one type nginx refuses to load, `key values mismatch`: the reload fails without a word to visitors, the
    old certificate is served until it expires, and a restart stops all sites. With keys of two types `nginx -t` passes
    and every handshake fails: `no shared cipher` in the log, ERR_SSL_VERSION_OR_CIPHER_MISMATCH in browsers.

Cause:
    Only one of the two was changed: a new certificate without its new key. (A history that was kept while both were
    being written shows that for one commit as well.) OpenSSL keeps a place for each type of key and compares only
    within one.

Before:
    # /etc/nginx/shop.pem is for the key in /etc/nginx/shop.key.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

After:
    # /etc/nginx/shop.pem is for another key, /etc/nginx/shop.key is the same file as before.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

Remedy:
    Put the key that the certificate was made for where nginx looks, or the old certificate back. Then `nginx -t`, a
    reload, and a look with `openssl s_client -connect HOST:443 -servername NAME`.

References:
    https://nginx.org/en/docs/http/configuring_https_servers.html#chains
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key
    https://docs.openssl.org/3.0/man3/SSL_CTX_use_certificate/
    https://github.com/nginx/nginx/commit/a144d828cb70f788e2f8b06e820af95ae2e28f75
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.key_pairs import KeyPair, key_pairs
from driftscan.evidence.misfits import misfits
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE_KEY
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
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
    """One hit for each server whose certificate is for another key now, and whose key is the same file as before.

    What one tree alone shows is told by another pattern.
    """
    told = {id(found.server) for found in misfits(transition.after)}
    for old, new in transition.pairs.same:
        before, after = key_pairs(transition.before, old), key_pairs(transition.after, new)
        known = {pair.certificate_mark for pair in before}
        for was, now in zip(before, after, strict=False) if id(new) not in told else ():
            # One that was there has only changed places: OpenSSL puts together what is of one type.
            variant = None if now.certificate_mark in known else _replaced(was, now)
            if variant is not None:
                yield _hit(transition.after, new, now, variant)
                break


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
    return Hit(
        subject,
        (*lines, *pair.places),
        (
            ("server", str(subject)),
            ("certificate", pair.certificate.host_path),
            ("key", pair.key.host_path),
            ("blob", pair.key_mark),
            ("digest", pair.certificate_mark),
        ),
        Severity.CRITICAL if variant == "type" else Severity.HIGH,
        frozenset({Need.KEY}),
        variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """One of the two files is another one than then, or the server names others."""
    facts = dict(hit.facts)
    for server in state.servers:
        if server_subject(server, state).key == hit.subject.key:
            for pair in key_pairs(state, server):
                if (pair.certificate.host_path, pair.key.host_path) == (facts["certificate"], facts["key"]):
                    return (pair.key_mark, pair.certificate_mark) != (facts["blob"], facts["digest"])
    return True
