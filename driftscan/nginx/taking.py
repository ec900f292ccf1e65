"""Which location of a server takes a path.

nginx: ngx_http_core_find_location. An exact one wins; else the longest prefix, and inside it the same again; then the
first regular expression that matches, in the order of the configuration, unless the longest prefix says `^~`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from driftscan.nginx.config import Directive, Node, named
from driftscan.nginx.names import expression

_MODIFIERS: Final = ("=", "^~", "~*", "~")
"""In the order in which they are looked for where none stands apart."""


class NotSure(Enum):
    """It cannot be told."""

    NOT_SURE = "a regular expression that nginx would ask and that cannot be asked for it"


NOT_SURE: Final = NotSure.NOT_SURE


@dataclass(frozen=True, slots=True)
class Taken:
    """The locations that a path goes through, the outermost first; none where the server itself answers."""

    through: tuple[Directive, ...] = ()
    final: bool = False
    """Nothing else is looked at: an exact location, or a regular expression."""


def taking(block: tuple[Node, ...], path: str) -> tuple[Directive, ...] | NotSure:
    """The locations that a path goes through in the block of a server, the outermost first."""
    found = _taking(block, path)
    return found if isinstance(found, NotSure) else found.through


def _taking(block: tuple[Node, ...], path: str) -> Taken | NotSure:
    best: tuple[int, str, Directive] | None = None
    regular: list[tuple[str, str, Directive]] = []
    for location in named(block, "location"):
        modifier, pattern = matcher(location)
        if modifier == "=":
            if pattern == path:
                return Taken((location,), final=True)
        elif modifier in {"~", "~*"}:
            regular.append((modifier, pattern, location))
        elif not pattern.startswith("@") and path.startswith(pattern) and (best is None or len(pattern) > best[0]):
            best = len(pattern), modifier, location
    inner: Taken | NotSure = Taken()
    if best is not None:
        inner = _taking(best[2].inside(), path)
        if isinstance(inner, NotSure):
            return inner
        inner = Taken((best[2], *inner.through), inner.final)
        if inner.final:
            return inner
    if best is None or best[1] != "^~":
        for modifier, pattern, location in regular:
            asked = expression(pattern, ignore_case=modifier == "~*")
            if asked is None:
                return NOT_SURE
            if asked.search(path):
                nested = _taking(location.inside(), path)
                return nested if isinstance(nested, NotSure) else Taken((location, *nested.through), final=True)
    return inner


def matcher(location: Directive) -> tuple[str, str]:
    """The modifier of a location, empty for a plain prefix, and what it compares."""
    if len(location.args) > 1:
        return location.args[0], location.args[1]
    word = "".join(location.args)
    modifier = next((modifier for modifier in _MODIFIERS if word.startswith(modifier)), "")
    return modifier, word.removeprefix(modifier)
