"""Bytes of one file -> statements. The only import of crossplane.

crossplane's lexer is used, its parser is not: on `listen 80 }` the parser takes the brace for a semicolon and
goes on inside the wrong block, where nginx refuses the file (`unexpected "}"`). Building statements from tokens
takes the few lines below, and what nginx refuses here becomes :class:`Broken` instead of half a tree.

Only bytes matter: no path, no include, no context, so a result may be cached under the blob's id for ever.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import crossplane
from crossplane.errors import NgxParserBaseException

from driftscan.nginx.config import GapKind


@dataclass(frozen=True, slots=True)
class Statement:
    """A simple directive, or with `block` a block, on the line where its name stands."""

    name: str
    args: tuple[str, ...]
    line: int
    block: "tuple[Statement, ...] | None" = None
    ends: int = field(default=0, compare=False)
    """The line of its semicolon or opening brace, which is the one that nginx names."""
    closes: int = field(default=0, compare=False)
    """The line of its closing brace, if it has one."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The file has no statements; nginx would not load it either, or it is not a configuration file at all."""

    kind: GapKind
    reason: str
    line: int | None = None
    says: str | None = None
    """What nginx says of it, where it is known to refuse the file."""


# nginx knows four white space characters (ngx_conf_read_token); Python's isspace(), which crossplane asks, knows
# many more, NBSP and form feed among them. Every byte that Python might misjudge travels through the lexer as a
# private-use character. This is also what carries bytes that are not UTF-8 through unharmed. CR becomes the one
# character that Python takes for white space and crossplane's text mode does not turn into LF: only LF ends a comment.
_SHELTER = {byte: 0xE000 + byte for byte in range(256) if byte >= 0x80 or (byte < 0x20 and byte not in b"\t\n")}
_SHELTER[ord("\r")] = 0x2028
_IN_WORD = {ord(character): 0xE000 + ord(character) for character in "${}"}
_UNSHELTER = {character: byte for byte, character in (_SHELTER | _IN_WORD).items()}
_TOKEN = re.compile(
    r"""[ \t\r\n]++ | \#[^\n]*+ | [;{}]
      | (?P<quoted> (?: "(?:[^"\\]|\\.)*+ | '(?:[^'\\]|\\.)*+ ) ) ["'] (?P<glued>[^ \t\r\n;{)])?
      | (?P<word> (?!["']) (?: \\. | \$\{*+ | [^ \t\r\n;{\\$] )++ )""",
    re.VERBOSE | re.DOTALL,
)
"""One step of ngx_conf_read_token: `}` and quotes are special only where a word could begin, `${` never ends one."""
_LONGEST = 4095
"""Bytes of a word (with its opening quote) that fit into nginx's buffer beside the character that ends it."""
_ESCAPE = re.compile(r"\\([\"'\\trn])")
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}
_END = "\ue0ff\ue0ff end of file"
"""A word that no file can contain, appended so that whatever swallows the end of the file shows itself."""


LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is read. nginx sets no limit, and lists of addresses get long; statements of that many bytes
take a quarter of a minute and some hundred megabytes."""


def parse(data: bytes) -> tuple[Statement, ...] | Broken:
    """The statements of a file, or why it has none."""
    if len(data) > LARGEST:
        return Broken(GapKind.UNREADABLE, f"has more than {LARGEST} bytes, and is not read")
    if data.startswith(b"\0GITCRYPT\0"):
        return Broken(GapKind.ENCRYPTED, "encrypted by git-crypt")
    if data.startswith(b"\xef\xbb\xbf"):
        # ngx_conf_read_token has no notion of a byte order mark: it becomes part of the first word.
        reason = "starts with a UTF-8 byte order mark, which nginx takes for a directive"
        word = re.split(rb"[\s;{]", data, maxsplit=1)[0].decode("utf-8", "replace")
        return Broken(GapKind.UNPARSABLE, reason, 1, f'unknown directive "{word}"')
    if b"\0" in data:
        return Broken(GapKind.UNPARSABLE, "holds a NUL byte: not a text file")
    last_line = data.count(b"\n") + 1
    try:
        return _statements(_tokens(data), last_line)
    except NgxParserBaseException as error:
        reason, line = str(error.strerror), min(error.lineno, last_line)
    except _Unfinished as error:
        reason, line = error.reason, error.line
    # Lua is read by rules of crossplane's own, and templates are filled in before nginx reads them.
    is_template = any(map(_is_of_template, data.split(b"\n")))
    says = None if is_template or reason.startswith(_OURS) or b"_by_lua_block" in data else reason
    if is_template:
        reason = f"a template, not a configuration file ({reason})"
    return Broken(GapKind.UNPARSABLE, reason, line, says)


_OURS = "blocks nested"
"""Where it is we who stop reading, and not nginx."""
_DEEPEST = 64
"""Nested blocks that are followed. nginx's own contexts end far earlier; only a hostile file goes on."""
_MARKERS = ((b"{{", b"}}"), (b"{%", b"%}"), (b"<%", b"%>"))
"""Jinja, Go and ERB: what explains most files that do not parse."""


class _Unfinished(Exception):  # noqa: N818 - never leaves this module
    """nginx stops here."""

    def __init__(self, reason: str, line: int) -> None:
        """Take nginx's reason and the line it would name."""
        super().__init__(reason)
        self.reason = reason
        self.line = line


def _is_of_template(line: bytes) -> bool:
    """Whether a marker stands in it, outside a comment. The first of each kind decides: a second has more before it."""
    for opening, closing in _MARKERS:
        start = line.find(opening)
        if start >= 0 and b"#" not in line[:start] and closing in line[start + 2 :]:
            return True
    return False


def _tokens(data: bytes) -> Iterator[tuple[str, int, bool]]:
    text, refusal = _unmistakable(data.decode("latin-1"))
    with _file(f'{text.translate(_SHELTER)}\n"{_END}";\n') as path:
        for token, line, quoted in crossplane.lex(path):
            if token == _END and refusal is not None:
                raise refusal
            if quoted or not token.startswith("#"):
                yield token, line, quoted


@contextmanager
def _file(text: str) -> Iterator[str]:
    """The path of a file that holds the text, because crossplane reads a path and not a string.

    It is in memory where the system can do that: nothing of /etc goes to a disk, and none need have room.
    """
    if not hasattr(os, "memfd_create"):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            yield file.name
        return
    with open(os.memfd_create("nginx.conf"), "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - no path yet
        file.write(text)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def _unmistakable(text: str) -> tuple[str, _Unfinished | None]:
    """The same tokens, with nothing inside a word that crossplane takes for more than a character of it.

    crossplane ends a word at any `}` and reads `${x} y` as one word. Lua code has rules of its own, which crossplane
    knows: a file with some of it is left as it is. Where nginx would stop reading, the text ends, with the reason.
    """
    if "_by_lua_block" in text:
        return text, None
    parts: list[str] = []
    position = 0
    while token := _TOKEN.match(text, position):
        word, quoted = token["word"], token["quoted"]
        if len(word or quoted or "") > _LONGEST:
            return "".join(parts), _Unfinished(_too_long(word or quoted), _line(text, position))
        parts.append(word.translate(_IN_WORD) if word else token[0])
        if token["glued"]:
            parts[-1] = token[0][:-1]
            return "".join(parts), _Unfinished(f'unexpected "{_shown(token["glued"])}"', _line(text, token.end()))
        position = token.end()
    if len(text) - position > _LONGEST + 1 and text[position] in "'\"":
        return "".join(parts), _Unfinished(_too_long(text[position:]), _line(text, position))
    if position < len(text):
        reason = 'unexpected end of file, expecting ";" or "}"'
        return "".join(parts), _Unfinished(reason, _line(text, len(text)))
    return "".join(parts), None


def _too_long(word: str) -> str:
    """What nginx says of a word that fills its buffer; where it still waits for the end of a quote, of that."""
    quote = word[0] if word[0] in "'\"" else ""
    if quote and len(word) > _LONGEST + 1:
        return f'too long parameter, probably missing terminating "{quote}" character'
    return f'too long parameter "{_shown(word.removeprefix(quote)[:10])}..." started'


def _shown(bytewise: str) -> str:
    return bytewise.encode("latin-1").decode("ascii", "backslashreplace")


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _statements(tokens: Iterator[tuple[str, int, bool]], last_line: int) -> tuple[Statement, ...]:
    """All statements of a file, or :class:`_Unfinished` with the words of ngx_conf_parse."""
    outer: list[tuple[str, tuple[str, ...], int, int, list[Statement]]] = []
    block: list[Statement] = []
    words: list[str] = []
    start = 1
    for token, line, quoted in tokens:
        if quoted or token not in {"{", "}", ";"}:
            if not words:
                start = line
            words.append(token if token == _END else _value(token))
        elif bool(words) == (token == "}"):
            raise _Unfinished(f'unexpected "{token}"', line)
        elif token == ";":
            if words[-1] == _END:
                break
            block.append(Statement(words[0], tuple(words[1:]), start, None, line))
            words = []
        elif token == "{":
            if len(outer) == _DEEPEST:
                raise _Unfinished(f"{_OURS} more than {_DEEPEST} deep", line)
            outer.append((words[0], tuple(words[1:]), start, line, block))
            words, block = [], []
        else:
            name, args, began, opened, around = outer.pop()
            around.append(Statement(name, args, began, tuple(block), opened, line))
            block = around
    if words != [_END]:
        raise _Unfinished('unexpected end of file, expecting ";" or "}"', last_line)
    if outer:
        raise _Unfinished('unexpected end of file, expecting "}"', last_line)
    return tuple(block)


def _value(token: str) -> str:
    """The word as nginx stores it: its escapes resolved (ngx_conf_read_token), its bytes as they were."""
    if "\\" in token:
        token = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), token)
    if token.isascii():
        return token
    return token.translate(_UNSHELTER).encode("latin-1").decode("utf-8", "surrogateescape")
