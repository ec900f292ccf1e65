"""Text as Markdown: nothing is markup by accident, and nothing that a name holds becomes a link.

GitHub and GitLab look for mentions, references, commits, emoji and addresses in the text that Markdown has become, so
no backslash helps against those. They leave code alone: a word that would be taken for one of them is set as code.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

_ACTING = re.compile(r"([\\`*_{}\[\]<>#|~])")
_LEADS = re.compile(r"(?P<number>\d{0,9})(?P<sign>[-+=.)])(?=[\s=-]|$)")
"""What would begin a list or underline a heading at the start of a line."""
_LINKED = re.compile(
    r"[@#!$%~&]|www\.|://|mailto:|xmpp:|\bgh-\d|:[\w+-]+:|(?<![0-9a-z])[0-9a-f]{7,64}(?![0-9a-z])", re.IGNORECASE
)
"""What a site makes more of than it says: `@name`, `#1`, `!1`, `$x$`, `%1`, `~label`, `&1`, addresses, commits."""
_WORD = re.compile(r"(?P<before>[(\"']*)(?P<word>.*?)(?P<after>[),.;:\"']*)", re.DOTALL)
"""A word, and the punctuation around it."""
LONGEST_WORD = 120
"""Names are cut behind so many characters; a table is no place for more."""


def text(said: str) -> str:
    """Text that is no markup at all."""
    return _ACTING.sub(r"\\\1", said)


def code(said: str) -> str:
    """Text as code, whatever backticks are in it; nothing for nothing."""
    if not said:
        return ""
    fence = "`" * (1 + max([0, *(len(run) for run in re.findall("`+", said))]))
    # Of code that is more than spaces, one is taken off at either end.
    pad = " " if said.strip() and (said[0] in "` " or said[-1] in "` ") else ""
    return f"{fence}{pad}{said}{pad}{fence}"


def prose(said: str) -> str:
    """Text in which backticks mark code; everything else is no markup."""
    return "".join(code(part) if is_code else text(part) for is_code, part in _parts(said))


@functools.lru_cache(maxsize=16_384)  # what does not fit is written several times
def inert(said: str) -> str:
    """The same for text that names of a repository are in: no word of it becomes a link on a site."""
    return _inert(said, code)


@functools.lru_cache(maxsize=16_384)
def in_cell(said: str) -> str:
    """The same for a cell of a table."""
    return _inert(said, code_in_cell)


def code_in_cell(said: str) -> str:
    """Code for a cell, where a bar would end it even in code.

    A bar stands between two pieces of code: what a backslash before it does there, renderers disagree of.
    """
    return "&#124;".join(map(code, said.split("|")))


def clipped(said: str, most: int = LONGEST_WORD) -> str:
    """The same with only the beginning of words that are too long to be read."""
    return re.sub(rf"(\S{{{most}}})\S+", r"\1...", said)


def _inert(said: str, as_code: Callable[[str], str]) -> str:
    pieces: list[tuple[bool, str]] = []
    for is_code, piece in _pieces(clipped(said.strip())):
        if is_code and pieces and pieces[-1][0]:
            # Two pieces of code without a space between them would be read as one with backticks in it.
            pieces[-1] = (True, pieces[-1][1] + piece)
        else:
            pieces.append((is_code, piece))
    told = "".join(as_code(piece) if is_code else text(piece) for is_code, piece in pieces)
    return _LEADS.sub(r"\g<number>\\\g<sign>", told, count=1) if _LEADS.match(told) else told


def _pieces(said: str) -> Iterator[tuple[bool, str]]:
    """What is to be code, and what is text; nothing that is empty."""
    for is_code, part in _parts(said):
        for word in [part] if is_code else re.split(r"(\s+)", part):
            found = None if is_code or not _LINKED.search(word) else _WORD.fullmatch(word)
            if found is None:
                yield from ((is_code, word) for _ in range(bool(word)))
                continue
            for is_named, piece in ((False, found["before"]), (True, found["word"]), (False, found["after"])):
                yield from ((is_named, piece) for _ in range(bool(piece)))


def fenced(lines: Sequence[str], language: str) -> Iterator[str]:
    """A block of code."""
    fence = "`" * max([3, *(len(run) + 1 for line in lines for run in re.findall("`+", line))])
    yield from (f"{fence}{language}", *lines, fence, "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; the cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """What a reader opens to see; the summary is driftscan's own words and numbers only."""
    yield from ("<details>", f"<summary>{summary}</summary>", "", *lines, "</details>", "")


def _parts(said: str) -> Iterator[tuple[bool, str]]:
    """The text between backticks, and the text besides; an odd backtick marks nothing."""
    parts = said.split("`")
    if len(parts) % 2 == 0:
        yield False, said
    else:
        yield from ((bool(number % 2), part) for number, part in enumerate(parts))
