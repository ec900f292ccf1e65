import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftscan.nginx.config import GapKind
from driftscan.nginx.syntax import Broken, Statement, parse
from tests.nginx.read_token import Refused, Tree, judge


def broken(reason: str, line: int | None = 1) -> Broken:
    """A file that nginx may read all the same, or that is no configuration."""
    return Broken(GapKind.UNPARSABLE, reason, line)


def refused(reason: str, line: int | None = 1, says: str | None = None) -> Broken:
    """A file that nginx is known to refuse, with these words."""
    return Broken(GapKind.UNPARSABLE, reason, line, says or reason)


def words(text: str | bytes) -> list[tuple[str, ...]]:
    """The words of each statement."""
    statements = parse(text if isinstance(text, bytes) else text.encode())
    assert not isinstance(statements, Broken), statements
    return [(statement.name, *statement.args) for statement in statements]


def test_statements_know_the_line_of_their_name() -> None:
    text = b"# one\nhttp {\n  server\n  {\n    listen\n 80;\n  }\n}\nend;"
    listen = Statement("listen", ("80",), 5)
    server = Statement("server", (), 3, (listen,))
    assert parse(text) == (Statement("http", (), 2, (server,)), Statement("end", (), 9))


def test_an_empty_file_has_no_statements() -> None:
    assert parse(b"") == parse(b" \n\t\r\n# only a comment") == ()


def test_a_block_may_be_empty_and_is_not_a_simple_directive() -> None:
    assert parse(b"events{}events;") == (Statement("events", (), 1, ()), Statement("events", (), 1))


WORDS = [
    # white space
    ("a  b\tc\r\nd\n;", ("a", "b", "c", "d")),
    ("a\u00a0b\fc\vd\x1ce\x85f;", ("a\u00a0b\fc\vd\x1ce\x85f",)),
    ("a\u2028b\u3000c;", ("a\u2028b\u3000c",)),
    # comments
    ("a b#c #d\n e;", ("a", "b#c", "e")),
    ("#\\\na;", ("a",)),
    ("a # it's \"open\n;", ("a",)),
    ("a # lone CR\r b;\n c;", ("a", "c")),
    # quotes
    ('a "b c;{}#" \'d "e"\';', ("a", "b c;{}#", 'd "e"')),
    ("a 'b\nc';", ("a", "b\nc")),
    ("a 'b\r\nc';", ("a", "b\r\nc")),
    ("a '' \"\";", ("a", "", "")),
    ("'a' b;", ("a", "b")),
    ('a b"c" d\'e;', ("a", 'b"c"', "d'e")),
    ('a b"c d"e;', ("a", 'b"c', 'd"e')),
    ('if "a")b;', ("if", "a", ")b")),
    # escapes
    (r"a \"b \'c\\ d\t\r\n;", ("a", '"b', "'c\\", "d\t\r\n")),
    (r'a "\"\\\t" "\\\\" "\\\"";', ("a", '"\\\t', "\\\\", '\\"')),
    (r"a '\'' '\"';", ("a", "'", '"')),
    (r"a \! \. b\ c \; \{ \} \#;", ("a", r"\!", r"\.", r"b\ c", r"\;", r"\{", r"\}", r"\#")),
    ("a b\\\nc;", ("a", "b\\\nc")),
    # variables and braces
    ("a ${b} ${c}d e${f};", ("a", "${b}", "${c}d", "e${f}")),
    ("add_header X ${b} always;", ("add_header", "X", "${b}", "always")),
    ("a ${b c;", ("a", "${b", "c")),
    ("a ${;", ("a", "${")),
    ("a ${{b}};", ("a", "${{b}}")),
    ("a $b{c};};", None),
    ("a \"${b} c\" '${';", ("a", "${b} c", "${")),
    ("server_name a.test};", ("server_name", "a.test}")),
    ("a b}}c d};", ("a", "b}}c", "d}")),
]


@pytest.mark.parametrize(("text", "expected"), [row for row in WORDS if row[1]])
def test_words_end_where_nginx_ends_them(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == [expected]


def test_a_brace_ends_a_word_and_opens_a_block_except_after_a_dollar_sign() -> None:
    assert parse(b"a b{c ${d}{}}") == (Statement("a", ("b",), 1, (Statement("c", ("${d}",), 1, ()),)),)
    assert parse(b"a $b{c;}") == (Statement("a", ("$b",), 1, (Statement("c", (), 1),)),)


def test_a_missing_semicolon_glues_the_next_directive_to_the_words() -> None:
    assert words("server_name a.test\n ssl_certificate x;") == [("server_name", "a.test", "ssl_certificate", "x")]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("http {\n listen 80 }", 'unexpected "}"', 2),
        ("}", 'unexpected "}"', 1),
        ("a;\n};", 'unexpected "}"', 2),
        ("\n;", 'unexpected ";"', 2),
        ("a;;", 'unexpected ";"', 1),
        ("{", 'unexpected "{"', 1),
        ("a {} ;", 'unexpected ";"', 1),
        ('a "b"c;', 'unexpected "c"', 1),
        ("a 'b'\"c\";", 'unexpected """', 1),
        ('a "b\n"}', 'unexpected "}"', 2),
        ("a 'b'#c\n;", 'unexpected "#"', 1),
        ("a", 'unexpected end of file, expecting ";" or "}"', 1),
        ("a {\n b\n", 'unexpected end of file, expecting ";" or "}"', 3),
        ("a 'b;\n}\n", 'unexpected end of file, expecting ";" or "}"', 3),
        ("a; \\", 'unexpected end of file, expecting ";" or "}"', 1),
        ('a "b"', 'unexpected end of file, expecting ";" or "}"', 1),
        ("a {\n b;\n", 'unexpected end of file, expecting "}"', 3),
        ("a { b {} # }", 'unexpected end of file, expecting "}"', 1),
        ("a b} }", 'unexpected "}"', 1),
    ],
)
def test_what_nginx_refuses_is_broken_in_its_own_words_at_its_own_line(text: str, reason: str, line: int) -> None:
    assert parse(text.encode()) == refused(reason, line)


def test_words_longer_than_nginx_can_hold_are_broken() -> None:
    assert words(b"a " + b"x" * 4095 + b";") == [("a", "x" * 4095)]
    assert words(b"a '" + b"x" * 4094 + b"';") == [("a", "x" * 4094)]
    assert parse(b"\na " + b"x" * 4096 + b";") == refused('too long parameter "xxxxxxxxxx..." started', 2)
    assert parse(b"a '" + b"x" * 4095 + b"';") == refused('too long parameter "xxxxxxxxxx..." started')
    missing = 'too long parameter, probably missing terminating "\'" character'
    assert parse(b"a '" + b"x" * 4096 + b"';") == parse(b"a '" + b"x" * 5000) == refused(missing)


def test_blocks_nested_deeper_than_any_configuration_are_broken() -> None:
    deepest = parse(b"a {" * 64 + b"}" * 64)
    for _ in range(64):
        assert not isinstance(deepest, Broken)
        ((deepest),) = (deepest[0].block or (),)
    assert deepest == ()
    assert parse(b"a {\n" * 65 + b"}" * 65) == broken("blocks nested more than 64 deep", 65)
    assert parse(b"a {" * 100_000) == broken("blocks nested more than 64 deep")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"\xef\xbb\xbfhttp {}",
            refused(
                "starts with a UTF-8 byte order mark, which nginx takes for a directive",
                says='unknown directive "\ufeffhttp"',
            ),
        ),
        (b"\0GITCRYPT\0\x12\x34", Broken(GapKind.ENCRYPTED, "encrypted by git-crypt")),
        (b"http { \0 }", broken("holds a NUL byte: not a text file", None)),
        (b"a {{ b }};", broken('a template, not a configuration file (unexpected "{")')),
        (b"{% if a %}\nb;\n", broken('a template, not a configuration file (unexpected "{")')),
        (b"a <%= b %>", broken('a template, not a configuration file (unexpected end of file, expecting ";" or "}")')),
        (b"# {{ a }}\nb", refused('unexpected end of file, expecting ";" or "}"', 2)),
    ],
)
def test_files_that_are_no_configuration_say_what_they_are(data: bytes, expected: Broken) -> None:
    assert parse(data) == expected


def test_a_byte_order_mark_elsewhere_is_a_word_character() -> None:
    assert words(b"a \xef\xbb\xbfb;") == [("a", "\ufeffb")]


def test_bytes_that_are_not_utf8_survive() -> None:
    every = bytes(byte for byte in range(1, 256) if byte not in b" \t\r\n;{}\\\"'$#")
    ((name, argument),) = words(b"a \xe4\xff" + every + b";")
    assert (name, argument.encode("utf-8", "surrogateescape")) == ("a", b"\xe4\xff" + every)
    assert words("a ä '\u20ac';") == [("a", "ä", "€")]


def test_lua_blocks_are_one_word_whatever_they_hold() -> None:
    text = (
        b"location / {\n"
        b"  content_by_lua_block {\n"
        b"    -- it's } a comment\n"
        b"    if a then b = {c = '}', d = \"{\"} end\n"
        b"  }\n"
        b"  set_by_lua_block $x { return '}' }\n"
        b"  ssl_certificate x;\n"
        b"}"
    )
    location = parse(text)
    assert not isinstance(location, Broken)
    assert [(inner.name, inner.line) for inner in location[0].block or ()] == [
        ("content_by_lua_block", 2),
        ("set_by_lua_block", 6),
        ("ssl_certificate", 7),
    ]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a;\ncontent_by_lua_block x;", "expected { to start Lua block", 2),
        ("content_by_lua_block {", 'unexpected end of file, expecting ";" or "}"', 1),
        ("content_by_lua_block { '", 'unexpected end of file, expecting ";" or "}"', 1),
        ("content_by_lua_block", "expected { to start Lua block", 1),
        ("a { content_by_lua_block {} ", 'unexpected end of file, expecting "}"', 1),
    ],
)
def test_broken_lua_blocks_break_the_file(text: str, reason: str, line: int) -> None:
    """What nginx says of them is Lua's business, and another module's."""
    assert parse(text.encode()) == broken(reason, line)


def shown(statements: tuple[Statement, ...]) -> Tree:
    return tuple(
        (statement.name, statement.args, statement.line, None if statement.block is None else shown(statement.block))
        for statement in statements
    )


NGINX = st.lists(
    st.sampled_from("aab.;;{}{}\"'\\\\$$#()~ \t\r\n\n\f\u00a0") | st.sampled_from(["${", "${a}", "a;", "b {", "'a'"]),
    max_size=40,
).map("".join)


@given(NGINX)
@example("a '\\'")
@example("a\\\n'b';")
@example("a 'b'){}")
@example("$\\{a;")
@example("a $ {}")
def test_every_text_means_what_ngx_conf_read_token_makes_of_it(text: str) -> None:
    found = parse(text.encode())
    try:
        expected = judge(text.encode())
    except Refused as refused:
        reason, line = refused.args
        assert isinstance(found, Broken), found
        assert found.reason in {reason, f"a template, not a configuration file ({reason})"}
        assert found.line == line
    else:
        assert not isinstance(found, Broken), found
        assert shown(found) == expected


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda data: b"content_by_lua_block {" + data + b"}"))
def test_no_bytes_crash_or_hang_the_parser(data: bytes) -> None:
    assert isinstance(parse(data), tuple | Broken)


NAMES = st.text(st.sampled_from("abz_09"), min_size=1, max_size=6)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
SPACES = st.sampled_from([" ", "\n", "\t", "\r\n", "  ", " # a comment; { \" '\n", " #}\n ", "\n#\\\n"])
BLANKS = st.just("") | SPACES
SIMPLE = st.tuples(NAMES, st.lists(VALUES, max_size=3).map(tuple), st.just(0), st.none())
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.lists(SIMPLE, max_size=3).map(tuple),
    lambda inner: st.lists(
        SIMPLE | st.tuples(NAMES, st.lists(VALUES, max_size=2).map(tuple), st.just(0), inner), max_size=3
    ).map(tuple),
    max_leaves=8,
)


def written(draw: st.DrawFn, word: str) -> str:
    """A word in one of the ways in which it can be written."""
    plain = bool(word) and not set(word) & set(" \t\r\n;{}\"'\\$#")
    style = draw(st.sampled_from(["plain", '"', "'"] if plain else ['"', "'"]))
    if style == "plain":
        return word
    escaped = "".join("\\" + character if character in {style, "\\"} else character for character in word)
    return f"{style}{escaped}{style}"


@st.composite
def rendered(draw: st.DrawFn) -> tuple[Tree, str]:
    """A random tree of statements and one of the texts that mean it."""

    def render(statements: Tree) -> str:
        text = ""
        for name, args, _, block in statements:
            text += draw(BLANKS) + written(draw, name)
            text += "".join(draw(SPACES) + written(draw, arg) for arg in args)
            # After a closing quote a comment needs white space before it.
            text += " " + draw(BLANKS)
            text += ";" if block is None else "{" + render(block) + draw(BLANKS) + "}"
        return text + draw(BLANKS)

    statements = draw(TREES)
    return statements, render(statements)


def without_lines(statements: tuple[Statement, ...]) -> Tree:
    return tuple(
        (found.name, found.args, 0, None if found.block is None else without_lines(found.block)) for found in statements
    )


@given(rendered())
def test_white_space_quotes_and_comments_never_change_the_statements(case: tuple[Tree, str]) -> None:
    statements, text = case
    found = parse(text.encode())
    assert not isinstance(found, Broken), found
    assert without_lines(found) == statements
