"""Where nginx is the TLS client: the places that pass requests on, and the settings in force at each.

A place is a location (or `if` in one) with `proxy_pass`, `grpc_pass` or `uwsgi_pass`, or a server of stream with
`proxy_pass`. TLS is spoken to `https://`, `grpcs://` and `suwsgi://`, and in stream where `proxy_ssl` is on. With a
variable in the address nginx does not look at the scheme before a request comes, and makes a TLS context all the same
(ngx_http_proxy_pass; observed on 1.22.1 for `http://$host`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from driftscan.history.platform import Platform
from driftscan.nginx.config import Directive, Location, Node, ResolvedConfig, named
from driftscan.nginx.directives.base import AnySetting, Declaration, Family, Setting
from driftscan.nginx.directives.upstream_ssl import UPSTREAM_SIDES, UpstreamSide
from driftscan.nginx.levels import Level, merged, read_level
from driftscan.nginx.servers import Server, families

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Upstream:
    """One place that passes requests on."""

    server: Server
    path: str
    """The locations around it, outer ones first, as written; empty for a server of stream."""
    side: UpstreamSide
    target: str
    """The address as written."""
    at: Location
    settings_at: Location
    """The innermost block that may hold its settings: a location, or the server."""
    levels: tuple[Level, ...]
    """What the blocks around it say, the innermost first."""
    platform: Platform
    _settings: dict[str, AnySetting]

    def __getitem__(self, declaration: Declaration[T]) -> Setting[T]:
        """The value in force here, after inheritance and defaults."""
        if declaration.name not in self._settings:
            self._settings[declaration.name] = merged(self.levels, declaration, self.platform)
        # The dictionary holds a Setting[T] under the name of each Declaration[T]; no type can say so.
        return cast("Setting[T]", self._settings[declaration.name])

    @property
    def settled(self) -> frozenset[str]:
        """The names of the directives whose value is more than a default of nginx."""
        return frozenset(name for level in self.levels for name in (*level.written, *level.refused))

    @property
    def tls(self) -> bool:
        """Whether nginx makes a TLS context for it: it speaks TLS there, or has a variable in its address."""
        if self.side.switch is not None:
            return self[self.side.switch].value is True
        return self.target.lower().startswith(self.side.schemes) or self.by_variable

    @property
    def speaks_tls(self) -> bool:
        """Whether requests go on by TLS, or may: what is written before a variable can say that they do not."""
        scheme, colon, _ = self.target.partition("://")
        return self.tls and not (self.by_variable and colon and "$" not in scheme)

    @property
    def by_variable(self) -> bool:
        """Whether there is a variable in the address, and no scheme of TLS before it."""
        return "$" in self.target and not self.target.lower().startswith(self.side.schemes)


def upstreams(config: ResolvedConfig, servers: Iterable[Server]) -> tuple[Upstream, ...]:
    """Every place that passes requests on, by TLS or not.

    Args:
        config: the configuration.
        servers: its servers, in the order nginx reads them.
    """
    found: list[Upstream] = []
    waiting = iter(servers)
    for main, outer, family in families(config):
        sides = [side for side in UPSTREAM_SIDES if side.family is family]
        around = [read_level(outer.inside(), main.prefix, side.declarations) for side in sides]
        for _, server in zip(named(outer.inside(), "server"), waiting, strict=False):
            # Most servers have one way of passing on, or none: the others need not be looked through.
            passing = frozenset(_passing(server.block))
            for side, level in zip(sides, around, strict=True):
                if side.passing in passing:
                    own = read_level(server.block, server.prefix, side.declarations)
                    found.extend(_of_block(server, side, server.block, "", (own, level), server.at))
    return tuple(found)


def _passing(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Directive):
            if node.block is not None:
                yield from _passing(node.block)
            elif node.name.endswith("_pass"):
                yield node.name


def _of_block(  # noqa: PLR0913, PLR0917 - everything that a place depends on
    server: Server, side: UpstreamSide, block: tuple[Node, ...], path: str, levels: tuple[Level, ...], at: Location
) -> Iterator[Upstream]:
    for directive in named(block, side.passing):
        target = "".join(directive.args[:1])
        yield Upstream(server, path, side, target, directive.at, at, levels, server.platform, {})
    for inner in named(block, "location", "if") if server.family is Family.HTTP else ():
        level = read_level(inner.inside(), server.prefix, side.declarations)
        deeper = f"{path} {_title(inner)}".strip()
        within = inner.at if inner.name == "location" else at
        yield from _of_block(server, side, inner.inside(), deeper, (level, *levels), within)


def _title(block: Directive) -> str:
    return " ".join(block.args if block.name == "location" else (block.name, *block.args))
