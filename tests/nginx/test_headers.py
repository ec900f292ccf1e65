import pytest

from driftscan.nginx.headers import start_page
from tests.nginx.trees import line, only_server

A, B = "add_header A 1;", "add_header B 2 always;"


def sent(server: str, outer: str = "", nginx: str = "1.22.1") -> dict[str, list[str]]:
    """The names of the headers at each level."""
    found = only_server(f"http {{ {outer} server {{ {server} }} }}", nginx).headers
    return {name: [header.name for header in level.all()] for name, level in found.items()}


def test_a_level_without_headers_has_those_around_it() -> None:
    assert sent("location / { location /x { } }", A) == {"": ["A"], "/": ["A"], "/x": ["A"]}


def test_a_level_with_a_header_loses_all_others() -> None:
    assert sent(f"{B} location / {{ {A} {B} }}", A) == {"": ["B"], "/": ["A", "B"]}


def test_merging_adds_them_since_1_29_3() -> None:
    inner = f"location / {{ {B} add_header_inherit merge; }}"
    assert sent(inner, A, "1.29.3") == {"": ["A"], "/": ["B", "A"]}
    assert sent(inner, A, "1.29.2") == {"": ["A"], "/": ["B"]}


def test_switching_off_drops_them_since_1_29_3() -> None:
    assert sent("location / { add_header_inherit off; }", A, "1.29.3") == {"": ["A"], "/": []}


def test_of_two_locations_of_one_name_the_first_is_told() -> None:
    assert sent(f"location /a {{ {A} }} location /a {{ {B} }}") == {"": [], "/a": ["A"]}


def test_a_header_knows_its_line_and_how_it_is_written() -> None:
    level = only_server("http {\nserver {\nadd_header X-A 'a; b' always;\n} }").headers[""]
    header = level.first("x-a")
    assert header is not None
    assert (header.at, header.always, header.text) == (line(3), True, 'add_header X-A "a; b" always;')


def test_a_header_without_a_value_is_not_sent() -> None:
    level = only_server("http { server { add_header A ''; add_header a 2; } }").headers[""]
    header = level.first("a")
    assert header is not None
    assert header.value == "2"


def test_a_value_that_needs_other_quotes_is_not_written_anew() -> None:
    header = only_server("""http { server { add_header A 'h3=":443"'; } }""").headers[""].first("a")
    assert header is not None
    assert header.text is None


@pytest.mark.parametrize("name", ["= /", "=/", "/", "^~ /"])
def test_the_start_page_is_answered_by_the_location_of_the_root(name: str) -> None:
    assert start_page({"": 1, "/x": 2, name: 3}) == name


def test_the_start_page_is_the_servers_without_such_a_location() -> None:
    assert start_page({"": 1, "/x": 2}) == ""
