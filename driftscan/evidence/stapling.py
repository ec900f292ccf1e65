"""Whether nginx staples OCSP responses to a certificate that it sends, and if not, what is missing.

ngx_ssl_stapling, in this order: a file is taken as it is; the certificate of the issuer is looked for in the chain and
among the trusted ones; the address of the responder comes from the directive, or else from the certificate. Whatever
is missing is a warning, and nothing is stapled (nginx 1.3.7 and later; observed on 1.22.1).
"""

from enum import Enum

from driftscan.drift.state import State
from driftscan.evidence.served import Served
from driftscan.nginx.directives.http_ssl import (
    SSL_STAPLING,
    SSL_STAPLING_FILE,
    SSL_STAPLING_RESPONDER,
    SSL_TRUSTED_CERTIFICATE,
)
from driftscan.nginx.servers import Server


class Stapling(Enum):
    """What comes of it."""

    OFF = "nothing asks for it"
    DONE = "nginx has what it needs to ask for a response"
    NO_ISSUER = "the certificate of the issuer is not found"
    NO_RESPONDER = "there is no responder to ask"
    UNKNOWN = "something that decides it could not be read"


def stapling(server: Server, held: Served, state: State) -> Stapling:
    """What comes of stapling for one certificate of a server."""
    wanted, file, responder = (server[word] for word in (SSL_STAPLING, SSL_STAPLING_FILE, SSL_STAPLING_RESPONDER))
    trusted = server[SSL_TRUSTED_CERTIFICATE]
    if not all(setting.known for setting in (wanted, file, responder, trusted)):
        return Stapling.UNKNOWN
    if wanted.value is not True:
        return Stapling.OFF
    if file.value:
        return Stapling.DONE
    authorities = state.config.named.get(str(trusted.value)) if trusted.value else None
    beside = None if authorities is None else authorities.certificates
    known = [*held.chain, *(beside.certificates if beside is not None else ())]
    if not any(link.subject == held.own.issuer for link in known):
        unread = trusted.value and (beside is None or not beside.complete)
        return Stapling.UNKNOWN if unread else Stapling.NO_ISSUER
    return Stapling.DONE if responder.value or held.own.ocsp else Stapling.NO_RESPONDER
