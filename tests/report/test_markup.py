"""Whatever a name holds, it is read back as that name, and as nothing else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftscan.report import markup
from tests.report.commonmark import Markdown

BAD = (
    "a|b",
    "\\|",
    "\\\\|",
    "`",
    "``a`",
    "@mina",
    "#123",
    "!5",
    "$x$",
    "~bug",
    "&amp;",
    "www.evil.example",
    "https://evil.example/?a=b",
    "mina@evil.example",
    "<b>",
    "<https://a.example>",
    "![x](y)",
    "[x](javascript:1)",
    "[x]: http://a.example",
    "**bold**",
    "__init__",
    "- a",
    "1. a",
    "1) a",
    "+ a",
    "===",
    "---",
    "# a",
    "> a",
    "| a | b |",
    "    code",
    "```",
    "~~~",
    ":smile:",
    "x:100:",
    "8af835e1",
    "GH-12",
    "</details>",
    "<?php",
    "<!--",
    "<!X",
    "\\",
    "a\\",
    " a ",
    "|",
    "||",
)
words = st.text(st.sampled_from("ab |\\`@#!$~&<>[]()*_-+=.:/1w "), max_size=20) | st.sampled_from(BAD)


def said(markdown: str) -> str:
    """What a reader sees of one paragraph."""
    read = Markdown(markdown)
    assert read.blocks == ("paragraph_open", "paragraph_close")
    return "".join(token.content for token in read.tokens if token.type in {"text", "code_inline", "text_special"})


@given(words)
@example("`a`@b")
@example("a `b c")
def test_text_of_names_is_one_plain_paragraph(name: str) -> None:
    told = markup.inert(f"x {name}")
    Markdown(told).require_inert(frozenset())
    assert said(told).split() == f"x {name}".replace("`", "").split() or "`" in name


@given(words)
def test_the_beginning_of_a_line_is_no_markup(name: str) -> None:
    told = markup.inert(name)
    if told:
        assert Markdown(told).blocks == ("paragraph_open", "paragraph_close")
        Markdown(told).require_inert(frozenset())


@given(words.filter(str.strip))
def test_code_is_the_same_characters(name: str) -> None:
    assert Markdown(f"x {markup.code(name)} y").code == (name,)


@given(words, words, words)
def test_no_cell_breaks_its_table(one: str, two: str, three: str) -> None:
    row = (markup.in_cell(one), markup.code_in_cell(two), markup.in_cell(three))
    text = "\n".join(markup.table(("1", "2", "3"), [row, ("a", "b", "c")]))
    ((head, *rows),) = Markdown(text).tables
    assert (len(head), [len(cells) for cells in rows], rows[-1]) == (3, [3, 3], ("a", "b", "c"))
    Markdown(text).require_inert(frozenset())
    if two.strip() == two and "`" not in two:
        assert rows[0][1] == two


@pytest.mark.parametrize("name", ["~^(a|b)$", "a\\|b", "||"])
def test_a_bar_in_a_cell_is_a_bar(name: str) -> None:
    text = "\n".join(markup.table(("1",), [(markup.code_in_cell(name),), (markup.in_cell(name),)]))
    ((_, *rows),) = Markdown(text).tables
    assert [cell for (cell,) in rows] == [name, name]


def test_code_beside_code_is_one_piece() -> None:
    assert Markdown(markup.inert("`a`@b and `c`")).code == ("a@b", "c")


def test_a_word_that_is_too_long_is_cut_and_a_sentence_is_not() -> None:
    told = markup.inert("x" * 3000 + " `" + "openssl s_client " * 50 + "`")
    assert said(told) == "x" * 120 + "... " + "openssl s_client " * 50


def test_a_block_of_code_ends_where_it_ends() -> None:
    lines = ("```", "a", "````", "~~~")
    (block,) = Markdown("\n".join(markup.fenced(lines, "diff"))).of("fence")
    assert (block.content, block.info) == ("```\na\n````\n~~~\n", "diff")


def test_what_is_folded_is_read_as_markdown() -> None:
    found = Markdown("\n".join(markup.folded("3 changes", ["- a", "- b", ""])))
    assert len(found.of("list_item_open")) == 2
    found.require_inert(frozenset())


def test_the_guard_can_say_no() -> None:
    for bad in (
        "<b>x</b>",
        "[a](https://a.example)",
        "![a](b)",
        "x @mina",
        "x #12",
        "<details>\n<summary>a <b></summary>",
    ):
        with pytest.raises(AssertionError):
            Markdown(bad).require_inert(frozenset())
