"""How lines look in a terminal: the only place with colours, and with the width of a page."""

import textwrap
from collections.abc import Iterator
from enum import Enum

WIDTH = 80


class Ink(Enum):
    """What a piece of text is, by which it is coloured (ANSI SGR parameters)."""

    PLAIN = ""
    HEADING = "1"
    QUIET = "2"
    CRITICAL = "1;97;41"
    HIGH = "1;31"
    MEDIUM = "1;33"
    LOW = "1;36"
    RESOLVED = "1;34"
    REMOVED = "33"
    ADDED = "34"

    @classmethod
    def of_severity(cls, severity: str) -> "Ink":
        """The ink of a severity."""
        return {"critical": cls.CRITICAL, "high": cls.HIGH, "medium": cls.MEDIUM, "low": cls.LOW}.get(
            severity, cls.PLAIN
        )


class Palette(Enum):
    """Whether there are colours. No meaning is ever in a colour alone."""

    PLAIN = "plain"
    COLOUR = "colour"

    def paint(self, text: str, ink: Ink) -> str:
        """The text in that ink."""
        return text if self is Palette.PLAIN or not ink.value or not text else f"\x1b[{ink.value}m{text}\x1b[0m"


def wrapped(
    text: str, indent: str, hanging: str | None = None, width: int = WIDTH, *, most: int | None = None
) -> Iterator[str]:
    """Lines of at most `width` columns; a word that is longer stays whole, so that it can be copied.

    Where there would be more lines than `most`, the last one ends in dots.
    """
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=most,
        placeholder=" ...",
    ) or [indent.rstrip()]
