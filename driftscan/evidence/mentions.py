"""Whether a server has anything to do with a variable, and whether it passes requests on."""

from collections.abc import Iterable, Iterator

from driftscan.drift.state import State
from driftscan.nginx.config import Directive, Location, Node, named
from driftscan.nginx.servers import Server

_LOGS = frozenset({"log_format", "access_log"})


def passed_on(server: Server) -> Location | None:
    """The first line of a server that passes requests on to an application; `None` where it serves files only."""
    return next((node.at for node in _inside(server.block) if node.name.endswith("_pass")), None)


def mentions(state: State, server: Server, variable: str) -> bool:
    """Whether a variable, or one whose name begins like it, is made use of in a server or for it; logs do not count."""
    around = (node for main in state.config.mains for http in named(main.nodes, "http") for node in http.inside())
    outer = (node for node in around if isinstance(node, Directive) and node.name != "server")
    return any(_names(node, variable) for node in (*_inside(server.block), *_inside(tuple(outer))))


def _inside(nodes: Iterable[Node]) -> Iterator[Directive]:
    for node in nodes:
        if isinstance(node, Directive):
            yield node
            yield from _inside(node.inside())


def _names(directive: Directive, variable: str) -> bool:
    spelled = (f"${variable}", f"${{{variable}")
    return directive.name not in _LOGS and any(word in argument for argument in directive.args for word in spelled)
