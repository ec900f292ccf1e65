from hypothesis import example, given

from driftscan.nginx.spans import Span, spans
from driftscan.nginx.syntax import Broken, Statement, parse
from tests.nginx.read_token import Tree
from tests.nginx.test_syntax import NGINX, rendered


def statements(data: bytes) -> tuple[Statement, ...] | None:
    found = spans(data)
    return None if found is None else tuple(span.statement for span in found)


@given(NGINX)
@example("a '\\'")
@example("a\\\n'b';")
@example("a 'b'){}")
@example("$\\{a;")
@example("a ${b} ${{c};")
@example('a "${";')
@example("a b'c;'d;")
def test_every_text_has_the_statements_of_the_parser_at_the_same_lines(text: str) -> None:
    found = parse(text.encode())
    assert statements(text.encode()) == (None if isinstance(found, Broken) else found)


@given(rendered())
def test_however_a_tree_is_written_each_statement_is_found(case: tuple[Tree, str]) -> None:
    data = case[1].encode()
    assert statements(data) == parse(data)


@given(rendered())
def test_the_bytes_of_a_statement_are_a_file_that_says_the_same(case: tuple[Tree, str]) -> None:
    data = case[1].encode()
    todo = list(spans(data) or ())
    while todo:
        span = todo.pop()
        alone = parse(data[span.start : span.stop])
        assert not isinstance(alone, Broken)
        assert [(found.name, found.args) for found in alone] == [(span.name, span.args)]
        assert data[: span.start].count(b"\n") + 1 == span.line
        todo += span.inside


def test_a_span_goes_from_the_first_word_to_the_semicolon_or_brace() -> None:
    data = b"# x\n  server { listen '44'; }\n"
    listen = Span("listen", ("44",), 2, 15, 27)
    assert spans(data) == (Span("server", (), 2, 6, 29, 14, (listen,)),)
    assert (data[15:27], data[6:29]) == (b"listen '44';", b"server { listen '44'; }")


def test_what_cannot_be_read_for_sure_has_no_spans() -> None:
    for data in (b"a", b"}", b"a { b; } }", b"content_by_lua_block { return '}' }", b"\0", b"\xef\xbb\xbfa;"):
        assert spans(data) is None


def test_bytes_that_are_not_utf8_are_counted_as_bytes() -> None:
    (span,) = spans(b"\xc3\xa4 \xff;") or ()
    assert (span.name, span.args, span.stop) == ("\u00e4", ("\udcff",), 5)
