"""nginx shows an upstream a client certificate that is not for clients.

Symptom:
    Requests that nginx passes on by TLS fail: 502 or 400 from the upstream, which logs `unsuitable certificate purpose`
    or `unsupported certificate purpose`, while nginx logs `alert unsupported certificate` or `alert certificate
    unknown`. Visitors' own TLS is not touched, and `nginx -t` passes.

Cause:
    `proxy_ssl_certificate` names a certificate whose extendedKeyUsage lists servers only. Public authorities issue no
    others any more: Let's Encrypt's default profile lost the purpose for clients in February 2026, so that a renewal
    changes a certificate that had served both ways for years.

Before:
    # /etc/nginx/shop.pem may be used by servers and by clients.
    server {
        listen 443 ssl;
        location / {
            proxy_pass https://api.example;
            proxy_ssl_certificate shop.pem;
            proxy_ssl_certificate_key shop.key;
        }
    }

After:
    # /etc/nginx/shop.pem may be used by servers only.
    server {
        listen 443 ssl;
        location / {
            proxy_pass https://api.example;
            proxy_ssl_certificate shop.pem;
            proxy_ssl_certificate_key shop.key;
        }
    }

Remedy:
    Use a certificate for clients, from an authority of one's own that the upstream is told to trust: a public one only
    says that a name belongs to somebody, which a client certificate need not say.

References:
    https://letsencrypt.org/2025/05/14/ending-tls-client-authentication
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_certificate
    https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject, upstream_subject
from driftscan.evidence.shown import Shown, shown
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.UPSTREAM,
    severity=Severity.HIGH,
    messages={
        "": "{server} shows {targets} the client certificate in {file}, which is for {purposes} and not for clients.",
    },
    visitors={"": "everybody whose requests are passed on to {targets}, where the purpose is looked at"},
    remedies={
        "": "Name a certificate for clients at {place}, from an authority of your own that {targets} can be told to "
        "trust, and reload nginx.",
    },
    symptoms=(
        "unsuitable certificate purpose",
        "unsupported certificate purpose",
        "SSL alert number 43) while SSL handshaking to upstream",
        "sslv3 alert unsupported certificate",
        "sslv3 alert certificate unknown",
        "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage",
        "400 The SSL certificate error",
    ),
    affects="nginx 1.7.8 and later; Let's Encrypt's default profile since February 2026",
    also=("client-auth-eku-removed",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server and certificate of that kind, however many of its places show it."""
    found: dict[tuple[int, str], list[Shown]] = {}
    for held in shown(state):
        purposes = held.certificate.purposes
        if purposes is not None and not purposes & _FOR_CLIENTS:
            found.setdefault((id(held.upstream.server), held.file.host_path), []).append(held)
    for places in found.values():
        yield _hit(state, places)


_FOR_CLIENTS = frozenset({"client", "2.5.29.37.0"})
"""The purpose, and the one that stands for all."""
_CALLED = {"server": "servers"}


def _hit(state: State, found: list[Shown]) -> Hit:
    first = found[0]
    purposes = sorted(_CALLED.get(purpose, purpose) for purpose in first.certificate.purposes or ())
    lines = tuple(dict.fromkeys(place for held in found for place in (*held.places, held.upstream.at)))
    return Hit(
        upstream_subject(first.upstream, state),
        (*lines, first.place),
        (
            ("server", str(server_subject(first.upstream.server, state))),
            ("targets", listed(held.upstream.target for held in found)),
            ("file", first.file.host_path),
            ("purposes", " and ".join(purposes) or "nothing"),
            ("place", str(lines[0])),
        ),
        needs=frozenset({Need.UPSTREAM}),
    )
