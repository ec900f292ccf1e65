"""What a block says itself, and which of the blocks around a place counts there."""

from dataclasses import replace

import pytest

from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Gap, GapKind, Hole, Node
from driftscan.nginx.directives.base import (
    AnyDeclaration,
    Decider,
    Declaration,
    Default,
    Explicit,
    Inherited,
    Origin,
    Repetition,
    Since,
    Unknown,
    always,
)
from driftscan.nginx.directives.values import Occurrences
from driftscan.nginx.levels import Level, default_origin, merged, read_level
from tests.nginx.trees import line, platform

PREFIX = "/etc/nginx"
GAP = Gap("nginx/tls.conf", "is not there", GapKind.MISSING, line(9))
OTHER = Gap("nginx/other.conf", "is not there", GapKind.MISSING, line(8))


def words(found: Occurrences) -> tuple[str, ...]:
    """Every argument; `bad` is none."""
    said = tuple(word for args in found.args for word in args)
    if "bad" in said:
        raise ValueError('invalid value "bad"')
    return said


def declaration(repetition: Repetition = Repetition.FATAL) -> AnyDeclaration:
    return Declaration(
        "word",
        words,
        default=(Since("0.1.0", ("old",)), Since("1.20.0", ("new",))),
        decider=always(Decider.SNI_SERVER),
        forms=(),
        repetition=always(repetition),
    )


WORD = declaration()


def level(*lines: str, hole: Gap | None = None, first: int = 1) -> Level:
    """A block that says `word` with these arguments, each on a line of its own."""
    nodes: list[Node] = [
        Directive("word", tuple(text.split()), line(number)) for number, text in enumerate(lines, start=first)
    ]
    return read_level((*nodes, *([] if hole is None else [Hole(hole)])), PREFIX, {"word": WORD})


def value(*levels: Level, of: AnyDeclaration = WORD, at: Platform | None = None) -> tuple[object, Origin]:
    setting = merged(levels, of, at or platform())
    return setting.value, setting.origin


# ---------------------------------------------------------------------- reading a block


def test_all_occurrences_of_a_block_are_one_value_with_all_their_lines() -> None:
    found = level("a b", "c")
    assert dict(found.written) == {"word": (("a", "b", "c"), (line(1), line(2)))}
    assert (dict(found.refused), found.hole) == ({}, None)


def test_what_is_not_declared_and_what_stands_deeper_is_not_the_blocks_own() -> None:
    inner = Directive("word", ("deeper",), line(2))
    nodes = (Directive("location", ("/",), line(1), (inner,)), Directive("else", ("x",), line(3)))
    assert read_level(nodes, PREFIX, {"word": WORD}) == Level({}, {}, None)


def test_arguments_that_mean_nothing_are_a_gap_at_the_first_of_their_lines() -> None:
    found = level("good", "bad", first=4)
    assert dict(found.written) == {}
    assert dict(found.refused) == {
        "word": Gap("nginx/nginx.conf", 'word: invalid value "bad"', GapKind.INVALID, line(4))
    }


def test_a_part_that_stands_in_from_memory_is_no_hole() -> None:
    remembered = Gap("nginx/tls.conf", "is not there", GapKind.MISSING, line(9), remembered=True)
    assert level(hole=GAP).hole == GAP
    assert level(hole=remembered).hole is None


def test_names_of_files_begin_at_the_prefix() -> None:
    path: AnyDeclaration = Declaration(
        "file", lambda found: f"{found.prefix}/{found.first}", always(None), always(Decider.SNI_SERVER), ()
    )
    nodes = (Directive("file", ("a.pem",), line(1)),)
    assert read_level(nodes, "/opt/nginx", {"file": path}).written["file"][0] == "/opt/nginx/a.pem"


# ---------------------------------------------------------------------- which level counts


def test_the_innermost_level_that_says_something_counts() -> None:
    outer = level("outer", first=7)
    assert value(level("inner"), outer) == (("inner",), Explicit((line(1),)))
    assert value(level(), outer) == (("outer",), Inherited((line(7),)))
    assert value(level(), level(), outer) == (("outer",), Inherited((line(7),)))
    assert value(level(), level("middle", first=4), outer) == (("middle",), Inherited((line(4),)))


@pytest.mark.parametrize(
    ("nginx", "expected"), [("1.19.9", ("old",)), ("1.20.0", ("new",))], ids=["before", "since 1.20.0"]
)
def test_what_nobody_says_is_the_default_of_that_nginx(nginx: str, expected: tuple[str, ...]) -> None:
    at = platform(nginx)
    assert value(level(), level(), at=at) == (expected, Default(NginxVersion.parse(nginx), assumed=False))


@pytest.mark.parametrize("evidence", Evidence)
def test_a_default_is_assumed_where_the_version_is(evidence: Evidence) -> None:
    at = Platform(Known(NginxVersion(1, 24, 0), evidence, "a test"))
    assert default_origin(at) == Default(NginxVersion(1, 24, 0), assumed=evidence is Evidence.ASSUMED)


def test_a_value_that_is_refused_is_not_replaced_by_what_stands_further_out() -> None:
    refused = Gap("nginx/nginx.conf", 'word: invalid value "bad"', GapKind.INVALID, line(1))
    assert value(level("bad"), level("outer", first=7)) == (None, Unknown(refused))
    assert value(level("inner"), level("bad", first=7)) == (("inner",), Explicit((line(1),)))


def test_an_unread_part_may_say_what_is_not_written() -> None:
    assert value(level(hole=GAP), level("outer")) == (None, Unknown(GAP))
    assert value(level(), level(hole=OTHER)) == (None, Unknown(OTHER))
    assert value(level("inner"), level(hole=OTHER)) == (("inner",), Explicit((line(1),)))


@pytest.mark.parametrize(
    ("repetition", "known"),
    [
        (Repetition.FATAL, True),
        (Repetition.APPEND, True),
        (Repetition.UNION, False),
        (Repetition.LAST, False),
    ],
)
def test_an_unread_part_may_go_on_with_a_set_and_replace_what_counts_last(
    repetition: Repetition, *, known: bool
) -> None:
    expected = (("inner",), Explicit((line(1),))) if known else (None, Unknown(GAP))
    assert value(level("inner", hole=GAP), of=declaration(repetition)) == expected


def test_a_list_counts_as_a_whole() -> None:
    appended = declaration(Repetition.APPEND)
    assert value(level("a", "b"), level("c", first=7), of=appended) == (("a", "b"), Explicit((line(1), line(2))))


def test_what_is_made_of_two_levels_is_finished_once() -> None:
    both = replace(WORD, inherit=lambda inner, outer: (*inner, *outer), finish=lambda made: (*made, "end"))
    inner, outer = level("inner"), level("outer", first=7)
    assert value(inner, outer, of=both) == (("inner", "outer", "end"), Explicit((line(1),)))
    assert value(inner, level(), outer, of=both) == (("inner", "outer", "end"), Explicit((line(1),)))
    assert value(level(), outer, of=both) == (("outer", "end"), Inherited((line(7),)))
    # The default is what nginx has in force already.
    assert value(level(), of=both)[0] == ("new",)
