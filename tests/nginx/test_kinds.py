"""Messages of the prediction and what they are about; each is made by a configuration, so none can go stale."""

import pytest

from driftscan.nginx.loadtest.kinds import Kind, kind_of
from driftscan.nginx.loadtest.library import FileKind
from tests.nginx.trees import state


def kind(text: str, nginx: str = "1.22.1", library: str = "OpenSSL 3.0.19") -> Kind:
    found = state(text, nginx, library).load.refusal
    assert found is not None
    return kind_of(found.text)[0]


def http(inside: str) -> str:
    return f"events {{}} http {{ ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key; {inside} }}"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("ssl_session_timeout 1d; ssl_session_timeout 1d;", Kind.DUPLICATE),
        ("http2 on;", Kind.UNKNOWN_DIRECTIVE),
        ("ssl_protocols TLSv1.4;", Kind.UNKNOWN_VALUE),
        ("server { listen 443 quic; }", Kind.UNKNOWN_PARAMETER),
        (
            "server { listen 443 ssl default_server; } server { listen 443 ssl default_server; }",
            Kind.DEFAULT_SERVER,
        ),
        ("server { listen 443 ssl reuseport; } server { listen 443 ssl reuseport; }", Kind.LISTEN_OPTIONS),
        ("server { listen 443 ssl; listen *:443 ssl; }", Kind.LISTEN),
        ("server { listen 443 ssl; ssl_ecdh_curve X25519MLKEM768; }", Kind.GROUPS),
        ("server { listen 443 ssl; ssl_conf_command Groups X25519MLKEM768; }", Kind.GROUPS_COMMAND),
        ("ssl_session_timeout 1d 2d;", Kind.STATEMENT),
        ("server;", Kind.STATEMENT),
        ("ssl_session_timeout 1d { }", Kind.STATEMENT),
        ("server { location / { proxy_pass http://a.invalid; } }", Kind.HOST),
        ("server { listen a.invalid:443; }", Kind.HOST),
        ("server { location / { } location / { } }", Kind.OTHER),
    ],
)
def test_a_refusal_has_its_kind(inside: str, expected: Kind) -> None:
    assert kind(http(inside)) is expected


def test_what_servers_lack_has_its_kind() -> None:
    assert kind("events {} http { server { listen 443 ssl; } }") is Kind.NO_CERTIFICATE
    assert kind("events {} http { server { listen 443 quic; } }", "1.26.3") is Kind.NO_CERTIFICATE
    assert kind(http("server { listen 443 quic; ssl_protocols TLSv1.2; }"), "1.26.3") is Kind.QUIC


@pytest.mark.parametrize("file", FileKind)
def test_a_missing_file_is_known_by_the_words_of_every_release(file: FileKind) -> None:
    for since in file.value[0]:
        assert kind_of(since.value.format("/etc/a b.pem")) == (Kind.FILE, {"path": "/etc/a b.pem"})


def test_the_names_of_a_message_are_found() -> None:
    assert kind_of("a duplicate default server for [::]:443")[1] == {"address": "[::]:443"}
    assert kind_of('invalid value "TLSv1.3"')[1] == {"word": "TLSv1.3"}
    assert kind_of('directive "server" has no opening "{"')[1] == {"directive": "server"}


def test_other_words_are_of_no_kind() -> None:
    assert kind_of('invalid value "maybe" in "http2" directive, it must be "on" or "off" and more') == (Kind.OTHER, {})
