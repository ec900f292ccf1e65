"""What a server answers to a request: a redirect, an error, or something that it serves.

nginx runs the rewriting lines of the server, looks for a location, and runs those of the location
(ngx_http_core_module's phases up to NGX_HTTP_CONTENT_PHASE). What an application behind it answers is not in /etc.
"""

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from driftscan.nginx.config import Directive, Location, Node, hole, named
from driftscan.nginx.rewriting import Refused, Request, Response, Served, Unclear, Way, replaced, run, served_by
from driftscan.nginx.servers import Server
from driftscan.nginx.taking import NotSure, taking

_MOST_ROUNDS: Final = 10
"""After so many internal redirects nginx gives up (NGX_HTTP_MAX_URI_CHANGES)."""
_DECIDING: Final = frozenset({"return", "rewrite"})


@functools.lru_cache(maxsize=2048)  # a server is the same object in every state in which nothing of it changed
def responses(server: Server, request: Request) -> tuple[Response, ...]:
    """Everything that a server may answer; more than one where it depends on what only a request can tell."""
    if hole(server.block) is not None:
        return (Unclear(),)
    way = Way(request, server.names[0], request.path, replaced=replaced(server.block))
    return tuple(dict.fromkeys(_of_server(server.block, way)))


def may_redirect(server: Server) -> bool:
    """Whether any line of a server can send visitors elsewhere."""
    return any(_deciding(server.block))


def _deciding(block: tuple[Node, ...]) -> Iterator[bool]:
    for node in block:
        if isinstance(node, Directive):
            if node.name in _DECIDING:
                yield True
            elif node.block is not None:
                yield from _deciding(node.block)


def _of_server(block: tuple[Node, ...], way: Way) -> Iterator[Response]:
    for came in run(block, way):
        if isinstance(came, Way):
            yield from _of_location(block, replace(came, stopped=False, again=False, served=None), _MOST_ROUNDS)
        else:
            yield came


def _of_location(block: tuple[Node, ...], way: Way, rounds: int) -> Iterator[Response]:
    through = taking(block, way.path) if way.path is not None and rounds else NotSure.NOT_SURE
    if isinstance(through, NotSure):
        yield Unclear()
        return
    if not through:
        yield _content((block,), way)
        return
    if any(hole(location.inside()) is not None for location in through):
        yield Unclear()
        return
    levels = (block, *(location.inside() for location in through))
    way = replace(way, replaced=way.replaced.union(*map(replaced, levels)))
    for came in run(levels[-1], way):
        if not isinstance(came, Way):
            yield came
        elif came.again:
            yield from _of_location(block, replace(came, stopped=False, again=False), rounds - 1)
        else:
            yield _content(levels, came)


def _content(levels: tuple[tuple[Node, ...], ...], way: Way) -> Response:
    """What is answered when nothing was rewritten away; `levels` from the server to the innermost location."""
    own = levels[-1]
    internal = next(named(own, "internal"), None)
    if internal is not None:
        return Refused(404, internal.at)
    for level in reversed(levels):
        rules = tuple(named(level, "allow", "deny"))
        if rules and any(line.name == "deny" and line.args == ("all",) for line in rules):
            # Those who are allowed in may be anybody.
            return Unclear() if any(line.name == "allow" for line in rules) else Refused(403, rules[0].at)
        if rules:
            break
    return Served(way.served or _shown(levels))


def _shown(levels: tuple[tuple[Node, ...], ...]) -> Location | None:
    """The line that says what is served: of the location itself, or a `root` around it."""
    for at in served_by(levels[-1]):
        return at
    return next((line.at for level in reversed(levels) for line in named(level, "root")), None)
