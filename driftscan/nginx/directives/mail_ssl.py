"""The `ssl_*` directives of a mail server (ngx_mail_ssl_commands), `starttls`, and `auth_http_pass_client_cert`.

They read, inherit and default as their namesakes of http do. There are no names in mail: exactly one server listens on
an address, in every release. So the default server and the server that SNI asks for are the same one, and every
setting is said to be the default server's.
"""

from dataclasses import replace
from typing import Final

from driftscan.nginx.directives import http_ssl
from driftscan.nginx.directives.base import AnyDeclaration, Decider, Declaration, Facts, always
from driftscan.nginx.directives.core import MAIL_MODULE
from driftscan.nginx.directives.forms import Context, Form, form
from driftscan.nginx.directives.values import enum, flag

_CONTEXTS = frozenset({Context.MAIL, Context.MAIL_SERVER})
_ONLY_SERVER: Facts[Decider] = always(Decider.DEFAULT_SERVER)


def _form(arguments: str, since: str) -> tuple[Form, ...]:
    return (form(arguments, " ".join(sorted(_CONTEXTS)), since=since, module=MAIL_MODULE),)


_LIKE_HTTP: Final[tuple[tuple[AnyDeclaration, str], ...]] = (
    (http_ssl.SSL, "0.5.15"),
    (http_ssl.SSL_PROTOCOLS, "0.5.15"),
    (http_ssl.SSL_CIPHERS, "0.5.15"),
    (http_ssl.SSL_PREFER_SERVER_CIPHERS, "0.7.63"),
    (http_ssl.SSL_ECDH_CURVE, "1.0.6"),
    (http_ssl.SSL_DHPARAM, "0.7.2"),
    (http_ssl.SSL_CERTIFICATE, "0.5.15"),
    (http_ssl.SSL_CERTIFICATE_KEY, "0.5.15"),
    (http_ssl.SSL_PASSWORD_FILE, "1.7.3"),
    (http_ssl.SSL_CERTIFICATE_COMPRESSION, "1.29.1"),
    (http_ssl.SSL_SESSION_TICKETS, "1.5.9"),
    (http_ssl.SSL_SESSION_TICKET_KEY, "1.5.7"),
    (http_ssl.SSL_SESSION_CACHE, "0.5.15"),
    (http_ssl.SSL_SESSION_TIMEOUT, "0.5.15"),
    (http_ssl.SSL_VERIFY_CLIENT, "1.7.11"),
    (http_ssl.SSL_VERIFY_DEPTH, "1.7.11"),
    (http_ssl.SSL_CLIENT_CERTIFICATE, "1.7.11"),
    (http_ssl.SSL_TRUSTED_CERTIFICATE, "1.7.11"),
    (http_ssl.SSL_CRL, "1.7.11"),
    (http_ssl.SSL_CONF_COMMAND, "1.19.4"),
)
"""What http has too, with the first release that has it in mail."""


def _in_mail(declaration: AnyDeclaration, since: str) -> AnyDeclaration:
    forms = (replace(declaration.forms[-1], contexts=_CONTEXTS, since=since, module=MAIL_MODULE),)
    return replace(declaration, forms=forms, decider=_ONLY_SERVER)


STARTTLS = Declaration(
    "starttls",
    enum("off", "on", "only"),
    default=always("off"),
    decider=_ONLY_SERVER,
    forms=_form("1", "0.5.15"),
)
AUTH_HTTP_PASS_CLIENT_CERT = Declaration(
    "auth_http_pass_client_cert", flag, default=always(False), decider=_ONLY_SERVER, forms=_form("flag", "1.7.11")
)

MAIL_SSL: Final[tuple[AnyDeclaration, ...]] = (
    *(_in_mail(declaration, since) for declaration, since in _LIKE_HTTP),
    STARTTLS,
    AUTH_HTTP_PASS_CLIENT_CERT,
)
