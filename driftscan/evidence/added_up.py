"""Lines of `ssl_protocols` that add up, with the servers whose clients meet the sum."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.state import State
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.protocol_lines import AddedUp, added_up
from driftscan.nginx.servers import Server


@dataclass(frozen=True, slots=True)
class Met:
    """Lines of one block, and the servers that have their sum, of those that clients can connect to."""

    level: AddedUp
    servers: tuple[Server, ...]


def met_added_up(state: State) -> Iterator[Met]:
    """Every block whose lines of `ssl_protocols` differ and whose sum some client meets.

    Of most configurations none: the settings of the servers tell without a look at any line.
    """
    several = [server for server in state.servers if len(server[SSL_PROTOCOLS].places) > 1]
    if not several:
        return
    decisive = {id(endpoint.in_force(SSL_PROTOCOLS, state.platform).server) for endpoint in state.endpoints.values()}
    for block in added_up(state.config):
        places = tuple(line.at for line in block.lines)
        servers = tuple(
            server
            for server in several
            if id(server) in decisive
            and server.family is block.family
            and server[SSL_PROTOCOLS].places == places
            and isinstance(server[SSL_PROTOCOLS].origin, Explicit) is (block.server is not None)
            and (block.server is None or block.server.at == server.at)
        )
        if servers:
            yield Met(block, servers)
