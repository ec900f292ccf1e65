import pytest

from driftscan.nginx.redirects import claims, loop, plain_answer, sample
from driftscan.nginx.rewriting import Request
from tests.nginx.trees import state

TLS = "ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key;"
HERE = "listen 443 ssl; server_name"
BACK = "return 301 https://$host$request_uri;"


def loops(servers: str, name: str) -> list[Request | None]:
    """For each TLS socket what leads into a loop."""
    found = state(f"http {{ {TLS} {servers} }}")
    around = [loop(found.sockets, address, name) for address in found.tls_sockets]
    return [None if one is None else one.request for one in around]


@pytest.mark.parametrize(
    "servers",
    [
        f"server {{ listen 443 ssl; server_name a.x; {BACK} }}",
        f"server {{ listen 443 ssl; server_name a.x; if ($bot) {{ return 403; }} {BACK} }}",
        "server { listen 443 ssl; server_name a.x b.x; location / { return 302 https://b.x$request_uri; } }",
        "server { listen 443 ssl; server_name a.x; location / { return 301 https://$host/x$request_uri; } }",
        f"server {{ listen 80; {BACK} }} server {{ listen 443 ssl; server_name a.x; return 301 http://a.x/; }}",
        f"server {{ {HERE} a.x; return 301 https://b.x/; }} server {{ {HERE} b.x; return 301 https://a.x/; }}",
    ],
)
def test_a_loop(servers: str) -> None:
    assert loops(servers, "a.x") == [Request("https", "a.x", 443)]


@pytest.mark.parametrize(
    "servers",
    [
        f"server {{ listen 443 ssl; server_name a.x; if ($scheme = http) {{ {BACK} }} }}",
        f"server {{ listen 443 ssl; server_name a.x; if ($bot) {{ {BACK} }} }}",
        f"server {{ listen 8443 ssl; server_name a.x; {BACK} }} server {{ listen 443 ssl; server_name a.x; }}",
        f"server {{ listen 8443 ssl; server_name a.x; {BACK} }}",
        f"server {{ listen 443 ssl; server_name a.x; include missing.conf; {BACK} }}",
        "server { listen 443 ssl; server_name a.x; return 301 https://elsewhere.x/; }",
        "server { listen 443 ssl; server_name a.x; return 301 http://a.x/; }",
        "server { listen 443 ssl; server_name a.x; return 301 $target; }",
        "server { listen 443 ssl; server_name a.x; return 403; }",
        "server { listen 443 ssl; server_name a.x; root /srv; }",
    ],
)
def test_a_way_out(servers: str) -> None:
    assert not any(loops(servers, "a.x"))


def test_names_that_stand_for_others() -> None:
    found = ["", "_", "*.a.x", ".a.x", "a.x", "a.*", r"~^a\d$"]
    assert [sample(name) for name in found] == [
        *["name-of-nobody.invalid"] * 2,
        *("any.a.x", "a.x", "a.x", None, None),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (BACK, (True, False)),
        ("if ($bot) { return 301 https://bots.x/; } return 302 https://a.x/;", (True, False)),
        ("root /srv;", (False, True)),
        ("location / { proxy_pass http://127.0.0.1; }", (False, True)),
        ("", (False, False)),
        ("return 404;", (False, False)),
        ("return 301 http://www.a.x/;", (False, False)),
        (f"root /srv; if ($bot) {{ {BACK} }}", (False, False)),
    ],
)
def test_plain_http(lines: str, expected: tuple[bool, bool]) -> None:
    (socket,) = state(f"http {{ server {{ server_name a.x; {lines} }} }}").sockets
    found = plain_answer(socket, "a.x")
    assert found is not None
    assert (found.to_https, found.served is not None) == expected


def test_plain_http_is_asked_of_plain_sockets_only() -> None:
    sockets = state(f"http {{ {TLS} server {{ listen 443 ssl; }} server {{ listen unix:/run/a.sock; }} }}").sockets
    assert [plain_answer(socket, "a.x") for socket in sockets] == [None, None]


def test_whether_a_name_is_had() -> None:
    (socket,) = state("http { server { server_name *.a.x; } server { server_name b.x; } }").sockets
    assert [claims(socket, name) for name in ("b.x", "*.a.x", "c.a.x", "c.x", "~c")] == [True, True, True, False, False]
