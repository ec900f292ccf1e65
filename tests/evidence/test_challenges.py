"""Where the authority's question for a challenge ends up."""

import pytest

from driftscan.evidence.challenges import Fault, Reach, challenge, never_found, webroots
from driftscan.nginx.listen import Address
from driftscan.nginx.sockets import ANY_IPV4
from driftscan.patterns import challenge_answer_lost
from tests.drift.hosts import NAME, SITE, host, renewal, step

FILE = f"letsencrypt/renewal/{NAME}.conf"
BY_WEBROOT = {FILE: renewal("authenticator = webroot", webroots={NAME: "/var/www/html"})}
TLS = SITE.split("\n", 1)[1]
ANY = Address(ANY_IPV4, 80)


def asked(plain: str, tls: str = TLS, around: str = "") -> Reach | None:
    """What becomes of a challenge when the server of plain HTTP says this."""
    state = host(f"server {{ listen 80; server_name {NAME}; {plain} }}\n{tls}", BY_WEBROOT, around)
    return challenge(state, ANY, NAME, "/var/www/html")


@pytest.mark.parametrize(
    ("plain", "around"),
    [
        ("root /var/www/html;", ""),
        ("root /var/www//html/;", ""),
        ("", "root /var/www/html;"),
        ("location / { return 404; } location ^~ /.well-known/ { root /var/www/html; }", ""),
        ("location /.well-known/acme-challenge/ { alias /var/www/html/.well-known/acme-challenge/; }", ""),
        ("return 301 https://$host$request_uri;", ""),
        ("return 301 https://shop.example$request_uri;", ""),
        ("root /var/www/html; location / { try_files $uri =404; }", ""),
        ("root /var/www/html; auth_basic off;", "auth_basic closed;"),
        ("root /var/www/html; if ($host = other.example) { return 403; }", ""),
    ],
)
def test_a_challenge_that_is_found(plain: str, around: str) -> None:
    reach = asked(plain, around=around)
    assert reach is not None
    assert reach.fault is None


@pytest.mark.parametrize(
    ("plain", "fault", "detail"),
    [
        ("return 404;", Fault.REFUSED, "404"),
        ("return 444;", Fault.REFUSED, "444"),
        ("root /var/www/html; location ~ /\\. { deny all; }", Fault.REFUSED, "403"),
        ("root /var/www/html; auth_basic closed;", Fault.REFUSED, "401"),
        ("root /srv;", Fault.ELSEWHERE, "/srv/.well-known/acme-challenge"),
        ("return 301 https://shop.example/;", Fault.LOST, "https://shop.example/"),
        ("return 301 https://www.shop.example/;", Fault.LOST, "https://www.shop.example/"),
        ("root sites/shop;", Fault.BUILT_IN, "sites/shop"),
        ("location / { proxy_pass http://127.0.0.1:8080; }", Fault.HANDED, ""),
    ],
)
def test_a_challenge_that_is_not_found(plain: str, fault: Fault, detail: str) -> None:
    reach = asked(plain)
    assert reach is not None
    assert (reach.fault, reach.detail) == (fault, detail)


@pytest.mark.parametrize(
    "plain",
    [
        "return 301 https://www.shop.example$request_uri;",
        "return 200 ok;",
        "root /var/www/$host;",
        "root /srv; error_page 404 @other;",
        "root /srv; location / { try_files /index.html =404; }",
        "root /srv; if ($http_user_agent ~ Bot) { return 403; }",
        "include missing.conf;",
    ],
)
def test_what_cannot_be_told(plain: str) -> None:
    assert asked(plain) is None


def test_a_redirect_to_https_is_followed_there() -> None:
    reach = asked("return 301 https://$host$request_uri;", TLS.replace("root /var/www/html;", "return 403;"))
    assert reach is not None
    assert (reach.fault, reach.detail) == (Fault.REFUSED, "403")


def test_redirects_that_go_round_are_left() -> None:
    loop = TLS.replace("root /var/www/html;", "return 301 http://$host$request_uri;")
    assert asked("return 301 https://$host$request_uri;", loop) is None


def test_nobody_listens() -> None:
    assert challenge(host(TLS, BY_WEBROOT), ANY, NAME, "/var/www/html") == Reach(Fault.CLOSED, detail="0.0.0.0:80")


@pytest.mark.parametrize("authenticator", ["nginx", "standalone", "dns-rfc2136"])
def test_only_the_webroot_plugin_has_directories(authenticator: str) -> None:
    files = {FILE: renewal(f"authenticator = {authenticator}", webroots={NAME: "/var/www/html"})}
    assert webroots(host(files=files).host.lineages[NAME]) == {}


@pytest.mark.parametrize("webroot", ["/usr/share/nginx/html", "/srv/html"])
def test_nginx_may_have_been_built_with_the_directory(webroot: str) -> None:
    state = host(f"server {{ listen 80; server_name {NAME}; root html; }}\n{TLS}", BY_WEBROOT)
    assert challenge(state, ANY, NAME, webroot) is None


def test_no_nginx_is_built_with_the_usual_webroot() -> None:
    reach = asked("root html;")
    assert reach is not None
    assert reach.fault is Fault.BUILT_IN


def test_a_redirect_to_another_name_of_the_lineage_is_followed() -> None:
    www = f"www.{NAME}"
    tls = TLS.replace(f"server_name {NAME}", f"server_name {www}")
    state = host(
        f"server {{ listen 80; server_name {NAME}; return 301 https://{www}$request_uri; }}\n{tls}", BY_WEBROOT
    )
    assert challenge(state, ANY, NAME, "/var/www/html") is None
    reach = challenge(state, ANY, NAME, "/var/www/html", frozenset({www}))
    assert reach is not None
    assert reach.fault is None


REFUSED = SITE.replace("root /var/www/html; }", "return 403; }", 1)
CLOSED = SITE.split("\n", 1)[1]


def test_a_challenge_that_is_never_found() -> None:
    assert [blocked.name for blocked in never_found(host(REFUSED, BY_WEBROOT), NAME)] == [NAME]
    for silent in (host(files=BY_WEBROOT), host(CLOSED, BY_WEBROOT), host(REFUSED)):
        assert not [*never_found(silent, NAME)]


def test_it_is_over_when_the_challenge_is_found_or_nobody_asks_for_it() -> None:
    good, closed = host(files=BY_WEBROOT), host(CLOSED, BY_WEBROOT)
    (hit,) = challenge_answer_lost.events(step(good, closed))
    assert not challenge_answer_lost.mended(closed, hit)
    assert challenge_answer_lost.mended(good, hit)
    assert challenge_answer_lost.mended(host(CLOSED), hit)


def test_it_is_not_over_because_it_cannot_be_told_any_more() -> None:
    good, closed = host(files=BY_WEBROOT), host(CLOSED, BY_WEBROOT)
    (hit,) = challenge_answer_lost.events(step(good, closed))
    unclear = SITE.replace("root /var/www/html; }", "return 200 ok; }", 1)
    assert not challenge_answer_lost.mended(host(unclear, BY_WEBROOT), hit)
