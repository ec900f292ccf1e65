"""What the blocks around a place say of a directive, and which of them counts there.

nginx keeps one value for each block and merges them from the outside in (the merge phase of ngx_http_block and its
twins): the innermost block that says something counts, each directive on its own; a list counts as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftscan.history.platform import Evidence, Platform
from driftscan.nginx.config import Directive, Gap, GapKind, Location, Node, hole, named
from driftscan.nginx.directives.base import (
    AnyDeclaration,
    AnySetting,
    Default,
    Explicit,
    Inherited,
    Repetition,
    Setting,
    Unknown,
    fact,
)
from driftscan.nginx.directives.values import Occurrences

_MAY_GO_ON = frozenset({Repetition.UNION, Repetition.LAST})
"""Where a line in a part that could not be read may undo a change of the lines that are written.

A list does not: with other lines before the unread ones it is another list.
"""


@dataclass(frozen=True, slots=True)
class Level:
    """What one block says itself: `http {}`, `stream {}`, `mail {}`, or one `server {}`."""

    written: Mapping[str, tuple[Any, tuple[Location, ...]]]
    """By directive: the value of all occurrences, and their lines."""
    refused: Mapping[str, Gap]
    """By directive: why its arguments mean nothing."""
    hole: Gap | None
    """A part of the block that could not be read: whatever is not written elsewhere may be written there."""


def read_level(block: tuple[Node, ...], prefix: str, declarations: Mapping[str, AnyDeclaration]) -> Level:
    """Read every declared directive of a block, nested blocks not included."""
    found: dict[str, list[Directive]] = {}
    for directive in named(block, *declarations):
        found.setdefault(directive.name, []).append(directive)
    written: dict[str, tuple[Any, tuple[Location, ...]]] = {}
    refused: dict[str, Gap] = {}
    for name, directives in found.items():
        occurrences = Occurrences(tuple(directive.args for directive in directives), prefix)
        try:
            value = declarations[name].read(occurrences)
        except (ValueError, IndexError) as error:
            at = directives[0].at
            refused[name] = Gap(at.path, f"{name}: {error}", GapKind.INVALID, at)
        else:
            written[name] = (value, tuple(directive.at for directive in directives))
    return Level(written, refused, hole(block))


def merged(levels: Sequence[Level], declaration: AnyDeclaration, platform: Platform) -> AnySetting:
    """The value in the first of these levels, the innermost, with where it comes from."""
    name = declaration.name
    repetition = fact(declaration.repetition, platform)
    for depth, level in enumerate(levels):
        if name in level.refused:
            return Setting(None, Unknown(level.refused[name]))
        if name in level.written and (level.hole is None or repetition not in _MAY_GO_ON):
            value, at = level.written[name]
            for outer in levels[depth + 1 :]:
                if declaration.inherit is not None and name in outer.written:
                    value = declaration.inherit(value, outer.written[name][0])
            return Setting(
                declaration.finish(value) if declaration.finish else value, Inherited(at) if depth else Explicit(at)
            )
        if level.hole is not None:
            return Setting(None, Unknown(level.hole))
    return Setting(fact(declaration.default, platform), default_origin(platform))


def default_origin(platform: Platform) -> Default:
    """Where a value comes from that is written nowhere."""
    return Default(platform.nginx.version, platform.nginx.evidence is Evidence.ASSUMED)
