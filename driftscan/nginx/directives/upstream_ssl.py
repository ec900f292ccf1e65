"""TLS where nginx is the client: `proxy_ssl_*`, `grpc_ssl_*`, `uwsgi_ssl_*` of http, and `proxy_ssl*` of stream.

ngx_http_proxy_commands, ngx_http_grpc_commands, ngx_http_uwsgi_commands, ngx_stream_proxy_commands. The same
directives under three prefixes and in stream, each with its own first release. The nearest level that says something
counts, each directive on its own: http, server, location; stream, server. They matter only where requests are passed
on by TLS, and nginx looks at most of them only there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives import certificate_cache
from driftscan.nginx.directives.base import (
    AnyDeclaration,
    Decider,
    Declaration,
    Facts,
    Family,
    Repetition,
    Since,
    always,
)
from driftscan.nginx.directives.core import STREAM_MODULE
from driftscan.nginx.directives.forms import Arity, Form, form
from driftscan.nginx.directives.values import (
    Occurrences,
    Protocol,
    check_alpn,
    check_variables,
    expression,
    flag,
    number,
    pairs,
    path,
    path_or_none,
    protocols,
    text,
)

_DECIDER: Facts[Decider] = always(Decider.UPSTREAM)
_UNSET: Facts[None] = always(None)
_UP_TO_1_2 = frozenset({Protocol.TLS10, Protocol.TLS11, Protocol.TLS12})


_HTTP: Final = "http server location"


def _in_http(arguments: str, since: str) -> tuple[Form, ...]:
    return (form(arguments, _HTTP, since=since),)


_NAME = Declaration("proxy_ssl_name", expression, always("$proxy_host"), _DECIDER, _in_http("1", "1.7.0"))
_PROXY: Final[tuple[AnyDeclaration, ...]] = (
    Declaration(
        "proxy_ssl_protocols",
        protocols,
        # Before 1.5.6 there was no way to change them.
        default=(
            Since("0.1.0", _UP_TO_1_2 | {Protocol.SSL3}),
            Since("1.9.1", _UP_TO_1_2),
            Since("1.23.4", _UP_TO_1_2 | {Protocol.TLS13}),
            Since("1.27.3", frozenset({Protocol.TLS12, Protocol.TLS13})),
        ),
        decider=_DECIDER,
        forms=_in_http("1+", "1.5.6"),
        repetition=always(Repetition.UNION),
        words={"tlsv1.3": "1.13.0"},
    ),
    Declaration("proxy_ssl_ciphers", text, always("DEFAULT"), _DECIDER, _in_http("1", "1.5.6")),
    Declaration("proxy_ssl_session_reuse", flag, always(True), _DECIDER, _in_http("flag", "0.7.11")),
    Declaration("proxy_ssl_server_name", flag, always(False), _DECIDER, _in_http("flag", "1.7.0")),
    _NAME,
    Declaration("proxy_ssl_verify", flag, always(False), _DECIDER, _in_http("flag", "1.7.0")),
    Declaration("proxy_ssl_verify_depth", number, always(1), _DECIDER, _in_http("1", "1.7.0")),
    Declaration("proxy_ssl_trusted_certificate", path_or_none, _UNSET, _DECIDER, _in_http("1", "1.7.0")),
    Declaration("proxy_ssl_crl", path_or_none, _UNSET, _DECIDER, _in_http("1", "1.7.0")),
    # Variables in these two since 1.21.0.
    Declaration("proxy_ssl_certificate", path_or_none, _UNSET, _DECIDER, _in_http("1", "1.7.8")),
    Declaration("proxy_ssl_certificate_key", path_or_none, _UNSET, _DECIDER, _in_http("1", "1.7.8")),
    Declaration("proxy_ssl_password_file", path, _UNSET, _DECIDER, _in_http("1", "1.7.8")),
    Declaration(
        "proxy_ssl_conf_command",
        pairs,
        _UNSET,
        _DECIDER,
        _in_http("2", "1.19.4"),
        repetition=always(Repetition.APPEND),
    ),
    Declaration(
        "proxy_ssl_certificate_cache",
        certificate_cache.read,
        always(certificate_cache.OFF),
        _DECIDER,
        _in_http("1-3", "1.27.4"),
    ),
)


def _like_proxy(passing: str, place: Form) -> tuple[AnyDeclaration, ...]:
    """The same in another module: with its prefix, where `place` says, and since the module is there."""
    prefix = passing.removesuffix("_pass")
    return tuple(
        replace(
            declaration,
            name=prefix + declaration.name.removeprefix("proxy"),
            # Only proxy_pass of http has a variable for it.
            default=always(f"host of {passing}") if declaration is _NAME else declaration.default,
            forms=tuple(
                replace(place, arguments=entry.arguments, since=max(entry.since, place.since, key=NginxVersion.parse))
                for entry in declaration.forms
            ),
        )
        for declaration in _PROXY
    )


_STREAM: Final = form("flag", "stream stream-server", since="1.9.0", module=STREAM_MODULE)

STREAM_PROXY_SSL: Final = Declaration("proxy_ssl", flag, always(False), _DECIDER, (_STREAM,))


def _alpn(found: Occurrences) -> tuple[str, ...]:
    for word in found.args[0]:
        check_variables(word)
        if "$" not in word:
            check_alpn(word)
    return found.args[0]


_PROXY_SSL_ALPN: Final[Declaration[tuple[str, ...]]] = Declaration(
    "proxy_ssl_alpn", _alpn, _UNSET, _DECIDER, (replace(_STREAM, arguments=Arity.parse("1+"), since="1.31.0"),)
)


@dataclass(frozen=True, slots=True)
class UpstreamSide:
    """One way to pass requests on, and the settings of TLS that it has."""

    family: Family
    passing: str
    """The directive that passes on."""
    schemes: tuple[str, ...]
    """How its address begins where it is TLS; in stream no address says so."""
    switch: Declaration[bool] | None
    """The directive that makes it TLS, where no address says so."""
    declarations: Mapping[str, AnyDeclaration]
    """By name, the switch among them."""


def _by_name(*declarations: AnyDeclaration) -> Mapping[str, AnyDeclaration]:
    return {declaration.name: declaration for declaration in declarations}


_GRPC: Final = _like_proxy("grpc_pass", form("1", _HTTP, since="1.13.10"))
_UWSGI: Final = _like_proxy("uwsgi_pass", form("1", _HTTP, since="1.5.8"))
_STREAM_PROXY: Final = (STREAM_PROXY_SSL, *_like_proxy("proxy_pass", _STREAM), _PROXY_SSL_ALPN)

UPSTREAM_SIDES: Final[tuple[UpstreamSide, ...]] = (
    UpstreamSide(Family.HTTP, "proxy_pass", ("https://",), None, _by_name(*_PROXY)),
    UpstreamSide(Family.HTTP, "grpc_pass", ("grpcs://",), None, _by_name(*_GRPC)),
    UpstreamSide(Family.HTTP, "uwsgi_pass", ("suwsgi://",), None, _by_name(*_UWSGI)),
    UpstreamSide(Family.STREAM, "proxy_pass", (), STREAM_PROXY_SSL, _by_name(*_STREAM_PROXY)),
)
