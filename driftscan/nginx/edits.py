"""Changes to a configuration, named by the directives that they are about and not by characters.

What a pattern proposes as its cure. How an edit looks in the text is worked out where the text is at hand.
"""

from dataclasses import dataclass
from typing import TypeAlias

from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class Inside:
    """Add a directive to a block: after the last of its `listen` and `server_name` lines, or else at its top."""

    block: Location
    """Where the block's first word stands, `Directive.at`."""
    name: str
    """The block's first word: `server`, `http`, `location`."""
    text: str
    """The directive, with its semicolon."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Put another directive, or none, in the place of a simple one."""

    at: Location
    """Where its first word stands, `Directive.at`."""
    name: str
    text: str
    """The new directive with its semicolon; empty to take the old one away."""


Edit: TypeAlias = Inside | Replace
