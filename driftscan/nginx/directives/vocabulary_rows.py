"""How the tables of the vocabulary are written: a row per entry of a command table of nginx.

A row is a name, how many arguments (as :meth:`Arity.parse` reads them), the contexts with commas between them, and
marks: `block`; `free`, a block whose lines begin with any word; `once`, a plain value whose second occurrence in one
block is refused; `since=` and `gone=` with a release.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.nginx.directives.forms import Form, form


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, and what all of them have in common."""

    rows: str
    module: str | None = None
    """The module, where usual builds are without it or load it from a file."""
    since: str = "0.1.0"
    """The first release that has the rows that name none."""
    prefixes: tuple[str, ...] = ("",)
    """Each row stands for a directive of every prefix: modules that proxy have the same ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a command table, and what is told of the directive beside it."""

    name: str
    form: Form
    once: bool
    free: bool


def entries(table: Table) -> Iterator[Entry]:
    """Every row under every prefix, in the order of the table; `#` begins a comment line."""
    for line in table.rows.splitlines():
        if line and not line.startswith("#"):
            yield from _row(line, table)


def _row(line: str, table: Table) -> Iterator[Entry]:
    name, arguments, contexts, *marks = line.split()
    block = once = free = False
    since, gone = table.since, None
    for mark in marks:
        match mark.split("="):
            case ["block"]:
                block = True
            case ["free"]:
                free = True
            case ["once"]:
                once = True
            case ["since", release]:
                since = release
            case ["gone", release]:
                gone = release
            case _:
                raise ValueError(f"{mark!r} is no mark of a row: {line}")
    entry = form(arguments, contexts.replace(",", " "), block=block, since=since, gone=gone, module=table.module)
    for prefix in table.prefixes:
        yield Entry(f"{prefix}{name}", entry, once, free)
