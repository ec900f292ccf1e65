import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.nginx.names import NameTable, compiles, normal


def table(*servers: str) -> NameTable[int]:
    """The names of servers 0, 1, 2…, each given as words."""
    return NameTable.build((number, tuple(names.split())) for number, names in enumerate(servers))


def found(sni: str, *servers: str) -> tuple[str, int] | None:
    return table(*servers).find(sni)


PRECEDENCE = (
    "~^www",
    "www.*",
    "*.example.org",
    "www.example.org",
    ".b.example.org",
    "*.c.b.example.org",
    "www.example.*",
)


@pytest.mark.parametrize(
    ("sni", "expected"),
    [
        ("www.example.org", ("www.example.org", 3)),
        ("WWW.Example.ORG", ("www.example.org", 3)),
        ("www.example.org.", ("www.example.org", 3)),
        ("x.example.org", ("*.example.org", 2)),
        ("x.y.example.org", ("*.example.org", 2)),
        ("b.example.org", (".b.example.org", 4)),
        ("x.b.example.org", (".b.example.org", 4)),
        ("c.b.example.org", (".b.example.org", 4)),
        ("x.c.b.example.org", ("*.c.b.example.org", 5)),
        ("www.b.example.org", (".b.example.org", 4)),
        ("www.example.com", ("www.example.*", 6)),
        ("www.example.co.uk", ("www.example.*", 6)),
        ("www.other.com", ("www.*", 1)),
        ("www", ("~^www", 0)),
        ("wwwx.org", ("~^www", 0)),
        ("example.org", None),
        ("xexample.org", None),
        ("", None),
        (".", None),
        ("www..example.org", None),
        ("www.example.org/", None),
        ("www.example.org:8443", ("www.example.org", 3)),
        ("www.example.org.:443", ("www.example.org", 3)),
        ("[www.example.org]", None),
        ("www.example.org ", None),
        ("www.exa mple.org", None),
        ("www.example.org\x7f", None),
    ],
)
def test_exact_then_leading_then_trailing_wildcard_then_expression(sni: str, expected: tuple[str, int] | None) -> None:
    assert found(sni, *PRECEDENCE) == expected


def test_the_first_expression_that_matches_wins_even_over_a_longer_one() -> None:
    assert found("shop.test", "~nothing", "~shop", "~^shop\\.test$") == ("~shop", 1)


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("~^WWW\\.", True),
        ("~^www\\.", True),
        ("~^(?<host>.+)\\.test$", True),
        ("~^(?P<host>.+)\\.test$", True),
        ("~(?<=www)\\.", True),
        ("~(?<!www)\\.", False),
        ("~^(unclosed", False),
        ("~test\\.", False),
    ],
)
def test_expressions_are_pcre_and_ignore_case(expression: str, matches: bool) -> None:
    assert (found("www.test", expression) == (expression, 0)) is matches


@pytest.mark.parametrize(
    "expression",
    ["~^[[:alpha:]]+$", "~\\Kx", "~^(?|a|b)$", "~^a++$", "~^(a+)+$", "~^(?R)$", "~^(unclosed"],
)
def test_expressions_that_only_pcre_can_read_are_not_guessed(expression: str) -> None:
    names = table("a", expression, "~^b")
    assert not compiles(expression)
    assert names.find("b") == ("~^b", 2)
    # It stands before what is found, and may have been the one that nginx finds.
    assert names.undecided("b") == names.undecided("c") == expression
    # An exact name is looked for first, and clients without a name ask nobody.
    assert names.undecided("a") is names.undecided("") is None


def test_an_expression_behind_the_one_that_matches_is_not_asked() -> None:
    assert table("~^b", "~\\Kx").undecided("b") is None
    assert table("~^b", "~\\Kx").undecided("c") == "~\\Kx"


@pytest.mark.parametrize("expression", ["~^www", "~^(?<host>.+)\\.test$", "~^[a-z]{2,3}$", "~^a{2}$"])
def test_ordinary_expressions_are_read(expression: str) -> None:
    assert compiles(expression)


def test_names_are_compared_in_lower_case_except_expressions() -> None:
    assert [normal(name) for name in ("A.Test", "*.A", ".B", "~^A")] == ["a.test", "*.a", ".b", "~^A"]


@pytest.mark.parametrize(
    ("servers", "owners"),
    [
        (("a b", "b c"), {"a": 0, "b": 0, "c": 1}),
        (("a a",), {"a": 0}),
        (("", "_"), {"_": 1}),
        (("*.x", "*.x"), {"*.x": 0}),
        ((".x", "*.x"), {".x": 0}),
        (("*.x", ".x"), {"*.x": 0}),
        ((".x", "x"), {".x": 0}),
        (("x", ".x"), {"x": 0}),
        # The `.x` that is ignored for its wildcard has taken the plain name all the same.
        (("*.x", ".x", "x"), {"*.x": 0}),
        (("x", ".x", "*.x"), {"x": 0, "*.x": 2}),
        (("x.*", "x.*", "x"), {"x.*": 0, "x": 2}),
        (("~^x", "~^x"), {"~^x": 0}),
    ],
)
def test_the_first_server_keeps_a_name_and_a_dotted_one_claims_two(
    servers: tuple[str, ...], owners: dict[str, int]
) -> None:
    assert dict(table(*servers).owners) == owners


LABELS = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=3).map(".".join)
NAMES = st.builds("".join, st.tuples(st.sampled_from(["", "", ".", "*."]), LABELS)) | LABELS.map("{}.*".format)


@given(st.lists(NAMES, max_size=6), LABELS)
def test_whatever_is_found_covers_the_name_and_nothing_better_does(names: list[str], sni: str) -> None:
    found = table(*names).find(sni)
    owners = table(*names).owners
    covering = [name for name in owners if covers(name, sni)]
    assert (found is None) == (not covering)
    if found is not None:
        assert found == (found[0], owners[found[0]])
        assert found[0] in covering
        assert rank(found[0], sni) == max(rank(name, sni) for name in covering)


def covers(name: str, sni: str) -> bool:
    labels, wanted = name.split("."), sni.split(".")
    if name.endswith(".*"):
        return len(wanted) >= len(labels) and wanted[: len(labels) - 1] == labels[:-1]
    if labels[0] in {"*", ""}:
        tail = labels[1:]
        return wanted[-len(tail) :] == tail and (len(wanted) > len(tail) or labels[0] == "")
    return wanted == labels


def rank(name: str, sni: str) -> tuple[bool, bool, int]:
    return name.lstrip(".") == sni and "*" not in name, not name.endswith(".*"), len(name.split("."))
