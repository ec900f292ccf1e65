"""The servers of a configuration: their names, what they listen on, and every setting with its origin.

http, stream and mail each have servers, with the same rules for what a server says itself, what it inherits from the
block around it, and what is built into nginx (the merge phase of ngx_http_block, ngx_stream_block, ngx_mail_block).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from driftscan.history.platform import Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Gap, GapKind, Location, MainConfig, Node, ResolvedConfig, named
from driftscan.nginx.directives import DECLARATIONS
from driftscan.nginx.directives.base import AnySetting, Declaration, Family, Setting
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.hsts import HSTS, Sent, sent_by
from driftscan.nginx.directives.hsts import setting as hsts_setting
from driftscan.nginx.headers import Headers, by_level
from driftscan.nginx.levels import Level, default_origin, merged, read_level
from driftscan.nginx.listen import Listen, implicit, read_listen
from driftscan.nginx.names import normal

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Server:
    """One `server {}`. Compared by identity; what makes two of them the same host is decided elsewhere."""

    family: Family
    at: Location
    opened: Location
    """The line of its opening brace, which is the one that nginx names."""
    block: tuple[Node, ...]
    names: tuple[str, ...]
    """As nginx compares them, in order; `("",)` when there is no `server_name` (0.8.48+)."""
    name_places: tuple[Location, ...]
    listens: tuple[Listen, ...]
    own: Level
    around: Level
    """What the block around it says."""
    platform: Platform
    prefix: str
    """The directory of the main file on the host, where relative names begin."""
    outer: Headers
    """The headers of `http {}`, which count if the server adds none of its own."""
    headers: Mapping[str, Headers]
    """The headers it adds: at its own level (key `""`) and in each location."""
    hsts_sent: Mapping[str, Sent]
    """Where HSTS is sent or was dropped, by the same levels."""
    gaps: tuple[Gap, ...]
    _settings: dict[str, AnySetting]
    """Settings already merged, by directive."""

    def __getitem__(self, declaration: Declaration[T]) -> Setting[T]:
        """The value configured for this server, after inheritance and defaults (merge phase of nginx)."""
        name = declaration.name
        known = self._settings.get(name)
        if known is None:
            # A directive of the same name is another declaration in another family, and in some there is none.
            own = COMPARED[self.family].get(name)
            known = (
                Setting(None, default_origin(self.platform))
                if own is None
                else merged((self.own, self.around), own, self.platform)
            )
            self._settings[name] = known
        # The dictionary holds a Setting[T] under the name of each Declaration[T]; no type can say so.
        return cast("Setting[T]", known)

    def is_in(self, around: Level, outer: Headers, platform: Platform) -> bool:
        """Whether these are the surroundings that the server's settings were worked out in."""
        return self.around == around and self.outer == outer and self.platform.knowledge == platform.knowledge

    def settled(self) -> frozenset[str]:
        """The names of the directives whose value is more than a default of nginx."""
        levels = (self.own, self.around)
        return frozenset(
            {HSTS.name, *(name for level in levels for name in (*level.written, *level.refused))}
        ) & frozenset(COMPARED[self.family])

    @property
    def name(self) -> str:
        """What people call it: its first name that a client could ask for, else its first name."""
        return next((name for name in self.names if name not in {"", "_"}), self.names[0])


_INHERIT_SINCE = NginxVersion(1, 29, 3)
"""`add_header_inherit` (CHANGES 1.29.3)."""


def families(config: ResolvedConfig) -> Iterator[tuple[MainConfig, Directive, Family]]:
    """Every block of a configuration that holds servers, in the order nginx reads them."""
    for main in config.mains:
        for outer in named(main.nodes, *Family):
            yield main, outer, Family(outer.name)


def build_servers(
    config: ResolvedConfig, platform: Platform, known: Iterable[Server] = ()
) -> tuple[tuple[Server, ...], tuple[Gap, ...]]:
    """Every server in the order nginx reads them, and what of them could not be understood.

    Args:
        config: the configuration.
        platform: the versions that defaults depend on.
        known: the servers of the configuration before. One whose block and surroundings are the same is taken over
            as it is, with the settings that were worked out for it.
    """
    # An empty block is no object of its own: Python has one empty tuple.
    before = {(server.prefix, id(server.block)): server for server in known if server.block}
    servers: list[Server] = []
    gaps: list[Gap] = []
    for main, outer, family in families(config):
        level = read_level(outer.inside(), main.prefix, DECLARATIONS[family])
        gaps.extend(level.refused.values())
        headers = Headers(platform.nginx.version >= _INHERIT_SINCE).below(outer.inside())
        for block in named(outer.inside(), "server"):
            server = before.pop((main.prefix, id(block.block)), None)
            if server is None or not server.is_in(level, headers, platform):
                server = _server(family, block, level, headers, platform, main.prefix)
            servers.append(server)
            gaps.extend(server.gaps)
    return tuple(servers), tuple(dict.fromkeys(gaps))


def _server(  # noqa: PLR0913, PLR0917 - everything that a server depends on
    family: Family, block: Directive, around: Level, outer: Headers, platform: Platform, prefix: str
) -> Server:
    own = read_level(block.inside(), prefix, DECLARATIONS[family])
    gaps = list(own.refused.values())
    listens: list[Listen] = []
    for directive in named(block.inside(), "listen"):
        try:
            listens.extend(read_listen(directive, family, platform.nginx.version))
        except ValueError as error:
            gaps.append(Gap(directive.at.path, str(error), GapKind.INVALID, directive.at))
    if family is Family.HTTP and not any(True for _ in named(block.inside(), "listen")):
        listens.append(implicit(block.at))
    name_lines = tuple(named(block.inside(), "server_name"))
    headers = outer.below(block.inside())
    levels = by_level(headers, block.inside()) if family is Family.HTTP else {"": headers}
    sent = sent_by(levels)
    hsts = {HSTS.name: hsts_setting(headers, sent, outer, default_origin(platform))}
    return Server(
        family=family,
        at=block.at,
        opened=block.read_at,
        block=block.inside(),
        names=tuple(normal(name) for line in name_lines for name in line.args) or ("",),
        name_places=tuple(line.at for line in name_lines),
        listens=tuple(listens),
        own=own,
        around=around,
        platform=platform,
        prefix=prefix,
        outer=outer,
        headers=levels,
        hsts_sent=sent,
        gaps=tuple(gaps),
        _settings=hsts if family is Family.HTTP else {},
    )
