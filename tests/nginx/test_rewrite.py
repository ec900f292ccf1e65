from hypothesis import given
from hypothesis import strategies as st

from driftscan.nginx.config import Location
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.rewrite import rewrite
from driftscan.nginx.spans import Span, spans
from driftscan.nginx.syntax import Broken, Statement, parse
from tests.nginx.read_token import Tree
from tests.nginx.test_syntax import rendered, without_lines

OFF = "ssl_session_tickets off;"


def inside(line: int, name: str = "server", text: str = OFF) -> Inside:
    return Inside(Location("a.conf", line), name, text)


def put(line: int, name: str, text: str = "") -> Replace:
    return Replace(Location("a.conf", line), name, text)


def rewritten(text: str, *edits: Edit) -> str | None:
    data = rewrite(text.encode(), edits)
    return None if data is None else data.decode()


SERVER = """\
# a site
server {
    listen 443 ssl;  # for all
    listen [::]:443 ssl;
    server_name a.example;

    root /srv;
}
"""


def test_a_directive_is_added_below_the_listen_and_server_name_lines() -> None:
    assert rewritten(SERVER, inside(2)) == SERVER.replace("a.example;\n", f"a.example;\n    {OFF}\n")


def test_without_them_it_is_added_at_the_top() -> None:
    text = "http {\n\tinclude a;\n\tinclude b;\n}\n"
    assert rewritten(text, inside(1, "http")) == f"http {{\n\t{OFF}\n\tinclude a;\n\tinclude b;\n}}\n"


def test_an_empty_block_gets_a_line_of_its_own() -> None:
    assert rewritten("http {\n  server {\n  }\n}\n", inside(2)) == f"http {{\n  server {{\n      {OFF}\n  }}\n}}\n"
    assert rewritten("\tserver {\n\t}\n", inside(1)) == f"\tserver {{\n\t\t{OFF}\n\t}}\n"
    assert rewritten("server {}", inside(1)) == f"server {{ {OFF} }}"


def test_a_block_on_one_line_stays_on_one_line() -> None:
    text = "server { listen 443 ssl; root /srv; } server_names_hash_max_size 1;"
    assert rewritten(text, inside(1)) == text.replace("ssl;", f"ssl; {OFF}")
    assert rewritten("server {listen 443;root /srv;}", inside(1)) == f"server {{listen 443; {OFF} root /srv;}}"


def test_the_comment_behind_a_line_stays_where_it_is() -> None:
    text = "server {\n  listen 443 ssl; # managed\n}\n"
    assert rewritten(text, inside(1)) == f"server {{\n  listen 443 ssl; # managed\n  {OFF}\n}}\n"
    assert rewritten("server { # web\n  root /;\n}\n", inside(1)) == f"server {{ # web\n  {OFF}\n  root /;\n}}\n"


def test_the_indentation_is_that_of_a_neighbour() -> None:
    text = "server { listen 443;\n       server_name a; root /;\n   }\n"
    assert rewritten(text, inside(1)) == f"server {{ listen 443;\n       server_name a; {OFF} root /;\n   }}\n"
    text = "server { listen 443;\n       root /;\n   }\n"
    assert rewritten(text, inside(1)) == f"server {{ listen 443;\n       {OFF}\n       root /;\n   }}\n"


def test_a_listen_in_a_word_or_a_comment_is_none() -> None:
    text = "server {\n  set $x 'listen 1;';\n  # listen 2;\n}\n"
    assert rewritten(text, inside(1)) == f"server {{\n  {OFF}\n  set $x 'listen 1;';\n  # listen 2;\n}}\n"


def test_several_directives_are_added_in_their_order() -> None:
    text = "server {\n  listen 1;\n}\n"
    assert rewritten(text, inside(1, text="a 1;\nb 2;"), inside(1, text="c 3;")) == (
        "server {\n  listen 1;\n  a 1;\n  b 2;\n  c 3;\n}\n"
    )


def test_the_same_edit_twice_is_one() -> None:
    assert rewritten(SERVER, inside(2), inside(2)) == rewritten(SERVER, inside(2))
    assert rewritten(SERVER, put(7, "root"), put(7, "root")) == rewritten(SERVER, put(7, "root"))


def test_a_directive_is_replaced_with_all_of_its_lines() -> None:
    text = "server {\n  ssl_ciphers 'A\n    B';  # old\n  listen 1;\n}\n"
    assert rewritten(text, put(2, "ssl_ciphers", "ssl_ciphers C;")) == (
        "server {\n  ssl_ciphers C;  # old\n  listen 1;\n}\n"
    )


def test_a_replacement_may_be_two_directives() -> None:
    text = "server {\n  listen 1;\n}\n"
    assert rewritten(text, put(2, "listen", "listen 2;\nlisten 3;")) == "server {\n  listen 2;\n  listen 3;\n}\n"
    assert rewritten("server { listen 1; }", put(1, "listen", "listen 2;\nlisten 3;")) == (
        "server { listen 2; listen 3; }"
    )


def test_a_directive_that_is_taken_away_takes_its_line_along() -> None:
    text = "server {\n  ssl on; # old\n  listen 1;\n}\n"
    assert rewritten(text, put(2, "ssl")) == "server {\n  listen 1;\n}\n"
    assert rewritten("server { ssl on; listen 1; }", put(1, "ssl")) == "server { listen 1; }"
    assert rewritten("server { listen 1; ssl on;\n}", put(1, "ssl")) == "server { listen 1;\n}"
    assert rewritten("a;\nb;", put(2, "b")) == "a;\n"
    assert rewritten("a;", put(1, "a")) == ""


def test_what_an_addition_follows_may_be_replaced_too() -> None:
    text = "server {\n  listen 1;\n  listen 2 ssl;\n}\n"
    without_ssl = rewritten(text, inside(1), put(3, "listen", "listen 2;"))
    assert without_ssl == f"server {{\n  listen 1;\n  listen 2;\n  {OFF}\n}}\n"
    assert rewritten(text, inside(1), put(3, "listen")) == f"server {{\n  listen 1;\n  {OFF}\n}}\n"


def test_line_endings_bytes_and_a_missing_last_newline_stay() -> None:
    data = b"server {\r\n\tlisten 1;\r\n\t# \xff\xc3\r\n}\r\n# \xe4"
    assert rewrite(data, [inside(1)]) == data.replace(b"1;\r\n", b"1;\r\n\t" + OFF.encode() + b"\r\n")
    assert rewrite(b"a;\r\nb \xff;", [put(1, "a")]) == b"b \xff;"


def test_what_is_not_there_is_not_edited() -> None:
    assert rewritten(SERVER, inside(3)) is None
    assert rewritten(SERVER, inside(2, "http")) is None
    assert rewritten(SERVER, put(3, "server_name")) is None
    assert rewritten(SERVER, put(2, "server")) is None
    assert rewritten(SERVER, inside(3, "listen")) is None


def test_what_stands_twice_on_its_line_is_not_edited() -> None:
    assert rewritten("server { listen 1; } server { listen 2; }", inside(1)) is None
    assert rewritten("server { listen 1; listen 2; }", put(1, "listen")) is None
    assert rewritten("server { server { } }", inside(1)) is None


def test_a_broken_file_is_not_edited() -> None:
    assert rewritten("server {", inside(1)) is None
    assert rewritten("server { content_by_lua_block { } }", inside(1)) is None


def test_an_edit_that_would_mean_something_else_is_not_made() -> None:
    for text in ("off", "a; }", "a { b; }", 'a "b;', "# only a comment\na"):
        assert rewritten(SERVER, inside(2, text=text)) is None
    assert rewritten("server { listen 1; }", inside(1, text="a; # b")) is None


def test_two_edits_of_the_same_words_are_not_made() -> None:
    assert rewritten(SERVER, put(7, "root", "root /a;"), put(7, "root", "root /b;")) is None


def places(found: tuple[Span, ...]) -> list[Span]:
    return [place for span in found for place in (span, *places(span.inside))]


@given(rendered(), st.data())
def test_an_edit_changes_what_it_says_or_nothing(case: tuple[Tree, str], data: st.DataObject) -> None:
    text = case[1].encode()
    every = places(spans(text) or ())
    if not every:
        return
    span = data.draw(st.sampled_from(every))
    new = data.draw(st.sampled_from(["new 1;", "new 'a b';", "new 1;\nnew 2;"]))
    edit: Edit = put(span.line, span.name, new) if span.opens is None else inside(span.line, span.name, new)
    result = rewrite(text, [edit])
    if result is None:
        alike = [other for other in every if (other.line, other.name) == (span.line, span.name)]
        assert len(alike) > 1
        return
    found = parse(result)
    assert not isinstance(found, Broken)
    before, after = names(without_lines(parsed(text))), names(without_lines(found))
    added = new.count(";")
    assert len(after) == len(before) + added - (span.opens is None)
    assert after.count("new") >= added


def parsed(data: bytes) -> tuple[Statement, ...]:
    found = parse(data)
    assert not isinstance(found, Broken)
    return found


def names(tree: Tree) -> list[str]:
    return [name for statement in tree for name in (statement[0], *names(statement[3] or ()))]


@given(rendered())
def test_no_edits_change_no_byte(case: tuple[Tree, str]) -> None:
    assert rewrite(case[1].encode(), []) == case[1].encode()
