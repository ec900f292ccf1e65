"""The http servers of a configuration: their names, what they listen on, and every setting with its origin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from driftscan.history.platform import Evidence, Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Gap, GapKind, Location, Node, ResolvedConfig, hole, named
from driftscan.nginx.directives import HTTP_DECLARATIONS
from driftscan.nginx.directives.base import (
    AnySetting,
    Declaration,
    Default,
    Explicit,
    Inherited,
    Repetition,
    Setting,
    Unknown,
    fact,
)
from driftscan.nginx.directives.hsts import HSTS, Headers, Sent, sent_by
from driftscan.nginx.directives.hsts import setting as hsts_setting
from driftscan.nginx.directives.values import Occurrences
from driftscan.nginx.listen import Listen, implicit, read_listen
from driftscan.nginx.names import normal

T = TypeVar("T")


_MAY_GO_ON = frozenset({Repetition.UNION, Repetition.LAST})
"""Where a line in a part that could not be read may undo a change of the lines that are written.

A list does not: with other lines before the unread ones it is another list.
"""


@dataclass(frozen=True, slots=True)
class Level:
    """What one block says itself: `http {}` or one `server {}`."""

    written: Mapping[str, tuple[Any, tuple[Location, ...]]]
    """By directive: the value of all occurrences, and their lines."""
    refused: Mapping[str, Gap]
    """By directive: why its arguments mean nothing."""
    hole: Gap | None
    """A part of the block that could not be read: whatever is not written elsewhere may be written there."""


def read_level(block: tuple[Node, ...], prefix: str) -> Level:
    """Read every declared directive of a block, nested blocks not included."""
    found: dict[str, list[Directive]] = {}
    for directive in named(block, *HTTP_DECLARATIONS):
        found.setdefault(directive.name, []).append(directive)
    written: dict[str, tuple[Any, tuple[Location, ...]]] = {}
    refused: dict[str, Gap] = {}
    for name, directives in found.items():
        occurrences = Occurrences(tuple(directive.args for directive in directives), prefix)
        try:
            value = HTTP_DECLARATIONS[name].read(occurrences)
        except (ValueError, IndexError) as error:
            at = directives[0].at
            refused[name] = Gap(at.path, f"{name}: {error}", GapKind.INVALID, at)
        else:
            written[name] = (value, tuple(directive.at for directive in directives))
    return Level(written, refused, hole(block))


@dataclass(frozen=True, slots=True, eq=False)
class Server:
    """One `server {}` of http. Compared by identity; what makes two of them the same host is decided elsewhere."""

    at: Location
    block: tuple[Node, ...]
    names: tuple[str, ...]
    """As nginx compares them, in order; `("",)` when there is no `server_name` (0.8.48+)."""
    name_places: tuple[Location, ...]
    listens: tuple[Listen, ...]
    own: Level
    http: Level
    platform: Platform
    prefix: str
    """The directory of the main file on the host, where relative names begin."""
    outer: Headers
    """The headers of `http {}`, which count if the server adds none of its own."""
    hsts_sent: Mapping[str, Sent]
    """Where HSTS is sent or was dropped: at the server's own level (key `""`) and in each location."""
    gaps: tuple[Gap, ...]
    _settings: dict[str, AnySetting]
    """Settings already merged, by directive."""

    def __getitem__(self, declaration: Declaration[T]) -> Setting[T]:
        """The value configured for this server, after inheritance and defaults (merge phase of nginx)."""
        known = self._settings.get(declaration.name)
        if known is None:
            known = self._settings[declaration.name] = self._merge(declaration)
        # The dictionary holds a Setting[T] under the name of each Declaration[T]; no type can say so.
        return cast("Setting[T]", known)

    def _merge(self, declaration: Declaration[T]) -> AnySetting:
        name = declaration.name
        for level, origin in ((self.own, Explicit), (self.http, Inherited)):
            if name in level.refused:
                return Setting(None, Unknown(level.refused[name]))
            if name in level.written and (level.hole is None or declaration.repetition not in _MAY_GO_ON):
                value, at = level.written[name]
                if level is self.own and declaration.inherit is not None and name in self.http.written:
                    value = declaration.inherit(value, self.http.written[name][0])
                return Setting(declaration.finish(value) if declaration.finish else value, origin(at))
            if level.hole is not None:
                return Setting(None, Unknown(level.hole))
        return Setting(fact(declaration.default, self.platform), default_origin(self.platform))

    def is_in(self, http: Level, outer: Headers, platform: Platform) -> bool:
        """Whether these are the surroundings that the server's settings were worked out in."""
        return self.http == http and self.outer == outer and self.platform.knowledge == platform.knowledge

    def settled(self) -> frozenset[str]:
        """The names of the directives whose value is more than a default of nginx."""
        return frozenset({HSTS.name, *self.own.written, *self.own.refused, *self.http.written, *self.http.refused})

    @property
    def name(self) -> str:
        """What people call it: its first name that a client could ask for, else its first name."""
        return next((name for name in self.names if name not in {"", "_"}), self.names[0])


def default_origin(platform: Platform) -> Default:
    """Where a value comes from that is written nowhere."""
    return Default(platform.nginx.version, platform.nginx.evidence is Evidence.ASSUMED)


_INHERIT_SINCE = NginxVersion(1, 29, 3)
"""`add_header_inherit` (CHANGES 1.29.3)."""


def build_servers(
    config: ResolvedConfig, platform: Platform, known: Iterable[Server] = ()
) -> tuple[tuple[Server, ...], tuple[Gap, ...]]:
    """Every http server in the order nginx reads them, and what of them could not be understood.

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
    for main in config.mains:
        for http in named(main.nodes, "http"):
            level = read_level(http.inside(), main.prefix)
            gaps.extend(level.refused.values())
            headers = Headers(platform.nginx.version >= _INHERIT_SINCE).below(http.inside())
            for block in named(http.inside(), "server"):
                server = before.pop((main.prefix, id(block.block)), None)
                if server is None or not server.is_in(level, headers, platform):
                    server = _server(block, level, headers, platform, main.prefix)
                servers.append(server)
                gaps.extend(server.gaps)
    return tuple(servers), tuple(dict.fromkeys(gaps))


def _server(block: Directive, http: Level, outer: Headers, platform: Platform, prefix: str) -> Server:
    own = read_level(block.inside(), prefix)
    gaps = list(own.refused.values())
    listens: list[Listen] = []
    for directive in named(block.inside(), "listen"):
        try:
            listens.extend(read_listen(directive))
        except ValueError as error:
            gaps.append(Gap(directive.at.path, str(error), GapKind.INVALID, directive.at))
    if not any(True for _ in named(block.inside(), "listen")):
        listens.append(implicit(block.at))
    name_lines = tuple(named(block.inside(), "server_name"))
    headers = outer.below(block.inside())
    sent = sent_by(headers, block.inside())
    return Server(
        at=block.at,
        block=block.inside(),
        names=tuple(normal(name) for line in name_lines for name in line.args) or ("",),
        name_places=tuple(line.at for line in name_lines),
        listens=tuple(listens),
        own=own,
        http=http,
        platform=platform,
        prefix=prefix,
        outer=outer,
        hsts_sent=sent,
        gaps=tuple(gaps),
        _settings={HSTS.name: hsts_setting(headers, sent, outer, default_origin(platform))},
    )
