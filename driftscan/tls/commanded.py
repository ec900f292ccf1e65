"""What `ssl_conf_command` does to what other directives say: it comes after all of them (ngx_ssl_conf_commands)."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.history.platform import Platform
from driftscan.nginx.directives.base import AnyDeclaration, Default, Explicit
from driftscan.nginx.directives.http_ssl import (
    SSL_CIPHERS,
    SSL_CONF_COMMAND,
    SSL_ECDH_CURVE,
    SSL_PREFER_SERVER_CIPHERS,
    SSL_PROTOCOLS,
)
from driftscan.nginx.directives.values import show
from driftscan.openssl import ciphers
from driftscan.tls.chosen import prefers_own
from driftscan.tls.endpoints import Endpoint, InForce, has_context
from driftscan.tls.negotiation import Unknown, cipher_string, commands, enabled, possible
from driftscan.tls.offered import STAND_IN, read_groups

_UNTIL_CLIENT_HELLO = frozenset({"protocol", "ciphersuites"})


@dataclass(frozen=True, slots=True)
class Overridden:
    """A directive that somebody wrote, and that a command makes something else of."""

    directive: AnyDeclaration
    met: InForce
    """The directive as it would be without commands."""
    command: str
    """As written: `MinProtocol TLSv1.3`."""
    result: str
    """What clients get in its place."""


def overridden(at: Endpoint, platform: Platform) -> Iterator[Overridden]:
    """Every directive at an endpoint that is written, and that a command makes something else of."""
    try:
        said = commands(at, platform)
        if said:
            yield from _overridden(at, platform, said)
    except Unknown:
        return


def _overridden(at: Endpoint, platform: Platform, said: list[tuple[str, str]]) -> Iterator[Overridden]:
    library = STAND_IN if platform.library is None else platform.library.version
    protocols = at.in_force(SSL_PROTOCOLS, platform)
    if _is_written(protocols) and isinstance(protocols.value, frozenset):
        now = enabled(at, platform)
        if now != possible(protocols.value, platform):
            yield Overridden(SSL_PROTOCOLS, protocols, _last(said, "protocol", "minprotocol", "maxprotocol"), show(now))
    list_ = at.in_force(SSL_CIPHERS, platform)
    wanted = cipher_string(at, platform)
    if _is_written(list_) and wanted != list_.value:
        was, now_ = (ciphers.select(text, library, platform.family) for text in (str(list_.value), wanted))
        if (was.suites, was.security_level) != (now_.suites, now_.security_level):
            yield Overridden(SSL_CIPHERS, list_, _last(said, "cipherstring"), wanted)
    curves = at.in_force(SSL_ECDH_CURVE, platform)
    groups = [value for name, value in said if name in {"groups", "curves"}]
    if _is_written(curves) and groups and read_groups(groups[-1]) != read_groups(str(curves.value)):
        yield Overridden(SSL_ECDH_CURVE, curves, _last(said, "groups", "curves"), groups[-1])
    order = at.in_force(SSL_PREFER_SERVER_CIPHERS, platform)
    if _is_written(order) and prefers_own(at, platform) is not (order.setting.value is True):
        result = show(prefers_own(at, platform))
        yield Overridden(SSL_PREFER_SERVER_CIPHERS, order, _last(said, "options"), result)


def _is_written(met: InForce) -> bool:
    return met.known and not isinstance(met.setting.origin, Default)


def _last(said: list[tuple[str, str]], *names: str) -> str:
    """The last of these commands, with its name as the manual spells it."""
    name, value = next(((name, value) for name, value in reversed(said) if name in names), (names[0], ""))
    return f"{_SPELLED.get(name, name)} {value}".strip()


_SPELLED = {
    "protocol": "Protocol",
    "minprotocol": "MinProtocol",
    "maxprotocol": "MaxProtocol",
    "cipherstring": "CipherString",
    "ciphersuites": "Ciphersuites",
    "groups": "Groups",
    "curves": "Curves",
    "options": "Options",
}


@dataclass(frozen=True, slots=True)
class Ignored:
    """Commands that a server says and that do nothing there, because the default server of the socket decides."""

    commands: tuple[str, ...]
    by_release: bool
    """Whether nginx 1.29.2 and later heed one of them."""


def ignored(at: Endpoint, platform: Platform) -> Ignored | None:
    """The commands of the selected server that are not in force; `None` where all of them are, or it cannot be told."""
    own, met = at.server[SSL_CONF_COMMAND], at.in_force(SSL_CONF_COMMAND, platform)
    if at.server is at.default or not has_context(at.server) or not isinstance(own.origin, Explicit) or not met.known:
        return None
    in_force = met.value if isinstance(met.value, tuple) else ()
    lost = [words for words in own.value or () if len(words) > 1 and words not in in_force]
    if not lost:
        return None
    return Ignored(
        tuple(" ".join(words) for words in lost), any(words[0].lower() in _UNTIL_CLIENT_HELLO for words in lost)
    )
