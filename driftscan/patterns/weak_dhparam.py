"""The parameters for DHE key exchange are shorter than 2048 bits.

Symptom:
    Clients that agree on a DHE suite refuse it, ERR_SSL_WEAK_SERVER_EPHEMERAL_DH_KEY or `dh key too small`, or exchange
    keys that are worth little: whoever has done the work for a common prime of 1024 bits reads them (Logjam). Clients
    with ECDHE notice nothing. A newer TLS library makes nginx refuse the file.

Cause:
    `ssl_dhparam` names a file that was made years ago, copied from an example, or made short because it took so long.
    Browsers refuse less than 1024 bits since 2015 and know no DHE at all since; OpenSSL at security level 2 wants 2048.

Before:
    # /etc/nginx/dhparam.pem has 2048 bits.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        ssl_dhparam dhparam.pem;
    }

After:
    # /etc/nginx/dhparam.pem has 1024 bits.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        ssl_dhparam dhparam.pem;
    }

Remedy:
    Make new parameters, `openssl dhparam -out FILE 2048`, or take a group of RFC 7919 (ffdhe2048), and reload nginx. Or
    take the DHE suites out of `ssl_ciphers`: every client of the last ten years has ECDHE.

References:
    https://weakdh.org/
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_dhparam
    https://www.rfc-editor.org/rfc/rfc7919
    https://github.com/keeweb/keeweb/pull/2091
    https://github.com/certbot/certbot/issues/4551
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.evidence.met import places
from driftscan.evidence.parameters import Parameters, parameters, usable
from driftscan.evidence.served import tell
from driftscan.nginx.directives.http_ssl import SSL_DHPARAM
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.HIGH,
    messages={
        "weak": "The prime in {file}, used for DHE by {servers}, has {bits} bits: 2048 is the least that resists "
        "somebody with means.",
        "broken": "The prime in {file}, used for DHE by {servers}, has {bits} bits: that can be broken by anybody, and "
        "browsers refuse it.",
    },
    visitors={
        "": "clients that choose DHE, mostly old ones without ECDHE, and programs with OpenSSL at security level 2",
    },
    remedies={
        "": "Make longer ones, `openssl dhparam -out {file} 2048`, and reload nginx; or take the DHE suites out of "
        "ssl_ciphers.",
    },
    symptoms=(
        "ERR_SSL_WEAK_SERVER_EPHEMERAL_DH_KEY",
        "SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY",
        "SSL_ERROR_WEAK_SERVER_CERT_KEY",
        "tls_process_ske_dhe:dh key too small",
        "SSL routines::dh key too small",
        "Server has a weak ephemeral Diffie-Hellman public key",
        "This server supports weak Diffie-Hellman (DH) key exchange parameters",
    ),
    affects="every nginx; OpenSSL 1.1.0 and later refuse short parameters, by security level",
    also=("dhparam-weak-or-too-small",),
)

_LEAST_BITS = 2048
_BROKEN_BITS = 1024


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each file of short parameters that handshakes can use."""
    found: dict[str, tuple[Parameters, list[Server]]] = {}
    for at in places(state):
        used = parameters(state, at)
        if used is not None and used.bits < _LEAST_BITS and usable(state, at, used):
            _, servers = found.setdefault(used.subject.key, (used, []))
            servers.append(at.server)
    for used, servers in found.values():
        yield _hit(state, used, servers)


_LOGJAM = datetime(2015, 5, 20, tzinfo=UTC)
"""When it was shown what 1024 bits are worth; browsers refused less soon afterwards. nginx had 1024 built in then."""


def _severity(state: State, *, broken: bool) -> Severity:
    if state.when is not None and state.when < _LOGJAM:
        return Severity.LOW
    return Severity.HIGH if broken else Severity.MEDIUM


def _hit(state: State, used: Parameters, servers: list[Server]) -> Hit:
    lines = dict.fromkeys(place for server in servers for place in server[SSL_DHPARAM].places)
    broken = used.bits < _BROKEN_BITS
    return Hit(
        used.subject,
        (used.place, *lines),
        (("servers", tell(servers, state)), ("file", used.host_path), ("bits", str(used.bits))),
        _severity(state, broken=broken),
        frozenset({Need.LIBRARY}),
        "broken" if broken else "weak",
    )
