"""The single lines of `ssl_protocols`, where several in one block add up to one set (ngx_conf_set_bitmask_slot)."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.nginx.config import Directive, Location, Node, ResolvedConfig, named
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.directives.values import Occurrences, Protocol, Refusal
from driftscan.nginx.servers import families


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One line, and the protocols that it would enable alone."""

    at: Location
    protocols: frozenset[Protocol]


@dataclass(frozen=True, slots=True)
class AddedUp:
    """A block with several lines that are not the same."""

    family: Family
    server: Directive | None
    """The server; `None` for the block around the servers."""
    lines: tuple[ProtocolLine, ...]

    @property
    def union(self) -> frozenset[Protocol]:
        """What they enable together."""
        return frozenset().union(*(line.protocols for line in self.lines))


def added_up(config: ResolvedConfig) -> Iterator[AddedUp]:
    """Every block of servers, and every server, whose lines differ from each other."""
    for _, outer, family in families(config):
        yield from _block(outer.inside(), family, None)
        for server in named(outer.inside(), "server"):
            yield from _block(server.inside(), family, server)


def _block(nodes: tuple[Node, ...], family: Family, server: Directive | None) -> Iterator[AddedUp]:
    lines = []
    for directive in named(nodes, SSL_PROTOCOLS.name):
        try:
            read = SSL_PROTOCOLS.read(Occurrences((directive.args,), ""))
        except Refusal:
            return
        lines.append(ProtocolLine(directive.at, read or frozenset()))
    if len({line.protocols for line in lines}) > 1:
        yield AddedUp(family, server, tuple(lines))
