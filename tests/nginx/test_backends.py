"""The hosts behind an address, and the groups that stand for several of them."""

import pytest

from driftscan.nginx.backends import (
    ROLES,
    Address,
    Backend,
    backends,
    commands,
    declared,
    groups,
    name_asked_for,
    read_address,
    with_scheme,
)
from driftscan.nginx.config import Location
from driftscan.nginx.upstreams import Upstream
from tests.nginx.trees import MAIN, line, state


def passing(*lines: str) -> tuple[tuple[Upstream, ...], dict[str, tuple[Backend, ...]]]:
    """The places of a configuration whose lines begin at line 2, and the hosts of each by its target."""
    found = state({MAIN: "\n".join(["events {}", *lines])}, "1.22.1")
    known = groups(found.config)
    return found.upstreams, {place.target: backends(place, known) for place in found.upstreams}


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("http://app", Address("http", "app", 80, explicit=False, late=False)),
        ("https://App.Example/x?y", Address("https", "app.example", 443, explicit=False, late=False)),
        ("HTTPS://app:8443/", Address("https", "app", 8443, explicit=True, late=False)),
        ("grpcs://app", Address("grpcs", "app", None, explicit=False, late=False)),
        ("app:993", Address("", "app", 993, explicit=True, late=False)),
        ("https://[2001:DB8::1]:8443", Address("https", "2001:db8::1", 8443, explicit=True, late=False)),
        ("https://app/$1", Address("https", "app", 443, explicit=False, late=True)),
        ("https://app?$args", Address("https", "app", 443, explicit=False, late=True)),
        ("https://app$request_uri", Address("https", "app", 443, explicit=False, late=True)),
    ],
)
def test_an_address_is_taken_apart(target: str, address: Address) -> None:
    assert read_address(target) == address


@pytest.mark.parametrize(
    "target", ["https://$host", "$scheme://app", "https://app$suffix", "http://unix:/run/app.sock", "unix:/a", ""]
)
def test_what_a_variable_or_a_file_names_is_no_host(target: str) -> None:
    assert read_address(target) is None


def test_the_name_of_an_upstream_stands_for_its_servers() -> None:
    _, hosts = passing(
        "http { upstream App {",
        "server one.example; server 10.0.0.5:8443 backup;",
        "server unix:/run/app.sock; server two.example:443 resolve; }",
        "server { location /a { proxy_pass https://app/x; } location /b { proxy_pass https://app:444; } } }",
    )
    assert hosts == {
        "https://app/x": (
            Backend("one.example", 80, line(3), late=False, group="App", implied=True),
            Backend("10.0.0.5", 8443, line(3), late=False, group="App"),
            Backend("two.example", 443, line(4), late=True, group="App"),
        ),
        "https://app:444": (Backend("app", 444, line(5), late=False),),
    }


def test_groups_of_http_and_stream_are_not_each_others() -> None:
    _, hosts = passing(
        "http { upstream app { server one:1; } server { location / { proxy_pass http://app; } } }",
        "stream { upstream app { server two:2; } server { listen 1; proxy_pass app; } }",
    )
    assert [str(host) for found in hosts.values() for host in found] == ["one:1", "two:2"]


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("origin.example.net", True),
        ("origin.example.net.", True),
        ("app", False),
        ("localhost", False),
        ("nas.lan", False),
        ("app.default.svc.cluster.local", False),
        ("app.default.svc", False),
        ("10.0.0.5", False),
        ("127.1", False),
        ("2001:db8::1", False),
    ],
)
def test_a_name_of_the_public_dns_is_told_from_the_others(host: str, public: bool) -> None:
    assert Backend(host, None, Location(MAIN, 1), late=False).is_public is public


def test_a_host_is_written_with_its_port() -> None:
    at = Location(MAIN, 1)
    assert [str(Backend(host, 443, at, late=False)) for host in ("a.example", "2001:db8::1")] == [
        "a.example:443",
        "[2001:db8::1]:443",
    ]
    assert str(Backend("a.example", None, at, late=False)) == "a.example"


def test_the_name_that_is_asked_for_is_the_address_as_written_unless_a_directive_says_it() -> None:
    found = state(
        {
            MAIN: "http { upstream App { server 10.0.0.5:443; } server {"
            "location /a { proxy_pass https://app; } location /b { proxy_pass https://B.example:8443; }"
            "location /c { proxy_pass https://app; proxy_ssl_name C.example; }"
            "location /d { proxy_pass https://app; proxy_ssl_name $host; }"
            "location /e { proxy_pass https://$host; } } }"
        },
        "1.22.1",
    )
    known = groups(found.config)
    assert [name_asked_for(place, known) for place in found.upstreams] == ["app", "b.example", "c.example", None, None]


def test_a_role_is_the_same_under_every_prefix() -> None:
    places, _ = passing(
        "http { server { location /a { grpc_pass grpcs://a; } location /b { uwsgi_pass suwsgi://b; } } }",
        "stream { server { listen 1; proxy_pass c:1; } }",
    )
    assert [declared(place, "verify").name for place in places] == [
        "grpc_ssl_verify",
        "uwsgi_ssl_verify",
        "proxy_ssl_verify",
    ]
    assert {ROLES[name] for name in ("proxy_ssl_verify", "grpc_ssl_verify", "proxy_ssl")} == {"verify", ""}


def test_commands_are_read_without_case_and_options_add_up() -> None:
    value = (("Options", "A"), ("MinProtocol", "TLSv1.2"), ("options", "-B"), ("minprotocol", "TLSv1.3"), ("Odd",))
    assert commands(value) == {"options": "A,-B", "minprotocol": "TLSv1.3"}
    assert commands(None) == {}


def test_another_scheme_leaves_the_rest_as_it_is() -> None:
    assert with_scheme("https://app:8080/x://y", "http") == "http://app:8080/x://y"
