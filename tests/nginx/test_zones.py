from driftscan.nginx.includes import Layout
from driftscan.nginx.zones import ZoneDeclaration, conflicts, declarations
from tests.nginx.trees import MAIN, Files, line, resolved


def messages(text: str) -> list[tuple[str, str, str]]:
    """What nginx says, its line, and the line that was first."""
    return [
        (conflict.message, str(conflict.second.at.line), str(conflict.first.at.line))
        for conflict in conflicts(resolved({MAIN: text}))
    ]


def test_another_size_is_fatal_whichever_is_larger_and_however_the_sizes_are_written() -> None:
    text = """http { ssl_session_cache shared:SSL:10m;
        server { ssl_session_cache shared:SSL:10240k; }
        server { ssl_session_cache shared:SSL:10485760; }
        server { ssl_session_cache shared:SSL:1m; }
        server { ssl_session_cache shared:ssl:1m; }
        server { ssl_session_cache builtin shared:SSL:1M; } }"""
    reason = 'the size 1048576 of shared memory zone "SSL" conflicts with already declared size 10485760'
    assert messages(text) == [(reason, "4", "1"), (reason, "6", "1")]


def test_another_use_is_fatal_even_with_the_same_size() -> None:
    text = """stream { ssl_session_cache shared:SSL:10m; }
        mail { ssl_session_cache shared:SSL:10m; }
        http { ssl_session_cache shared:SSL:10m;
        limit_req_zone $binary_remote_addr zone=SSL:1m rate=1r/s;
        server { ssl_ocsp_cache shared:SSL:10m; } }"""
    reason = 'the shared memory zone "SSL" is already declared for a different use'
    assert messages(text) == [(reason, str(number), "1") for number in (2, 3, 4, 5)]


def test_the_same_zone_many_times_is_one_zone() -> None:
    zone = "ssl_session_cache shared:S:1m;"
    text = f"http {{ server {{ {zone} }} server {{ ssl_session_cache none; {zone} {zone} }} }}"
    assert messages(text) == []


def test_zones_are_read_in_the_order_of_the_text_through_includes() -> None:
    files: Files = {
        MAIN: "http {\ninclude s/*;\nssl_session_cache shared:A:1m;\n}",
        "nginx/s/a": "server { ssl_session_cache shared:A:2m; }",
    }
    (conflict,) = conflicts(resolved(files))
    assert (str(conflict.first.at), str(conflict.second.at)) == ("nginx/s/a:1", "nginx/nginx.conf:3")


def test_every_family_declares_its_zones() -> None:
    text = """http {
        limit_conn_zone $a zone=one:1m;
        proxy_cache_path /x levels=1:2 keys_zone=two:2k max_size=1g;
        fastcgi_cache_path /x keys_zone=three:3;
        uwsgi_cache_path /x keys_zone=four:4;
        scgi_cache_path /x keys_zone=five:5;
        upstream u { zone six 6; server a; }
        upstream v { zone six; }
        ssl_ocsp_cache off;
        ssl_session_cache shared:bad shared:worse:1x builtin:10 shared:seven:32k;
    }"""
    assert list(declarations(resolved({MAIN: text}).mains[0])) == [
        ZoneDeclaration("one", 1048576, "http limit_conn_zone", "limit_conn_zone", line(2), "$a"),
        ZoneDeclaration("two", 2048, "http proxy_cache_path", "proxy_cache_path", line(3)),
        ZoneDeclaration("three", 3, "http fastcgi_cache_path", "fastcgi_cache_path", line(4)),
        ZoneDeclaration("four", 4, "http uwsgi_cache_path", "uwsgi_cache_path", line(5)),
        ZoneDeclaration("five", 5, "http scgi_cache_path", "scgi_cache_path", line(6)),
        ZoneDeclaration("six", 6, "http zone", "zone", line(7)),
        ZoneDeclaration("seven", 32768, "http ssl_session_cache", "ssl_session_cache", line(10)),
    ]


def test_a_hole_declares_nothing() -> None:
    assert messages("http { include gone; ssl_session_cache shared:A:1m; }") == []


def test_two_nginx_on_one_host_have_a_namespace_each() -> None:
    one, other = "ssl_session_cache shared:tls:1m;", "ssl_session_cache shared:tls:2m;"
    apart: Files = {"a/main": f"http {{ {one} }}", "b/main": f"http {{ {other} }}"}
    together: Files = {"a/main": f"http {{ {one} include /etc/b/x; }}", "b/x": other}
    assert list(conflicts(resolved(apart, Layout("/etc", ("a/main", "b/main"))))) == []
    assert len(list(conflicts(resolved(together, Layout("/etc", ("a/main",)))))) == 1
