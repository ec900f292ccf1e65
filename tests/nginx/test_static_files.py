"""Which file is sent for a path: `root`, `alias`, and what stands in their way."""

import pytest

from driftscan.nginx.config import named
from driftscan.nginx.static_files import BuiltIn, Handed, Locked, Sent, file_of
from tests.nginx.trees import line, state


def sent(inside: str, path: str = "/a/b.txt", around: str = "") -> Sent | Locked | Handed | BuiltIn | None:
    """What a server with these lines answers; they are on line 2, what is around it on line 1."""
    found = state(f"events {{}} http {{ {around}\nserver {{ {inside} }} }}")
    (http,) = named(found.config.nodes, "http")
    return file_of(found.servers[0], http.inside(), path)


@pytest.mark.parametrize(
    ("inside", "file"),
    [
        ("root /srv;", "/srv/a/b.txt"),
        ("root /srv/; location / { }", "/srv/a/b.txt"),
        ("root /srv; location /a/ { root /other; }", "/other/a/b.txt"),
        ("root /srv; location /a/ { alias /other/; }", "/other/b.txt"),
        ("root /srv; location /a { alias /other; }", "/other/b.txt"),
        ("root /srv; location = /a/b.txt { alias /other/c.txt; }", "/other/c.txt"),
        ("root /srv; location /a/ { location /a/b { root /inner; } }", "/inner/a/b.txt"),
        ("root /srv; location ~ txt$ { root /text; }", "/text/a/b.txt"),
        ("root /srv; location ^~ /a/ { } location ~ txt$ { root /text; }", "/srv/a/b.txt"),
        ("root /srv; location /b/ { proxy_pass http://127.0.0.1; }", "/srv/a/b.txt"),
        ("root /srv; try_files $uri $uri/ =404;", "/srv/a/b.txt"),
        # try_files is not inherited.
        ("root /srv; try_files /index.html =404; location / { }", "/srv/a/b.txt"),
    ],
)
def test_a_file(inside: str, file: str) -> None:
    found = sent(inside)
    assert isinstance(found, Sent)
    assert found.path == file


def test_the_line_that_says_so_is_told() -> None:
    assert sent("", around="root /srv;") == Sent("/srv/a/b.txt", line(1))
    assert sent("root /srv;") == Sent("/srv/a/b.txt", line(2))


@pytest.mark.parametrize(
    "inside",
    [
        "root /srv/$host;",
        "root /srv; return 200 ok;",
        "root /srv; location / { if ($arg_x) { proxy_pass http://127.0.0.1; } }",
        "root /srv; try_files /index.html =404;",
        "root /srv; rewrite ^/a/(.*)$ /c/$1;",
        "root /srv; if ($arg_x) { root /other; }",
        "root /srv; auth_request /auth;",
        "root /srv; error_page 404 = @other;",
        "root /srv; location ~ ^/a/(.*)$ { alias /other/$1; }",
        "root /srv; location /a/ { alias /other/; location /a/b { } }",
        "root /srv; include missing.conf;",
    ],
)
def test_what_cannot_be_told(inside: str) -> None:
    assert sent(inside) is None


def test_a_password_is_asked_for() -> None:
    assert sent("root /srv; auth_basic closed;") == Locked(line(2))
    assert sent("root /srv;", around="auth_basic closed;") == Locked(line(1))
    assert sent("root /srv; auth_basic off;", around="auth_basic closed;") == Sent("/srv/a/b.txt", line(2))


@pytest.mark.parametrize("passing", ["proxy_pass http://127.0.0.1;", "fastcgi_pass 127.0.0.1:9000;"])
def test_an_application_answers(passing: str) -> None:
    assert sent(f"root /srv; location / {{ {passing} }}") == Handed(line(2))
    assert sent(f"root /srv; location / {{ {passing} location /a/ {{ }} }}") == Sent("/srv/a/b.txt", line(2))
    assert sent(f"root /srv; location / {{ try_files $uri @app; }} location @app {{ {passing} }}") == Sent(
        "/srv/a/b.txt", line(2)
    )


@pytest.mark.parametrize(("inside", "root"), [("", "html"), ("root html;", "html"), ("root sites/a;", "sites/a")])
def test_a_file_below_the_directory_that_nginx_was_built_with(inside: str, root: str) -> None:
    assert sent(inside) == BuiltIn(root)
