"""On which line of a TOML file each of its keys stands, which Python's own reader does not tell."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Final

KeyPath = tuple[str | int, ...]
"""The keys that lead to a value; a number counts the entries of a list from 0."""

_TOKEN: Final = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[\[\]{}]|\n''', re.DOTALL
)


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The line on which each key, and each entry of an array of tables, is first written.

    Values in a list share the line on which their statement begins.

    Args:
        text: valid TOML; of anything else the answer means nothing.
    """
    lines: dict[KeyPath, int] = {}
    entries: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, statement in _statements(text):
        said = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _header(said, entries)
            said = {}
        for path in (table, *_paths(said, table)):
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], line)
    return lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """The line of a key, or of the nearest thing around it; `None` for the file as a whole."""
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), None)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Headers and key-value pairs, each with its first line; comments and empty lines stand alone."""
    text = text.replace("\r\n", "\n")
    begin, line, depth = 0, 1, 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth == 0:
                statement = text[begin : token.end()]
                yield line, statement
                line += statement.count("\n")
                begin = token.end()
            case _:
                pass
    yield line, text[begin:]


def _header(said: Mapping[str, object], entries: dict[KeyPath, int]) -> KeyPath:
    """The table that a header opens; `entries` counts those of each array of tables so far."""
    path: KeyPath = ()
    here: object = said
    while isinstance(here, dict) and here:
        ((key, here),) = here.items()
        path = (*path, key)
        if isinstance(here, list):
            entries[path] = entries.get(path, 0) + 1
            here = here[0]
        if path in entries:
            path = (*path, entries[path] - 1)
    return path


def _paths(value: object, path: KeyPath) -> Iterator[KeyPath]:
    """The paths to all values below."""
    match value:
        case dict():
            for key, part in value.items():
                yield from _paths(part, (*path, key))
        case list():
            for place, part in enumerate(value):
                yield from _paths(part, (*path, place))
        case _:
            pass
    yield path
