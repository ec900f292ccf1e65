"""The key of a certificate that is sent has another type than before, mostly ECDSA in place of RSA.

Symptom:
    Current browsers notice nothing. Clients that know no ECDSA cannot connect any more: old appliances, payment
    terminals, mail servers, load balancers, Java 6, Windows XP: `no shared cipher`, `handshake failure`. Whoever has
    pinned the key, or publishes it (TLSA records), fails until the pin is changed.

Cause:
    certbot makes ECDSA keys for new certificates since 2.0.0, and its releases 2.0.0 to 2.4.0 also switched renewals
    whose file has no `key_type`. Other tools have defaults of their own, and no line of nginx's configuration changes.
    Up to TLS 1.2 a suite belongs to one type of key, so a list of ciphers that was made for RSA may not fit.

Before:
    # /etc/letsencrypt/live/shop.example/fullchain.pem leads to a certificate with an RSA key.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

After:
    # /etc/letsencrypt/live/shop.example/fullchain.pem leads to a certificate with an ECDSA key.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

Remedy:
    If such clients matter, ask for the old type, `certbot renew --cert-name NAME --key-type rsa --force-renewal`, or
    keep a certificate of each type: nginx takes a second pair of `ssl_certificate` and `ssl_certificate_key` since
    1.11.0, and each client gets the one it knows. Change TLSA records and pins with the key.

References:
    https://github.com/certbot/certbot/issues/9635
    https://github.com/certbot/certbot/pull/9636
    https://github.com/certbot/certbot/blob/main/certbot/CHANGELOG.md
    https://github.com/randombit/botan/issues/3249
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.evidence.met import offer_at, places
from driftscan.evidence.served import Served, by_server, served, tell
from driftscan.nginx.certificates import is_issuers
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.offered import holder, misfit

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.MEDIUM,
    messages={
        "from-rsa": "{file}, sent by {servers}, has an {after} key in place of an {before} key: clients that know no "
        "{after} cannot connect.",
        "other": "{file}, sent by {servers}, has an {after} key in place of an {before} key: who has pinned the old "
        "key refuses the new one.",
    },
    visitors={
        "from-rsa": "clients that know no {after} keys, such as Windows XP, Java 6, old appliances, mail servers and "
        "load balancers, and whoever has pinned the {before} key",
        "other": "whoever has pinned the key or publishes it in TLSA records",
    },
    remedies={
        "from-rsa": "If such clients matter, have {file} issued with an RSA key again (certbot: --key-type rsa "
        "--force-renewal), or name a second pair of ssl_certificate and ssl_certificate_key with an RSA key beside it.",
        "other": "Change pins and TLSA records to the key in {file}, if there are any.",
    },
    symptoms=(
        "no shared cipher",
        "sslv3 alert handshake failure",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        "TLSA record does not match certificate",
    ),
    affects="certbot 2.0.0 and later for new certificates, 2.0.0 to 2.4.0 for renewals too; every nginx",
    also=("key-type-switch-rsa-to-ecdsa",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each file whose key has a type that its servers did not send before, in place of another one."""
    before, after = by_server(transition.before), by_server(transition.after)
    partner = {id(new): old for old, new in transition.pairs.same}
    for held in served(transition.after):
        lost: set[str] = set()
        for server in held.servers:
            old = before.get(id(partner.get(id(server))), ())
            now = {other.own.key_type for other in after[id(server)]}
            # A certificate that browsers never trusted is no loss.
            was = {other.own.key_type for other in old if not other.own.self_signed}
            if held.own.key_type not in was:
                lost |= was - now
        if lost and not held.own.self_signed and not is_issuers(held.own):
            yield _hit(transition.after, held, "RSA" if "RSA" in lost else min(lost))


_CALLED = {"EC": "ECDSA"}


def _hit(state: State, held: Served, lost: str) -> Hit:
    variant = "from-rsa" if lost == "RSA" else "other"
    return Hit(
        held.subject,
        (held.place, *held.places),
        (
            ("servers", tell(held.servers, state)),
            ("file", held.file.host_path),
            ("before", _CALLED.get(lost, lost)),
            ("after", _CALLED.get(held.own.key_type, held.own.key_type)),
        ),
        Severity.MEDIUM if variant == "from-rsa" and _misfits(state, held) else Severity.LOW,
        frozenset({Need.CLIENTS}),
        variant,
    )


def _misfits(state: State, held: Served) -> bool:
    """Whether a server that sends it has suites for the old kind of key only: with others, current clients go on."""
    users = {id(server) for server in held.servers}
    offers = (offer_at(state, at) for at in places(state) if id(holder(at)) in users)
    return any(offer is not None and misfit(offer) for offer in offers)
