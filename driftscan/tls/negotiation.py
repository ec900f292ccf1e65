"""What a client and a server agree on: protocol version and application protocol.

OpenSSL chooses the newest common version (ssl_choose_server_version), nginx the first of its own ALPN protocols that
the client offers (ngx_http_ssl_alpn_select).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from driftscan.history.platform import Platform
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import named
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http_ssl import (
    SSL_CIPHERS,
    SSL_CONF_COMMAND,
    SSL_PROTOCOLS,
)
from driftscan.nginx.directives.stream_ssl import SSL_ALPN
from driftscan.nginx.directives.values import Protocol
from driftscan.openssl import ciphers, security
from driftscan.tls.endpoints import Endpoint

_NEWEST: Final = (Protocol.TLS13, Protocol.TLS12, Protocol.TLS11, Protocol.TLS10, Protocol.SSL3, Protocol.SSL2)
_TLS13_KNOWN: Final = NginxVersion(1, 13, 0)
"""Before, nginx could not switch TLS 1.3 off, because it did not know the option."""
_NO_OVERLAP_REFUSED: Final = NginxVersion(1, 21, 4)
"""A client none of whose ALPN protocols is known is refused (CHANGES 1.21.4)."""


class Refused(Exception):  # noqa: N818 - an answer of the server, not an error of ours
    """The handshake ends here, for this reason."""


class Unknown(Exception):  # noqa: N818 - an answer, not an error
    """It cannot be told how the handshake goes on, for this reason."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a client brings to the choice of version and suite."""

    protocols: frozenset[Protocol]
    ciphers: str | None
    groups: str | None


def version(at: Endpoint, platform: Platform, offer: Offer) -> Protocol:
    """The protocol version that is spoken."""
    versions = enabled(at, platform)
    chosen = next((protocol for protocol in _NEWEST if protocol in versions & offer.protocols), None)
    if chosen is None:
        raise Refused(f"no common protocol version (enabled: {_listed(versions)}): alert protocol_version")
    _check_highest(versions, at, platform)
    if chosen not in {Protocol.TLS12, Protocol.TLS13}:
        _check_level(chosen, at, platform)
    return chosen


def enabled(at: Endpoint, platform: Platform) -> frozenset[Protocol]:
    """The versions that are switched on, as far as the library has them; its security level is not looked at."""
    met = at.in_force(SSL_PROTOCOLS, platform)
    if not met.known or not isinstance(met.value, frozenset):
        raise Unknown("ssl_protocols is in a part that cannot be read")
    return _commanded(possible(met.value, platform), at, platform)


def _check_highest(enabled: frozenset[Protocol], at: Endpoint, platform: Platform) -> None:
    """Where a version in between is off, OpenSSL wants a suite for those below it (tls_setup_handshake)."""
    highest, gap = Protocol.TLS13, True
    for protocol in _NEWEST:
        if protocol in enabled and gap:
            highest = protocol
        gap = protocol not in enabled
    if highest in {Protocol.TLS12, Protocol.TLS13} or platform.library is None:
        return
    setting = at.default[SSL_CIPHERS]
    selected = ciphers.select(str(setting.value), platform.library.version, platform.family)
    if setting.known and selected.certain and all(suite.version == "TLSv1.2" for suite in selected.suites):
        raise Refused(f"no cipher for {highest}, the highest of the lowest versions: alert handshake_failure")


def possible(wanted: frozenset[object], platform: Platform) -> frozenset[Protocol]:
    """What the library can speak of what nginx asks for."""
    library = None if platform.library is None else platform.library.version
    enabled = {protocol for protocol in Protocol if protocol in wanted}
    has_tls13 = library is None or library.family != "OpenSSL" or library.is_openssl_since("1.1.1")
    if not has_tls13:
        enabled.discard(Protocol.TLS13)
    elif platform.nginx.version < _TLS13_KNOWN and library is not None and library.family == "OpenSSL":
        enabled.add(Protocol.TLS13)
    if library is None or library.family != "OpenSSL" or library.is_openssl_since("1.1.0"):
        # Built in only where somebody asks for it (enable-ssl3).
        enabled -= {Protocol.SSL2, Protocol.SSL3}
    return frozenset(enabled)


_BY_NAME: Final = {
    "sslv3": Protocol.SSL3,
    "tlsv1": Protocol.TLS10,
    "tlsv1.0": Protocol.TLS10,
    "tlsv1.1": Protocol.TLS11,
    "tlsv1.2": Protocol.TLS12,
    "tlsv1.3": Protocol.TLS13,
}


def _commanded(enabled: frozenset[Protocol], at: Endpoint, platform: Platform) -> frozenset[Protocol]:
    """The same after `ssl_conf_command`, which comes last (SSL_CONF_cmd(3): Protocol, MinProtocol, MaxProtocol)."""
    order = list(Protocol)
    for name, value in commands(at, platform):
        match name:
            case "protocol":
                enabled = _protocol_words(enabled, value)
            case "minprotocol" if value.lower() in _BY_NAME:
                enabled = frozenset(p for p in enabled if order.index(p) >= order.index(_BY_NAME[value.lower()]))
            case "maxprotocol" if value.lower() in _BY_NAME:
                enabled = frozenset(p for p in enabled if order.index(p) <= order.index(_BY_NAME[value.lower()]))
            case _:
                pass
    return enabled


def _protocol_words(enabled: frozenset[Protocol], value: str) -> frozenset[Protocol]:
    """`Protocol`: `-X` takes away, `X` adds; `ALL` is all that is not switched off by now."""
    everything = frozenset(_BY_NAME.values()) - {Protocol.SSL3}
    for word in value.lower().split(","):
        named = everything if word.lstrip("+-") == "all" else frozenset({_BY_NAME.get(word.lstrip("+-"))} - {None})
        enabled = enabled - named if word.startswith("-") else enabled | {p for p in named if p is not None}
    return enabled


def commands(at: Endpoint, platform: Platform) -> list[tuple[str, str]]:
    """The `ssl_conf_command`s in force: names in lower case, and values."""
    met = at.in_force(SSL_CONF_COMMAND, platform)
    if not met.known:
        raise Unknown("ssl_conf_command is in a part that cannot be read")
    value = met.value if isinstance(met.value, tuple) else ()
    return [(str(words[0]).lower(), str(words[1])) for words in value if len(words) > 1]


def cipher_string(at: Endpoint, platform: Platform) -> str:
    """The list of ciphers in force, wherever it is from."""
    commanded = [value for name, value in commands(at, platform) if name == "cipherstring"]
    met = at.in_force(SSL_CIPHERS, platform)
    if not commanded and not met.known:
        raise Unknown("ssl_ciphers is in a part that cannot be read")
    return commanded[-1] if commanded else str(met.value)


def _library(platform: Platform, what: str) -> Library:
    if platform.library is None:
        raise Unknown(f"{what} depends on the TLS library, which is not known")
    return platform.library.version


def security_level(at: Endpoint, platform: Platform, library: Library) -> int | None:
    """The level that the list of ciphers sets, or else that of the build; `None` where that depends on the host."""
    level = ciphers.select(cipher_string(at, platform), library, platform.family).security_level
    return security.default_level(library, platform.family) if level is None else level


def _check_level(protocol: Protocol, at: Endpoint, platform: Platform) -> None:
    """TLS 1.0 and 1.1 need a security level that lets MD5 and SHA-1 pass."""
    library = _library(platform, f"whether {protocol} still works")
    level = security_level(at, platform, library)
    if level is None:
        raise Unknown(f"whether {protocol} still works depends on how {library} was built")
    lowest = Protocol(security.lowest_protocol(level, library, platform.family))
    if list(Protocol).index(protocol) < list(Protocol).index(lowest):
        raise Refused(f"{library} does not speak {protocol} at security level {level}: alert internal_error")


_HTTP1: Final = ("http/1.1", "http/1.0", "http/0.9")


def application(at: Endpoint, platform: Platform, offered: Sequence[str]) -> str | None:
    """The application protocol (ALPN); `None` where there is none."""
    if not offered:
        return None
    if at.socket.family is Family.MAIL:
        if platform.nginx.version < _NO_OVERLAP_REFUSED:
            return None
        known: tuple[object, ...] = (_mail_protocol(at),)
    elif at.socket.family is Family.STREAM:
        met = at.in_force(SSL_ALPN, platform)
        known = met.value if isinstance(met.value, tuple) else ()
        if not known:
            return None
    else:
        known = ("h2", *_HTTP1) if at.in_force(HTTP2, platform).value is True else _HTTP1
    chosen = next((protocol for protocol in known if protocol in offered), None)
    if chosen is None and (platform.nginx.version >= _NO_OVERLAP_REFUSED):
        raise Refused(f"no common application protocol ({', '.join(map(str, known))}): alert no_application_protocol")
    return None if chosen is None else str(chosen)


_MAIL_PORTS: Final = {
    **dict.fromkeys((143, 993), "imap"),
    **dict.fromkeys((110, 995), "pop3"),
    **dict.fromkeys((25, 465, 587), "smtp"),
}


def _mail_protocol(at: Endpoint) -> str:
    """What a server of mail speaks, which is its only name in ALPN (since 1.21.4): as it says, or by its first port."""
    said = [directive.args[0] for directive in named(at.server.block, "protocol") if directive.args]
    if said or at.server.own.hole is None:
        ports = (listen.address.port for listen in at.server.listens)
        by_port = (_MAIL_PORTS[port] for port in ports if port in _MAIL_PORTS)
        return said[-1].lower() if said else next(by_port, "")
    raise Unknown("protocol is in a part that cannot be read")


def _listed(protocols: frozenset[Protocol]) -> str:
    return ", ".join(protocol for protocol in Protocol if protocol in protocols) or "none"
