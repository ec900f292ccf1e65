import itertools
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives import FORMS
from driftscan.nginx.directives.core import MAIL_MODULE, STREAM_MODULE
from driftscan.nginx.directives.forms import Context, Form, form
from driftscan.nginx.directives.vocabulary import FREE, NEWEST, ONCE, PLUS, VOCABULARY
from driftscan.nginx.directives.vocabulary_rows import Table, entries

ENVIRONMENT = {"PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"}
MODULES = Path("/usr/lib/nginx/modules")
"""Where Debian puts the modules that are loaded from files."""
BLOCKS = {
    Context.MAIN: "{}",
    Context.EVENTS: "events {{ {} }}",
    Context.HTTP: "http {{ {} }}",
    Context.SERVER: "http {{ server {{ {} }} }}",
    Context.SERVER_IF: "http {{ server {{ if ($host) {{ {} }} }} }}",
    Context.LOCATION: "http {{ server {{ location / {{ {} }} }} }}",
    Context.LOCATION_IF: "http {{ server {{ location / {{ if ($host) {{ {} }} }} }} }}",
    Context.LIMIT_EXCEPT: "http {{ server {{ location / {{ limit_except GET {{ {} }} }} }} }}",
    Context.UPSTREAM: "http {{ upstream u {{ {} }} }}",
    Context.STREAM: "stream {{ {} }}",
    Context.STREAM_SERVER: "stream {{ server {{ {} }} }}",
    Context.STREAM_UPSTREAM: "stream {{ upstream u {{ {} }} }}",
    Context.MAIL: "mail {{ {} }}",
    Context.MAIL_SERVER: "mail {{ server {{ {} }} }}",
}
"""A line of each context, in the blocks that it needs."""
VALUES = (
    *("1", "on", "4k", "4 4k", "512", "off", "error", "user:rw", "http://127.0.0.1", "127.0.0.1:1", "a b", "1.1"),
    *("html", "any", "epoll", "stop", "root", "64k", "256k", "204", "-1", "a", "80"),
)
"""Arguments one of which every plain value takes."""
GIVEN_TO_OLDER_RELEASES = ("max_errors", "max_headers")
"""What distributions have and nginx.org has not: no release is told to be without it."""
END = "enough"
"""The last line: nothing is opened or created, because no configuration is ever read to its end."""
CURE = "`apt-get install libnginx-mod-stream libnginx-mod-mail`"

every_context = pytest.mark.parametrize("context", Context)


def present(entry: Form, nginx: NginxVersion) -> bool:
    since, gone = NginxVersion.parse(entry.since), entry.gone
    return since <= nginx and (gone is None or nginx < NginxVersion.parse(gone))


def at(release: str, name: str) -> tuple[Form, ...]:
    return tuple(entry for entry in VOCABULARY[name] if present(entry, NginxVersion.parse(release)))


def contexts_of(name: str) -> Iterator[Context]:
    return (context for entry in VOCABULARY[name] for context in entry.contexts)


def family(context: Context) -> str:
    """The outermost block of a context."""
    return BLOCKS[context].partition(" ")[0]


def line(name: str, arguments: int, block: bool) -> str:
    # A number, because a host that is called so needs no look-up.
    return " ".join([name, *["1"] * arguments]) + (" { }" if block else ";")


class Asked:
    """The installed nginx, for one line after another."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        told = subprocess.run(["nginx", "-V"], env=ENVIRONMENT, capture_output=True, text=True, check=True).stderr
        self.nginx = NginxVersion.parse(told.partition("nginx/")[2].split()[0])
        self._built_in = {f"ngx_{name}_module" for name in re.findall(r"--with-(stream|mail)(?=\s)", told)}
        self._numbers = itertools.count()

    def has(self, module: str | None) -> bool:
        return module is None or module in self._built_in or (MODULES / f"{module}.so").exists()

    def forms(self, name: str) -> list[Form]:
        return [entry for entry in VOCABULARY[name] if present(entry, self.nginx) and self.has(entry.module)]

    def entries(self) -> Iterator[tuple[str, Form, Context]]:
        """The forms that the installed nginx has, each with one of its contexts."""
        for name in VOCABULARY:
            for entry in self.forms(name):
                if found := entry.contexts & {*self.contexts()}:
                    yield name, entry, min(found)

    def contexts(self) -> list[Context]:
        missing = {module for module in (STREAM_MODULE, MAIL_MODULE) if not self.has(module)}
        families = [module.split("_")[1] for module in missing]
        return [context for context in Context if not context.startswith(tuple(families))]

    def answers(self, questions: Iterable[tuple[Context, str]]) -> list[str]:
        """What nginx objects to first, for each line in its context."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self._answer, questions))

    def _answer(self, question: tuple[Context, str]) -> str:
        context, text = question
        file = self.directory / f"{next(self._numbers)}.conf"
        loaded = "".join(f"load_module {path};\n" for path in self._loaded(context, re.split(r"\W", text)[0]))
        file.write_text(f"{loaded}{BLOCKS[context].format(text)}\n{END};\n")
        command = ["nginx", "-p", str(self.directory), "-c", file.name, "-e", "error.log", "-t"]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        file.unlink()
        objections = [said for said in done.stderr.splitlines() if "[emerg]" in said] or [done.stderr]
        return objections[0].partition("[emerg] ")[2].partition(" in /")[0] or done.stderr

    def _loaded(self, context: Context, name: str) -> list[Path]:
        """The modules that have the directive or the block, those first that others build on."""
        wanted = {entry.module for entry in VOCABULARY.get(name, ()) if entry.module}
        wanted |= {module for module in (STREAM_MODULE, MAIL_MODULE) if context.startswith(module.split("_")[1])}
        wanted |= {STREAM_MODULE} if "ngx_stream_geoip_module" in wanted else set()
        order = sorted(wanted, key=lambda module: (module != STREAM_MODULE, module))
        return [MODULES / f"{module}.so" for module in order if self.has(module) and module not in self._built_in]


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def disagreements(asked: Asked, questions: Iterable[tuple[Context, str, str]]) -> list[str]:
    """Lines that nginx answers otherwise than expected."""
    every = list(questions)
    answers = asked.answers((context, text) for context, text, _ in every)
    lenient = {f'unknown directive "{name}"' for name in GIVEN_TO_OLDER_RELEASES}
    return [
        f"{context}: {text}: {answer}"
        for (context, text, expected), answer in zip(every, answers, strict=True)
        if answer != expected and answer not in lenient
    ]


@pytest.mark.nginx
@every_context
def test_nginx_has_each_directive_in_the_contexts_of_its_forms_only(context: Context, asked: Asked) -> None:
    if context not in asked.contexts():
        pytest.skip(f"the module that has {context} blocks is not here; {CURE}")
    questions = []
    for name in VOCABULARY:
        if context is not Context.MAIN and not any(family(c) == family(context) for c in contexts_of(name)):
            continue
        forms = asked.forms(name)
        here = [entry for entry in forms if context in entry.contexts]
        wrong = next(count for count in range(9) if not any(entry.arguments.allows(count) for entry in here))
        expected = f'unknown directive "{name}"'
        if here:
            expected = f'invalid number of arguments in "{name}" directive'
        elif forms:
            expected = f'"{name}" directive is not allowed here'
        questions.append((context, line(name, wrong, block=any(entry.block for entry in here)), expected))
    assert len(questions) > 10
    assert disagreements(asked, questions) == []


@pytest.mark.nginx
def test_nginx_takes_the_numbers_of_arguments_that_a_form_allows_only_and_on_and_off_for_flags(asked: Asked) -> None:
    questions = [
        (context, name, entry, count)
        for name, entry, context in asked.entries()
        for count in range(7)
        if any(entry.arguments.allows(count) != entry.arguments.allows(other) for other in (count - 1, count + 1))
    ]
    answers = asked.answers((context, line(name, count, entry.block)) for context, name, entry, count in questions)
    assert [
        f"{context}: {line(name, count, entry.block)}: {answer}"
        for (context, name, entry, count), answer in zip(questions, answers, strict=True)
        if name not in GIVEN_TO_OLDER_RELEASES
        and (
            (answer == f'invalid number of arguments in "{name}" directive') == entry.arguments.allows(count)
            or (answer == f'invalid value "1" in "{name}" directive, it must be "on" or "off"')
            != (entry.arguments.flag and count == 1)
        )
    ] == []


@pytest.mark.nginx
def test_nginx_asks_for_the_block_or_the_semicolon(asked: Asked) -> None:
    questions = []
    for name, entry, context in asked.entries():
        refused = f'directive "{name}" {"has no opening" if entry.block else "is not terminated by"}'
        count = next(count for count in range(9) if entry.arguments.allows(count))
        quoted = '"{"' if entry.block else '";"'
        questions.append((context, line(name, count, block=not entry.block), f"{refused} {quoted}"))
    assert disagreements(asked, questions) == []


@pytest.mark.nginx
def test_nginx_refuses_a_flag_twice(asked: Asked) -> None:
    questions = [
        (context, f"{name} on; {name} off;", f'"{name}" directive is duplicate')
        for name, entry, _ in asked.entries()
        for context in entry.contexts & {*asked.contexts()}
        if entry.arguments.flag and name in ONCE
    ]
    assert len(questions) > 100
    assert disagreements(asked, questions) == []


@pytest.mark.nginx
def test_nginx_refuses_every_plain_value_twice(asked: Asked) -> None:
    unrefused = {
        (name, context) for name, entry, context in asked.entries() if name in ONCE and not entry.arguments.flag
    }
    if os.geteuid() != 0:
        unrefused.discard(("user", Context.MAIN))  # ignored, also twice, unless root starts nginx
    for value in VALUES:
        asking = sorted(unrefused)
        said = asked.answers((context, f"{name} {value}; {name} {value};") for name, context in asking)
        duplicate = {
            place
            for place, answer in zip(asking, said, strict=True)
            if answer == f'"{place[0]}" directive is duplicate'
        }
        unrefused -= duplicate
    assert unrefused == set()


@pytest.mark.parametrize(
    ("release", "name", "expected"),
    [
        ("1.7.7", "log_format", (form("2+", "http server location", gone="1.7.8"),)),
        ("1.7.8", "log_format", (form("2+", "http", since="1.7.8"),)),
        ("1.7.4", "stub_status", (form("1", "server location", gone="1.7.5"),)),
        ("1.7.5", "stub_status", (form("0-1", "server location", since="1.7.5"),)),
        ("1.7.5", "limit_zone", (form("3", "http", gone="1.7.6"),)),
        ("1.7.6", "limit_zone", ()),
        ("1.8.1", "stream", ()),
        ("1.9.0", "stream", (form("0", "main", block=True, since="1.9.0", module=STREAM_MODULE),)),
        ("1.11.9", "server_tokens", (form("flag", "http server location", gone="1.11.10"),)),
        ("1.11.10", "server_tokens", (form("1", "http server location", since="1.11.10"),)),
        ("1.10.3", "fastcgi_bind", (form("1", "http server location", gone="1.11.0"),)),
        ("1.12.2", "fastcgi_bind", (form("1-2", "http server location", since="1.11.0"),)),
        ("1.14.2", "keepalive_timeout", (form("1-2", "http server location"),)),
        (
            "1.15.3",
            "keepalive_timeout",
            (form("1-2", "http server location"), form("1", "upstream", since="1.15.3")),
        ),
        ("1.18.0", "spdy_chunk_size", (form("1", "http server location", since="1.5.9", gone="1.22.0"),)),
        ("1.22.1", "spdy_chunk_size", ()),
        ("1.25.0", "http2_push_preload", (form("flag", "http server location", since="1.13.9", gone="1.25.1"),)),
        ("1.25.1", "http2_push_preload", (form("1", "http server location", since="1.25.1"),)),
        ("1.18.0", "max_headers", (form("1", "http server"),)),
        ("1.27.3", "keepalive_min_timeout", ()),
        ("1.27.4", "keepalive_min_timeout", (form("1", "http server location", since="1.27.4"),)),
        ("1.29.6", "keepalive", (form("1", "upstream", since="1.9.6", gone="1.29.7"),)),
        ("1.29.7", "keepalive", (form("1-2", "upstream", since="1.29.7"),)),
        ("1.30.0", "tunnel_pass", ()),
        ("1.31.0", "tunnel_pass", (form("0-1", "server location location-if", since="1.31.0"),)),
        (
            "1.31.3",
            "proxy_protocol",
            (
                form("flag", "stream stream-server", since="1.9.2", gone="1.31.4", module=STREAM_MODULE),
                form("flag", "mail mail-server", since="1.19.8", gone="1.31.4", module=MAIL_MODULE),
            ),
        ),
        (
            NEWEST,
            "proxy_protocol",
            (
                form("1", "stream stream-server", since="1.31.4", module=STREAM_MODULE),
                form("1", "mail mail-server", since="1.31.4", module=MAIL_MODULE),
            ),
        ),
    ],
)
def test_a_release_has_its_own_forms(release: str, name: str, expected: tuple[Form, ...]) -> None:
    assert at(release, name) == expected


def test_what_a_block_holds_is_looked_up_unless_it_is_free() -> None:
    assert sorted(FREE) == ["charset_map", "geo", "map", "match", "split_clients", "types"]
    assert {name for name, forms in VOCABULARY.items() if any(entry.block for entry in forms)} - FREE == {
        *("events", "http", "if", "limit_except", "location", "mail", "server", "stream", "upstream")
    }


@pytest.mark.parametrize("name", ["proxy_next_upstream", "add_before_body", "error_page", "access_log", "keepalive"])
def test_only_what_is_refused_twice_everywhere_stands_once(name: str) -> None:
    assert (name in ONCE) == (name == "add_before_body")


def test_nothing_is_declared_twice() -> None:
    assert set(VOCABULARY) & set(FORMS) == {"include"}
    assert PLUS & (set(VOCABULARY) | set(FORMS)) == set()


def test_every_release_is_one_and_in_order() -> None:
    for forms in VOCABULARY.values():
        for entry in forms:
            since, gone = NginxVersion.parse(entry.since), NginxVersion.parse(entry.gone or "99.0.0")
            assert since < gone
            assert since <= NginxVersion.parse(NEWEST)


def test_no_release_has_two_forms_of_one_directive_in_one_context() -> None:
    releases = {NginxVersion.parse(v) for forms in VOCABULARY.values() for f in forms for v in (f.since, f.gone) if v}
    for name, release in itertools.product(VOCABULARY, sorted(releases)):
        contexts = [context for entry in VOCABULARY[name] if present(entry, release) for context in entry.contexts]
        assert len(contexts) == len(set(contexts)), (name, release)


def test_a_row_stands_for_a_directive_of_every_prefix() -> None:
    table = Table("# a comment\n\nmap 2 http block free since=1.2.3 gone=1.4.0\n", prefixes=("a_", "b_"), module="m")
    entry = form("2", "http", block=True, since="1.2.3", gone="1.4.0", module="m")
    assert [(found.name, found.form, found.once, found.free) for found in entries(table)] == [
        ("a_map", entry, False, True),
        ("b_map", entry, False, True),
    ]


def test_a_row_with_an_unknown_mark_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="'twice' is no mark of a row: map 2 http twice"):
        list(entries(Table("map 2 http twice")))
