"""Servers of a socket trust different client certificates, and a session of one opens the other.

Symptom:
    None. Somebody with a good certificate for one site opens the other one, whose authorities never vouched for them.
    (With the fix, such a resumption ends in the alert `access denied`, and the client connects anew.)

Cause:
    A TLS 1.3 session that was made with the default server can be resumed while asking for another name of the
    socket. nginx took the client certificate in it as verified, although it had been verified against the
    authorities of the first server (CVE-2025-23419). It needs a default server that asks for certificates itself,
    and session tickets or a session cache there.

Before:
    # OpenSSL 1.1.1 or later, nginx 1.26.2
    server { listen 443 ssl default_server; ssl_verify_client on; ssl_client_certificate staff.pem; }

After:
    # OpenSSL 1.1.1 or later, nginx 1.26.2
    server { listen 443 ssl default_server; ssl_verify_client on; ssl_client_certificate staff.pem; }
    server {
        listen 443 ssl;
        server_name bank.example;
        ssl_verify_client on;
        ssl_client_certificate partners.pem;
    }

Remedy:
    Upgrade to nginx 1.26.3, 1.27.4 or later, or to a package of the distribution that has the fix. Until then give
    the servers addresses or ports of their own, or write `ssl_session_tickets off;` and `ssl_session_cache off;` in
    the default server.

References:
    https://nginx.org/en/security_advisories.html
    https://github.com/nginx/nginx/pull/493
    https://github.com/nginx/nginx/commit/46b9f5d389447b3b822ea71f5ac86ebc316c2975
    https://nvd.nist.gov/vuln/detail/CVE-2025-23419
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import is_certbots
from driftscan.history.platform import Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import Explicit, Family
from driftscan.nginx.directives.http_ssl import (
    SSL_CLIENT_CERTIFICATE,
    SSL_CRL,
    SSL_PROTOCOLS,
    SSL_SESSION_CACHE,
    SSL_SESSION_TICKETS,
    SSL_TRUSTED_CERTIFICATE,
    SSL_VERIFY_CLIENT,
)
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import has_context

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.HIGH,
    messages={
        "": "Whoever has a client certificate for {default} can resume its sessions at {server}, which asks for those "
        "of others: nginx {nginx} has CVE-2025-23419.",
    },
    symptoms=("CVE-2025-23419", "tlsv1 alert access denied", "SSL alert number 49"),
    affects="nginx 1.11.4 to 1.26.2, and 1.27.0 to 1.27.3, with OpenSSL 1.1.1 or later; packages may have the fix",
    visitors={"": "those whose data {server} guards: holders of any certificate that {default} takes can open it"},
    remedies={
        "": "Upgrade nginx to 1.26.3, 1.27.4 or later, or to a package whose changelog names CVE-2025-23419. Until "
        "then write `ssl_session_tickets off;` and `ssl_session_cache off;` in {default} ({default_at}), or give "
        "{server} an address or port of its own.",
    },
    also=("client-cert-bypass-session-reuse",),
)

_VULNERABLE = (
    (NginxVersion(1, 11, 4), NginxVersion(1, 26, 3)),
    (NginxVersion(1, 27, 0), NginxVersion(1, 27, 4)),
)
"""From a release on, until before another one (nginx's advisory of 2025-02-05)."""
_CHECKED = frozenset({"on", "optional"})
_DECIDES = (SSL_CLIENT_CERTIFICATE, SSL_TRUSTED_CERTIFICATE, SSL_CRL)
"""Whose certificates are good."""


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that trusts others than the default server of its socket, which asks as well."""
    if not _is_vulnerable(state.platform):
        return
    for server in state.servers:
        if server[SSL_VERIFY_CLIENT].value not in _CHECKED or not has_context(server):
            continue
        for address in state.asked_for(server):
            socket = state.tls_sockets[address]
            if _leads_past(socket, server):
                yield _hit(state, socket, server)
                break


def _is_vulnerable(platform: Platform) -> bool:
    nginx, library = platform.versions
    with_openssl = library is None or library.is_openssl_since("1.1.1")
    return with_openssl and any(first <= nginx < fixed for first, fixed in _VULNERABLE)


def _leads_past(socket: Socket, server: Server) -> bool:
    default = socket.default
    if socket.family is not Family.HTTP or default is server or default[SSL_VERIFY_CLIENT].value not in _CHECKED:
        return False
    if Protocol.TLS13 not in (default[SSL_PROTOCOLS].value or ()):
        return False
    cache = default[SSL_SESSION_CACHE].value
    if default[SSL_SESSION_TICKETS].value is not True and (cache is None or not cache.stores):
        return False
    pairs = [(server[which], default[which]) for which in _DECIDES]
    return any(own.known and other.known and own.value != other.value for own, other in pairs)


def _hit(state: State, socket: Socket, server: Server) -> Hit:
    default = socket.default
    needs = {Need.NGINX, Need.LIBRARY}
    if state.platform.family is not None:
        # Distributions mend such things without another version: Debian's 1.22.1 has the fix.
        needs.add(Need.RUNNING)
    return Hit(
        server_subject(server, state),
        (*server[SSL_VERIFY_CLIENT].places, *default[SSL_VERIFY_CLIENT].places),
        (
            ("server", str(server_subject(server, state))),
            ("default", str(server_subject(default, state))),
            ("default_at", str(default.at)),
            ("nginx", str(state.platform.nginx.version)),
        ),
        needs=frozenset(needs),
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """No sessions in the default servers, so that there are none to resume elsewhere."""
    for server in state.servers:
        if server_subject(server, state) != hit.subject:
            continue
        for address in state.asked_for(server):
            socket = state.tls_sockets[address]
            if not _leads_past(socket, server):
                continue
            tickets = socket.default[SSL_SESSION_TICKETS]
            # A second line for the cache is allowed, and `off` stays whatever follows.
            yield Inside(socket.default.at, "server", f"{SSL_SESSION_CACHE.name} off;")
            if isinstance(tickets.origin, Explicit) and tickets.value and not is_certbots(tickets.places[0]):
                yield Replace(tickets.places[0], SSL_SESSION_TICKETS.name, f"{SSL_SESSION_TICKETS.name} off;")
            elif tickets.value:
                yield Inside(socket.default.at, "server", f"{SSL_SESSION_TICKETS.name} off;")
