"""Whether nginx staples OCSP responses to a certificate that it sends, and if not, what is missing.

ngx_ssl_stapling, in this order: a file is taken as it is; the certificate of the issuer is looked for in the chain and
among the trusted ones; the address of the responder comes from the directive, or else from the certificate, of whose
addresses the first one counts, and only with `http://`. Whatever is missing is a warning, and nothing is stapled (nginx
1.3.7 and later; observed on 1.22.1).

The responder's name is looked up when nginx is loaded, and again for each request by the `resolver` of `http {}` or of
the server. Without one nginx warns, and goes on asking the address of that day (ngx_ssl_ocsp_request; observed on
1.22.1).
"""

import ipaddress
from collections.abc import Iterator
from enum import Enum
from urllib.parse import urlsplit

from driftscan.drift.state import State
from driftscan.evidence.served import Served
from driftscan.nginx.config import Node, named
from driftscan.nginx.directives.http_ssl import (
    SSL_STAPLING,
    SSL_STAPLING_FILE,
    SSL_STAPLING_RESPONDER,
    SSL_TRUSTED_CERTIFICATE,
)
from driftscan.nginx.servers import Server, families


class Stapling(Enum):
    """What comes of it."""

    OFF = "nothing asks for it"
    DONE = "nginx has what it needs to ask for a response"
    NO_ISSUER = "the certificate of the issuer is not found"
    NO_RESPONDER = "there is no responder to ask"
    NO_RESOLVER = "the responder is asked at the address that it had when nginx was loaded"
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
    host = responder_host(server, held)
    if host is None:
        return Stapling.NO_RESPONDER
    return Stapling.DONE if _is_address(host) or _has_resolver(server, state) else Stapling.NO_RESOLVER


def responder_host(server: Server, held: Served) -> str | None:
    """The host that a server asks for the status of a certificate; `None` where there is none that nginx could ask."""
    url = server[SSL_STAPLING_RESPONDER].value or next(iter(held.own.ocsp), "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme == "http" else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _has_resolver(server: Server, state: State) -> bool:
    """Whether a `resolver` is in scope; one of a location is not.

    Of a server that may have one in a part that could not be read, it is not known what it sends either.
    """
    return any(True for block in _around(server, state) for _ in named(block, "resolver"))


def _around(server: Server, state: State) -> Iterator[tuple[Node, ...]]:
    """The block of a server and the one around it."""
    yield server.block
    for _, outer, _ in families(state.config):
        if any(block.at == server.at for block in named(outer.inside(), "server")):
            yield outer.inside()
