"""What a client and a server agree on: protocol version, application protocol, suite and certificate.

OpenSSL chooses the newest common version (ssl_choose_server_version), nginx the first of its own ALPN protocols that
the client offers (ngx_http_ssl_alpn_select), OpenSSL the suite by which certificates and groups there are
(ssl3_choose_cipher, tls_choose_sigalg). With TLS 1.3 the certificate is chosen by the client's signature algorithms,
where current clients name ECDSA before RSA.
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
    SSL_DHPARAM,
    SSL_ECDH_CURVE,
    SSL_PREFER_SERVER_CIPHERS,
    SSL_PROTOCOLS,
)
from driftscan.nginx.directives.stream_ssl import SSL_ALPN
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.files import NamedFile
from driftscan.openssl import ciphers, security
from driftscan.openssl.suites import Suite
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
    met = at.in_force(SSL_PROTOCOLS, platform)
    if not met.known or not isinstance(met.value, frozenset):
        raise Unknown("ssl_protocols is in a part that cannot be read")
    enabled = _commanded(_possible(met.value, platform), at, platform)
    chosen = next((protocol for protocol in _NEWEST if protocol in enabled & offer.protocols), None)
    if chosen is None:
        raise Refused(f"no common protocol version (enabled: {_listed(enabled)}): alert protocol_version")
    _check_highest(enabled, at, platform)
    if chosen not in {Protocol.TLS12, Protocol.TLS13}:
        _check_level(chosen, at, platform)
    return chosen


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
        raise Refused(f"no cipher for {highest}, the highest of the lowest versions: alert internal_error")


def _possible(wanted: frozenset[object], platform: Platform) -> frozenset[Protocol]:
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
    for name, value in _commands(at, platform):
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


def _commands(at: Endpoint, platform: Platform) -> list[tuple[str, str]]:
    met = at.in_force(SSL_CONF_COMMAND, platform)
    if not met.known:
        raise Unknown("ssl_conf_command is in a part that cannot be read")
    value = met.value if isinstance(met.value, tuple) else ()
    return [(str(words[0]).lower(), str(words[1])) for words in value if len(words) > 1]


def _cipher_string(at: Endpoint, platform: Platform) -> str:
    commanded = [value for name, value in _commands(at, platform) if name == "cipherstring"]
    met = at.in_force(SSL_CIPHERS, platform)
    if not commanded and not met.known:
        raise Unknown("ssl_ciphers is in a part that cannot be read")
    return commanded[-1] if commanded else str(met.value)


def _library(platform: Platform, what: str) -> Library:
    if platform.library is None:
        raise Unknown(f"{what} depends on the TLS library, which is not known")
    return platform.library.version


def _check_level(protocol: Protocol, at: Endpoint, platform: Platform) -> None:
    """TLS 1.0 and 1.1 need a security level that lets MD5 and SHA-1 pass."""
    library = _library(platform, f"whether {protocol} still works")
    level = ciphers.select(_cipher_string(at, platform), library, platform.family).security_level
    if level is None:
        level = security.default_level(library, platform.family)
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


_AUTHENTICATES: Final = {"EC": "ECDSA", "RSAPSS": "RSA", "DSA": "DSS", "Ed25519": "ECDSA", "Ed448": "ECDSA"}
"""What suites of TLS 1.2 call a certificate, by the type of its key."""


def certificate(
    at: Endpoint, platform: Platform, offer: Offer, protocol: Protocol, files: Sequence[NamedFile]
) -> str | None:
    """The file whose certificate is sent; `None` where several may be, and it cannot be told which."""
    by_type: dict[str, NamedFile] = {}
    for file in files:
        kinds = () if file.certificates is None else file.certificates.certificates[:1]
        # Of two certificates with keys of one type the last one replaces the first.
        by_type[_AUTHENTICATES.get(kinds[0].key_type, kinds[0].key_type) if kinds else ""] = file
    if protocol is not Protocol.TLS13:
        types = frozenset(kind for kind, file in by_type.items() if _is_on_a_curve_of(offer, kind, file))
        wanted = _authentication(at, platform, offer, protocol, types)
        if wanted is not None and wanted in by_type:
            return by_type[wanted].host_path
    elif offer.groups is not None and _groups_disjoint(at, platform, offer.groups):
        raise Refused("no common group: alert handshake_failure")
    if len(by_type) == 1:
        return next(iter(by_type.values())).host_path
    preferred = by_type.get("ECDSA")
    return None if preferred is None or "" in by_type else preferred.host_path


def _authentication(
    at: Endpoint, platform: Platform, offer: Offer, protocol: Protocol, types: frozenset[str]
) -> str | None:
    """How the suite that TLS 1.2 or older agrees on authenticates the server; `None` where it cannot be told."""
    if platform.library is None:
        return None
    library = platform.library.version
    selected = ciphers.select(_cipher_string(at, platform), library, platform.family)
    level = selected.security_level
    level = security.default_level(library, platform.family) if level is None else level
    usable = [
        suite
        for suite in selected.suites
        if _fits(suite, protocol)
        and _has_keys(suite, at, platform, offer)
        and (level is None or security.is_permitted(suite, level))
    ]
    offered = ciphers.select(offer.ciphers or "DEFAULT", library, platform.family)
    common = _in_order(usable, offered.suites, served=_prefers_own(at, platform))
    fitting = [suite for suite in common if "" in types or suite.authentication in types]
    if not fitting:
        if selected.certain and offered.certain:
            raise Refused("no common cipher that fits the certificate: alert handshake_failure")
        raise Unknown(f"whether {library} has a cipher for this client cannot be told")
    return None if "" in types else fitting[0].authentication


def _in_order(usable: Sequence[Suite], offered: Sequence[Suite], *, served: bool) -> list[Suite]:
    """What both sides have, in the order of the one that is asked."""
    own, theirs = {suite.name for suite in usable}, {suite.name for suite in offered}
    return [suite for suite in (usable if served else offered) if suite.name in own & theirs]


def _prefers_own(at: Endpoint, platform: Platform) -> bool:
    """Whether the server's order counts: `ssl_prefer_server_ciphers`, and a command that says otherwise."""
    met = at.in_force(SSL_PREFER_SERVER_CIPHERS, platform)
    wanted = met.setting.value is True
    for name, value in _commands(at, platform):
        for word in value.lower().split(",") if name == "options" else ():
            if word.strip().lstrip("+-") == "serverpreference":
                wanted = not word.strip().startswith("-")
    return wanted


_CURVES: Final = {256: "prime256v1", 384: "secp384r1", 521: "secp521r1"}


def _is_on_a_curve_of(offer: Offer, kind: str, file: NamedFile) -> bool:
    """Whether a client takes a certificate: up to TLS 1.2 its curve must be a group of it (tls1_check_cert_param)."""
    held = () if file.certificates is None else file.certificates.certificates[:1]
    if kind != "ECDSA" or offer.groups is None or not held or held[0].key_type != "EC":
        return True
    return _CURVES.get(held[0].key_bits) in _group_names(offer.groups)


def _fits(suite: Suite, protocol: Protocol) -> bool:
    """Whether a suite may be used with a version: those of TLS 1.2 only with that."""
    return suite.version != "TLSv1.2" or protocol is Protocol.TLS12


def _has_keys(suite: Suite, at: Endpoint, platform: Platform, offer: Offer) -> bool:
    """Whether the key exchange of a suite has what it needs."""
    if suite.key_exchange == "DHE":
        return bool(at.in_force(SSL_DHPARAM, platform).value)
    if suite.key_exchange == "ECDHE" and offer.groups is not None:
        return not _groups_disjoint(at, platform, offer.groups)
    return "PSK" not in suite.key_exchange and "SRP" not in suite.key_exchange and suite.key_exchange != "GOST"


_SAME_GROUP: Final = {"p-256": "prime256v1", "secp256r1": "prime256v1", "p-384": "secp384r1", "p-521": "secp521r1"}


def _groups_disjoint(at: Endpoint, platform: Platform, offered: str) -> bool:
    commanded = [value for name, value in _commands(at, platform) if name in {"groups", "curves"}]
    met = at.in_force(SSL_ECDH_CURVE, platform)
    if not met.known:
        raise Unknown("ssl_ecdh_curve is in a part that cannot be read")
    wanted = commanded[-1] if commanded else str(met.value)
    return wanted != "auto" and not (_group_names(wanted) & _group_names(offered))


def _group_names(text: str) -> frozenset[str]:
    words = (word.lower() for word in text.split(":"))
    return frozenset(_SAME_GROUP.get(word, word) for word in words)


def _listed(protocols: frozenset[Protocol]) -> str:
    return ", ".join(protocol for protocol in Protocol if protocol in protocols) or "none"
