import pytest

from driftscan.tls.commanded import Ignored, ignored, overridden
from tests.nginx.trees import meet, state

CERT = "ssl_certificate a.pem; ssl_certificate_key a.key;"


def said(text: str, library: str | None = "OpenSSL 3.0.19") -> list[tuple[str, str, str]]:
    found = state(f"http {{ {CERT} server {{ listen 443 ssl; server_name a.example; {text} }} }}", library=library)
    return [
        (one.directive.name, one.command, one.result) for one in overridden(meet(found, "a.example"), found.platform)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command minprotocol TLSv1.3;",
            [("ssl_protocols", "MinProtocol TLSv1.3", "TLSv1.3")],
        ),
        (
            "ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command Protocol -TLSv1.3;",
            [("ssl_protocols", "Protocol -TLSv1.3", "TLSv1.2")],
        ),
        (
            "ssl_ciphers ECDHE+AESGCM; ssl_conf_command CipherString AES128-SHA;",
            [("ssl_ciphers", "CipherString AES128-SHA", "AES128-SHA")],
        ),
        (
            "ssl_ecdh_curve secp384r1; ssl_conf_command Curves P-256;",
            [("ssl_ecdh_curve", "Curves P-256", "P-256")],
        ),
        (
            "ssl_prefer_server_ciphers on; ssl_conf_command Options -ServerPreference;",
            [("ssl_prefer_server_ciphers", "Options -ServerPreference", "off")],
        ),
        ("ssl_protocols TLSv1.2; ssl_conf_command MaxProtocol TLSv1.2;", []),
        ("ssl_ciphers ECDHE+AESGCM; ssl_conf_command CipherString EECDH+AESGCM;", []),
        ("ssl_ecdh_curve prime256v1; ssl_conf_command Groups P-256;", []),
        ("ssl_conf_command MinProtocol TLSv1.3; ssl_conf_command Groups P-256;", []),
        ("ssl_protocols TLSv1.2; ssl_conf_command Options PrioritizeChaCha;", []),
        ("ssl_protocols TLSv1.2; include gone.conf;", []),
    ],
)
def test_a_command_overrides_what_is_written_and_says_otherwise(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert said(text) == expected


def test_without_a_library_lists_are_read_as_a_current_one_does() -> None:
    text = "ssl_ciphers ECDHE+AESGCM; ssl_conf_command CipherString AES128-SHA;"
    assert said(text, library=None) == said(text)


@pytest.mark.parametrize(
    ("own", "nginx", "expected"),
    [
        ("ssl_conf_command Groups P-256;", "1.31.4", Ignored(("Groups P-256",), by_release=False)),
        (
            "ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;",
            "1.22.1",
            Ignored(("Ciphersuites TLS_AES_128_GCM_SHA256",), by_release=True),
        ),
        ("ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;", "1.31.4", None),
        ("ssl_conf_command Options PrioritizeChaCha;", "1.22.1", None),
        ("", "1.22.1", None),
    ],
)
def test_what_the_default_server_decides_is_ignored_elsewhere(own: str, nginx: str, expected: Ignored | None) -> None:
    servers = f"server {{ listen 443 ssl; }} server {{ listen 443 ssl; server_name b.example; {own} }}"
    found = state(f"http {{ {CERT} {servers} }}", nginx)
    assert ignored(meet(found, "b.example"), found.platform) == expected
    assert ignored(meet(found, "other.example"), found.platform) is None
