"""The lines that mend a refusal; which refusal is told how is in the cases of `nginx-refuses-configuration`."""

import pytest

from driftscan.evidence.refusals import edits, refused
from driftscan.nginx.edits import Edit, Inside, Replace
from tests.nginx.trees import MAIN, Files, line, state

CERTIFICATE = "ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key;"


def mending(files: str | Files, nginx: str = "1.22.1") -> tuple[str, list[Edit]]:
    found = state(files, nginx)
    why = refused(found)
    assert why is not None
    return why.variant, list(edits(found, why))


def http(*servers: str) -> str:
    return f"events {{}}\nhttp {{ {CERTIFICATE}\n" + "\n".join(servers) + "\n}"


@pytest.mark.parametrize(
    ("servers", "nginx", "variant", "expected"),
    [
        (
            ("server { listen 443 ssl;\nssl_session_timeout 1d;\nssl_session_timeout 2d; }",),
            "1.22.1",
            "duplicate",
            [Replace(line(5), "ssl_session_timeout", "")],
        ),
        (
            ("server { listen 443 ssl default_server; }", "server { listen *:443 default_server ssl http2; }"),
            "1.22.1",
            "default-server",
            [Replace(line(4), "listen", "listen *:443 ssl http2;")],
        ),
        (
            ("server { listen 443 reuseport; }", "server { listen 443 ssl backlog=5 reuseport; }"),
            "1.22.1",
            "listen-options",
            [Replace(line(4), "listen", "listen 443 ssl;")],
        ),
        (
            ("server { listen 443 ssl;\nlisten *:443; }",),
            "1.22.1",
            "listen-twice",
            [Replace(line(4), "listen", "")],
        ),
        (("server { listen 443;\nlisten *:443 ssl; }",), "1.22.1", "listen-twice", []),
        (
            ("server {\nlisten 443 ssl;\nlisten 80;\nhttp2 on;\n}",),
            "1.22.1",
            "newer",
            [Replace(line(6), "http2", ""), Replace(line(4), "listen", "listen 443 ssl http2;")],
        ),
        (("server { listen 443 ssl;\nhttp2 off; }",), "1.22.1", "newer", []),
        (
            ("server {\nlisten 443;\nssl on;\n}",),
            "1.26.3",
            "gone",
            [Replace(line(5), "ssl", ""), Replace(line(4), "listen", "listen 443 ssl;")],
        ),
        # Port 80 spoke TLS too, which nobody can have meant.
        (("server {\nlisten 80;\nlisten 443;\nssl on;\n}",), "1.26.3", "gone", []),
        (("server {\nlisten 443 ssl;\nssl off;\n}",), "1.26.3", "gone", [Replace(line(5), "ssl", "")]),
        (
            ("server { listen 443 ssl;\nssl_ecdh_curve X25519MLKEM768:X25519; }",),
            "1.22.1",
            "group",
            [Replace(line(4), "ssl_ecdh_curve", "ssl_ecdh_curve X25519;")],
        ),
        (("server { listen 443 ssl;\nssl_ecdh_curve X25519MLKEM768; }",), "1.22.1", "group", []),
        (
            ("server {\nlisten 443 quic;\nssl_protocols TLSv1.2;\n}",),
            "1.26.3",
            "quic",
            [Replace(line(5), "ssl_protocols", "ssl_protocols TLSv1.2 TLSv1.3;")],
        ),
        (
            ("ssl_protocols TLSv1.2;", "server { listen 443 quic; }"),
            "1.26.3",
            "quic",
            [Inside(line(4), "server", "ssl_protocols TLSv1.2 TLSv1.3;")],
        ),
    ],
)
def test_the_line_that_mends_it(servers: tuple[str, ...], nginx: str, variant: str, expected: list[Edit]) -> None:
    assert mending(http(*servers), nginx) == (variant, expected)


def test_a_server_without_names_or_certificate_turns_everybody_away() -> None:
    text = "events {}\nhttp {\nserver { listen 443 ssl; server_name _; }\n}"
    assert mending(text) == ("no-certificate", [Inside(line(3), "server", "ssl_reject_handshake on;")])
    # Before 1.19.4 it cannot, and a site with a name wants to be seen.
    assert mending(text, "1.18.0") == ("no-certificate", [])
    assert mending(text.replace(" _;", " shop.example;")) == ("no-certificate", [])


def test_the_line_beside_certbots_is_taken_away_whichever_comes_first() -> None:
    options = "letsencrypt/options-ssl-nginx.conf"
    include, own = f"include /etc/{options};", "ssl_session_tickets off;"
    for inside in (f"{include}\n{own}", f"{own}\n{include}"):
        at = line(inside.split("\n").index(own) + 4)
        files = {MAIN: http(f"server {{ listen 443 ssl;\n{inside}\n}}"), options: "ssl_session_tickets off;"}
        assert mending(files) == ("duplicate", [Replace(at, "ssl_session_tickets", "")])


def test_no_line_of_certbots_is_ever_proposed() -> None:
    options, more = "letsencrypt/options-ssl-nginx.conf", "letsencrypt/more.conf"
    text = http(f"server {{ listen 443 ssl; include /etc/{more}; include /etc/{options}; }}")
    files = {MAIN: text, options: "ssl_session_tickets off;", more: "ssl_session_tickets off;"}
    assert mending(files) == ("duplicate", [])


def test_two_directives_on_one_line_are_two() -> None:
    text = http("server { listen 443 ssl; ssl_session_tickets on; ssl_session_tickets off; }")
    assert mending(text) == ("duplicate", [Replace(line(3), "ssl_session_tickets", "")])


def test_one_directive_that_is_read_twice_is_one() -> None:
    files = {MAIN: http("server { listen 443 ssl; include a; include a; }"), "nginx/a": "ssl_session_tickets off;"}
    assert mending(files) == ("included-twice", [])


def test_nothing_is_told_of_what_loads_or_is_a_zone_of_two_sizes() -> None:
    assert refused(state(http("server { listen 443 ssl; }"))) is None
    cache = "ssl_session_cache shared:a:1m; server { listen 443 ssl; ssl_session_cache shared:a:2m; }"
    assert refused(state(http(cache))) is None
