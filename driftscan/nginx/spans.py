"""Where the statements of a file stand in its bytes: what changing one needs, and nothing else does.

:func:`~driftscan.nginx.syntax.parse` says what a file means, and knows lines. The scanner here follows the same
function of nginx by another road, and what the two do not agree on has no spans: nobody edits what is read in doubt.
"""

import re
from dataclasses import dataclass, field

from driftscan.nginx.syntax import Broken, Statement, parse


@dataclass(frozen=True, slots=True)
class Span:
    """A statement and the bytes that it takes, from its first word to its semicolon or closing brace."""

    name: str
    args: tuple[str, ...]
    line: int
    start: int
    stop: int
    """Behind its last byte."""
    opens: int | None = None
    """Behind its opening brace; `None` for a simple directive."""
    inside: tuple["Span", ...] = ()

    @property
    def statement(self) -> Statement:
        """The same as the parser has it."""
        block = None if self.opens is None else tuple(inner.statement for inner in self.inside)
        return Statement(self.name, self.args, self.line, block)


_TOKEN = re.compile(
    rb"""(?P<blank> [ \t\r\n]++ | \#[^\n]*+ ) | (?P<mark> [;{}] )
       | "(?P<double> (?:[^"\\]|\\.)*+ )" | '(?P<single> (?:[^'\\]|\\.)*+ )'
       | (?P<word> (?: \\. | \$\{*+ | [^ \t\r\n;{\\$] )++ )""",
    re.VERBOSE | re.DOTALL,
)
"""What ngx_conf_read_token finds at the place where a word could begin."""
_ESCAPE = re.compile(rb"\\([\"'\\trn])")
_ESCAPED = {b"t": b"\t", b"r": b"\r", b"n": b"\n"}


def spans(data: bytes) -> tuple[Span, ...] | None:
    """The statements of a file with their places; `None` for a file without statements, or with blocks of Lua."""
    statements = parse(data)
    if isinstance(statements, Broken):
        return None
    found = _scan(data)
    return found if found is not None and tuple(span.statement for span in found) == statements else None


@dataclass(slots=True)
class _Head:
    """The words before a semicolon or an opening brace."""

    words: list[str] = field(default_factory=list)
    start: int = 0
    line: int = 1


def _scan(data: bytes) -> tuple[Span, ...] | None:
    outer: list[tuple[_Head, int, list[Span]]] = []
    block: list[Span] = []
    head, line, position = _Head(), 1, 0
    while position < len(data):
        token = _TOKEN.match(data, position)
        if token is None:
            return None
        position = token.end()
        match token["mark"]:
            case None if token["blank"] is None:
                if not head.words:
                    head = _Head([], token.start(), line)
                head.words.append(_word(token))
            case b";" if head.words:
                block.append(Span(head.words[0], tuple(head.words[1:]), head.line, head.start, position))
                head = _Head()
            case b"{" if head.words:
                outer.append((head, position, block))
                head, block = _Head(), []
            case b"}" if outer and not head.words:
                opened, opens, around = outer.pop()
                name, *args = opened.words
                around.append(Span(name, tuple(args), opened.line, opened.start, position, opens, tuple(block)))
                block = around
            case None:
                pass
            case _:
                return None
        line += token[0].count(b"\n")
    return None if outer or head.words else tuple(block)


def _word(token: re.Match[bytes]) -> str:
    """A word as nginx stores it: without its quotes, its escapes resolved."""
    raw = next(part for part in (token["double"], token["single"], token["word"]) if part is not None)
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), raw).decode("utf-8", "surrogateescape")
