"""The `ssl_*` directives of a stream server (ngx_stream_ssl_commands), and `ssl_preread`.

They read, inherit and default as their namesakes of http do; they came later. Who decides is what it is in http, once
there are servers with names: since 1.25.5, observed on seven releases from 1.26.3 to 1.31.4. Before, one server
listens on an address, and its values are all there is.
"""

from dataclasses import replace
from typing import Final

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives import http_ssl
from driftscan.nginx.directives.base import AnyDeclaration, Decider, Declaration, Facts, Since, always
from driftscan.nginx.directives.core import STREAM_MODULE
from driftscan.nginx.directives.forms import Context, Form, form
from driftscan.nginx.directives.values import Measure, alpn, flag, milliseconds

_NAMES_SINCE = "1.25.5"
_CONTEXTS = frozenset({Context.STREAM, Context.STREAM_SERVER})


def _form(arguments: str, since: str) -> tuple[Form, ...]:
    return (form(arguments, " ".join(sorted(_CONTEXTS)), since=since, module=STREAM_MODULE),)


def _by_name(decider: Facts[Decider]) -> Facts[Decider]:
    """These facts where servers have names, and before the only server of the address."""
    later = (replace(since, nginx=max(since.nginx, _NAMES_SINCE, key=NginxVersion.parse)) for since in decider)
    return (Since("1.9.0", Decider.DEFAULT_SERVER), *later)


_LIKE_HTTP: Final[tuple[tuple[AnyDeclaration, str], ...]] = (
    (http_ssl.SSL_PROTOCOLS, "1.9.0"),
    (http_ssl.SSL_CIPHERS, "1.9.0"),
    (http_ssl.SSL_PREFER_SERVER_CIPHERS, "1.9.0"),
    (http_ssl.SSL_ECDH_CURVE, "1.9.0"),
    (http_ssl.SSL_DHPARAM, "1.9.0"),
    (http_ssl.SSL_CERTIFICATE, "1.9.0"),
    (http_ssl.SSL_CERTIFICATE_KEY, "1.9.0"),
    (http_ssl.SSL_PASSWORD_FILE, "1.9.0"),
    (http_ssl.SSL_CERTIFICATE_CACHE, "1.27.4"),
    (http_ssl.SSL_CERTIFICATE_COMPRESSION, "1.29.1"),
    (http_ssl.SSL_REJECT_HANDSHAKE, "1.25.5"),
    (http_ssl.SSL_ECH_FILE, "1.29.4"),
    (http_ssl.SSL_SESSION_TICKETS, "1.9.0"),
    (http_ssl.SSL_SESSION_TICKET_KEY, "1.9.0"),
    (http_ssl.SSL_SESSION_CACHE, "1.9.0"),
    (http_ssl.SSL_SESSION_TIMEOUT, "1.9.0"),
    (http_ssl.SSL_VERIFY_CLIENT, "1.11.8"),
    (http_ssl.SSL_VERIFY_DEPTH, "1.11.8"),
    (http_ssl.SSL_CLIENT_CERTIFICATE, "1.11.8"),
    (http_ssl.SSL_TRUSTED_CERTIFICATE, "1.11.8"),
    (http_ssl.SSL_CRL, "1.11.8"),
    (http_ssl.SSL_STAPLING, "1.27.2"),
    (http_ssl.SSL_STAPLING_FILE, "1.27.2"),
    (http_ssl.SSL_STAPLING_RESPONDER, "1.27.2"),
    (http_ssl.SSL_STAPLING_VERIFY, "1.27.2"),
    (http_ssl.SSL_OCSP, "1.27.2"),
    (http_ssl.SSL_OCSP_RESPONDER, "1.27.2"),
    (http_ssl.SSL_OCSP_CACHE, "1.27.2"),
    (http_ssl.SSL_CONF_COMMAND, "1.19.4"),
)
"""What http has too, with the first release that has it in stream."""


def _in_stream(declaration: AnyDeclaration, since: str) -> AnyDeclaration:
    forms = (replace(declaration.forms[-1], contexts=_CONTEXTS, since=since, module=STREAM_MODULE),)
    return replace(declaration, forms=forms, decider=_by_name(declaration.decider))


# ngx_stream_ssl_handler arms its timer before the handshake begins: source, not observed.
SSL_HANDSHAKE_TIMEOUT = Declaration(
    "ssl_handshake_timeout",
    milliseconds,
    default=always(Measure(60_000, "60s")),
    decider=always(Decider.DEFAULT_SERVER),
    forms=_form("1", "1.9.0"),
)
SSL_ALPN: Declaration[tuple[str, ...]] = Declaration(
    "ssl_alpn", alpn, default=always(None), decider=_by_name(always(Decider.SNI_SERVER)), forms=_form("1+", "1.21.4")
)
# Read before a server is looked for by the name that it finds (ngx_stream_ssl_preread_handler): source, not observed.
SSL_PREREAD = Declaration(
    "ssl_preread",
    flag,
    default=always(False),
    decider=always(Decider.DEFAULT_SERVER),
    forms=_form("flag", "1.11.5"),
)

STREAM_SSL: Final[tuple[AnyDeclaration, ...]] = (
    *(_in_stream(declaration, since) for declaration, since in _LIKE_HTTP),
    SSL_HANDSHAKE_TIMEOUT,
    SSL_ALPN,
    SSL_PREREAD,
)
