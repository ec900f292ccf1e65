import pytest

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives import ALL_DECLARATIONS, DECLARATIONS, FORMS, HTTP_DECLARATIONS
from driftscan.nginx.directives.base import Decider, Repetition, Since, fact
from driftscan.nginx.directives.certificate_cache import OFF, CertificateCache
from driftscan.nginx.directives.forms import Arity, Context, Form, form
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.directives.session_cache import Zone, parse_zone
from driftscan.nginx.directives.upstream_ssl import UPSTREAM_SIDES
from driftscan.nginx.directives.values import (
    Measure,
    Occurrences,
    Protocol,
    Refusal,
    flag,
    milliseconds,
    number,
    parse_size,
    seconds,
    show,
)
from tests.nginx.trees import platform

DEFAULTS = {
    "ssl_protocols": [
        ("0.5.0", "SSLv2 SSLv3 TLSv1"),
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
    "ssl_ciphers": [
        ("0.8.18", "ALL:!ADH:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP"),
        ("0.8.19", "ALL:!ADH:RC4+RSA:+HIGH:+MEDIUM"),
        ("0.8.20", "HIGH:!ADH:!MD5"),
        ("1.0.4", "HIGH:!ADH:!MD5"),
        ("1.0.5", "HIGH:!aNULL:!MD5"),
        ("1.31.4", "HIGH:!aNULL:!MD5"),
    ],
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
    "http3": [("1.25.0", "on"), ("1.31.4", "on")],
    "http3_hq": [("1.31.4", "off")],
    "http3_max_concurrent_streams": [("1.31.4", "128")],
    "http3_stream_buffer_size": [("1.31.4", "64k")],
    "quic_active_connection_id_limit": [("1.31.4", "2")],
    "quic_gso": [("1.31.4", "off")],
    "quic_host_key": [("1.31.4", "not set")],
    "quic_retry": [("1.31.4", "off")],
    "ssl_certificate_compression": [("1.31.4", "off")],
    "ssl_certificate_key": [("1.31.4", "not set")],
    "ssl_client_certificate": [("1.31.4", "not set")],
    "ssl_conf_command": [("1.31.4", "not set")],
    "ssl_crl": [("1.31.4", "not set")],
    "ssl_ech_file": [("1.31.4", "not set")],
    "ssl_ocsp_cache": [("1.31.4", "off")],
    "ssl_ocsp_responder": [("1.31.4", "not set")],
    "ssl_password_file": [("1.31.4", "not set")],
    "ssl_session_ticket_key": [("1.31.4", "not set")],
    "ssl_stapling_file": [("1.31.4", "not set")],
    "ssl_stapling_responder": [("1.31.4", "not set")],
    "ssl_stapling_verify": [("1.31.4", "off")],
    "ssl_trusted_certificate": [("1.31.4", "not set")],
    "ssl": [("1.25.0", "off")],
    "add_header Strict-Transport-Security": [("1.31.4", "not sent")],
}


@pytest.mark.parametrize(
    ("name", "version", "value"), [(name, *row) for name, rows in DEFAULTS.items() for row in rows]
)
def test_a_default_is_that_of_the_release(name: str, version: str, value: str) -> None:
    assert show(fact(ALL_DECLARATIONS[name].default, platform(version))) == value


BOTH = "http server"
HTTP: dict[str, list[Form]] = {
    "ssl": [form("flag", BOTH, gone="1.25.1")],
    "ssl_buffer_size": [form("1", BOTH, since="1.5.9")],
    "ssl_certificate": [form("1", BOTH)],
    "ssl_certificate_cache": [form("1-3", BOTH, since="1.27.4")],
    "ssl_certificate_compression": [form("flag", BOTH, since="1.29.1")],
    "ssl_certificate_key": [form("1", BOTH)],
    "ssl_ciphers": [form("1", BOTH)],
    "ssl_client_certificate": [form("1", BOTH)],
    "ssl_conf_command": [form("2", BOTH, since="1.19.4")],
    "ssl_crl": [form("1", BOTH, since="0.7.63")],
    "ssl_dhparam": [form("1", BOTH, since="0.7.2")],
    "ssl_early_data": [form("flag", BOTH, since="1.15.3")],
    "ssl_ecdh_curve": [form("1", BOTH, since="1.0.6")],
    "ssl_ech_file": [form("1", BOTH, since="1.29.4")],
    "ssl_ocsp": [form("1", BOTH, since="1.19.0")],
    "ssl_ocsp_cache": [form("1", BOTH, since="1.19.0")],
    "ssl_ocsp_responder": [form("1", BOTH, since="1.19.0")],
    "ssl_password_file": [form("1", BOTH, since="1.7.3")],
    "ssl_prefer_server_ciphers": [form("flag", BOTH, since="0.7.63")],
    "ssl_protocols": [form("1+", BOTH)],
    "ssl_reject_handshake": [form("flag", BOTH, since="1.19.4")],
    "ssl_session_cache": [form("1-2", BOTH, since="0.5.6")],
    "ssl_session_ticket_key": [form("1", BOTH, since="1.5.7")],
    "ssl_session_tickets": [form("flag", BOTH, since="1.5.9")],
    "ssl_session_timeout": [form("1", BOTH)],
    "ssl_stapling": [form("flag", BOTH, since="1.3.7")],
    "ssl_stapling_file": [form("1", BOTH, since="1.3.7")],
    "ssl_stapling_responder": [form("1", BOTH, since="1.3.7")],
    "ssl_stapling_verify": [form("flag", BOTH, since="1.3.7")],
    "ssl_trusted_certificate": [form("1", BOTH, since="1.3.7")],
    "ssl_verify_client": [form("flag", BOTH, gone="0.7.7"), form("1", BOTH, since="0.7.7")],
    "ssl_verify_depth": [form("1+", BOTH, gone="1.5.9"), form("1", BOTH, since="1.5.9")],
    "http2": [form("flag", BOTH, since="1.25.1")],
    "http3": [form("flag", BOTH, since="1.25.0", module="ngx_http_v3_module")],
    "http3_hq": [form("flag", BOTH, since="1.25.0", module="ngx_http_v3_module")],
    "http3_max_concurrent_streams": [form("1", BOTH, since="1.25.0", module="ngx_http_v3_module")],
    "http3_stream_buffer_size": [form("1", BOTH, since="1.25.0", module="ngx_http_v3_module")],
    "quic_active_connection_id_limit": [form("1", BOTH, since="1.25.0", module="ngx_http_v3_module")],
    "quic_gso": [form("flag", BOTH, since="1.25.0", module="ngx_http_v3_module")],
    "quic_host_key": [form("1", BOTH, since="1.25.0", module="ngx_http_v3_module")],
    "quic_retry": [form("flag", BOTH, since="1.25.0", module="ngx_http_v3_module")],
}


def test_every_directive_of_an_http_server_stands_where_its_releases_let_it() -> None:
    assert {name: [*declaration.forms] for name, declaration in HTTP_DECLARATIONS.items()} == HTTP


@pytest.mark.parametrize(
    ("name", "version", "arguments"),
    [
        ("ssl", "0.5.0", ["flag"]),
        ("ssl", "1.25.0", ["flag"]),
        ("ssl", "1.25.1", []),
        ("ssl_verify_client", "0.7.6", ["flag"]),
        ("ssl_verify_client", "0.7.7", ["1"]),
        ("ssl_verify_depth", "1.5.8", ["1+"]),
        ("ssl_verify_depth", "1.5.9", ["1"]),
        ("ssl_conf_command", "1.19.3", []),
        ("ssl_conf_command", "1.19.4", ["2"]),
        ("http2", "1.25.0", []),
        ("http2", "1.31.4", ["flag"]),
    ],
)
def test_a_release_has_its_own_entries(name: str, version: str, arguments: list[str]) -> None:
    entries = HTTP_DECLARATIONS[name].forms_of(NginxVersion.parse(version))
    assert [entry.arguments for entry in entries] == [Arity.parse(text) for text in arguments]


LISTS = (Repetition.FATAL, Repetition.APPEND)
REPEATED = {
    "ssl_certificate": LISTS,
    "ssl_certificate_key": LISTS,
    "ssl_session_ticket_key": (Repetition.APPEND, Repetition.APPEND),
    "ssl_conf_command": (Repetition.APPEND, Repetition.APPEND),
    "ssl_ech_file": (Repetition.APPEND, Repetition.APPEND),
    "ssl_protocols": (Repetition.UNION, Repetition.UNION),
    "ssl_session_cache": (Repetition.LAST, Repetition.LAST),
    "add_header Strict-Transport-Security": (Repetition.APPEND, Repetition.APPEND),
}


@pytest.mark.parametrize("name", ALL_DECLARATIONS)
def test_what_a_second_occurrence_does(name: str) -> None:
    held = tuple(fact(ALL_DECLARATIONS[name].repetition, platform(nginx)) for nginx in ("1.10.3", "1.11.0"))
    assert held == REPEATED.get(name, (Repetition.FATAL, Repetition.FATAL))


def test_words_that_not_every_release_knows() -> None:
    assert {name: declaration.words for name, declaration in ALL_DECLARATIONS.items() if declaration.words} == {
        "ssl_protocols": {"tlsv1.1": "1.1.13", "tlsv1.2": "1.1.13", "tlsv1.3": "1.13.0"},
        "ssl_verify_client": {"optional": "0.8.7", "optional_no_ca": "1.3.8"},
    }


STREAM, MAIL = "ngx_stream_module", "ngx_mail_module"
LEVELS = "http server location location-if"
PLAIN: dict[str, list[Form]] = {
    "add_header": [form("2", LEVELS, gone="1.7.5"), form("2-3", LEVELS, since="1.7.5")],
    "add_header_inherit": [form("1", LEVELS, since="1.29.3")],
    "add_trailer": [form("2-3", LEVELS, since="1.13.2")],
    "add_trailer_inherit": [form("1", LEVELS, since="1.29.3")],
    "include": [form("1", " ".join(Context))],
    "listen": [
        form("1+", "server"),
        form("1+", "stream-server", since="1.9.0", module=STREAM),
        form("1-2", "mail-server", since="0.5.15", gone="1.7.5", module=MAIL),
        form("1+", "mail-server", since="1.7.5", module=MAIL),
    ],
    "server_name": [
        form("1+", "server"),
        form("1+", "stream-server", since="1.25.5", module=STREAM),
        form("1", "mail mail-server", since="0.5.15", module=MAIL),
    ],
    "ssl_engine": [form("1", "main", since="0.6.36")],
    "ssl_object_cache_inheritable": [form("flag", "main", since="1.27.4")],
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_directive_without_a_declaration_has_its_entries_too(name: str) -> None:
    assert [*FORMS[name]] == PLAIN[name]


def test_the_entries_of_all_families_are_together() -> None:
    tables = [*DECLARATIONS.values(), *(side.declarations for side in UPSTREAM_SIDES)]
    assert {*FORMS} == {*PLAIN, *(name for table in tables for name in table)}
    for name in {*FORMS} - {*PLAIN}:
        entries = [entry for table in tables if name in table for entry in table[name].forms]
        assert [*FORMS[name]] == entries


def test_a_name_may_be_known_in_several_families() -> None:
    assert [sorted(entry.contexts) for entry in FORMS["ssl_ciphers"]] == [
        ["http", "server"],
        ["stream", "stream-server"],
        ["mail", "mail-server"],
    ]
    assert len(FORMS) == 99
    assert sum(len({entry.contexts for entry in entries}) for entries in FORMS.values()) == 166


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


def test_every_default_is_told_here() -> None:
    assert {*DEFAULTS} == {*ALL_DECLARATIONS}


@pytest.mark.parametrize(
    ("name", "decider"),
    [
        ("http3", Decider.SNI_SERVER),
        ("http3_hq", Decider.SNI_SERVER),
        ("http3_max_concurrent_streams", Decider.DEFAULT_SERVER),
        ("http3_stream_buffer_size", Decider.DEFAULT_SERVER),
        ("quic_active_connection_id_limit", Decider.DEFAULT_SERVER),
        ("quic_gso", Decider.DEFAULT_SERVER),
        ("quic_host_key", Decider.DEFAULT_SERVER),
        ("quic_retry", Decider.DEFAULT_SERVER),
    ],
)
def test_quic_starts_with_the_default_server(name: str, decider: Decider) -> None:
    assert fact(HTTP_DECLARATIONS[name].decider, platform("1.31.4")) is decider


def test_before_the_first_fact_there_is_none() -> None:
    assert fact((Since("1.5.9", 1), Since("1.6.0", 2)), platform("1.5.8")) is None


def test_a_fact_of_another_library_does_not_hide_the_one_before() -> None:
    facts = (Since("1.0.0", 1), Since("1.1.0", 2, lambda library: library.family == "BoringSSL"), Since("1.2.0", 3))
    held = [fact(facts, platform(nginx, library)) for nginx in ("1.1.0", "1.2.0") for library in ("BoringSSL", "1.1.1")]
    assert held == [2, 1, 3, 3]


def test_facts_are_in_the_order_of_their_releases() -> None:
    for declaration in ALL_DECLARATIONS.values():
        for facts in (declaration.default, declaration.decider, declaration.repetition):
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
        *(
            ("1hm", 3600),
            ("5 5", 10),
            (" 5", 5),
            ("5 ", 5),
            ("1d  2h ", 93600),
            ("5s3", 8),
            ("1h30", 3630),
            ("5m s5", 305),
        ),
        *(("9223372036854775807", 2**63 - 1), ("292471208677y", 292471208677 * 31536000)),
    ],
)
def test_times_are_equal_when_they_last_equally_long(written: str, amount: int) -> None:
    assert seconds(once(written)) == Measure(amount, "however written")
    assert str(seconds(once(written))) == written


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        *(("60", 60_000), ("60s", 60_000), ("1m500ms", 60_500), ("1ms", 1), ("5ms3", 3005), ("1w1d", 691_200_000)),
        *(("1h 30m", 5_400_000), ("5 5", 10_000), ("9223372036854775807ms", 2**63 - 1)),
    ],
)
def test_times_in_milliseconds(written: str, amount: int) -> None:
    assert milliseconds(once(written)) == Measure(amount, "however written")


EITHER = ["", "m", "5x", "5s5m", "5m5m", "-1", "1.5h", "5 m", "5s5 5", "1d2w", "\n5", "5\n", " ", "٣"]
LARGE = ["9223372036854775808", "10000000000000000000", "292471208678y", "9223372036854775807s1", "9" * 5000]


@pytest.mark.parametrize("written", [*EITHER, *LARGE, "500ms"])
def test_times_that_nginx_refuses(written: str) -> None:
    with pytest.raises(Refusal) as refused:
        seconds(once(written))
    assert refused.value.text("ssl_session_timeout") == '"ssl_session_timeout" directive invalid value'
    assert str(refused.value) == f'invalid value "{written}"'


@pytest.mark.parametrize(
    "written", [*EITHER, *LARGE, "1y", "1M", "5ms5s", "5 5ms", "9223372036854776s", "9223372036854776"]
)
def test_times_in_milliseconds_that_nginx_refuses(written: str) -> None:
    with pytest.raises(Refusal) as refused:
        milliseconds(once(written))
    assert refused.value.text("ssl_handshake_timeout") == '"ssl_handshake_timeout" directive invalid value'


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        *(("16384", 16384), ("16k", 16384), ("16K", 16384), ("1m", 1048576), ("1M", 1048576), ("0", 0)),
        *(("9223372036854775807", 2**63 - 1), ("8796093022207m", 2**63 - 2**20), (f"{'0' * 5000}7", 7)),
    ],
)
def test_sizes_are_bytes(written: str, amount: int) -> None:
    assert parse_size(written) == amount


TOO_LARGE = ["9223372036854775808", "10000000000000000000", "9007199254740992k", "8796093022208m", "9" * 5000]


@pytest.mark.parametrize("written", ["", "k", "10mb", "1g", "-1", "1 k", "1.5m", "1kk", "٣", *TOO_LARGE])
def test_sizes_that_nginx_refuses(written: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_size(written)
    assert refused.value.text("ssl_buffer_size") == '"ssl_buffer_size" directive invalid value'


@pytest.mark.parametrize("word", ["shared", "shared:", "shared:SSL", "shared:SSL:", "shared::1m", "shared:SSL:10mb"])
def test_zones_that_nginx_refuses(word: str) -> None:
    with pytest.raises(Refusal, match=f'^invalid session cache "{word}"$'):
        parse_zone(word)


def test_a_zone_has_at_least_eight_pages() -> None:
    assert parse_zone("shared:A:32k") == Zone("A", 32768, "however written")
    with pytest.raises(Refusal, match=r'^session cache "shared:A:32767" is too small$'):
        parse_zone("shared:A:32767")


READ: list[tuple[str, tuple[str, ...], str]] = [
    ("ssl_protocols", ("TLSV1.2", "tlsv1"), "TLSv1 TLSv1.2"),
    ("ssl_session_tickets", ("OFF",), "off"),
    ("ssl_verify_client", ("Optional_No_CA",), "optional_no_ca"),
    ("ssl_verify_depth", ("02",), "2"),
    ("ssl_buffer_size", ("4k",), "4k"),
    ("ssl_dhparam", ("dh.pem",), "/etc/nginx/dh.pem"),
    ("ssl_dhparam", ("",), "not set"),
    ("ssl_crl", ("",), "not set"),
    ("ssl_client_certificate", ("",), "not set"),
    ("ssl_trusted_certificate", ("",), "not set"),
    ("ssl_stapling_file", ("",), "not set"),
    ("ssl_password_file", ("/x",), "/x"),
    ("ssl_ciphers", ("DEFAULT",), "DEFAULT"),
    ("ssl_certificate_cache", ("max=10", "valid=1m"), "max=10 valid=1m"),
    ("ssl_certificate_cache", ("off", "max=10"), "off"),
    ("ssl_conf_command", ("Groups", "P-256"), "Groups P-256"),
    ("ssl_session_cache", ("builtin:1000", "shared:A:1m"), "builtin:1000 shared:A:1m"),
    ("ssl_session_cache", ("shared:A:1m", "none"), "none"),
    ("ssl_ocsp", ("Leaf",), "leaf"),
    ("ssl_ocsp_cache", ("off",), "off"),
    ("ssl_ocsp_cache", ("shared:A:1m",), "shared:A:1m"),
    ("http3_stream_buffer_size", ("64k",), "64k"),
    ("quic_host_key", ("key",), "/etc/nginx/key"),
]


@pytest.mark.parametrize(("name", "args", "shown"), READ)
def test_arguments_become_values(name: str, args: tuple[str, ...], shown: str) -> None:
    assert show(HTTP_DECLARATIONS[name].read(once(*args))) == shown


def test_certificate_caches_are_equal_when_they_mean_the_same() -> None:
    read = HTTP_DECLARATIONS["ssl_certificate_cache"].read
    assert read(once("max=10", "inactive=10s", "valid=1m")) == read(once("max=010")) == CertificateCache(10)
    assert read(once("max=10", "inactive=1h")) == CertificateCache(10, inactive=3600, valid=60)
    assert read(once("max=10", "valid=1", "valid=2")) == CertificateCache(10, valid=2)
    assert read(once("max=10", "off")) == OFF


MUST = 'it must be "on" or "off"'
REFUSED: list[tuple[str, tuple[str, ...], str]] = [
    ("ssl_protocols", ("TLSv1.4",), 'invalid value "TLSv1.4"'),
    ("ssl_protocols", ("TLSv1.2", ""), 'invalid value ""'),
    ("ssl_session_tickets", ("yes",), f'invalid value "yes" in "ssl_session_tickets" directive, {MUST}'),
    ("ssl_session_tickets", ("",), f'invalid value "" in "ssl_session_tickets" directive, {MUST}'),
    ("ssl_session_tickets", (), 'invalid number of arguments in "ssl_session_tickets" directive'),
    ("ssl_verify_client", ("maybe",), 'invalid value "maybe"'),
    ("ssl_ocsp", ("none",), 'invalid value "none"'),
    ("ssl_verify_depth", ("-1",), '"ssl_verify_depth" directive invalid number'),
    ("ssl_verify_depth", ("",), '"ssl_verify_depth" directive invalid number'),
    ("ssl_verify_depth", ("9223372036854775808",), '"ssl_verify_depth" directive invalid number'),
    ("ssl_session_timeout", ("5ms",), '"ssl_session_timeout" directive invalid value'),
    ("ssl_buffer_size", ("1g",), '"ssl_buffer_size" directive invalid value'),
    ("ssl_session_cache", ("memcache",), 'invalid session cache "memcache"'),
    ("ssl_session_cache", ("builtin:x",), 'invalid session cache "builtin:x"'),
    ("ssl_session_cache", ("builtin:",), 'invalid session cache "builtin:"'),
    ("ssl_session_cache", ("builtin:9223372036854775808",), 'invalid session cache "builtin:9223372036854775808"'),
    ("ssl_session_cache", ("OFF",), 'invalid session cache "OFF"'),
    ("ssl_session_cache", ("none", "shared:SSL:31k"), 'session cache "shared:SSL:31k" is too small'),
    ("ssl_ocsp_cache", ("on",), 'invalid OCSP cache "on"'),
    ("ssl_ocsp_cache", ("none:A:1m",), 'invalid OCSP cache "none:A:1m"'),
    ("ssl_ocsp_cache", ("shared:A",), 'invalid OCSP cache "shared:A"'),
    ("ssl_ocsp_cache", ("shared:A:1k",), 'OCSP cache "shared:A:1k" is too small'),
    ("ssl_certificate_cache", ("valid=1m",), '"ssl_certificate_cache" must have the "max" parameter'),
    ("ssl_certificate_cache", ("max=0",), 'invalid parameter "max=0"'),
    ("ssl_certificate_cache", ("max",), 'invalid parameter "max"'),
    ("ssl_certificate_cache", ("max=1", "valid=5x"), 'invalid parameter "valid=5x"'),
    ("ssl_certificate_cache", ("max=1", "inactive"), 'invalid parameter "inactive"'),
    ("ssl_certificate_cache", ("off", "min=1"), 'invalid parameter "min=1"'),
    ("ssl_certificate_cache", ("OFF",), 'invalid parameter "OFF"'),
    ("http3_max_concurrent_streams", ("many",), '"http3_max_concurrent_streams" directive invalid number'),
    ("http3_stream_buffer_size", ("1g",), '"http3_stream_buffer_size" directive invalid value'),
]


@pytest.mark.parametrize(("name", "args", "said"), REFUSED)
def test_arguments_that_nginx_refuses_are_refused_in_its_words(name: str, args: tuple[str, ...], said: str) -> None:
    with pytest.raises(Refusal) as refused:
        HTTP_DECLARATIONS[name].read(once(*args))
    assert refused.value.text(name) == said


def test_a_refusal_is_told_without_the_name_where_the_name_is_known() -> None:
    for args, reason in [(("maybe",), f'invalid value "maybe", {MUST}'), ((), "invalid number of arguments")]:
        with pytest.raises(Refusal, match=f"^{reason}$"):
            flag(once(*args))
    with pytest.raises(Refusal, match=r'^invalid number "x"$'):
        number(once("x"))


def test_protocols_are_shown_oldest_first() -> None:
    assert show(frozenset({Protocol.TLS13, Protocol.SSL3, Protocol.TLS11})) == "SSLv3 TLSv1.1 TLSv1.3"


def test_a_number_is_decimal() -> None:
    assert number(once("007")) == 7
