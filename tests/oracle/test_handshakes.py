"""Configurations of our own, run by a real nginx, and what our model says of them."""

import pytest

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.values import Protocol
from tests.etc import Link
from tests.oracle.agreement import check, predicted, resumes, socket_of
from tests.oracle.server import REFUSED, TLS12, TLS13, Answer, Host, installed

pytestmark = pytest.mark.nginx

Asked = dict[str | None, str | None]
"""By name: the certificate that is seen with TLS 1.2."""


def servers(nginx: Host, *bodies: str, http: str = "", files: dict[str, str | Link] | None = None) -> None:
    """Write servers that say which they are; `A` to `D` stand for the lines of a certificate."""
    text = http
    for number, body in enumerate(bodies):
        for name in "ABCD":
            body = body.replace(f" {name};", f" {nginx.certificates.lines(name.lower())}")  # noqa: PLW2901
        text += f'server {{ {body} location / {{ return 200 "{number}"; }} }}\n'
    nginx.write(text, files or {})


def seen(nginx: Host, address: str, *names: str | None) -> Asked:
    """What a client with TLS 1.2 sees, and the model says, for each name."""
    address = address.replace("{1}", str(nginx.ports[0])).replace("{2}", str(nginx.ports[1]))
    address = address.replace("{dir}", str(nginx.directory))
    return {name: check(nginx, address, name)[Protocol.TLS12].certificate for name in names}


ONE, TWO = "127.0.0.1:{1}", "127.0.0.1:{2}"


def test_the_first_server_is_the_default_server(nginx: Host) -> None:
    servers(
        nginx,
        "listen 127.0.0.1:{1} ssl; server_name a; A;",
        "listen 127.0.0.1:{1} ssl; listen 127.0.0.1:{2} ssl; server_name b; B;",
        "listen 127.0.0.1:{2} ssl; server_name c; C;",
    )
    with nginx.running():
        assert seen(nginx, ONE, "a", "b", "c", None) == {"a": "a", "b": "b", "c": "a", None: "a"}
        assert seen(nginx, TWO, "a", "b", "c", None) == {"a": "b", "b": "b", "c": "c", None: "b"}


def test_a_server_that_says_so_is_the_default_server(nginx: Host) -> None:
    servers(
        nginx,
        "listen 127.0.0.1:{1} ssl; server_name a; A;",
        "listen 127.0.0.1:{1} ssl default_server; server_name a b; B;",
    )
    with nginx.running():
        assert seen(nginx, ONE, "a", "b", "c", None) == {"a": "a", "b": "b", "c": "b", None: "b"}


def test_names_take_precedence_as_documented(nginx: Host) -> None:
    servers(
        nginx,
        "listen unix:{dir}/sock ssl; server_name ~^WWW; A;",
        "listen unix:{dir}/sock ssl; server_name www.* *.example.org; B;",
        "listen unix:{dir}/sock ssl; server_name www.example.org .b.example.org; C;",
        "listen unix:{dir}/sock ssl default_server; server_name d; D;",
    )
    expected: Asked = {
        "www.example.org": "c",
        "WWW.Example.Org": "c",
        "x.example.org": "b",
        "b.example.org": "c",
        "x.b.example.org": "c",
        "www.other.com": "b",
        "wwwx.com": "a",
        "example.org": "d",
        "www.example.org.": "c",
    }
    with nginx.running():
        assert seen(nginx, "unix:{dir}/sock", *expected) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("x.test", ".x.test"), {"x.test": "b", "y.x.test": "a"}),
        ((".x.test", "x.test"), {"x.test": "b", "y.x.test": "b"}),
        (("*.x.test", ".x.test"), {"x.test": "a", "y.x.test": "b"}),
        ((".x.test", "*.x.test"), {"x.test": "b", "y.x.test": "b"}),
        (("*.x.test", ".x.test x.test"), {"x.test": "a", "y.x.test": "b"}),
    ],
)
def test_a_name_that_is_taken_is_ignored_with_both_its_meanings(
    nginx: Host, names: tuple[str, str], expected: Asked
) -> None:
    servers(
        nginx,
        "listen unix:{dir}/sock ssl; A;",
        f"listen unix:{{dir}}/sock ssl; server_name {names[0]}; B;",
        f"listen unix:{{dir}}/sock ssl; server_name {names[1]}; C;",
    )
    with nginx.running():
        assert seen(nginx, "unix:{dir}/sock", *expected) == expected


def test_a_specific_address_hides_every_server_of_the_wildcard(nginx: Host) -> None:
    servers(
        nginx,
        "listen {1} ssl; server_name a c; A;",
        "listen 127.0.0.1:{1} ssl; server_name b; B;",
        "listen *:{1} ssl default_server; server_name c; C;",
    )
    with nginx.running():
        assert seen(nginx, ONE, "a", "b", "c", None) == {"a": "b", "b": "b", "c": "b", None: "b"}
        assert seen(nginx, "127.0.0.2:{1}", "a", "b", "c") == {"a": "a", "b": "c", "c": "a"}


def test_every_spelling_of_an_address_is_one_socket(nginx: Host) -> None:
    servers(
        nginx,
        "listen 127.0.0.1:{1} ssl; server_name a; A;",
        "listen 127.0.0.01:0{1} ssl; server_name b; B;",
        "listen 127.000.0.1:{1} ssl; server_name c; C;",
    )
    with nginx.running():
        assert seen(nginx, ONE, "a", "b", "c", "d") == {"a": "a", "b": "b", "c": "c", "d": "a"}


@pytest.mark.parametrize("which", [0, 1])
def test_one_ssl_parameter_makes_the_whole_socket_speak_tls(nginx: Host, which: int) -> None:
    ssl = ["ssl" if number == which else "" for number in range(2)]
    servers(
        nginx,
        f"listen 127.0.0.1:{{1}} {ssl[0]}; listen 127.0.0.1:{{2}}; server_name a; A;",
        f"listen 127.0.0.1:{{1}} {ssl[1]}; server_name b; B;",
    )
    with nginx.running():
        assert seen(nginx, ONE, "a", "b") == {"a": "a", "b": "b"}
        plain = TWO.replace("{2}", str(nginx.ports[1]))
        assert not socket_of(nginx, plain).ssl
        assert nginx.plain(plain, "a").body == "0"
        assert nginx.ask(plain, "a", TLS12) == REFUSED


def test_ssl_on_in_the_default_server_does_the_same(nginx: Host) -> None:
    if installed().nginx.version >= NginxVersion(1, 25, 1):
        pytest.skip("this nginx no longer knows the ssl directive")
    servers(
        nginx,
        "listen 127.0.0.1:{1}; ssl on; server_name a; A;",
        "listen 127.0.0.1:{1}; listen 127.0.0.1:{2}; server_name b; B;",
        "listen 127.0.0.1:{2}; ssl on; server_name c; C;",
    )
    with nginx.running():
        assert seen(nginx, ONE, "a", "b") == {"a": "a", "b": "b"}
        plain = TWO.replace("{2}", str(nginx.ports[1]))
        assert not socket_of(nginx, plain).ssl
        assert nginx.plain(plain, "c").body == "2"


def site(nginx: Host, name: str) -> str:
    text = f"listen unix:{{dir}}/sock ssl; server_name {name}; {nginx.certificates.lines(name)}"
    return f'server {{ {text} location / {{ return 200 "{name}"; }} }}\n'


def test_files_come_in_byte_order_through_links_and_never_with_a_dot(nginx: Host) -> None:
    files: dict[str, str | Link] = {
        "sites-enabled/b": Link("../sites-available/b"),
        "sites-enabled/B": Link(f"{nginx.directory}/available/d"),
        "sites-enabled/.hidden": "nonsense",
        "sites-available/b": site(nginx, "b"),
        "sites-enabled/a~": site(nginx, "a"),
        "available": Link("sites-available"),
        "sites-available/d": site(nginx, "d"),
        "sites-available/nowhere": "nonsense",
    }
    servers(nginx, http="include sites-enabled/*;", files=files)
    with nginx.running():
        found = seen(nginx, "unix:{dir}/sock", "a", "b", "d", "zzz")
        assert found == {"a": "a", "b": "b", "d": "d", "zzz": "d"}


@pytest.mark.parametrize(
    ("pattern", "default"),
    [
        ("s/??.conf", "a"),
        ("s/?.conf", "b"),
        ("s/[!b]*.conf", "a"),
        ("s/[[:alpha:]]*.conf", "b"),
        ("*/[b].conf", "b"),
        ("s/\\303*", "a"),
    ],
)
def test_patterns_match_byte_by_byte(nginx: Host, pattern: str, default: str) -> None:
    pattern = pattern.replace("\\303", "\udcc3")
    files: dict[str, str | Link] = {"s/ä.conf": site(nginx, "a"), "s/b.conf": site(nginx, "b")}
    servers(nginx, http="include none/*; ", files=files)
    main = nginx.directory / "nginx.conf"
    text = main.read_text().replace("include none/*;", f"include {pattern};")
    main.write_bytes(text.encode("utf-8", "surrogateescape"))
    with nginx.running():
        assert seen(nginx, "unix:{dir}/sock", "zzz") == {"zzz": default}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("TLSv1.2", "TLSv1.3"),
        ("TLSv1.3", "TLSv1.2"),
        ("TLSv1.2 TLSv1.3", "TLSv1.3"),
        ("TLSv1.3", "TLSv1.2 TLSv1.3"),
        ("TLSv1.2; ssl_protocols TLSv1.3", "TLSv1.2"),
    ],
)
def test_protocols_are_decided_as_this_version_decides_them(nginx: Host, first: str, second: str) -> None:
    servers(
        nginx,
        f"listen unix:{{dir}}/sock ssl; server_name a; A; ssl_protocols {first};",
        f"listen unix:{{dir}}/sock ssl; server_name b; B; ssl_protocols {second};",
    )
    decides = first if installed().nginx.version < NginxVersion(1, 29, 2) else second
    with nginx.running():
        answers = check(nginx, f"unix:{nginx.directory}/sock", "b")
        assert {str(each) for each, answer in answers.items() if answer != REFUSED} == {
            word for word in decides.replace(";", "").split() if word.startswith("TLS")
        }
        check(nginx, f"unix:{nginx.directory}/sock", "a")


def test_the_default_protocols_are_those_of_the_release(nginx: Host) -> None:
    servers(nginx, "listen unix:{dir}/sock ssl; A;")
    thirteen = installed().nginx.version >= NginxVersion(1, 23, 4)
    with nginx.running():
        answers = check(nginx, f"unix:{nginx.directory}/sock", "a")
        assert (answers[Protocol.TLS13] != REFUSED) is thirteen


@pytest.mark.parametrize("cache", ["none", "shared:S:1m", "off"])
@pytest.mark.parametrize(("first", "second"), [("on", "on"), ("on", "off"), ("off", "on"), ("off", "off")])
def test_sessions_resume_as_the_combination_of_tickets_says(nginx: Host, cache: str, first: str, second: str) -> None:
    servers(
        nginx,
        f"listen unix:{{dir}}/sock ssl; server_name a; A; ssl_session_tickets {first};",
        f"listen unix:{{dir}}/sock ssl; server_name b; B; ssl_session_tickets {second};",
        http=f"ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache {cache};",
    )
    address, known = f"unix:{nginx.directory}/sock", installed()
    with nginx.running():
        for version, protocol in ((TLS12, Protocol.TLS12), (TLS13, Protocol.TLS13)):
            for name in ("a", "b"):
                client = nginx.client(version)
                once, again = client.ask(address, name), client.ask(address, name)
                expected = resumes(socket_of(nginx, address), name, protocol, known)
                assert (once.reused, again.reused) == (False, expected), (name, protocol)
                early = known.nginx.version >= NginxVersion(1, 29, 2)
                if protocol is Protocol.TLS12:
                    values = {second} if early and name == "b" else {first, second if name == "b" else first}
                    assert once.ticket is (values == {"on"})


@pytest.mark.parametrize(
    ("first", "second"),
    [("none", "shared:S:1m"), ("shared:S:1m", "none"), ("off", "shared:S:1m"), ("shared:S:1m", "off")],
)
def test_sessions_are_kept_by_the_default_server(nginx: Host, first: str, second: str) -> None:
    servers(
        nginx,
        f"listen unix:{{dir}}/sock ssl; server_name a; A; ssl_session_cache {first};",
        f"listen unix:{{dir}}/sock ssl; server_name b; B; ssl_session_cache {second};",
        http="ssl_protocols TLSv1.2; ssl_session_tickets off;",
    )
    address = f"unix:{nginx.directory}/sock"
    with nginx.running():
        client = nginx.client(TLS12)
        assert client.ask(address, "b").reused is False
        # An `off` in the selected server keeps it from sending the id that a client could come back with.
        expected = first.startswith("shared") and second != "off"
        assert client.ask(address, "b").reused is expected
        assert resumes(socket_of(nginx, address), "b", Protocol.TLS12, installed()) is expected


def test_a_server_without_certificate_is_met_as_the_default_server(nginx: Host) -> None:
    servers(
        nginx,
        "listen unix:{dir}/sock ssl http2; server_name a; A; ssl_protocols TLSv1.3;"
        " add_header Strict-Transport-Security max-age=1;",
        "listen unix:{dir}/sock; server_name b; ssl_protocols TLSv1.2;",
    )
    with nginx.running():
        answers = check(nginx, f"unix:{nginx.directory}/sock", "b")
        assert answers == {
            Protocol.TLS12: REFUSED,
            Protocol.TLS13: Answer("a", "TLSv1.3", alpn="h2", ticket=False, reused=False),
        }


def test_a_certificate_of_http_makes_every_server_one_of_its_own(nginx: Host) -> None:
    servers(
        nginx,
        "listen unix:{dir}/sock ssl; server_name a; A;",
        "listen unix:{dir}/sock; server_name b;",
        http=nginx.certificates.lines("shared"),
    )
    with nginx.running():
        assert seen(nginx, "unix:{dir}/sock", "a", "b") == {"a": "a", "b": "shared"}


def test_the_last_of_two_certificates_of_one_type_is_used(nginx: Host) -> None:
    servers(nginx, "listen unix:{dir}/sock ssl; A; B;")
    with nginx.running():
        assert seen(nginx, "unix:{dir}/sock", "a") == {"a": "b"}


def test_a_server_that_rejects_handshakes_rejects_those_that_select_it(nginx: Host) -> None:
    if installed().nginx.version < NginxVersion(1, 19, 4):
        pytest.skip("this nginx does not know ssl_reject_handshake")
    servers(
        nginx,
        "listen unix:{dir}/sock ssl; server_name a; ssl_reject_handshake on; ssl_protocols TLSv1.2;",
        "listen unix:{dir}/sock ssl; server_name b; B; ssl_protocols TLSv1.2;",
    )
    with nginx.running():
        assert seen(nginx, "unix:{dir}/sock", "a", "b", "c", None) == {"a": None, "b": "b", "c": None, None: None}


@pytest.mark.parametrize(
    ("http", "server", "location", "header"),
    [
        ("H1;", "", "", "max-age=1"),
        ("H1;", "H2;", "", "max-age=2"),
        ("H1;", "X;", "", None),
        ("H1;", "H2;", "X;", None),
        ("H1;", "H2;", "H3;", "max-age=3"),
        ("", "H1; H2;", "", "max-age=1"),
        ("", "", "", None),
        ("H1;", "include snippets/headers;", "", None),
        ("H1;", "include snippets/none/*;", "", "max-age=1"),
    ],
)
def test_hsts_is_inherited_as_headers_are(nginx: Host, http: str, server: str, location: str, header: str) -> None:
    lines = {f"H{n};": f"add_header Strict-Transport-Security max-age={n};" for n in (1, 2, 3)}
    lines["X;"] = "add_header X y;"
    for short, line in lines.items():
        http, server, location = (level.replace(short, line) for level in (http, server, location))
    text = f"{http} server {{ listen unix:{{dir}}/sock ssl; {nginx.certificates.lines('a')} {server} "
    nginx.write(f"{text} location / {{ {location} return 200 x; }} }}", {"snippets/headers": lines["X;"]})
    with nginx.running():
        assert check(nginx, f"unix:{nginx.directory}/sock", "a")[Protocol.TLS12].hsts == header


@pytest.mark.parametrize(("status", "always"), [(200, False), (404, False), (404, True), (301, False), (500, True)])
def test_hsts_is_sent_with_every_status_only_when_always(nginx: Host, status: int, always: bool) -> None:
    header = f"add_header Strict-Transport-Security max-age=1 {'always' if always else ''};"
    servers(nginx, f"listen unix:{{dir}}/sock ssl; A; {header} location = /x {{ return {status}; }}")
    with nginx.running():
        answer = nginx.client(TLS12).ask(f"unix:{nginx.directory}/sock", "a", "/x")
        assert answer.hsts == ("max-age=1" if always or status < 400 else None)


@pytest.mark.parametrize("text", ["ssl_protocols TLSv1.2;;", "include gone;", "} {", "include 's'x;", "a }"])
def test_what_nginx_refuses_to_read_is_a_gap(nginx: Host, text: str) -> None:
    nginx.write(text, {})
    refused = nginx.check()
    (gap, *_) = nginx.state().gaps
    assert refused is not None
    assert f"{gap.reason} in {nginx.directory}/{gap.at}" in refused


def test_the_model_can_be_wrong(nginx: Host) -> None:
    servers(nginx, "listen unix:{dir}/sock ssl; A;", "listen unix:{dir}/sock ssl; server_name b; B;")
    address = f"unix:{nginx.directory}/sock"
    with nginx.running():
        main = nginx.directory / "nginx.conf"
        main.write_text(main.read_text().replace("server_name b", "server_name c"))
        with pytest.raises(AssertionError, match="'b'"):
            check(nginx, address, "b")
        assert predicted(socket_of(nginx, address), "b", Protocol.TLS12, installed()).certificate == "a"
