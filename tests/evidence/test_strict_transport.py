import pytest

from driftscan.drift.state import State
from driftscan.evidence.mentions import mentions, passed_on
from driftscan.evidence.strict_transport import Https, above, https_of, is_safe_below, told_by_name, without_https
from tests.certificates import expand
from tests.nginx.trees import MAIN, line, state

FILES = {
    "nginx/shop.pem": expand("@certificate names: shop.example, www.shop.example\n"),
    "nginx/self.pem": expand("@certificate names: shop.example; self-signed\n"),
    "nginx/host.pem": expand("@certificate names: web1; self-signed\n"),
}
YEAR = 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains";'
HERE = "listen 443 ssl; ssl_certificate_key a.key;"


def nginx(servers: str) -> State:
    return state({MAIN: f"http {{ {servers} }}", **FILES})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.b.shop.example", ["b.shop.example", "shop.example"]),
        ("*.shop.example", ["shop.example"]),
        (".shop.example", ["shop.example"]),
        ("shop.example", []),
        ("localhost", []),
        ("", []),
    ],
)
def test_the_names_above(name: str, expected: list[str]) -> None:
    assert list(above(name)) == expected


def test_browsers_learn_from_the_start_page_or_else_from_other_pages() -> None:
    found = told_by_name(
        nginx(
            f"server {{ {HERE} server_name a.example; {YEAR} location / {{ add_header A 1; }} }}"
            f"server {{ {HERE} server_name b.example; location = / {{ {YEAR} }} }}"
            f"server {{ {HERE} server_name c.example c.internal; location /x {{ {YEAR} }} }}"
            f"server {{ {HERE} server_name d.example; include missing.conf; }}"
            f"server {{ listen 80; server_name e.example; {YEAR} }}"
        )
    )
    assert {name: told is not None for name, told in found.items()} == {
        "a.example": True,
        "b.example": True,
        "c.example": False,
    }


def test_a_server_without_a_name_tells_everybody() -> None:
    (told,) = told_by_name(nginx(f"server {{ {HERE} server_name _; {YEAR} }}")).values()
    assert told is not None
    assert (told.reaches_below, told.asks_for_the_list, told.max_age) == (True, False, 31_536_000)


def test_names_below_that_have_plain_http_only() -> None:
    found = nginx(
        f"server {{ {HERE} server_name shop.example *.cdn.shop.example; }}"
        "server { listen 80; server_name shop.example old.shop.example a.cdn.shop.example ~^x myshop.example; }"
    )
    assert without_https(found, "shop.example") == ("old.shop.example",)


def test_a_name_that_answers_nothing_but_challenges_is_no_site() -> None:
    acme = "location /.well-known/acme-challenge/ { root /srv; } location / { return 404; }"
    found = nginx(f"server {{ listen 80; server_name mail.shop.example; {acme} }}")
    assert without_https(found, "shop.example") == ()


@pytest.mark.parametrize(
    ("names", "asked", "expected"),
    [
        ("shop.example www.shop.example", "shop.example", False),
        ("shop.example api.shop.example", "shop.example", True),
        ("*.shop.example", "shop.example", True),
        ("www.shop.example", "www.shop.example", True),
        ("myshop.example", "shop.example", False),
    ],
)
def test_whether_the_names_below_have_https(names: str, asked: str, expected: bool) -> None:
    assert is_safe_below(nginx(f"server {{ {HERE} server_name {names}; }}"), asked) is expected


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        (f"server {{ {HERE} server_name shop.example; ssl_certificate shop.pem; }}", Https.KEPT),
        (f"server {{ {HERE} server_name x.example; ssl_certificate shop.pem; }}", Https.KEPT),
        (f"server {{ {HERE} server_name shop.example; ssl_certificate unknown.pem; }}", Https.KEPT),
        (f"server {{ {HERE} server_name x.example; ssl_certificate unknown.pem; }}", Https.UNKNOWN),
        (f"server {{ {HERE} server_name ~^(a++)$; ssl_certificate shop.pem; }}", Https.UNKNOWN),
        (f"server {{ {HERE} server_name shop.example; ssl_certificate self.pem; }}", Https.SELF_SIGNED),
        (f"server {{ {HERE} server_name shop.example; ssl_certificate host.pem; }}", Https.SELF_SIGNED),
        (f"server {{ {HERE} server_name x.example; ssl_certificate host.pem; }}", Https.WRONG),
        ("server { listen 443 ssl; ssl_reject_handshake on; }", Https.WRONG),
        ("server { listen 8443 ssl; server_name shop.example; ssl_certificate shop.pem; }", Https.GONE),
        ("server { listen 80; server_name shop.example; }", Https.GONE),
    ],
)
def test_what_browsers_meet(servers: str, expected: Https) -> None:
    assert https_of(nginx(servers), "shop.example", {443})[0] is expected


def test_the_best_of_all_sockets_counts() -> None:
    found = nginx(
        "server { listen 443 ssl; ssl_reject_handshake on; }"
        "server { listen [::]:443 ssl; ssl_certificate shop.pem; ssl_certificate_key a.key; }"
    )
    assert https_of(found, "shop.example", {443})[0] is Https.KEPT


@pytest.mark.parametrize(
    ("lines", "outer", "expected"),
    [
        ("location / { proxy_set_header Early-Data $ssl_early_data; }", "", True),
        ("if ($ssl_early_data) { return 425; }", "", True),
        ('add_header X "${ssl_early_data}";', "", True),
        ("", "proxy_set_header Early-Data $ssl_early_data;", True),
        ("", "map $ssl_early_data $early { default 0; }", True),
        ("", "log_format early $ssl_early_data;", False),
        ("", "server { return 200 $ssl_early_data; }", False),
    ],
)
def test_a_variable_is_made_use_of(lines: str, outer: str, expected: bool) -> None:
    found = nginx(f"server {{ {lines} }} {outer}")
    assert mentions(found, found.servers[0], "ssl_early_data") is expected


def test_where_requests_are_passed_on() -> None:
    served, passed = nginx("server { root /srv; }\nserver { location / {\nfastcgi_pass unix:/run/php; } }").servers
    assert (passed_on(served), passed_on(passed)) == (None, line(3))
