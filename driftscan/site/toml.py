"""TOML into typed values, with errors that name the file, the entry and the cure."""

import difflib
import re
import tomllib
from datetime import date, datetime, time
from typing import Any, Final, TypeVar

import msgspec

from driftscan.errors import DriftscanError
from driftscan.site.toml_lines import KeyPath, key_lines, line_of

T = TypeVar("T")
LARGEST = 1024 * 1024
"""More bytes than people write by hand."""
DEEPEST: Final = 128
"""More parts than a key that people write has, and as many as a host name may have labels."""
_DEEP: Final = re.compile(rf"""(?<![\w.-])(?:(?:[\w-]++|"[^"\n]*"|'[^'\n]*')[ \t]*+\.[ \t]*+){{{DEEPEST}}}""")
_TIMES: Final = (datetime, date, time)


class SiteError(DriftscanError):
    """A file that people of the site wrote does not say what it must; the text names the file and the cure."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line
        """Where in the file, if it is about one line."""


def parse(data: bytes, path: str) -> tuple[str, dict[str, Any]]:
    """The text of a file and what it says.

    Raises:
        SiteError: it is no TOML, or none that people write: Python's reader needs minutes for a key of thousands of
            parts, and the file may come from a history that somebody else wrote.
    """
    if len(data) > LARGEST:
        raise SiteError(f"{path}: more than {LARGEST} bytes; it is not read")
    try:
        text = data.decode("utf-8")
        if _DEEP.search(text):
            raise SiteError(f"{path}: a key has more than {DEEPEST} parts; it is not read")
        return text, tomllib.loads(text)
    except ValueError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise SiteError(f"{path}: it is no TOML: {error}", int(line[1]) if line else None) from None
    except RecursionError:
        raise SiteError(f"{path}: its lists and tables are nested too deep; it is not read") from None


def decode(data: bytes, kind: type[T], path: str) -> T:
    """The value in a file.

    Raises:
        SiteError: it is no TOML, or has a field that is unknown, missing or of another kind.
    """
    text, said = parse(data, path)
    try:
        return msgspec.convert(said, kind, builtin_types=_TIMES, str_keys=True)
    except msgspec.ValidationError as error:
        line = line_of(key_lines(text), _place(str(error)))
        raise SiteError(f"{path}: {_cure(str(error), kind)}", line) from None


def _place(text: str) -> KeyPath:
    """The keys to what the library complains of: `... unknown field `x` - at `$.pattern[0].after``."""
    _, at, place = text.rpartition(" - at `$")
    path: list[str | int] = [
        key or int(number) for key, number in re.findall(r"\.(\w+)|\[(\d+)\]", place if at else "")
    ]
    unknown = re.search(r"unknown field `([^`]*)`", text)
    return (*path, unknown[1]) if unknown else tuple(path)


def _cure(text: str, kind: type[object]) -> str:
    """The library's sentence, with the name that was most likely meant."""
    unknown = re.search(r"unknown field `([^`]*)`", text)
    if unknown is None:
        return text
    meant = difflib.get_close_matches(unknown[1], _fields(kind), 1)
    return f"{text}; did you mean `{meant[0]}`?" if meant else f"{text}; known are {', '.join(_fields(kind))}"


def _fields(kind: type[object]) -> list[str]:
    """The names of all fields, at any depth."""
    schema = msgspec.json.schema(kind)
    parts = schema.get("$defs", {}).values()
    return sorted({name for part in parts for name in part.get("properties", {})})
