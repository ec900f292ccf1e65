"""Long values side by side: what went, what came, what only changed its place."""

from collections.abc import Sequence

from driftscan.nginx.directives.hsts import Hsts
from driftscan.nginx.directives.values import items, show
from driftscan.report.pieces import Delta

LONG = 60
"""Two values that together are longer than this are not compared at a glance."""


def delta(before: object, after: object) -> Delta | None:
    """The members that two lists do not share; `None` where the two values are short, or no lists."""
    was, now = _members(before), _members(after)
    if len(show(before)) + len(show(after)) <= LONG or was is None or now is None:
        return None
    kept = [member for member in was if member in now]
    return Delta(
        tuple(member for member in was if member not in now),
        tuple(member for member in now if member not in was),
        len(kept),
        kept != [member for member in now if member in was],
    )


def _members(value: object) -> Sequence[str] | None:
    match value:
        case frozenset() | tuple():
            return items(value)
        case Hsts():
            return str(value).split("; ")
        case str() if ":" in value and "/" not in value:
            return value.split(":")
        case _:
            return None
