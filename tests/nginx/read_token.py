"""ngx_conf_read_token and ngx_conf_parse, character by character as in nginx's source: the judge of our parser."""

from dataclasses import dataclass, field

Tree = tuple[tuple[str, tuple[str, ...], int, "Tree | None"], ...]
WHITE = " \t\r\n"
ESCAPES = {'"': '"', "'": "'", "\\": "\\", "t": "\t", "r": "\r", "n": "\n"}
END_OF_FILE = "end of file"


class Refused(Exception):  # noqa: N818 - nginx's word, and its line
    """nginx's message and the line it names."""


@dataclass
class Reader:
    text: str
    position: int = 0
    line: int = 1
    words: list[str] = field(default_factory=list)
    first_line: int = 1

    def statement(self) -> str:  # noqa: C901, PLR0912, PLR0915 - as long as the function that it follows
        """Read up to the next `;`, `{` or `}`, or the end of the file, leaving the words read."""
        self.words = []
        fresh, need_space, quoted, comment, variable, quote, start = True, False, False, False, False, "", 0
        while self.position < len(self.text):
            ch = self.text[self.position]
            self.position += 1
            if ch == "\n":
                self.line += 1
                comment = False
            if comment:
                continue
            if quoted:
                quoted = False
                continue
            if need_space:
                if ch in WHITE:
                    fresh, need_space = True, False
                    continue
                if ch in ";{":
                    return ch
                if ch != ")":
                    raise Refused(f'unexpected "{_byte(ch)}"', self.line)
                fresh, need_space = True, False
            if fresh:
                start = self.position - 1
                if ch in WHITE:
                    continue
                if not self.words:
                    self.first_line = self.line
                if ch in ";{}":
                    if bool(self.words) == (ch == "}"):
                        raise Refused(f'unexpected "{ch}"', self.line)
                    return ch
                if ch == "#":
                    comment = True
                    continue
                fresh = False
                quoted, variable = ch == "\\", ch == "$"
                if ch in "\"'":
                    quote = ch
                    start += 1
                continue
            if ch == "{" and variable:
                continue
            variable = False
            if ch == "\\":
                quoted = True
                continue
            if ch == "$":
                variable = True
                continue
            if quote:
                if ch != quote:
                    continue
                quote, need_space = "", True
            elif ch in WHITE + ";{":
                fresh = True
            else:
                continue
            self.words.append(unescaped(self.text[start : self.position - 1]))
            if not need_space and ch in ";{":
                return ch
        if self.words or not fresh:
            raise Refused('unexpected end of file, expecting ";" or "}"', self.line)
        return END_OF_FILE


def unescaped(raw: str) -> str:
    word, position = "", 0
    while position < len(raw):
        if raw[position] == "\\" and raw[position + 1 : position + 2] in ESCAPES and position + 1 < len(raw):
            word += ESCAPES[raw[position + 1]]
            position += 2
        else:
            word += raw[position]
            position += 1
    return word


def judge(data: bytes) -> Tree:
    """The statements nginx would hand to its modules; :class:`Refused` with its message otherwise."""
    reader = Reader(data.decode("latin-1"))
    statements, end = _block(reader)
    if end == "}":
        raise Refused('unexpected "}"', reader.line)
    return statements


def _block(reader: Reader) -> tuple[Tree, str]:
    statements: list[tuple[str, tuple[str, ...], int, Tree | None]] = []
    while True:
        end = reader.statement()
        if end in {"}", END_OF_FILE}:
            return tuple(statements), end
        (name, *args), at = map(_utf8, reader.words), reader.first_line
        inner: Tree | None = None
        if end == "{":
            inner, closed = _block(reader)
            if closed == END_OF_FILE:
                raise Refused('unexpected end of file, expecting "}"', reader.line)
        statements.append((name, tuple(args), at, inner))


def _utf8(word: str) -> str:
    return word.encode("latin-1").decode("utf-8", "surrogateescape")


def _byte(ch: str) -> str:
    return ch.encode("latin-1").decode("ascii", "backslashreplace")
