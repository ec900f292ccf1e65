"""`add_header`: which headers nginx adds to the answers of a server and of each of its locations.

A level with any `add_header` drops every one of the levels above (ngx_http_headers_merge_conf: the array is
inherited only when the level has none). So a location that adds one unrelated header loses all others.
`add_header_inherit` (1.29.3+) changes that: `merge` adds the outer list, `off` never takes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from driftscan.nginx.config import Directive, Gap, Location, Node, hole, named


@dataclass(frozen=True, slots=True)
class Header:
    """One header that nginx adds."""

    name: str
    value: str
    always: bool
    """Sent with every status, not only with successes and redirects."""
    at: Location

    @property
    def text(self) -> str | None:
        """The directive that adds it; `None` where its value would have to be written in another way than it was."""
        if any(character in self.value for character in '"\\\n'):
            return None
        return f'add_header {self.name} "{self.value}"{" always" if self.always else ""};'


@dataclass(frozen=True, slots=True)
class Headers:
    """The header lines in force at one level: `http {}`, a server, or a location."""

    can_merge: bool
    """Whether this nginx knows `add_header_inherit` (1.29.3+)."""
    lines: tuple[Directive, ...] = ()
    """Every `add_header` that applies, of any name, inner ones first."""
    mode: str = "on"
    """`add_header_inherit` in force: on, off or merge."""
    hole: Gap | None = None
    """A part of this level, or of one whose lines still apply, that could not be read."""
    unread: Gap | None = None
    """A part of this very level that could not be read."""
    location: Directive | None = None
    """The location whose level it is; `None` for `http {}` and a server."""

    def below(self, block: tuple[Node, ...]) -> "Headers":
        """The same for a block inside this level."""
        own = tuple(named(block, "add_header"))
        gap = hole(block)
        inner = replace(self, unread=gap, location=None)
        if self.can_merge:
            mode = next((line.args[0] for line in named(block, "add_header_inherit") if line.args), self.mode)
            inner = replace(inner, mode=mode)
        if inner.mode == "merge":
            return replace(inner, lines=own + self.lines, hole=gap or self.hole)
        if own or gap is not None or inner.mode == "off":
            # One header in the part that could not be read is enough to drop those of the levels above.
            return replace(inner, lines=own, hole=gap)
        return inner

    def first(self, name: str) -> Header | None:
        """The first header of a name, in lower case; one with an empty value is not sent."""
        lines = (line for line in self.lines if len(line.args) >= 2 and line.args[0].lower() == name)
        return next((_header(line) for line in lines if line.args[1]), None)

    def all(self) -> tuple[Header, ...]:
        """Every header, as written."""
        return tuple(_header(line) for line in self.lines if len(line.args) >= 2)


def _header(line: Directive) -> Header:
    return Header(line.args[0], line.args[1], "always" in line.args[2:], line.at)


def by_level(headers: Headers, block: tuple[Node, ...]) -> dict[str, Headers]:
    """The headers at a server's own level (key `""`) and in each location, nested ones included.

    The key of a location is what it matches, as written. Of two with the same key the first one is told.
    """
    found = {"": headers}
    for location in named(block, "location"):
        levels = by_level(headers.below(location.inside()), location.inside())
        found.setdefault(" ".join(location.args), replace(levels.pop(""), location=location))
        found.update({name: level for name, level in levels.items() if name not in found})
    return found


_START_PAGE = ("= /", "=/", "/", "^~ /", "^~/")


def start_page(levels: Mapping[str, object]) -> str:
    """Which of these levels (keys as in :func:`by_level`) answers a request for `/`."""
    return next((name for name in _START_PAGE if name in levels), "")
