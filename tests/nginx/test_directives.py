import pytest

from driftscan.nginx.directives import ALL_DECLARATIONS, HTTP_DECLARATIONS
from driftscan.nginx.directives.base import Decider, Repetition, Since, fact
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.directives.session_cache import parse_zone
from driftscan.nginx.directives.values import Measure, Occurrences, Protocol, number, parse_size, seconds, show
from tests.nginx.trees import platform

DEFAULTS = {
    "ssl_protocols": [
        ("0.8.18", "SSLv2 SSLv3 TLSv1"),
        ("0.8.19", "SSLv3 TLSv1"),
        ("1.1.12", "SSLv3 TLSv1"),
        ("1.1.13", "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
        ("1.9.0", "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
        ("1.9.1", "TLSv1 TLSv1.1 TLSv1.2"),
        ("1.23.3", "TLSv1 TLSv1.1 TLSv1.2"),
        ("1.23.4", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ("1.27.2", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ("1.27.3", "TLSv1.2 TLSv1.3"),
        ("1.31.4", "TLSv1.2 TLSv1.3"),
    ],
    "ssl_ciphers": [("1.0.4", "HIGH:!ADH:!MD5"), ("1.0.5", "HIGH:!aNULL:!MD5"), ("1.31.4", "HIGH:!aNULL:!MD5")],
    "ssl_ecdh_curve": [("1.10.3", "prime256v1"), ("1.11.0", "auto")],
    "ssl_dhparam": [("1.10.3", "built-in 1024-bit parameters"), ("1.11.0", "not set")],
    "ssl_session_cache": [("0.7.0", "off"), ("0.7.1", "none"), ("1.31.4", "none")],
    "ssl_session_tickets": [("1.5.9", "on"), ("1.31.4", "on")],
    "ssl_session_timeout": [("1.31.4", "5m")],
    "ssl_buffer_size": [("1.31.4", "16k")],
    "ssl_verify_client": [("1.31.4", "off")],
    "ssl_verify_depth": [("1.31.4", "1")],
    "ssl_prefer_server_ciphers": [("1.31.4", "off")],
    "ssl_early_data": [("1.31.4", "off")],
    "ssl_reject_handshake": [("1.31.4", "off")],
    "ssl_stapling": [("1.31.4", "off")],
    "ssl_ocsp": [("1.31.4", "off")],
    "ssl_certificate": [("1.31.4", "not set")],
    "ssl_certificate_cache": [("1.31.4", "off")],
    "http2": [("1.31.4", "off")],
    "add_header Strict-Transport-Security": [("1.31.4", "not sent")],
}


@pytest.mark.parametrize(
    ("name", "version", "value"), [(name, *row) for name, rows in DEFAULTS.items() for row in rows]
)
def test_a_default_is_that_of_the_release(name: str, version: str, value: str) -> None:
    assert show(fact(ALL_DECLARATIONS[name].default, platform(version))) == value


KNOWN = {
    "ssl": ("0.5.0", "1.25.1"),
    "ssl_prefer_server_ciphers": ("0.7.63", None),
    "ssl_session_cache": ("0.5.6", None),
    "ssl_session_ticket_key": ("1.5.7", None),
    "ssl_session_tickets": ("1.5.9", None),
    "ssl_buffer_size": ("1.5.9", None),
    "ssl_password_file": ("1.7.3", None),
    "ssl_early_data": ("1.15.3", None),
    "ssl_ocsp": ("1.19.0", None),
    "ssl_ocsp_responder": ("1.19.0", None),
    "ssl_ocsp_cache": ("1.19.0", None),
    "ssl_conf_command": ("1.19.4", None),
    "ssl_reject_handshake": ("1.19.4", None),
    "http2": ("1.25.1", None),
    "ssl_certificate_cache": ("1.27.4", None),
    "ssl_certificate_compression": ("1.29.1", None),
    "ssl_ech_file": ("1.29.4", None),
    "ssl_ecdh_curve": ("1.0.6", None),
    "ssl_trusted_certificate": ("1.3.7", None),
    "ssl_stapling": ("1.3.7", None),
    "ssl_crl": ("0.7.63", None),
    "ssl_dhparam": ("0.7.2", None),
}


@pytest.mark.parametrize(("name", "known"), KNOWN.items())
def test_a_directive_is_known_from_its_release_on(name: str, known: tuple[str, str | None]) -> None:
    assert HTTP_DECLARATIONS[name].known == known


def test_what_a_second_occurrence_does() -> None:
    others = {name: found.repetition for name, found in ALL_DECLARATIONS.items() if found.repetition.name != "FATAL"}
    lists = ["ssl_certificate", "ssl_certificate_key", "ssl_session_ticket_key", "ssl_conf_command", "ssl_ech_file"]
    append = dict.fromkeys([*lists, "add_header Strict-Transport-Security"], Repetition.APPEND)
    assert others == append | {"ssl_protocols": Repetition.UNION, "ssl_session_cache": Repetition.LAST}


@pytest.mark.parametrize(
    ("nginx", "library", "decider"),
    [
        ("1.29.1", "OpenSSL 3.0.19", Decider.DEFAULT_SERVER),
        ("1.28.3", "OpenSSL 3.5.0", Decider.DEFAULT_SERVER),
        ("1.29.2", "OpenSSL 3.0.19", Decider.SNI_SERVER),
        ("1.29.2", "OpenSSL 1.1.1", Decider.SNI_SERVER),
        ("1.29.2", "OpenSSL 1.1.0l", Decider.DEFAULT_SERVER),
        ("1.29.2", "OpenSSL 1.0.2u", Decider.DEFAULT_SERVER),
        ("1.31.4", "LibreSSL 4.3.2", Decider.DEFAULT_SERVER),
        ("1.31.4", "BoringSSL", Decider.SNI_SERVER),
        ("1.29.1", "BoringSSL", Decider.DEFAULT_SERVER),
        ("1.30.0", None, Decider.SNI_SERVER),
        ("1.28.0", None, Decider.DEFAULT_SERVER),
    ],
)
def test_protocols_follow_sni_where_nginx_can_choose_early(nginx: str, library: str | None, decider: Decider) -> None:
    assert fact(SSL_PROTOCOLS.decider, platform(nginx, library)) is decider


def test_before_the_first_fact_there_is_none() -> None:
    assert fact((Since("1.5.9", 1), Since("1.6.0", 2)), platform("1.5.8")) is None


def test_a_fact_of_another_library_does_not_hide_the_one_before() -> None:
    facts = (Since("1.0.0", 1), Since("1.1.0", 2, lambda library: library.family == "BoringSSL"), Since("1.2.0", 3))
    held = [fact(facts, platform(nginx, library)) for nginx in ("1.1.0", "1.2.0") for library in ("BoringSSL", "1.1.1")]
    assert held == [2, 1, 3, 3]


def test_facts_are_in_the_order_of_their_releases() -> None:
    for declaration in ALL_DECLARATIONS.values():
        for facts in (declaration.default, declaration.decider):
            versions = [platform(since.nginx).nginx.version for since in facts]
            assert versions == sorted(versions), declaration.name


# Values


def once(*args: str) -> Occurrences:
    return Occurrences((args,), "/etc/nginx")


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        *(("300", 300), ("5m", 300), ("1d", 86400), ("1440m", 86400), ("5m30s", 330), ("1h 30m", 5400), ("0", 0)),
        *(("1M", 2592000), ("1y1w", 31536000 + 604800), ("2w3d", 1468800), ("1m0", 60)),
    ],
)
def test_times_are_equal_when_they_last_equally_long(written: str, amount: int) -> None:
    assert seconds(once(written)) == Measure(amount, "however written")
    assert str(seconds(once(written))) == written


@pytest.mark.parametrize("written", ["", "m", "5x", "5s5m", "5m5m", "-1", "1.5h", "500ms", "5 m", "٣"])
def test_times_that_nginx_refuses(written: str) -> None:
    with pytest.raises(ValueError, match="invalid value"):
        seconds(once(written))


@pytest.mark.parametrize(
    ("written", "amount"),
    [("16384", 16384), ("16k", 16384), ("16K", 16384), ("1m", 1048576), ("1M", 1048576), ("0", 0)],
)
def test_sizes_are_bytes(written: str, amount: int) -> None:
    assert parse_size(written) == amount


@pytest.mark.parametrize("written", ["", "k", "10mb", "1g", "-1", "1 k", "1.5m", "٣"])
def test_sizes_that_nginx_refuses(written: str) -> None:
    with pytest.raises(ValueError, match="invalid size"):
        parse_size(written)


@pytest.mark.parametrize("word", ["shared", "shared:", "shared:SSL", "shared:SSL:", "shared::1m", "shared:SSL:10mb"])
def test_zones_that_nginx_refuses(word: str) -> None:
    with pytest.raises(ValueError, match=f'^invalid session cache "{word}"$'):
        parse_zone(word)


READ: list[tuple[str, tuple[str, ...], str]] = [
    ("ssl_protocols", ("TLSV1.2", "tlsv1"), "TLSv1 TLSv1.2"),
    ("ssl_session_tickets", ("OFF",), "off"),
    ("ssl_verify_client", ("Optional_No_CA",), "optional_no_ca"),
    ("ssl_verify_depth", ("02",), "2"),
    ("ssl_buffer_size", ("4k",), "4k"),
    ("ssl_dhparam", ("dh.pem",), "/etc/nginx/dh.pem"),
    ("ssl_password_file", ("/x",), "/x"),
    ("ssl_ciphers", ("DEFAULT",), "DEFAULT"),
    ("ssl_certificate_cache", ("max=10", "valid=1m"), "max=10 valid=1m"),
    ("ssl_conf_command", ("Groups", "P-256"), "Groups P-256"),
    ("ssl_session_cache", ("builtin:1000", "shared:A:1m"), "builtin:1000 shared:A:1m"),
    ("ssl_session_cache", ("shared:A:1m", "none"), "none"),
]


@pytest.mark.parametrize(("name", "args", "shown"), READ)
def test_arguments_become_values(name: str, args: tuple[str, ...], shown: str) -> None:
    assert show(HTTP_DECLARATIONS[name].read(once(*args))) == shown


@pytest.mark.parametrize(
    ("name", "args", "reason"),
    [
        ("ssl_protocols", ("TLSv1.4",), 'invalid value "TLSv1.4"'),
        ("ssl_session_tickets", ("yes",), 'invalid value "yes", it must be "on" or "off"'),
        ("ssl_session_tickets", (), "invalid number of arguments"),
        ("ssl_verify_client", ("maybe",), 'invalid value "maybe"'),
        ("ssl_verify_depth", ("-1",), "invalid number"),
        ("ssl_session_cache", ("memcache",), 'invalid session cache "memcache"'),
        ("ssl_session_cache", ("builtin:x",), 'invalid session cache "builtin:x"'),
        ("ssl_session_cache", ("OFF",), 'invalid session cache "OFF"'),
    ],
)
def test_arguments_that_nginx_refuses_are_refused_in_its_words(name: str, args: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as refused:
        HTTP_DECLARATIONS[name].read(once(*args))
    assert str(refused.value) == reason


def test_protocols_are_shown_oldest_first() -> None:
    assert show(frozenset({Protocol.TLS13, Protocol.SSL3, Protocol.TLS11})) == "SSLv3 TLSv1.1 TLSv1.3"


def test_a_number_is_decimal() -> None:
    assert number(once("007")) == 7
