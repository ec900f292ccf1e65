"""TOML of people and of strangers: every key has its line, and nothing that is written there keeps driftscan busy."""

import tomllib
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from driftscan.nginx.config import Location
from driftscan.site.site import read_site
from driftscan.site.toml import DEEPEST, SiteError, decode, parse
from driftscan.site.toml_lines import KeyPath, key_lines, line_of
from tests.drift.trees import tree

TEXT = dedent(
    '''\
    # a comment with [ and "
    top = "a # [ no header"   # another
    "quoted.key" = 1

    [one]
    text = """
    [two]
    inside = 1 ""\\""""""
    raw = \'\'\'
    b = 2\'\'\'\'\'
    list = [ # not [ closed
        "]",
        [1, 2],
    ]
    after.deep = { x = 1, y = [{ z = "}" }] }
    [[row]]
    name = "first"
    [row.part]
    p = 1
    [[row]]
    name = "second"
    [row.part]
    p = 2'''
)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted.key",), 3),
        (("one",), 5),
        (("one", "text"), 6),
        (("one", "inside"), None),
        (("one", "raw"), 9),
        (("one", "list"), 11),
        (("one", "list", 1, 1), 11),
        (("one", "after"), 15),
        (("one", "after", "deep", "y", 0, "z"), 15),
        (("row",), 16),
        (("row", 0), 16),
        (("row", 0, "name"), 17),
        (("row", 0, "part", "p"), 19),
        (("row", 1, "name"), 21),
        (("row", 1, "part"), 22),
        (("row", 1, "part", "p"), 23),
        (("row", 2), None),
    ],
)
def test_every_key_has_the_line_it_is_first_written_on(ends: str, path: KeyPath, line: int | None) -> None:
    assert key_lines(TEXT.replace("\n", ends)).get(path) == line


def test_what_is_not_written_has_the_line_of_what_is_around_it() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("row", 1, "missing")) == 20
    assert line_of(lines, ("nothing",)) is None
    assert line_of(lines, ()) is None


WORDS = ["1", "true", '"a"', r'"\""', "'['", '"""\n]#"""', "'''\n\n'''", '"""a""""', "{ a = ']' }"]
values = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "]"),
    max_leaves=5,
)


@given(st.lists(values, min_size=1, max_size=6))
def test_whatever_the_values_are_the_keys_are_found(many: list[str]) -> None:
    text = "".join(f"k{place} = {value} # [\n\n" for place, value in enumerate(many))
    tomllib.loads(text)
    lines = text.split("\n")
    found = key_lines(text)
    assert [lines[found[f"k{place}",] - 1].partition(" ")[0] for place in range(len(many))] == [
        f"k{place}" for place in range(len(many))
    ]


class Part(Struct, forbid_unknown_fields=True):
    p: int


class Row(Struct, forbid_unknown_fields=True):
    name: str
    part: Part


class File(Struct, forbid_unknown_fields=True):
    row: list[Row] = []


ROWS = '[[row]]\nname = "a"\npart = { p = 1 }\n\n[[row]]\nname = "b"\n[row.part]\np = 2\n'


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("p = 2", 'p = "2"', 8),
        ("p = 2", "q = 2", 8),
        ("p = 2", "", 7),
        ('name = "b"', "name = ' - at `$.row[0].name`'\nnam = 1", 7),
        ("part = { p = 1 }", "part = { p = true }", 3),
        ('[[row]]\nname = "a"', "rows = 1", 1),
        ("p = 2", "p = 2 2", 8),
    ],
)
def test_an_error_tells_its_line(old: str, new: str, line: int) -> None:
    decode(ROWS.encode(), File, "a.toml")
    with pytest.raises(SiteError, match=r"^a\.toml: ") as refused:
        decode(ROWS.replace(old, new).encode(), File, "a.toml")
    assert refused.value.line == line


DEEP = "a." * 300_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{DEEP}b = 1", f"a key has more than {DEEPEST} parts"),
        (f"[{DEEP}b]", f"a key has more than {DEEPEST} parts"),
        ("x = 1\n" + '"a" . ' * 200 + "b = 1", f"a key has more than {DEEPEST} parts"),
        ("a = " + "[" * 100_000, "nested too deep"),
        ("a = " + "{a=" * 100_000, "nested too deep"),
        ("a = " + "9" * 5000, "it is no TOML"),
        ("a = 2027-02-30", "it is no TOML"),
    ],
)
def test_a_file_that_is_made_to_hang_or_break_the_reader_is_refused(text: str, says: str) -> None:
    with pytest.raises(SiteError, match=says):
        parse(text.encode(), "a.toml")


def test_such_a_file_in_a_history_is_a_gap() -> None:
    site = read_site(
        tree({"driftscan/patterns.d/a.toml": "a = " + "[" * 100_000, "driftscan/suppressions.toml": DEEP}), ()
    )
    assert [gap.path for gap in site.gaps] == ["driftscan/patterns.d/a.toml", "driftscan/suppressions.toml"]


def test_a_gap_has_the_line() -> None:
    files = {"driftscan/patterns.d/a.toml": "\n\npatern = 1\n", "driftscan/suppressions.toml": "\nsuppress = [[\n"}
    site = read_site(tree(files), ())
    assert [gap.at for gap in site.gaps] == [
        Location("driftscan/patterns.d/a.toml", 3),
        None,  # the end of the file is no line of it
    ]


def test_a_long_name_in_a_value_is_no_deep_key() -> None:
    name = ".".join("0" * 32) + ".ip6.arpa"
    assert parse(f'server = "{name}"'.encode(), "a.toml")[1] == {"server": name}
