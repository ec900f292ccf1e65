"""Certificates that only fill a place until there is a real one, and servers with public names that send them.

They are known by where they are: certbot's nginx plugin makes one in its work directory, which lies outside /etc
(`_get_snakeoil_paths` of its configurator, before 5.1.0), and Debian's ssl-cert one in /etc/ssl/certs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from driftscan.drift.state import State
from driftscan.evidence.trial_hosts import is_for_visitors
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.servers import Server
from driftscan.tls.answers import is_loopback
from driftscan.tls.coverage import certificate_paths
from driftscan.tls.offered import holder

_CERTBOTS: Final = re.compile(r".*/snakeoil/(?:[0-9]{4}_)?cert\.pem")
_DEBIANS: Final = "/etc/ssl/certs/ssl-cert-snakeoil.pem"


@dataclass(frozen=True, slots=True)
class Makeshift:
    """A server that sends one of them."""

    server: Server
    path: str
    """On the host."""
    by_certbot: bool
    places: tuple[Location, ...]
    """The lines that name it."""


def makeshifts(state: State) -> Iterator[Makeshift]:
    """Every server that answers for a public name with one of them and with nothing else.

    Not where only this very host can connect: what is in front of nginx there need not look at the certificate.
    """
    told: set[int] = set()
    for at in state.endpoints.values():
        if id(at.server) in told or not is_for_visitors(at.name) or is_loopback(at.socket.address):
            continue
        paths = certificate_paths(at) or ()
        by_certbot = any(_CERTBOTS.fullmatch(path) for path in paths)
        if len(paths) == 1 and (by_certbot or paths[0] == _DEBIANS):
            told.add(id(at.server))
            places = holder(at)[SSL_CERTIFICATE].places or (at.server.at,)
            yield Makeshift(at.server, paths[0], by_certbot, places)
