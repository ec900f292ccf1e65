r"""What comes from a repository is shown as what it is: no character of it may act on a terminal or a page.

Control characters (ESC, CR, newline and tab among them), format characters (bidi overrides, zero width ones), line
separators and bytes that were not UTF-8 become escapes such as `\x1b` and `\u202e`.
"""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from driftscan.history.redact import without_credentials

T = TypeVar("T")

# Unicode categories Cc, Cf, Cs, Zl and Zp, spelled out so that every Python shows the same.
ACTING = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\u200b-\\u200f"
    "\\u2028-\\u202e\\u2060-\\u206f\\ud800-\\udfff\\ufeff\\ufff9-\\ufffb"
    "\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e007f]"
)
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


class Verbatim(str):
    """A line that people copy: nothing in it acts but its tabs, which :func:`all_printable` leaves as they are."""

    __slots__ = ()

    @classmethod
    def of(cls, line: str) -> "Verbatim | None":
        """The line; `None` where copying it from a page or terminal would not give the same bytes."""
        return cls(line) if ACTING.search(line.replace("\t", " ")) is None else None


def printable(text: str) -> str:
    """The text with every acting character made visible, and without the user in an address or the PIN of a key."""
    text = without_credentials(text)
    return text if text.isprintable() else ACTING.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    number = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if 0xDC80 <= number <= 0xDCFF:  # a byte that was not UTF-8, as Python's surrogateescape keeps it
        return f"\\x{number - 0xDC00:02x}"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def all_printable(rows: T) -> T:
    """The same dataclasses and tuples with every string in them made printable."""
    return cast("T", _walk(rows, printable))


def _walk(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any tree of rows
    if type(value) is str:
        return change(value)
    if isinstance(value, tuple):
        return tuple(_walk(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        old = {field.name: getattr(value, field.name) for field in fields(value)}
        new = {name: _walk(item, change) for name, item in old.items()}
        return replace(value, **{name: item for name, item in new.items() if item is not old[name]})
    return value
