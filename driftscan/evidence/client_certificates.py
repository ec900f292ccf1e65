"""Who is let in with which client certificate, or without any.

nginx: ngx_http_process_request answers 400 where `ssl_verify_client on` got no certificate, or one that is not good;
`optional` leaves it to the configuration ($ssl_client_verify) or to the application.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.state import State, once
from driftscan.nginx.config import Location, named
from driftscan.nginx.directives.http_ssl import SSL_CLIENT_CERTIFICATE, SSL_TRUSTED_CERTIFICATE, SSL_VERIFY_CLIENT
from driftscan.nginx.redirects import sample
from driftscan.nginx.responses import responses
from driftscan.nginx.rewriting import Refused, Request, Unclear
from driftscan.nginx.servers import Server
from driftscan.tls.endpoints import Endpoint


@once
def verification(state: State, at: Endpoint) -> str | None:
    """`ssl_verify_client` as clients of an endpoint meet it; `None` where it is not known."""
    met = at.in_force(SSL_VERIFY_CLIENT, state.platform)
    return met.value if met.known and isinstance(met.value, str) else None


def admits_strangers(state: State, at: Endpoint, path: str = "/") -> bool | None:
    """Whether somebody without a client certificate is shown the page at a path; `None` where it cannot be told."""
    verified = verification(state, at)
    host = sample(at.name)
    if verified is None or host is None:
        return None
    if verified == "on":
        return False
    found = responses(at.server, Request("https", host, at.socket.address.port, path))
    if any(isinstance(one, Unclear) for one in found):
        return None
    return not all(isinstance(one, Refused) for one in found)


def guarded(server: Server) -> Iterator[str]:
    """The paths of a server with rules of their own; those that are matched by expressions are left out."""
    for location in named(server.block, "location"):
        if location.args and location.args[-1].startswith("/") and not location.args[0].startswith("~"):
            yield location.args[-1]


@dataclass(frozen=True, slots=True)
class Authority:
    """Who may vouch for a client certificate: a name with its key, whatever certificate shows them."""

    subject: str
    key: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """The authorities that client certificates of an endpoint are checked against."""

    files: tuple[str, ...]
    """By their paths on the host."""
    authorities: frozenset[Authority] | None
    """`None` where a file could not be read."""
    lines: tuple[Location, ...]


def trusted(state: State, at: Endpoint) -> Trusted | None:
    """What is trusted at an endpoint; `None` where the configuration does not tell."""
    met = [at.in_force(which, state.platform) for which in (SSL_CLIENT_CERTIFICATE, SSL_TRUSTED_CERTIFICATE)]
    if not all(one.known for one in met):
        return None
    files = tuple(one.value for one in met if isinstance(one.value, str))
    held = [file.certificates if (file := state.config.named.get(path)) is not None else None for path in files]
    known = [one for one in held if one is not None and one.complete]
    authorities = frozenset(
        Authority(certificate.subject, certificate.key_digest) for one in known for certificate in one.certificates
    )
    places = tuple(place for one in met for place in one.setting.places)
    return Trusted(files, authorities if len(known) == len(held) else None, places)
