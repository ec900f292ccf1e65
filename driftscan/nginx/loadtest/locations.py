"""`location`: what nginx refuses of one as it reads it, and two of the same name.

nginx: ngx_http_core_location while it reads; ngx_http_init_locations, ngx_http_init_static_location_trees and
ngx_http_join_exact_locations at the end of `http {}`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final

from driftscan.nginx.config import Directive, Node, named
from driftscan.nginx.loadtest.verdict import Notes
from driftscan.nginx.names import compiles


class Kind(Enum):
    """What a location matches by."""

    EXACT = "="
    PREFIX = ""
    REGULAR = "~"
    NAMED = "@"


_MODIFIERS: Final = {"=": Kind.EXACT, "^~": Kind.PREFIX, "~": Kind.REGULAR, "~*": Kind.REGULAR}


@dataclass(frozen=True, slots=True)
class Location:
    """A location by what it matches; two prefixes are the same with `^~` and without."""

    kind: Kind
    name: str

    @classmethod
    def read(cls, args: tuple[str, ...]) -> "Location | None":
        """What the arguments mean; `None` where the modifier is none."""
        if len(args) > 1:
            kind = _MODIFIERS.get(args[0])
            return None if kind is None else cls(kind, args[1])
        word = args[0] if args else ""
        for modifier in ("=", "^~", "~*", "~"):
            if word.startswith(modifier):
                return cls(_MODIFIERS[modifier], word.removeprefix(modifier))
        return cls(Kind.NAMED if word.startswith("@") else Kind.PREFIX, word)


def check_written(directive: Directive, around: Location | None, notes: Notes) -> Location | None:
    """What is refused as soon as its opening brace is read, and what the location is.

    Args:
        directive: the location.
        around: the location that it stands in; `None` at the level of a server.
        notes: where it is told.
    """
    at, location = directive.read_at, Location.read(directive.args)
    if location is None:
        notes.refuse(f'invalid location modifier "{directive.args[0]}"', at)
        return None
    if location.kind is Kind.REGULAR and not compiles(f"~{location.name}"):
        notes.doubt(f'the regular expression in location "{location.name}" may not compile', at)
    if around is None:
        return location
    if around.kind in {Kind.EXACT, Kind.NAMED}:
        which = "exact" if around.kind is Kind.EXACT else "named"
        notes.refuse(f'location "{location.name}" cannot be inside the {which} location "{around.name}"', at)
    if location.kind is Kind.NAMED:
        notes.refuse(f'named location "{location.name}" can be on the server level only', at)
    if location.kind is not Kind.REGULAR and not location.name.startswith(around.name):
        notes.refuse(f'location "{location.name}" is outside location "{around.name}"', at)
    return location


def check_all(block: Iterable[Node], notes: Notes) -> None:
    """Two locations of one kind and name in one block, innermost blocks first."""
    found = [
        (location, directive)
        for directive in named(tuple(block), "location")
        if (location := Location.read(directive.args)) is not None and location.kind in {Kind.EXACT, Kind.PREFIX}
    ]
    # A slash comes before everything else (ngx_filename_cmp).
    found.sort(key=lambda pair: (pair[0].name.replace("/", "\0"), pair[0].kind is Kind.PREFIX))
    for _, directive in found:
        check_all(directive.inside(), notes)
    for (one, _), (other, directive) in pairwise(found):
        if one == other:
            notes.refuse(f'duplicate location "{other.name}"', directive.read_at)
