"""Where requests are passed on: each place, whether it speaks TLS, and what the blocks around it make of it."""

import pytest

from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import GapKind
from driftscan.nginx.directives.base import AnyDeclaration, Default, Explicit, Family, Inherited, Origin, Unknown
from driftscan.nginx.directives.upstream_ssl import STREAM_PROXY_SSL, UPSTREAM_SIDES
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.upstreams import Upstream
from tests.nginx.trees import MAIN, Files, line, state

NEW = frozenset({Protocol.TLS13})


def passing(*lines: str, nginx: str = "1.22.1", files: Files | None = None) -> tuple[Upstream, ...]:
    """The places of a configuration whose lines begin at line 2."""
    return state({MAIN: "\n".join(["events {}", *lines]), **(files or {})}, nginx).upstreams


def only(*lines: str, nginx: str = "1.22.1", files: Files | None = None) -> Upstream:
    (place,) = passing(*lines, nginx=nginx, files=files)
    return place


def declared(place: Upstream, name: str) -> AnyDeclaration:
    return place.side.declarations[name]


def told(places: tuple[Upstream, ...]) -> list[tuple[str, str, str, str, bool]]:
    return [(place.server.name, place.side.passing, place.path, place.target, place.tls) for place in places]


# ---------------------------------------------------------------------- places


def test_every_place_that_passes_on_is_found_with_the_locations_around_it() -> None:
    found = passing(
        "http {",
        "server { server_name a.example;",
        "location / { proxy_pass https://one; location /deep { grpc_pass grpcs://two; } }",
        "location = /x { if ($arg_a) { proxy_pass http://three; } }",
        "location ~* \\.php$ { uwsgi_pass suwsgi://four; } } }",
    )
    assert told(found) == [
        ("a.example", "proxy_pass", "/", "https://one", True),
        ("a.example", "proxy_pass", "= /x if ($arg_a)", "http://three", False),
        ("a.example", "grpc_pass", "/ /deep", "grpcs://two", True),
        ("a.example", "uwsgi_pass", "~* \\.php$", "suwsgi://four", True),
    ]
    assert [place.at for place in found] == [line(4), line(5), line(4), line(6)]


def test_each_place_belongs_to_the_server_it_stands_in() -> None:
    found = passing(
        "http { server { server_name a.example; }",
        "server { server_name b.example; location / { proxy_pass http://x; } } }",
        "stream { server { listen 1; proxy_pass y; } }",
        "mail { server { listen 25; } }",
        "stream { server { listen 2; return 1; } server { listen 3; server_name c.example; proxy_pass z; } }",
        nginx="1.26.3",
    )
    assert told(found) == [
        ("b.example", "proxy_pass", "/", "http://x", False),
        ("", "proxy_pass", "", "y", False),
        ("c.example", "proxy_pass", "", "z", False),
    ]
    assert [place.server.family for place in found] == [Family.HTTP, Family.STREAM, Family.STREAM]


def test_a_server_that_passes_nothing_on_has_no_place() -> None:
    assert passing("http { proxy_ssl_verify on; server { location / { return 204; fastcgi_pass unix:/x; } } }") == ()


def test_what_cannot_pass_on_is_no_place() -> None:
    assert passing("http { server { limit_except GET { proxy_pass https://x; } upstream u { proxy_pass x; } } }") == ()


@pytest.mark.parametrize(
    ("passes", "tls", "by_variable"),
    [
        ("proxy_pass http://$backend", True, True),
        ("proxy_pass https://backend", True, False),
        ("proxy_pass HTTPS://backend/path", True, False),
        ("proxy_pass http://backend", False, False),
        ("proxy_pass http://unix:/run/x:/https://", False, False),
        ("proxy_pass https://$host", True, False),
        ("proxy_pass $scheme://backend", True, True),
        ("proxy_pass $backend", True, True),
        ("grpc_pass backend:443", False, False),
        ("grpc_pass grpc://backend", False, False),
        ("grpc_pass grpcs://backend", True, False),
        ("uwsgi_pass uwsgi://backend", False, False),
        ("uwsgi_pass suwsgi://backend", True, False),
        ("uwsgi_pass $backend", True, True),
        ("proxy_pass", False, False),
    ],
)
def test_the_scheme_says_whether_it_is_tls_and_a_variable_that_it_may_be(
    passes: str, *, tls: bool, by_variable: bool
) -> None:
    place = only(f"http {{ server {{ location / {{ {passes}; }} }} }}")
    assert (place.tls, place.by_variable) == (tls, by_variable)


@pytest.mark.parametrize(
    ("target", "speaks"),
    [
        ("http://$backend", False),
        ("HTTP://backend/$request_uri", False),
        ("https://$backend", True),
        ("$backend", True),
        ("$scheme://backend", True),
        ("$backend/a://b", True),
        ("http://backend", False),
    ],
)
def test_a_plain_scheme_before_a_variable_is_plain_although_nginx_prepares_for_tls(
    target: str, *, speaks: bool
) -> None:
    place = only(f"http {{ server {{ location / {{ proxy_pass {target}; }} }} }}")
    assert place.speaks_tls is speaks
    assert place.tls is (speaks or "$" in target)


@pytest.mark.parametrize(
    ("outer", "inner", "tls"),
    [
        ("", "", False),
        ("proxy_ssl on;", "", True),
        ("proxy_ssl on;", "proxy_ssl off;", False),
        ("", "proxy_ssl on;", True),
    ],
)
def test_in_stream_a_switch_says_so(outer: str, inner: str, *, tls: bool) -> None:
    assert only(f"stream {{ {outer} server {{ listen 1; proxy_pass https://x:1; {inner} }} }}").tls is tls


# ---------------------------------------------------------------------- settings

VERIFIED = "proxy_ssl_verify"


def verify(*levels: str) -> tuple[object, Origin]:
    """`proxy_ssl_verify` of a location in a location, with what http, server, and both of them say."""
    http, server, location, inner = levels
    place = only(
        f"http {{ {http}",
        f"server {{ {server}",
        f"location / {{ {location}",
        f"location /x {{ {inner} proxy_pass https://x; }} }} }} }}",
    )
    setting = place[declared(place, VERIFIED)]
    return setting.value, setting.origin


ON, OFF = "proxy_ssl_verify on;", "proxy_ssl_verify off;"


@pytest.mark.parametrize(
    ("levels", "value", "origin"),
    [
        (("", "", "", ""), False, Default(NginxVersion(1, 22, 1), assumed=False)),
        ((ON, "", "", ""), True, Inherited((line(2),))),
        ((ON, OFF, "", ""), False, Inherited((line(3),))),
        ((ON, OFF, ON, ""), True, Inherited((line(4),))),
        ((ON, OFF, ON, OFF), False, Explicit((line(5),))),
        ((OFF, "", "", ON), True, Explicit((line(5),))),
    ],
)
def test_the_nearest_level_counts(levels: tuple[str, ...], value: object, origin: Origin) -> None:
    assert verify(*levels) == (value, origin)


def test_each_directive_is_inherited_on_its_own() -> None:
    place = only(
        "http { proxy_ssl_ciphers AES256; proxy_ssl_protocols TLSv1.2;",
        "server { location / { proxy_ssl_protocols TLSv1.3; proxy_pass https://x; } } }",
    )
    assert place[declared(place, "proxy_ssl_ciphers")].value == "AES256"
    assert place[declared(place, "proxy_ssl_protocols")].value == NEW
    assert place.settled == {"proxy_ssl_ciphers", "proxy_ssl_protocols"}


def test_each_way_of_passing_on_has_its_own_settings() -> None:
    proxied, called, asked = passing(
        "http { proxy_ssl_ciphers A; grpc_ssl_ciphers B; uwsgi_ssl_ciphers C;",
        "server { location /a { proxy_pass https://x; } location /b { grpc_pass grpcs://x; }",
        "location /c { uwsgi_pass suwsgi://x; } } }",
    )
    assert proxied[declared(proxied, "proxy_ssl_ciphers")].value == "A"
    assert called[declared(called, "grpc_ssl_ciphers")].value == "B"
    assert asked[declared(asked, "uwsgi_ssl_ciphers")].value == "C"
    assert [place.settled for place in (proxied, called, asked)] == [
        {"proxy_ssl_ciphers"},
        {"grpc_ssl_ciphers"},
        {"uwsgi_ssl_ciphers"},
    ]


def test_stream_inherits_nothing_from_http() -> None:
    place = only(
        "http { proxy_ssl_verify on; proxy_ssl_verify_depth 3; }",
        "stream { proxy_ssl_verify_depth 2; server { listen 1; proxy_ssl on; proxy_pass x:1; } }",
    )
    assert place[declared(place, "proxy_ssl_verify")].value is False
    assert place[declared(place, "proxy_ssl_verify_depth")].value == 2
    assert place[STREAM_PROXY_SSL].origin == Explicit((line(3),))


def test_a_file_is_named_from_the_directory_of_the_main_file() -> None:
    place = only("http { server { location / { proxy_ssl_trusted_certificate ca.pem; proxy_pass https://x; } } }")
    assert place[declared(place, "proxy_ssl_trusted_certificate")].value == "/etc/nginx/ca.pem"


def test_a_value_that_is_refused_is_unknown_and_settled() -> None:
    place = only("http { server { location / { proxy_ssl_verify maybe; proxy_pass https://x; } } }")
    assert not place[declared(place, VERIFIED)].known
    assert place.settled == {VERIFIED}


def test_what_an_unread_include_may_say_is_unknown() -> None:
    place = only("http { server { location / { include tls.conf; proxy_ssl_verify on; proxy_pass https://x; } } }")
    assert place[declared(place, VERIFIED)].value is True
    ciphers = place[declared(place, "proxy_ssl_ciphers")].origin
    assert isinstance(ciphers, Unknown)
    assert (ciphers.gap.path, ciphers.gap.kind) == ("nginx/tls.conf", GapKind.MISSING)


def test_an_include_in_a_location_says_where_its_line_is() -> None:
    place = only(
        "http { server { location / { include tls.conf; proxy_pass https://x; } } }",
        files={"nginx/tls.conf": "\nproxy_ssl_verify on;\n"},
    )
    assert place[declared(place, VERIFIED)].origin == Explicit((line(2, "nginx/tls.conf"),))


@pytest.mark.parametrize("side", UPSTREAM_SIDES, ids=lambda side: f"{side.family} {side.passing}")
@pytest.mark.parametrize(
    ("nginx", "protocols"),
    [
        ("1.22.1", {Protocol.TLS10, Protocol.TLS11, Protocol.TLS12}),
        ("1.23.4", {Protocol.TLS10, Protocol.TLS11, Protocol.TLS12, Protocol.TLS13}),
        ("1.27.3", {Protocol.TLS12, Protocol.TLS13}),
    ],
)
def test_the_default_protocols_are_those_of_the_release(side: object, nginx: str, protocols: set[Protocol]) -> None:
    (found,) = (known for known in UPSTREAM_SIDES if known is side)
    scheme = found.schemes[0] if found.schemes else ""
    inside = f"{found.passing} {scheme}x:1;"
    lines = f"location / {{ {inside} }}" if found.family is Family.HTTP else f"listen 1; proxy_ssl on; {inside}"
    place = only(f"{found.family} {{ server {{ {lines} }} }}", nginx=nginx)
    name = f"{found.passing.removesuffix('_pass')}_ssl_protocols"
    setting = place[declared(place, name)]
    assert (setting.value, setting.origin) == (protocols, Default(NginxVersion.parse(nginx), assumed=False))
