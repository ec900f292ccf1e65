"""Where the authority's question for a challenge ends up."""

import pytest

from driftscan.evidence.challenges import Fault, Reach, challenge, webroots
from driftscan.nginx.listen import Address
from driftscan.nginx.sockets import ANY_IPV4
from driftscan.patterns import acme_challenge_blocked
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
    ],
)
def test_a_challenge_that_is_not_found(plain: str, fault: Fault, detail: str) -> None:
    reach = asked(plain)
    assert reach is not None
    assert (reach.fault, reach.detail) == (fault, detail)


@pytest.mark.parametrize(
    "plain",
    [
        "location / { proxy_pass http://127.0.0.1:8080; }",
        "return 301 https://www.shop.example$request_uri;",
        "return 200 ok;",
        "root html;",
        "root /var/www/$host;",
        "root /srv; error_page 404 @other;",
        "root /srv; location / { try_files /index.html =404; }",
        "root /srv; if ($http_user_agent ~ Bot) { return 403; }",
        "include missing.conf;",
        "",
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


def test_it_is_over_when_the_challenge_is_found_or_nobody_asks_for_it() -> None:
    good, bad = host(files=BY_WEBROOT), host(SITE.replace("root /var/www/html; }", "return 403; }", 1), BY_WEBROOT)
    (hit,) = acme_challenge_blocked.events(step(good, bad))
    assert not acme_challenge_blocked.mended(bad, hit)
    assert acme_challenge_blocked.mended(good, hit)
    assert acme_challenge_blocked.mended(host(SITE.replace("root /var/www/html; }", "return 403; }", 1)), hit)


def test_it_is_not_over_because_it_cannot_be_told_any_more() -> None:
    good, bad = host(files=BY_WEBROOT), host(SITE.replace("root /var/www/html; }", "return 403; }", 1), BY_WEBROOT)
    (hit,) = acme_challenge_blocked.events(step(good, bad))
    proxied = SITE.replace("root /var/www/html; }", "location / { proxy_pass http://127.0.0.1; } }", 1)
    assert not acme_challenge_blocked.mended(host(proxied, BY_WEBROOT), hit)
