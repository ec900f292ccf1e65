"""Names that two servers of one socket claim: the one that nginx reads first keeps them.

nginx warns of it (`conflicting server name "x" on 0.0.0.0:443, ignored`, ngx_http_server_names) and goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.nginx.config import Directive, Node
from driftscan.nginx.names import UNREACHABLE, claims
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket


@dataclass(frozen=True, slots=True)
class NameConflict:
    """A name that a server claims in vain on one socket."""

    name: str
    socket: Socket
    winner: Server
    loser: Server


def name_conflicts(socket: Socket) -> Iterator[NameConflict]:
    """Every name of a socket that a later server claims too; not those that no client asks for."""
    if len(socket.listens) < 2:
        return
    taken: dict[tuple[str, str], Server] = {}
    for server in socket.servers:
        for name in server.names:
            # A regular expression may stand twice: the first one that matches answers.
            if name in UNREACHABLE or name.startswith("~"):
                continue
            for claim in claims(name):
                winner = taken.setdefault(claim, server)
                if winner is not server:
                    yield NameConflict(name, socket, winner, server)
                    break


def is_copy(one: Server, other: Server) -> bool:
    """Whether two servers say the same, word for word, wherever they stand."""
    return _meaning(one.block) == _meaning(other.block)


def _meaning(nodes: tuple[Node, ...]) -> list[object]:
    return [
        (node.name, node.args, None if node.block is None else _meaning(node.block))
        if isinstance(node, Directive)
        else node
        for node in nodes
    ]
