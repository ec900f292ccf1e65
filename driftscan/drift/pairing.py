"""Which servers of two states are the same host to a visitor.

A visitor sees sockets and names, so those are a server's identity; the file it stands in and its position are not.
A server that moves to another file is the same server, one whose name changes is one server renamed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from driftscan.nginx.config import Directive
from driftscan.nginx.directives.base import Family
from driftscan.nginx.listen import Address
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.servers import Server


@dataclass(frozen=True, slots=True)
class Pairs:
    """Servers before and after that are the same, and those that are not."""

    same: tuple[tuple[Server, Server], ...]
    removed: tuple[Server, ...]
    added: tuple[Server, ...]


def pair_servers(before: Iterable[Server], after: Iterable[Server]) -> Pairs:
    """Pair by sockets and names; then by what they share of both; then renamed servers by what they hold."""
    olds = {id(server): server for server in before}
    news = {id(server): server for server in after}
    same: list[tuple[Server, Server]] = []

    def take(old: Server, new: Server) -> None:
        same.append((olds.pop(id(old)), news.pop(id(new))))

    waiting: dict[object, list[Server]] = defaultdict(list)
    for new in news.values():
        waiting[_identity(new)].append(new)
    for old in tuple(olds.values()):
        if waiting[_identity(old)]:
            take(old, waiting[_identity(old)].pop(0))

    for measure in (_overlap, _both_catch_all, _same_host_renamed):
        scored = [
            (-score, i, j, old, new)
            for i, old in enumerate(olds.values())
            for j, new in enumerate(news.values())
            if old.family is new.family and (score := measure(old, new)) > 0
        ]
        for _, _, _, old, new in sorted(scored, key=lambda row: row[:3]):
            if id(old) in olds and id(new) in news:
                take(old, new)
    return Pairs(tuple(same), tuple(olds.values()), tuple(news.values()))


def _addresses(server: Server) -> frozenset[Address]:
    return frozenset(listen.address for listen in server.listens)


def _identity(server: Server) -> tuple[Family, frozenset[Address], frozenset[str]]:
    return server.family, _addresses(server), frozenset(server.names)


def _overlap(old: Server, new: Server) -> int:
    """How many names on how many sockets a visitor would find at both."""
    names = (frozenset(old.names) & frozenset(new.names)) - UNREACHABLE
    shared = len(_addresses(old) & _addresses(new))
    # A server that changed its port keeps its names; weigh that below any shared endpoint. Where a server was divided
    # in two equal parts, the one that kept what people call it is the old one.
    return (len(names) * shared * 1000 + len(names)) * 2 + (old.name == new.name) if names else 0


def _both_catch_all(old: Server, new: Server) -> int:
    """How many sockets two servers share that no name selects: `listen` is all there is to such a server."""
    nameless = UNREACHABLE.issuperset(old.names) and UNREACHABLE.issuperset(new.names)
    return len(_addresses(old) & _addresses(new)) if nameless else 0


def _same_host_renamed(old: Server, new: Server) -> int:
    """No common name, but the same sockets and nearly the same block: one server that was renamed.

    In the same file half of the lines must have stayed; in another file all of them, because hosts made from one
    template, with one wildcard certificate, differ in little more than their name.
    """
    if _addresses(old) != _addresses(new):
        return 0
    kept = _likeness(old, new)
    needed = 50 if old.at.path == new.at.path else 100
    return kept if kept >= needed else 0


def _likeness(old: Server, new: Server) -> int:
    """How many per cent of the lines of two blocks are the same, names aside."""
    lines = [
        {(node.name, node.args) for node in server.block if isinstance(node, Directive) and node.name != "server_name"}
        for server in (old, new)
    ]
    return 100 * len(lines[0] & lines[1]) // max(len(lines[0] | lines[1]), 1)
