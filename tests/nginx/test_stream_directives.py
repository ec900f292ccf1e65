import pytest

from driftscan.nginx.directives import DECLARATIONS
from driftscan.nginx.directives.base import Decider, Family, Repetition, fact
from driftscan.nginx.directives.forms import Form, form
from driftscan.nginx.directives.values import Measure, Occurrences, Refusal, show
from tests.nginx.trees import platform

STREAM = DECLARATIONS[Family.STREAM]


def entry(arguments: str, since: str) -> Form:
    return form(arguments, "stream stream-server", since=since, module="ngx_stream_module")


FORMS = {
    "ssl_alpn": entry("1+", "1.21.4"),
    "ssl_certificate": entry("1", "1.9.0"),
    "ssl_certificate_cache": entry("1-3", "1.27.4"),
    "ssl_certificate_compression": entry("flag", "1.29.1"),
    "ssl_certificate_key": entry("1", "1.9.0"),
    "ssl_ciphers": entry("1", "1.9.0"),
    "ssl_client_certificate": entry("1", "1.11.8"),
    "ssl_conf_command": entry("2", "1.19.4"),
    "ssl_crl": entry("1", "1.11.8"),
    "ssl_dhparam": entry("1", "1.9.0"),
    "ssl_ecdh_curve": entry("1", "1.9.0"),
    "ssl_ech_file": entry("1", "1.29.4"),
    "ssl_handshake_timeout": entry("1", "1.9.0"),
    "ssl_ocsp": entry("1", "1.27.2"),
    "ssl_ocsp_cache": entry("1", "1.27.2"),
    "ssl_ocsp_responder": entry("1", "1.27.2"),
    "ssl_password_file": entry("1", "1.9.0"),
    "ssl_prefer_server_ciphers": entry("flag", "1.9.0"),
    "ssl_preread": entry("flag", "1.11.5"),
    "ssl_protocols": entry("1+", "1.9.0"),
    "ssl_reject_handshake": entry("flag", "1.25.5"),
    "ssl_session_cache": entry("1-2", "1.9.0"),
    "ssl_session_ticket_key": entry("1", "1.9.0"),
    "ssl_session_tickets": entry("flag", "1.9.0"),
    "ssl_session_timeout": entry("1", "1.9.0"),
    "ssl_stapling": entry("flag", "1.27.2"),
    "ssl_stapling_file": entry("1", "1.27.2"),
    "ssl_stapling_responder": entry("1", "1.27.2"),
    "ssl_stapling_verify": entry("flag", "1.27.2"),
    "ssl_trusted_certificate": entry("1", "1.11.8"),
    "ssl_verify_client": entry("1", "1.11.8"),
    "ssl_verify_depth": entry("1", "1.11.8"),
}


def test_every_directive_of_a_stream_server_stands_where_its_releases_let_it() -> None:
    assert {name: declaration.forms for name, declaration in STREAM.items()} == {
        name: (only,) for name, only in FORMS.items()
    }


DEFAULTS = {
    "ssl_alpn": [("1.31.4", "not set")],
    "ssl_certificate": [("1.31.4", "not set")],
    "ssl_certificate_cache": [("1.31.4", "off")],
    "ssl_ciphers": [("1.9.0", "HIGH:!aNULL:!MD5"), ("1.31.4", "HIGH:!aNULL:!MD5")],
    "ssl_dhparam": [("1.10.3", "built-in 1024-bit parameters"), ("1.11.0", "not set")],
    "ssl_ecdh_curve": [("1.10.3", "prime256v1"), ("1.11.0", "auto")],
    "ssl_handshake_timeout": [("1.9.0", "60s"), ("1.31.4", "60s")],
    "ssl_ocsp": [("1.27.2", "off")],
    "ssl_prefer_server_ciphers": [("1.31.4", "off")],
    "ssl_preread": [("1.31.4", "off")],
    "ssl_protocols": [
        ("1.9.0", "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
        ("1.9.1", "TLSv1 TLSv1.1 TLSv1.2"),
        ("1.23.3", "TLSv1 TLSv1.1 TLSv1.2"),
        ("1.23.4", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ("1.27.2", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ("1.27.3", "TLSv1.2 TLSv1.3"),
    ],
    "ssl_reject_handshake": [("1.25.5", "off")],
    "ssl_session_cache": [("1.9.0", "none"), ("1.31.4", "none")],
    "ssl_session_tickets": [("1.31.4", "on")],
    "ssl_session_timeout": [("1.31.4", "5m")],
    "ssl_stapling": [("1.31.4", "off")],
    "ssl_verify_client": [("1.31.4", "off")],
    "ssl_verify_depth": [("1.31.4", "1")],
}


@pytest.mark.parametrize(
    ("name", "version", "value"), [(name, *row) for name, rows in DEFAULTS.items() for row in rows]
)
def test_a_default_is_that_of_the_release(name: str, version: str, value: str) -> None:
    assert show(fact(STREAM[name].default, platform(version))) == value


LISTS = (Repetition.FATAL, Repetition.APPEND)
REPEATED = {
    "ssl_certificate": LISTS,
    "ssl_certificate_key": LISTS,
    "ssl_session_ticket_key": (Repetition.APPEND, Repetition.APPEND),
    "ssl_conf_command": (Repetition.APPEND, Repetition.APPEND),
    "ssl_ech_file": (Repetition.APPEND, Repetition.APPEND),
    "ssl_protocols": (Repetition.UNION, Repetition.UNION),
    "ssl_session_cache": (Repetition.LAST, Repetition.LAST),
}


@pytest.mark.parametrize("name", STREAM)
def test_what_a_second_occurrence_does(name: str) -> None:
    held = tuple(fact(STREAM[name].repetition, platform(nginx)) for nginx in ("1.10.3", "1.11.0"))
    assert held == REPEATED.get(name, (Repetition.FATAL, Repetition.FATAL))


DECIDERS = {
    "ssl_alpn": (Decider.SNI_SERVER, Decider.SNI_SERVER),
    "ssl_certificate": (Decider.SNI_SERVER, Decider.SNI_SERVER),
    "ssl_conf_command": (Decider.CONF_COMMAND, Decider.CONF_COMMAND),
    "ssl_ecdh_curve": (Decider.DEFAULT_SERVER, Decider.DEFAULT_SERVER),
    "ssl_handshake_timeout": (Decider.DEFAULT_SERVER, Decider.DEFAULT_SERVER),
    "ssl_prefer_server_ciphers": (Decider.PREFERENCE, Decider.SNI_SERVER),
    "ssl_preread": (Decider.DEFAULT_SERVER, Decider.DEFAULT_SERVER),
    "ssl_protocols": (Decider.DEFAULT_SERVER, Decider.SNI_SERVER),
    "ssl_reject_handshake": (Decider.SNI_SERVER, Decider.SNI_SERVER),
    "ssl_session_cache": (Decider.SESSION_CACHE, Decider.SESSION_CACHE),
    "ssl_session_tickets": (Decider.TICKETS, Decider.SNI_SERVER),
    "ssl_session_timeout": (Decider.DEFAULT_SERVER, Decider.DEFAULT_SERVER),
    "ssl_verify_client": (Decider.SNI_SERVER, Decider.SNI_SERVER),
}


@pytest.mark.parametrize("name", DECIDERS)
def test_servers_with_names_decide_as_those_of_http(name: str) -> None:
    held = tuple(fact(STREAM[name].decider, platform(nginx)) for nginx in ("1.25.5", "1.29.2"))
    assert held == DECIDERS[name]
    assert fact(STREAM[name].decider, platform("1.29.1")) is DECIDERS[name][0]


@pytest.mark.parametrize("name", STREAM)
def test_before_there_were_names_an_address_had_one_server(name: str) -> None:
    for nginx in ("1.9.0", "1.25.4"):
        assert fact(STREAM[name].decider, platform(nginx)) is Decider.DEFAULT_SERVER


def test_words_that_not_every_release_knows() -> None:
    assert STREAM["ssl_protocols"].words["tlsv1.3"] == "1.13.0"


def once(*args: str) -> Occurrences:
    return Occurrences((args,), "/etc/nginx")


def test_the_timeout_counts_milliseconds() -> None:
    assert STREAM["ssl_handshake_timeout"].read(once("1m500ms")) == Measure(60_500, "however written")
    with pytest.raises(Refusal) as refused:
        STREAM["ssl_handshake_timeout"].read(once("1y"))
    assert refused.value.text("ssl_handshake_timeout") == '"ssl_handshake_timeout" directive invalid value'


def test_the_names_of_protocols_are_in_order_and_not_too_long() -> None:
    assert STREAM["ssl_alpn"].read(once("h2", "", "x" * 255)) == ("h2", "", "x" * 255)
    for word in ("x" * 256, "ü" * 128):
        with pytest.raises(Refusal) as refused:
            STREAM["ssl_alpn"].read(once("h2", word))
        assert refused.value.text("ssl_alpn") == '"ssl_alpn" directive protocol too long'
