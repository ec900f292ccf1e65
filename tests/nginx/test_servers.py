from typing import TypeVar

from driftscan.drift.state import build_state
from driftscan.nginx.config import Gap, GapKind, Location
from driftscan.nginx.directives.base import Declaration, Default, Explicit, Family, Inherited, Setting, Unknown
from driftscan.nginx.directives.hsts import HSTS, Hsts, Policy
from driftscan.nginx.directives.http_ssl import (
    SSL_BUFFER_SIZE,
    SSL_CERTIFICATE,
    SSL_CERTIFICATE_KEY,
    SSL_CIPHERS,
    SSL_CONF_COMMAND,
    SSL_DHPARAM,
    SSL_PROTOCOLS,
    SSL_SESSION_CACHE,
    SSL_SESSION_TICKETS,
    SSL_SESSION_TIMEOUT,
)
from driftscan.nginx.directives.session_cache import SessionCache, Zone
from driftscan.nginx.directives.values import Measure, Protocol, show
from driftscan.nginx.includes import Layout
from tests.nginx.trees import MAIN, Files, line, only_server, platform, servers, state

T = TypeVar("T")
NGINX = platform().nginx.version
DEFAULT = Default(NGINX, assumed=False)


def both(http: str, server: str, declaration: Declaration[T]) -> T | None:
    """The value of a directive with these lines at the two levels."""
    found: Setting[T] = only_server(f"http {{ {http} server {{ {server} }} }}")[declaration]
    return found.value


def test_a_value_is_explicit_inherited_or_default_and_knows_its_line() -> None:
    text = "http {\nssl_session_tickets off;\nserver {\nssl_ciphers A;\nssl_ciphers B;\n} }"
    server = only_server(text)
    assert server[SSL_SESSION_TICKETS] == Setting(False, Inherited((line(2),)))
    assert server[SSL_CIPHERS] == Setting("A", Explicit((line(4), line(5))))
    assert server[SSL_PROTOCOLS] == Setting(
        frozenset({Protocol.TLS10, Protocol.TLS11, Protocol.TLS12}), Default(NGINX, assumed=False)
    )
    assert server[SSL_SESSION_TICKETS].places == (line(2),)
    assert server[SSL_CIPHERS].places == (line(4), line(5))
    assert server[SSL_PROTOCOLS].places == ()


def test_an_included_line_is_named_where_a_person_edits_it() -> None:
    files: Files = {
        MAIN: "http { include tls; server { include snippets/*; } }",
        "nginx/tls": "\nssl_protocols TLSv1.2;",
        "nginx/snippets/x": "\n\nssl_ciphers X;",
    }
    (server,) = state(files).servers
    assert server[SSL_CIPHERS].origin == Explicit((Location("nginx/snippets/x", 3),))
    assert server[SSL_PROTOCOLS].origin == Inherited((Location("nginx/tls", 2),))


def test_the_inner_scalar_replaces_the_outer_one() -> None:
    assert both("ssl_session_timeout 1d;", "ssl_session_timeout 5m;", SSL_SESSION_TIMEOUT) == Measure(300, "5m")
    assert both("ssl_session_timeout 1d;", "", SSL_SESSION_TIMEOUT) == Measure(86400, "1d")


def test_protocols_are_a_union_in_one_block_and_replaced_whole_by_an_inner_one() -> None:
    twelve, thirteen = Protocol.TLS12, Protocol.TLS13
    assert both("", "ssl_protocols TLSv1.2; ssl_protocols tlsv1.3 TLSV1.2;", SSL_PROTOCOLS) == frozenset(
        {twelve, thirteen}
    )
    assert both("ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;", SSL_PROTOCOLS) == frozenset({thirteen})


def test_lists_are_appended_in_one_block_and_replaced_whole_by_an_inner_one() -> None:
    outer, inner = "ssl_conf_command A 1; ssl_conf_command B 2;", "ssl_conf_command C 3;"
    assert both(outer, "", SSL_CONF_COMMAND) == (("A", "1"), ("B", "2"))
    assert both(outer, inner, SSL_CONF_COMMAND) == (("C", "3"),)


def test_certificates_and_their_keys_are_inherited_each_on_its_own() -> None:
    text = "http { ssl_certificate a; ssl_certificate b; ssl_certificate_key k; server { ssl_certificate_key s; } }"
    server = only_server(text)
    assert server[SSL_CERTIFICATE] == Setting(("/etc/nginx/a", "/etc/nginx/b"), Inherited((line(1), line(1))))
    assert server[SSL_CERTIFICATE_KEY] == Setting(("/etc/nginx/s",), Explicit((line(1),)))


def test_relative_files_begin_at_the_directory_of_the_main_file() -> None:
    text = "http { server { ssl_dhparam dh.pem; ssl_certificate /a; ssl_certificate $b; ssl_certificate data:$c; } }"
    for layout, prefix in ((Layout(), "/etc/nginx"), (Layout("/srv", ("nginx/nginx.conf",)), "/srv/nginx")):
        (server,) = state({MAIN: text}, layout=layout).servers
        assert server[SSL_DHPARAM].value == f"{prefix}/dh.pem"
        assert server[SSL_CERTIFICATE].value == ("/a", "$b", "data:$c")


def shared(written: str = "1m", size: int = 1048576) -> Zone:
    return Zone("S", size, written)


def test_the_two_halves_of_the_session_cache_are_inherited_apart() -> None:
    def cache(http: str, server: str) -> object:
        outer, inner = (
            " ".join(f"ssl_session_cache {each};" for each in level.split("|") if each) for level in (http, server)
        )
        return both(outer, inner, SSL_SESSION_CACHE)

    zone = "shared:S:1m"
    assert cache("", "") == SessionCache("none")
    assert cache(zone, "") == SessionCache("shared", shared())
    assert cache(zone, "off") == SessionCache("off")
    assert cache(zone, "none") == SessionCache("none")
    assert cache(zone, "builtin") == SessionCache("builtin", shared())
    assert cache("builtin:100", zone) == SessionCache("shared", shared())
    assert cache(f"builtin {zone}", "") == SessionCache("builtin", shared())
    # `shared:` fills in a store only where the block has not set one.
    assert cache("", f"off|{zone}") == SessionCache("off")
    assert cache("", f"{zone}|off") == SessionCache("off")
    assert cache("", f"none|builtin|{zone}") == SessionCache("builtin", shared())
    assert cache("", "shared:T:2m|shared:S:1m") == SessionCache("shared", shared())
    assert cache("shared:T:2m", zone) == SessionCache("shared", shared())
    assert cache("", "shared:S:1024k") == SessionCache("shared", shared("1024k"))


def test_a_hole_makes_unknown_whatever_is_not_written_beside_it_or_further_in() -> None:
    text = "http {\ninclude gone;\nssl_session_tickets off;\nserver { ssl_ciphers A; } }"
    hole = Gap("nginx/gone", 'open() "/etc/nginx/gone" failed (2: No such file or directory)', GapKind.MISSING, line(2))
    server = only_server(text)
    assert server[SSL_CIPHERS] == Setting("A", Explicit((line(4),)))
    assert server[SSL_SESSION_TICKETS] == Setting(False, Inherited((line(3),)))
    assert server[SSL_PROTOCOLS] == Setting(None, Unknown(hole))
    assert (server[SSL_PROTOCOLS].known, server[SSL_CIPHERS].known) == (False, True)


def test_a_hole_in_a_server_hides_what_http_says_too() -> None:
    text = "http { ssl_ciphers A; server { include gone; ssl_session_tickets on; } }"
    server = only_server(text)
    assert isinstance(server[SSL_CIPHERS].origin, Unknown)
    assert server[SSL_SESSION_TICKETS].origin == Explicit((line(1),))


def test_a_hole_in_a_location_hides_nothing_of_the_server() -> None:
    server = only_server("http { server { location / { include gone; } } }")
    assert server[SSL_CIPHERS].origin == DEFAULT


def test_stock_files_without_tls_hide_nothing() -> None:
    files: Files = {MAIN: "http { include /usr/share/nginx/mime.types; include mime.types; server { } }"}
    (server,) = state(files).servers
    assert server[SSL_CIPHERS].origin == DEFAULT


def test_a_value_that_nginx_refuses_is_unknown_and_a_gap() -> None:
    found = state("http {\nssl_protocols TLSv1.4;\nserver { ssl_session_timeout 5x; ssl_session_tickets maybe; }\n}")
    (server,) = found.servers
    protocols = Gap(MAIN, 'ssl_protocols: invalid value "TLSv1.4"', GapKind.INVALID, line(2))
    timeout = Gap(MAIN, 'ssl_session_timeout: invalid value "5x"', GapKind.INVALID, line(3))
    flag = 'ssl_session_tickets: invalid value "maybe", it must be "on" or "off"'
    assert server[SSL_PROTOCOLS] == Setting(None, Unknown(protocols))
    assert server[SSL_SESSION_TIMEOUT] == Setting(None, Unknown(timeout))
    assert found.gaps == (protocols, timeout, Gap(MAIN, flag, GapKind.INVALID, line(3)))


def test_servers_are_in_the_order_of_the_text_and_directives_are_case_sensitive() -> None:
    found = servers("http { server { server_name A b; server_name C; SSL_CIPHERS x; } Server { } server { } }")
    assert [server.names for server in found] == [("a", "b", "c"), ("",)]
    assert [server.name for server in found] == ["a", ""]
    assert found[0].name_places == (line(1), line(1))
    assert found[0][SSL_CIPHERS].origin == DEFAULT


def test_people_call_a_server_by_its_first_real_name() -> None:
    found = servers('http { server { server_name _ "" a b; } server { server_name "" _; } }')
    assert [server.name for server in found] == ["a", ""]


def test_a_server_of_an_upstream_is_no_server() -> None:
    assert servers("http { upstream u { server a; } }") == ()


def test_http_stream_and_mail_have_servers_each_of_its_own_family() -> None:
    found = servers(
        "mail { ssl_protocols TLSv1.1; server { listen 1; } }\n"
        "stream { server { listen 2; ssl_protocols TLSv1.2; } }\n"
        "http { server { listen 3; } }"
    )
    assert [(server.family, show(server[SSL_PROTOCOLS].value)) for server in found] == [
        (Family.MAIL, "TLSv1.1"),
        (Family.STREAM, "TLSv1.2"),
        (Family.HTTP, "TLSv1 TLSv1.1 TLSv1.2"),
    ]
    assert [server.listens[0].address.port for server in found] == [1, 2, 3]


# HSTS

YEAR = Policy(31536000, include_subdomains=False, preload=False, always=False)
HEADER = 'add_header Strict-Transport-Security "max-age=31536000";'


def hsts(text: str, nginx: str = "1.22.1") -> Setting[Hsts]:
    return only_server(text, nginx)[HSTS]


def test_headers_are_inherited_only_where_a_level_adds_none() -> None:
    assert hsts(f"http {{\n{HEADER}\nserver {{ }} }}") == Setting(Hsts(YEAR, YEAR), Inherited((line(2),)))
    assert hsts(f"http {{\nserver {{\n{HEADER} }} }}") == Setting(Hsts(YEAR, YEAR), Explicit((line(3),)))
    assert hsts(f"http {{\n{HEADER}\nserver {{\nadd_header X y; }} }}") == Setting(
        Hsts(None, None), Explicit((line(4),))
    )
    assert hsts("http { server { } }") == Setting(Hsts(None, None), DEFAULT)


def test_a_location_that_adds_a_header_loses_the_policy() -> None:
    def start_page(*locations: str) -> Hsts | None:
        return hsts(f"http {{ server {{ {HEADER} {' '.join(locations)} }} }}").value

    lost, kept = "{ add_header X y; }", f"{{ {HEADER} }}"
    assert start_page() == start_page(f"location /api {lost}", "location / { }") == Hsts(YEAR, YEAR)
    assert start_page(f"location / {lost}") == Hsts(YEAR, None)
    assert start_page(f"location ^~ / {lost}") == start_page(f"location =/ {lost}") == Hsts(YEAR, None)
    assert start_page(f"location / {lost}", f"location = / {kept}") == Hsts(YEAR, YEAR)
    assert start_page(f"location / {{ location = / {lost} }}") == Hsts(YEAR, None)
    assert start_page("location / { include gone; }") is None


def test_always_the_case_of_the_name_and_the_first_header_count() -> None:
    def policy(*lines: str) -> Policy | None:
        value = hsts(f"http {{ server {{ {' '.join(lines)} }} }}").value
        return value.server if value is not None else None

    assert policy("add_header STRICT-transport-SECURITY max-age=5 always;") == Policy(5, False, False, always=True)
    assert policy('add_header Strict-Transport-Security "";', HEADER) == YEAR
    assert policy(HEADER, "add_header Strict-Transport-Security max-age=5;") == YEAR
    assert policy(HEADER.replace("31536000", "31536000; includeSubDomains; PRELOAD; x=y")) == Policy(
        31536000, include_subdomains=True, preload=True, always=False, other=("x=y",)
    )
    assert policy("add_header Strict-Transport-Security $hsts;") == Policy(None, False, False, False, ("$hsts",))


def test_add_header_inherit_merges_or_stops_from_1_29_3_on() -> None:
    def value(http: str, server: str, nginx: str) -> Policy | None:
        found = hsts(f"http {{ {HEADER} {http} server {{ {server} add_header X y; }} }}", nginx).value
        return found.server if found is not None else None

    merge, stop = "add_header_inherit merge;", "add_header_inherit off;"
    assert [value("", merge, nginx) for nginx in ("1.29.2", "1.29.3")] == [None, YEAR]
    assert value(merge, "", "1.29.3") == YEAR
    assert value(merge, "add_header_inherit on;", "1.29.3") is None
    without = f"http {{ {HEADER} server {{ {stop} }} }}"
    assert [hsts(without, nginx).value for nginx in ("1.29.2", "1.29.3")] == [Hsts(YEAR, YEAR), Hsts(None, None)]


def test_a_hole_makes_hsts_unknown_only_where_it_could_hold_or_drop_the_header() -> None:
    assert isinstance(hsts("http { server { include gone; } }").origin, Unknown)
    assert isinstance(hsts(f"http {{ {HEADER} server {{ include gone; }} }}").origin, Unknown)
    assert isinstance(hsts(f"http {{ {HEADER} server {{ include gone; add_header X y; }} }}").origin, Unknown)
    assert isinstance(hsts("http { include gone; add_header X y; server { } }").origin, Unknown)
    assert hsts("http { include gone; server { add_header X y; } }").value == Hsts(None, None)
    assert hsts(f"http {{ include gone; {HEADER} server {{ }} }}").value == Hsts(YEAR, YEAR)
    assert hsts(f"http {{ include gone; server {{ {HEADER} }} }}").value == Hsts(YEAR, YEAR)
    merged = f"http {{ {HEADER} add_header_inherit merge; server {{ include gone; }} }}"
    assert hsts(merged, "1.29.3").value == Hsts(YEAR, YEAR)
    assert hsts("http { include mime.types; server { include fastcgi_params; } }") == Setting(Hsts(None, None), DEFAULT)


def test_relative_names_begin_at_the_directory_of_each_main_file() -> None:
    text = "http { server { ssl_certificate c.pem; } }"
    layout = Layout("/etc", ("a/nginx.conf", "b/nginx.conf"))
    both = state({"a/nginx.conf": text, "b/nginx.conf": text}, layout=layout).servers
    assert [server[SSL_CERTIFICATE].value for server in both] == [("/etc/a/c.pem",), ("/etc/b/c.pem",)]


def test_a_file_that_two_nginx_include_is_read_from_the_directory_of_each() -> None:
    main = "http { include /etc/shared; }"
    files: Files = {"a/nginx.conf": main, "b/nginx.conf": main, "shared": "server { ssl_certificate c.pem; }"}
    layout = Layout("/etc", ("a/nginx.conf", "b/nginx.conf"))
    first = state(files, layout=layout)
    again = build_state(first.config, first.platform, first)
    assert [server[SSL_CERTIFICATE].value for server in again.servers] == [("/etc/a/c.pem",), ("/etc/b/c.pem",)]
    assert again.servers == first.servers


def test_an_empty_block_is_not_taken_for_another_one() -> None:
    first = state("http {\nserver { }\n}")
    moved = state("http {\n\n\nserver { }\n}")
    assert [server.at.line for server in build_state(moved.config, moved.platform, first).servers] == [4]


def test_a_union_beside_a_part_that_cannot_be_read_is_not_known() -> None:
    server = only_server("http { server { ssl_protocols TLSv1.3; ssl_ciphers A; include gone; } }")
    assert isinstance(server[SSL_PROTOCOLS].origin, Unknown)
    assert server[SSL_CIPHERS].value == "A"


def test_numbers_of_thousands_of_digits_are_refused_and_not_computed() -> None:
    digits = "9" * 5000
    text = f"http {{ add_header Strict-Transport-Security max-age={digits}; server {{ ssl_buffer_size {digits}; }} }}"
    server = only_server(text.replace(digits, digits[:4000]))
    assert isinstance(server[SSL_BUFFER_SIZE].origin, Unknown)
    sent = server[HSTS].value
    assert sent is not None
    assert sent.server == Policy(None, include_subdomains=False, preload=False, always=False)
