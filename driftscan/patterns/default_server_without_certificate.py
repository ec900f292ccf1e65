"""The default server of a TLS socket has no certificate, and every handshake of the socket fails.

Symptom:
    `nginx -t` passes. The connection is closed during the handshake, for all names of the socket, also for those whose
    own server has a certificate: ERR_CONNECTION_CLOSED, PR_END_OF_FILE_ERROR. The error log says that no
    "ssl_certificate" is defined in the server listening on the SSL port.

Cause:
    A handshake begins with the TLS context of the socket's default server, before the name is known. nginx before
    1.15.0 loads a configuration in which there is none, and closes every connection. Newer releases refuse to load it.
    The default server need not say `ssl` itself: one `listen ... ssl` of another server is enough for the socket.

Before:
    http {
        server { listen 443 ssl default_server; ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key; }
    }

After:
    http {
        server { listen 443 ssl default_server; return 444; }    # nginx before 1.15.0
        server { listen 443 ssl; server_name a.example; ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key; }
    }

Remedy:
    Give the default server a certificate with `ssl_certificate` and `ssl_certificate_key`; for one that only turns
    unknown names away, that of another server, or one that it has signed itself, will do. Then reload.

References:
    https://github.com/nginx/nginx/commit/76be1ea9de13c5e8bb0d9523c6a2ad4009a5d7cf
    https://nginx.org/en/docs/http/configuring_https_servers.html
    https://github.com/h5bp/server-configs-nginx/pull/177
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CERTIFICATE_KEY
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "": "The default server of {socket}, {server} in {place}, has no certificate: nginx {nginx} closes every "
        "connection to {socket} during the handshake, whatever name is asked for.",
    },
    symptoms=(
        'no "ssl_certificate" is defined in server listening on SSL port while SSL handshaking',
        "ERR_CONNECTION_CLOSED",
        "PR_END_OF_FILE_ERROR",
        "unexpected eof while reading",
        "SSL_ERROR_SYSCALL",
        "Remote host closed connection during handshake",
    ),
    affects="nginx before 1.15.0; newer ones refuse the configuration",
    visitors={"": "everybody who connects to {socket}, whatever name they ask for"},
    remedies={
        "": "Write `ssl_certificate` and `ssl_certificate_key` into the server in {place}. If it is only there to turn "
        "unknown names away, any certificate will do. Then run `nginx -t` and reload.",
    },
    also=("default-ssl-listen-without-certificate",),
)

_NO_NAMES = frozenset({"", "_"})
_FOUND_WHEN_LOADED = NginxVersion(1, 15, 0)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each TLS socket whose default server has no certificate, its own or inherited."""
    if state.platform.nginx.version >= _FOUND_WHEN_LOADED:
        return
    for socket in state.tls_sockets.values():
        certificate = socket.default[SSL_CERTIFICATE]
        if not certificate.known or certificate.value or not socket.ssl_from:
            continue
        yield Hit(
            SocketSubject(socket.address),
            tuple(dict.fromkeys((socket.default.at, *(listen.at for listen in socket.ssl_from)))),
            (
                ("socket", str(socket.address)),
                ("server", str(server_subject(socket.default, state))),
                ("place", str(socket.default.at)),
                ("nginx", str(state.platform.nginx.version)),
            ),
            needs=frozenset({Need.NGINX}),
        )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The certificate of another server of the socket, for one that has no name of its own to be asked for."""
    socket = next((each for each in state.tls_sockets.values() if SocketSubject(each.address) == hit.subject), None)
    other = None if socket is None else _with_certificate(socket)
    if socket is not None and other is not None and socket.default.name in _NO_NAMES:
        for declaration in (SSL_CERTIFICATE, SSL_CERTIFICATE_KEY):
            for path in other[declaration].value or ():
                yield Inside(socket.default.at, "server", f"{declaration.name} {path};")


def _with_certificate(socket: Socket) -> Server | None:
    return next((server for server in socket.servers if server[SSL_CERTIFICATE].value), None)
