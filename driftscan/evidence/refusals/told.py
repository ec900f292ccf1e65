"""What is found out about a refusal, and how to look for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from driftscan.drift.findings import Need
from driftscan.drift.state import State
from driftscan.nginx.config import Directive, Hole, Location, Node
from driftscan.nginx.directives.base import Family
from driftscan.nginx.listen import Listen
from driftscan.nginx.loadtest import Message
from driftscan.nginx.servers import Server

_CERTBOT: Final = "letsencrypt/"


def is_certbots(at: Location) -> bool:
    """Whether a line is in a file that certbot keeps up to date: such a file is not for us to edit."""
    return at.path.startswith(_CERTBOT)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A message, the line it is about, and the names that it mentions."""

    state: State
    message: Message
    at: Location
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """What nginx stops at, and what else has a part in it."""

    at: Location
    """The line to look at first."""
    variant: str
    """Which of the pattern's messages tells it; empty where nginx's own words must do."""
    facts: tuple[tuple[str, str], ...]
    others: tuple[Location, ...] = ()
    """The other lines of it."""
    directive: Directive | None = None
    """The one that is to be changed, where it is known."""
    server: Server | None = None
    listens: tuple[Listen, ...] = ()
    """Of two that exclude each other the first and the second."""
    needs: frozenset[Need] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """A directive where it stands."""

    directive: Directive
    siblings: tuple[Node, ...]
    """Everything in the same block."""
    family: Family | None
    prefix: str

    def is_read(self, name: str, at: Location) -> bool:
        """Whether it is the one of this name that nginx has read to its end at a line."""
        return self.directive.name == name and self.directive.read_at == at


def standing(state: State) -> Iterator[Standing]:
    """Every directive of a configuration, in nginx's order."""
    for main in state.config.mains:
        yield from _standing(main.nodes, None, main.prefix)


def _standing(nodes: tuple[Node, ...], family: Family | None, prefix: str) -> Iterator[Standing]:
    for node in nodes:
        if isinstance(node, Hole):
            continue
        yield Standing(node, nodes, family, prefix)
        if node.block is not None:
            outermost = family is None and node.name in set(Family)
            yield from _standing(node.block, Family(node.name) if outermost else family, prefix)
