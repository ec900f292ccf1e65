"""Edits made in the text of a file: everything else stays byte for byte as somebody wrote it.

What comes out is read again and must mean the old statements with just these edits; else there is no new text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.spans import Span, spans
from driftscan.nginx.syntax import Broken, Statement, parse

_HEADS: Final = ("listen", "server_name")
"""What a server begins with by custom; new directives follow it."""
_INDENT: Final = b"    "
_REST: Final = re.compile(rb"[ \t\r]*+(?:#[^\n]*+)?(?:\n|\Z)")
"""The end of a line that holds nothing more, or nothing but a comment."""

Meaning: TypeAlias = "tuple[tuple[str, tuple[str, ...], Meaning | None], ...]"
"""Statements without their places."""


@dataclass(frozen=True, slots=True)
class _Splice:
    """New bytes for those from `start` to `stop`."""

    start: int
    stop: int
    text: bytes


def rewrite(data: bytes, edits: Sequence[Edit]) -> bytes | None:
    """The text of a file with these edits made.

    Returns:
        `None` where one of them cannot be made for sure: the file is broken, what the edit is about is not there or
        stands twice on its line, two edits are about the same words, or the result would not mean what was intended.
    """
    found = spans(data)
    if found is None:
        return None
    added: dict[int, list[Statement]] = {}
    instead: dict[int, tuple[Statement, ...]] = {}
    splices: list[_Splice] = []
    for edit in dict.fromkeys(edits):
        span, new = _about(edit, found), _statements(edit.text)
        if span is None or new is None:
            return None
        match edit:
            case Inside(text=text):
                added.setdefault(span.start, []).extend(new)
                splices.append(_inserted(data, span, text))
            case Replace(text=text):
                instead[span.start] = new
                splices.append(_replaced(data, span, text))
    result = _spliced(data, splices)
    meant = None if result is None else parse(result)
    if meant is None or isinstance(meant, Broken) or _meaning(meant) != _intended(found, added, instead):
        return None
    return result


def _statements(text: str) -> tuple[Statement, ...] | None:
    """The simple directives of an edit; `None` when it has anything else."""
    found = parse(text.encode("utf-8", "surrogateescape"))
    if isinstance(found, Broken) or any(statement.block is not None for statement in found):
        return None
    return found


def _about(edit: Edit, found: tuple[Span, ...]) -> Span | None:
    """The one statement that an edit is about."""
    at = edit.block if isinstance(edit, Inside) else edit.at
    candidates = [
        span
        for span in _all(found)
        if (span.line, span.name) == (at.line, edit.name) and (span.opens is not None) == isinstance(edit, Inside)
    ]
    return candidates[0] if len(candidates) == 1 else None


def _all(found: tuple[Span, ...]) -> Iterator[Span]:
    for span in found:
        yield span
        yield from _all(span.inside)


# ------------------------------------------------------------------ meaning


def _meaning(statements: tuple[Statement, ...]) -> Meaning:
    return tuple(
        (statement.name, statement.args, None if statement.block is None else _meaning(statement.block))
        for statement in statements
    )


def _intended(
    found: tuple[Span, ...], added: dict[int, list[Statement]], instead: dict[int, tuple[Statement, ...]]
) -> Meaning:
    """What the file is to mean; what is added and replaced is named by where the old statement began."""
    meant: list[tuple[str, tuple[str, ...], Meaning | None]] = []
    for span in found:
        if span.start in instead:
            meant += _meaning(instead[span.start])
        elif span.opens is None:
            meant.append((span.name, span.args, None))
        else:
            head = span.inside[: _place(span)]
            rest = span.inside[len(head) :]
            new = _meaning(tuple(added.get(span.start, ())))
            inside = (*_intended(head, added, instead), *new, *_intended(rest, added, instead))
            meant.append((span.name, span.args, inside))
    return tuple(meant)


def _place(block: Span) -> int:
    """How many statements of a block come before what is added to it."""
    return max((number for number, span in enumerate(block.inside, 1) if _is_head(span)), default=0)


def _is_head(span: Span) -> bool:
    return span.name in _HEADS and span.opens is None


# ------------------------------------------------------------------ bytes


def _spliced(data: bytes, splices: list[_Splice]) -> bytes | None:
    """All splices made; `None` where two of them want the same bytes."""
    result, done = b"", 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.stop)):
        if splice.start < done:
            return None
        result += data[done : splice.start] + splice.text
        done = splice.stop
    return result + data[done:]


def _inserted(data: bytes, block: Span, text: str) -> _Splice:
    place = _place(block)
    after = block.inside[place - 1].stop if place else block.opens or block.start
    rest = _REST.match(data, after)
    indent = _indent(data, block, place)
    if rest is None or indent is None:
        space = b"" if data[after : after + 1].isspace() else b" "
        return _Splice(after, after, b" " + _encoded(text, b" ") + space)
    newline = _newline(data, after)
    return _Splice(rest.end(), rest.end(), indent + _encoded(text, newline + indent) + newline)


def _indent(data: bytes, block: Span, place: int) -> bytes | None:
    """What stands before a new line of a block; `None` where the block is written on one line."""
    neighbours = (*block.inside[max(place - 1, 0) :], *block.inside)
    for span in neighbours:
        own = _own_indent(data, span.start)
        if own is not None:
            return own
    own = _own_indent(data, block.start)
    if own is None or block.inside:
        return None
    return own + (b"\t" if b"\t" in own else _INDENT)


def _own_indent(data: bytes, start: int) -> bytes | None:
    """The white space before what begins a line; `None` for what does not."""
    before = data[data.rfind(b"\n", 0, start) + 1 : start]
    return None if before.strip(b" \t") else before


def _newline(data: bytes, position: int) -> bytes:
    end = data.find(b"\n", position)
    return b"\r\n" if end > 0 and data[end - 1 : end] == b"\r" else b"\n"


def _replaced(data: bytes, span: Span, text: str) -> _Splice:
    own = _own_indent(data, span.start)
    if text.strip():
        between = b" " if own is None else _newline(data, span.stop) + own
        return _Splice(span.start, span.stop, _encoded(text, between))
    rest = _REST.match(data, span.stop)
    if rest is not None and own is not None:
        # A comment behind a directive goes with it.
        return _Splice(span.start - len(own), rest.end(), b"")
    start, stop = span.start, span.stop
    if rest is None:
        while data[stop : stop + 1] in {b" ", b"\t"}:
            stop += 1
    else:
        while data[start - 1 : start] in {b" ", b"\t"}:
            start -= 1
    return _Splice(start, stop, b"")


def _encoded(text: str, between: bytes) -> bytes:
    """The text of an edit, its lines joined as the file writes lines."""
    lines = text.encode("utf-8", "surrogateescape").splitlines()
    return between.join(line.strip() for line in lines if line.strip())
