"""What a server answers; every expectation of :data:`OBSERVED` is what nginx 1.22.1 did with these lines."""

import pytest

from driftscan.nginx.responses import may_redirect, responses
from driftscan.nginx.rewriting import Redirect, Refused, Request, Response, Served, Unclear
from tests.nginx.trees import only_server, state

OBSERVED = [
    ("return 301 https://$host$request_uri;", (301, "https://a.x/")),
    ("if ($host = a.x) { return 301 https://$host$request_uri; } return 404;", (301, "https://a.x/")),
    ("rewrite ^(.*)$ https://$server_name$1 permanent;", (301, "https://a.x/")),
    ("rewrite ^/(.*) https://b.x/$1 redirect;", (302, "https://b.x/")),
    ("rewrite ^ https://b.x$request_uri? permanent;", (301, "https://b.x/")),
    ("rewrite ^/$ /b; location /b { return 301 https://b$uri; }", (301, "https://b/b")),
    ("rewrite ^/(.*)$ $scheme://www.a.x/$1 permanent;", (301, "http://www.a.x/")),
    ("return https://b.x/z;", (302, "https://b.x/z")),
    ("return 302 /foo;", (302, "http://a.x/foo")),
    ("return 301 $scheme://www.$host$request_uri;", (301, "http://www.a.x/")),
    ("return 301 https://$host:8443$request_uri;", (301, "https://a.x:8443/")),
    ('return 301 "https://${host}/";', (301, "https://a.x/")),
    ("return 301;", 301),
    ("return 444;", 444),
    ("return 200 hi;", "served"),
    ("return 204;", "served"),
    ("location / { return 301 https://$host$uri; } location /.well-known/ { root /tmp; }", (301, "https://a.x/")),
    ("location = / { return 301 https://h/; } location / { return 404; }", (301, "https://h/")),
    ("location ^~ / { return 403; } location ~ ^/$ { return 301 https://re/; }", 403),
    ("location / { return 403; } location ~ ^/$ { return 301 https://re/; }", (301, "https://re/")),
    ("location ~* ^/(?!x) { return 301 https://n/; }", (301, "https://n/")),
    ("location / { location = / { return 301 https://n/; } return 403; }", (301, "https://n/")),
    ("location / { rewrite ^/$ /b last; return 403; } location /b { return 301 https://b/; }", (301, "https://b/")),
    ("location / { rewrite ^/$ /b break; return 403; } location /b { return 301 https://b/; }", "served"),
    ("location / { rewrite ^ /index.html; return 302 https://k$uri; }", (302, "https://k/index.html")),
    ("location / { if ($host = a.x) { return 307 https://i/; } root /tmp; }", (307, "https://i/")),
    ("location / { deny all; return 301 https://d/; }", (301, "https://d/")),
    ("location / { deny all; }", 403),
    ("location / { internal; }", 404),
    ("set $t 0; if ($host = a.x) { set $t 1; } if ($t = 1) { return 302 https://t/; }", (302, "https://t/")),
    (r"if ($host ~* ^(.+)\.x$) { return 301 https://$1.y/; }", (301, "https://a.y/")),
    (r"if ($host ~ ^(?<n>.+)\.x$) { return 301 https://$n.z/; }", (301, "https://a.z/")),
    ("if ($scheme = http) { return 301 https://$host$request_uri; }", (301, "https://a.x/")),
    ("if ($scheme != 'https') { rewrite ^ https://$host$uri permanent; }", (301, "https://a.x/")),
    ("if ($https) { return 403; } return 302 https://q/;", (302, "https://q/")),
    ("break; return 301 https://x/;", "served"),
    ("if ($host = a.x) { break; } return 301 https://x/;", "served"),
]
HTTP = Request("http", "a.x", 80)


def answered(lines: str, request: Request = HTTP) -> tuple[Response, ...]:
    return responses(only_server(f"http {{ server {{ server_name a.x; {lines} }} }}"), request)


def shown(response: Response) -> object:
    match response:
        case Redirect(status, scheme, host, port, path):
            visible = "" if port in {80, 443} else f":{port}"
            return status, f"{scheme}://{host}{visible}{path}"
        case Refused(status):
            return status
        case Served():
            return "served"
        case Unclear():
            return "unclear"


@pytest.mark.parametrize(("lines", "expected"), OBSERVED)
def test_the_answer_is_that_of_nginx(lines: str, expected: object) -> None:
    assert [shown(response) for response in answered(lines)] == [expected]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("if ($unknown) { return 403; } return 301 https://x/;", [403, (301, "https://x/")]),
        ('if ($http_x_forwarded_proto = "http") { return 301 https://x/; }', [(301, "https://x/"), "served"]),
        ("if (-f /srv/down) { return 503; }", [503, "served"]),
        ("if ($request_method ~ ^(a++)$) { return 503; }", [503, "served"]),
        ("set $a $unknown; if ($a) { return 403; }", [403, "served"]),
    ],
)
def test_what_only_a_request_can_tell_is_followed_both_ways(lines: str, expected: list[object]) -> None:
    assert [shown(response) for response in answered(lines)] == expected


@pytest.mark.parametrize(
    "lines",
    [
        "location / { return 418; } error_page 418 = @elsewhere; location @elsewhere { root /srv; }",
        "location / { allow 192.0.2.0/24; deny all; }",
        "location ~ ^(a++)$ { return 403; }",
        "rewrite ^(a++)$ https://x/ permanent;",
        "include missing.conf;",
        "location / { include missing.conf; }",
        "location / { rewrite ^ / last; }",
        "rewrite ^ /$unknown;",
        "set $a;",
        " ".join(f"if ($u{number}) {{ set $v{number} 1; }}" for number in range(9)),
    ],
)
def test_it_says_when_it_does_not_know(lines: str) -> None:
    assert Unclear() in answered(lines)


def test_parts_of_a_target_may_be_unknown() -> None:
    (found,) = answered("return 301 https://$canonical$request_uri;")
    assert isinstance(found, Redirect)
    assert (found.scheme, found.host, found.path) == ("https", None, "/")
    (found,) = answered("return 301 https://x:$port/$a;")
    assert isinstance(found, Redirect)
    assert (found.host, found.port, found.path) == ("x", None, None)
    (found,) = answered("return 301 $target;")
    assert isinstance(found, Redirect)
    assert (found.scheme, found.host) == (None, None)


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("location / {\nproxy_pass http://127.0.0.1; }", 2),
        ("root /srv;\nlocation / { }", 1),
        ("location / {\nif ($host = a.x) {\nproxy_pass http://b; } }", 3),
        ("location / { }", None),
        ("", None),
    ],
)
def test_what_is_served_has_its_line(lines: str, number: int | None) -> None:
    (found,) = answered(lines)
    assert isinstance(found, Served)
    assert (None if found.at is None else found.at.line) == number


def test_a_visitor_by_https_has_shown_no_certificate() -> None:
    guard = "if ($ssl_client_verify != SUCCESS) { return 403; }"
    assert [shown(one) for one in answered(guard, Request("https", "a.x", 443))] == [403]


def test_a_stock_file_that_is_missing_hides_nothing() -> None:
    assert [shown(one) for one in answered("return 403; include mime.types;")] == [403]


def test_whether_any_line_redirects() -> None:
    servers = state("http { server { location / { if ($a) { return 403; } } } server { root /srv; } }").servers
    assert [may_redirect(server) for server in servers] == [True, False]
