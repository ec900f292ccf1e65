import pytest

from driftscan.nginx.directives.base import AnyDeclaration, Decider, Family, Repetition, fact
from driftscan.nginx.directives.certificate_cache import CertificateCache
from driftscan.nginx.directives.forms import Form, form
from driftscan.nginx.directives.upstream_ssl import STREAM_PROXY_SSL, UPSTREAM_SIDES, UpstreamSide
from driftscan.nginx.directives.values import Occurrences, Refusal, show
from tests.nginx.trees import platform

PROXY, GRPC, UWSGI, STREAM = UPSTREAM_SIDES
SIDES = {"http proxy": PROXY, "http grpc": GRPC, "http uwsgi": UWSGI, "stream proxy": STREAM}


def test_the_ways_to_pass_requests_on() -> None:
    sides = [(side.family, side.passing, side.schemes, side.switch) for side in UPSTREAM_SIDES]
    assert sides == [
        (Family.HTTP, "proxy_pass", ("https://",), None),
        (Family.HTTP, "grpc_pass", ("grpcs://",), None),
        (Family.HTTP, "uwsgi_pass", ("suwsgi://",), None),
        (Family.STREAM, "proxy_pass", (), STREAM_PROXY_SSL),
    ]
    assert STREAM.declarations["proxy_ssl"] is STREAM_PROXY_SSL


SUFFIXES: dict[str, tuple[str, str, str, str, str]] = {
    # arguments, then the first release of proxy_*, grpc_*, uwsgi_* of http, and of proxy_* of stream
    "ssl_protocols": ("1+", "1.5.6", "1.13.10", "1.5.8", "1.9.0"),
    "ssl_ciphers": ("1", "1.5.6", "1.13.10", "1.5.8", "1.9.0"),
    "ssl_session_reuse": ("flag", "0.7.11", "1.13.10", "1.5.8", "1.9.0"),
    "ssl_server_name": ("flag", "1.7.0", "1.13.10", "1.7.0", "1.9.0"),
    "ssl_name": ("1", "1.7.0", "1.13.10", "1.7.0", "1.9.0"),
    "ssl_verify": ("flag", "1.7.0", "1.13.10", "1.7.0", "1.9.0"),
    "ssl_verify_depth": ("1", "1.7.0", "1.13.10", "1.7.0", "1.9.0"),
    "ssl_trusted_certificate": ("1", "1.7.0", "1.13.10", "1.7.0", "1.9.0"),
    "ssl_crl": ("1", "1.7.0", "1.13.10", "1.7.0", "1.9.0"),
    "ssl_certificate": ("1", "1.7.8", "1.13.10", "1.7.8", "1.9.0"),
    "ssl_certificate_key": ("1", "1.7.8", "1.13.10", "1.7.8", "1.9.0"),
    "ssl_password_file": ("1", "1.7.8", "1.13.10", "1.7.8", "1.9.0"),
    "ssl_conf_command": ("2", "1.19.4", "1.19.4", "1.19.4", "1.19.4"),
    "ssl_certificate_cache": ("1-3", "1.27.4", "1.27.4", "1.27.4", "1.27.4"),
}
PLACES = ["http server location"] * 3 + ["stream stream-server"]


def entry(arguments: str, place: str, since: str) -> tuple[Form]:
    module = "ngx_stream_module" if place.startswith("stream") else None
    return (form(arguments, place, since=since, module=module),)


@pytest.mark.parametrize(("column", "prefix"), [*enumerate(["proxy", "grpc", "uwsgi", "proxy"])])
def test_every_directive_of_the_proxied_side_stands_where_its_releases_let_it(column: int, prefix: str) -> None:
    found = {name: declaration.forms for name, declaration in UPSTREAM_SIDES[column].declarations.items()}
    place = PLACES[column]
    wanted = {
        f"{prefix}_{suffix}": entry(arguments, place, since[column]) for suffix, (arguments, *since) in SUFFIXES.items()
    }
    only_stream = {
        "proxy_ssl": entry("flag", place, "1.9.0"),
        "proxy_ssl_alpn": entry("1+", place, "1.31.0"),
    }
    assert found == (wanted | only_stream if column == 3 else wanted)
    assert all(name == declaration.name for name, declaration in UPSTREAM_SIDES[column].declarations.items())


PROTOCOLS = [
    ("1.5.5", "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
    ("1.9.0", "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
    ("1.9.1", "TLSv1 TLSv1.1 TLSv1.2"),
    ("1.23.3", "TLSv1 TLSv1.1 TLSv1.2"),
    ("1.23.4", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
    ("1.27.2", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
    ("1.27.3", "TLSv1.2 TLSv1.3"),
]
DEFAULTS = {
    "ssl_ciphers": "DEFAULT",
    "ssl_session_reuse": "on",
    "ssl_server_name": "off",
    "ssl_verify": "off",
    "ssl_verify_depth": "1",
    "ssl_trusted_certificate": "not set",
    "ssl_crl": "not set",
    "ssl_certificate": "not set",
    "ssl_certificate_key": "not set",
    "ssl_password_file": "not set",
    "ssl_conf_command": "not set",
    "ssl_certificate_cache": "off",
}


def declared(side: UpstreamSide, suffix: str) -> AnyDeclaration:
    return side.declarations[f"{side.passing.removesuffix('_pass')}_{suffix}"]


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
def test_a_default_is_that_of_the_release(side: UpstreamSide) -> None:
    protocols = declared(side, "ssl_protocols")
    assert [(nginx, show(fact(protocols.default, platform(nginx)))) for nginx, _ in PROTOCOLS] == PROTOCOLS
    for suffix, value in DEFAULTS.items():
        assert show(fact(declared(side, suffix).default, platform("1.31.4"))) == value


def test_what_only_stream_has_is_off() -> None:
    assert fact(STREAM.declarations["proxy_ssl"].default, platform("1.31.4")) is False
    assert fact(STREAM.declarations["proxy_ssl_alpn"].default, platform("1.31.4")) is None


def test_the_name_is_that_of_the_address() -> None:
    names = [fact(declared(side, "ssl_name").default, platform("1.31.4")) for side in UPSTREAM_SIDES]
    assert names == ["$proxy_host", "host of grpc_pass", "host of uwsgi_pass", "host of proxy_pass"]


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
def test_what_a_second_occurrence_does(side: UpstreamSide) -> None:
    prefix = side.passing.removesuffix("_pass")
    others = {f"{prefix}_ssl_protocols": Repetition.UNION, f"{prefix}_ssl_conf_command": Repetition.APPEND}
    for name, declaration in side.declarations.items():
        held = {fact(declaration.repetition, platform(nginx)) for nginx in ("1.10.3", "1.31.4")}
        assert held == {others.get(name, Repetition.FATAL)}, name


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
def test_whoever_passes_on_decides(side: UpstreamSide) -> None:
    for declaration in side.declarations.values():
        assert fact(declaration.decider, platform("1.31.4")) is Decider.UPSTREAM


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
def test_words_that_not_every_release_knows(side: UpstreamSide) -> None:
    words = {name: declaration.words for name, declaration in side.declarations.items() if declaration.words}
    assert words == {declared(side, "ssl_protocols").name: {"tlsv1.3": "1.13.0"}}


def once(*args: str) -> Occurrences:
    return Occurrences((args,), "/etc/nginx")


@pytest.mark.parametrize(
    ("suffix", "args", "value"),
    [
        ("ssl_certificate", ("client.pem",), "/etc/nginx/client.pem"),
        ("ssl_certificate", ("",), None),
        ("ssl_certificate_key", ("",), None),
        ("ssl_certificate_key", ("$key",), "$key"),
        ("ssl_trusted_certificate", ("",), None),
        ("ssl_crl", ("",), None),
        ("ssl_password_file", ("p",), "/etc/nginx/p"),
        ("ssl_name", ("$host",), "$host"),
        ("ssl_name", ("a.${host}-$1$2",), "a.${host}-$1$2"),
        ("ssl_name", ("",), ""),
        ("ssl_verify", ("ON",), True),
        ("ssl_verify_depth", ("2",), 2),
        ("ssl_conf_command", ("Options", "x"), (("Options", "x"),)),
        ("ssl_certificate_cache", ("max=3",), CertificateCache(3)),
    ],
)
def test_arguments_become_values(suffix: str, args: tuple[str, ...], value: object) -> None:
    for side in UPSTREAM_SIDES:
        assert declared(side, suffix).read(once(*args)) == value


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("$", "invalid variable name"),
        ("a$-", "invalid variable name"),
        ("$$host", "invalid variable name"),
        ("${}", "invalid variable name"),
        ("${", "invalid variable name"),
        ("$host${", "invalid variable name"),
        ("${-", 'the closing bracket in "" variable is missing'),
        ("x${host", 'the closing bracket in "host" variable is missing'),
        ("${a-b}", 'the closing bracket in "a" variable is missing'),
    ],
)
def test_variables_that_nginx_refuses(word: str, said: str) -> None:
    for name in ("proxy_ssl_name", "proxy_ssl_alpn"):
        with pytest.raises(Refusal) as refused:
            STREAM.declarations[name].read(once(word))
        assert refused.value.text(name) == said


def test_the_names_of_protocols_are_not_too_long() -> None:
    long = f"$proto{'x' * 256}"  # how long it will be is not known before there is a request
    assert STREAM.declarations["proxy_ssl_alpn"].read(once("h2", long)) == ("h2", long)
    with pytest.raises(Refusal) as refused:
        STREAM.declarations["proxy_ssl_alpn"].read(once("x" * 256))
    assert refused.value.text("proxy_ssl_alpn") == '"proxy_ssl_alpn" directive protocol too long'


def test_a_refusal_names_the_directive_of_its_side() -> None:
    with pytest.raises(Refusal) as refused:
        declared(GRPC, "ssl_certificate_cache").read(once("valid=1m"))
    assert refused.value.text("grpc_ssl_certificate_cache") == (
        '"grpc_ssl_certificate_cache" must have the "max" parameter'
    )
