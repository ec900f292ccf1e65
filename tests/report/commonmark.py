"""Markdown as a site reads it: CommonMark with GitHub's tables, taken apart to say what is in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

OURS = re.compile(r"<details>\n<summary>\d+ [a-z ]+</summary>\n|</details>\n")
"""The only HTML that driftscan writes: its own words and numbers."""
MADE_A_LINK = re.compile(
    r"(?<!\w)[@#!$%~&]\w|www\.|://|mailto:|:[a-z_+]+[\w+-]*:|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])", re.IGNORECASE
)
"""What a site makes a mention, a reference, an address, an emoji or a commit of, where it stands in plain text."""


@dataclass(frozen=True, slots=True)
class Markdown:
    """A document and what it says."""

    text: str

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Every token, those inside of lines too."""
        return tuple(self._flat(self._parsed()))

    @property
    def blocks(self) -> tuple[str, ...]:
        """The kinds of tokens that are inside of nothing."""
        return tuple(token.type for token in self._parsed() if token.level == 0)

    def _parsed(self) -> list[Token]:
        return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(self.text)

    def _flat(self, tokens: list[Token]) -> Iterator[Token]:
        for token in tokens:
            yield token
            yield from self._flat(token.children or [])

    def of(self, kind: str) -> tuple[Token, ...]:
        return tuple(token for token in self.tokens if token.type == kind)

    @property
    def headings(self) -> tuple[tuple[str, str], ...]:
        """Tag and text of each."""
        tokens = self.tokens
        return tuple(
            (token.tag, tokens[place + 1].content) for place, token in enumerate(tokens) if token.type == "heading_open"
        )

    @property
    def tables(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """The cells of each row of each table, as they are read."""
        tables: list[list[list[str]]] = []
        tokens = self.tokens
        for place, token in enumerate(tokens):
            if token.type == "table_open":
                tables.append([])
            elif token.type == "tr_open":
                tables[-1].append([])
            elif token.type in {"th_open", "td_open"}:
                inside = tokens[place + 1].children or []
                tables[-1][-1].append("".join(part.content for part in inside))
        return tuple(tuple(tuple(row) for row in rows) for rows in tables)

    @property
    def code(self) -> tuple[str, ...]:
        return tuple(token.content for token in self.of("code_inline"))

    def require_inert(self, links: frozenset[str]) -> None:
        """Nothing is HTML but our own, no picture, no link but those, and nothing that a site makes one of."""
        assert [token.content for token in self.of("html_inline")] == []
        assert [token.content for token in self.of("html_block") if not OURS.fullmatch(token.content)] == []
        assert len(self.of("html_block")) % 2 == 0
        assert self.of("image") == ()
        # A character that Markdown escapes in an address is the same address.
        assert {str(token.attrs["href"]) for token in self.of("link_open")} <= links
        inside = False
        for token in self.tokens:
            inside = token.type == "link_open" or (inside and token.type != "link_close")
            if token.type == "text" and not inside:
                assert MADE_A_LINK.search(token.content) is None, token.content
