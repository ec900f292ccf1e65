"""What an endpoint really offers: the versions, suites and groups that some client could get of it.

That is less than what is written: a library has not every version and suite, a security level forbids some, DHE needs
parameters, and a suite of TLS 1.2 needs a certificate with a key of its kind. What clients of some class make of an
offer is here too (:mod:`driftscan.tls.clients`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from driftscan.history.platform import Platform
from driftscan.history.versions import Library
from driftscan.nginx.directives.http_ssl import SSL_DHPARAM, SSL_ECDH_CURVE, SSL_REJECT_HANDSHAKE
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.files import NamedFile
from driftscan.nginx.servers import Server
from driftscan.openssl import ciphers, security
from driftscan.openssl.suites import Suite
from driftscan.tls import coverage
from driftscan.tls.chosen import AUTHENTICATES, prefers_own
from driftscan.tls.clients import ClientClass
from driftscan.tls.endpoints import Endpoint, has_context
from driftscan.tls.negotiation import Unknown, cipher_string, commands, enabled

STAND_IN: Final = Library("OpenSSL", (3, 0, 0), "")
"""What a library that is not known is taken for."""
MODERN: Final = frozenset({Protocol.TLS12, Protocol.TLS13})
OLD: Final = frozenset(Protocol) - MODERN
USUAL_GROUPS: Final = frozenset({"x25519", "prime256v1", "secp384r1"})
"""Of which every client with ECDHE has one."""
FIRST_GUESS: Final = frozenset({"x25519"})
"""For which current clients send a key share at once; another group costs them a round trip more."""
_LIBRESSL_WITHOUT_OLD: Final = (3, 8, 1)
"""From here on LibreSSL speaks nothing before TLS 1.2 (its release notes); BoringSSL of some day neither."""
_NEWEST_FIRST: Final = tuple(reversed(Protocol))
NEUTRAL_LIST: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""A list of ciphers for certificates of either kind, with forward secrecy and authenticated encryption only."""
ANY_KEY: Final = frozenset({"RSA", "ECDSA"})
"""The kinds of keys that a certificate may have of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Underneath:
    """What the TLS library brings to every context before nginx says anything: by its build, or by openssl.cnf."""

    level: int | None
    """The security level where the list of ciphers sets none; `None` where it cannot be told."""
    lowest: Protocol | None = None
    """The oldest version, as far as nginx leaves it at that; `None`: any."""
    groups: frozenset[str] | None = None
    """As in :class:`Offered`."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The protocol versions that clients can get."""

    protocols: frozenset[Protocol]
    doubtful: frozenset[Protocol]
    """Those among them of which it cannot be told whether the TLS library really speaks them."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What clients can get of an endpoint."""

    versions: Versions
    suites: tuple[Suite, ...]
    """Of TLS 1.2 and older, in the server's order, whatever the certificate."""
    level: int | None
    """The security level; `None` where the host decides it."""
    prefers_own: bool
    """Whether the server's order counts, and not the client's."""
    groups: frozenset[str] | None
    """In OpenSSL's lower-case names; `None`: all usual ones."""
    idle: tuple[Suite, ...]
    """Suites with DHE that would be among them, if there were parameters for it (`ssl_dhparam`)."""
    keys: frozenset[str] | None
    """What suites call the keys of the certificates (`RSA`, `ECDSA`); `None` where one of them is not known."""
    by_name: bool
    """Whether only clients that send the name get it."""
    fitting: tuple[Suite, ...]
    """The suites that go with the certificates, or with any, and that a version in use may have."""


def holder(at: Endpoint) -> Server:
    """The server whose TLS context is used once the name is known."""
    return at.server if has_context(at.server) else at.default


def versions(at: Endpoint, platform: Platform, underneath: Underneath) -> Versions | None:
    """What an endpoint speaks; `None` where nobody can connect, or it cannot be told."""
    if not has_context(at.default) or at.in_force(SSL_REJECT_HANDSHAKE, platform).value is True:
        return None
    try:
        protocols = enabled(at, platform)
        level = _level(at, platform, STAND_IN if platform.library is None else platform.library.version, underneath)
    except Unknown:
        return None
    library = None if platform.library is None else platform.library.version
    return _spoken(_since(protocols, underneath.lowest), level, library, platform.family)


@lru_cache(maxsize=256)  # servers with the same settings share it
def _spoken(
    protocols: frozenset[Protocol], level: int | None, library: Library | None, built_by: str | None
) -> Versions:
    """What is left of the versions that are switched on, with a library at a security level."""
    if library is None:
        # The level of the list counts with every library that has levels: without one, old versions are spoken.
        return Versions(protocols, frozenset() if level == 0 else protocols & OLD)
    if library.family == "LibreSSL" and library.number >= _LIBRESSL_WITHOUT_OLD:
        protocols -= OLD
    if level is None or library.family != "OpenSSL":
        return Versions(protocols, protocols & OLD)
    lowest = Protocol(security.lowest_protocol(level, library, built_by))
    return Versions(_since(protocols, lowest), frozenset())


def _since(protocols: frozenset[Protocol], lowest: Protocol | None) -> frozenset[Protocol]:
    order = list(Protocol)
    return protocols if lowest is None else protocols & frozenset(order[order.index(lowest) :])


def _level(at: Endpoint, platform: Platform, library: Library, underneath: Underneath) -> int | None:
    """The list of ciphers comes last, whoever gives it; without `@SECLEVEL` it leaves the level as it is."""
    own = ciphers.select(cipher_string(at, platform), library, platform.family).security_level
    return underneath.level if own is None else own


def offered(at: Endpoint, platform: Platform, named: Mapping[str, NamedFile], underneath: Underneath) -> Offered | None:
    """What an endpoint offers; `None` where nobody can connect, or it cannot be told."""
    spoken = versions(at, platform, underneath)
    if spoken is None:
        return None
    library = STAND_IN if platform.library is None else platform.library.version
    try:
        text = cipher_string(at, platform)
        level = _level(at, platform, library, underneath)
        said = commands(at, platform)
        curve = at.in_force(SSL_ECDH_CURVE, platform)
        wanted = next((value for name, value in reversed(said) if name in {"groups", "curves"}), curve.value)
        parameters = at.in_force(SSL_DHPARAM, platform)
        dhe = bool(parameters.value) or not parameters.known or any(name == "dhparameters" for name, _ in said)
        own_order = prefers_own(at, platform)
    except Unknown:
        return None
    groups = read_groups(str(wanted)) if curve.known else None
    groups = underneath.groups if groups is None else groups
    held = keys(at, named)
    usable, idle, fit = _suites(text, library, platform.family, level, dhe, spoken.protocols, held or ANY_KEY)
    return Offered(spoken, usable, level, own_order, groups, idle, held, at.server is not at.default, fit)


@lru_cache(maxsize=1024)
def _suites(  # noqa: PLR0913, PLR0917 - everything that they depend on, so that servers with the same share them
    text: str,
    library: Library,
    built_by: str | None,
    level: int | None,
    dhe: bool,
    protocols: frozenset[Protocol],
    keys: frozenset[str],
) -> tuple[tuple[Suite, ...], tuple[Suite, ...], tuple[Suite, ...]]:
    """Of a list of ciphers: what can be chosen, what could with parameters for DHE, and what fits besides."""
    suites = [
        suite
        for suite in ciphers.select(text, library, built_by).suites
        if suite.key_exchange in _KEY_EXCHANGES and (level is None or security.is_permitted(suite, level))
    ]
    usable = tuple(suite for suite in suites if dhe or suite.key_exchange != "DHE")
    idle = tuple(suite for suite in suites if not dhe and suite.key_exchange == "DHE")
    return usable, idle, fitting(usable, protocols, keys)


_KEY_EXCHANGES: Final = frozenset({"ECDHE", "DHE", "RSA"})
"""nginx has no way to be given keys for the others (PSK, SRP)."""


def keys(at: Endpoint, named: Mapping[str, NamedFile]) -> frozenset[str] | None:
    """What suites call the keys of the certificates that an endpoint may send."""
    files = coverage.sent_by(at, named)
    if not files:
        return None
    held = [coverage.own_certificate(file) for file in files]
    return frozenset(AUTHENTICATES.get(c.key_type, c.key_type) for c in held if c is not None)


def fitting(suites: Iterable[Suite], protocols: frozenset[Protocol], keys: frozenset[str]) -> tuple[Suite, ...]:
    """The suites that one of these versions of TLS may use with a certificate of one of these kinds."""
    return tuple(
        suite
        for suite in suites
        if any(is_of(suite, protocol) for protocol in protocols)
        and (suite.authentication in keys or suite.authentication == "NULL")
    )


def is_of(suite: Suite, protocol: Protocol) -> bool:
    """Whether a version of TLS may use a suite of TLS 1.2 or older."""
    return protocol is not Protocol.TLS13 and (suite.version != "TLSv1.2" or protocol is Protocol.TLS12)


def with_suites(offer: Offered, suites: Iterable[Suite]) -> Offered:
    """The same offer with other suites."""
    suites = tuple(suites)
    return replace(offer, suites=suites, fitting=fitting(suites, offer.versions.protocols, offer.keys or ANY_KEY))


def with_groups(offer: Offered, groups: frozenset[str] | None) -> Offered:
    """The same offer with other groups."""
    return replace(offer, groups=groups)


def misfit(offer: Offered) -> bool:
    """Whether there are suites for a version before TLS 1.3, and none goes with the certificates, which are known."""
    candidates = {
        suite.authentication
        for suite in offer.suites
        if suite.authentication != "NULL" and any(is_of(suite, protocol) for protocol in offer.versions.protocols)
    }
    return bool(candidates) and offer.keys is not None and candidates.isdisjoint(offer.keys)


def connects(client: ClientClass, offer: Offered) -> bool:
    """Whether clients of a class agree with an endpoint on a version, a suite and a group."""
    if offer.by_name and not client.sni:
        return False
    version = next((p for p in _NEWEST_FIRST if p in client.protocols & offer.versions.protocols), None)
    groups = offer.groups is None or bool(offer.groups & client.groups)
    if version is None or version is Protocol.TLS13:
        return version is not None and groups
    return any(
        suite.code in client.codes and is_of(suite, version) and (groups or suite.key_exchange != "ECDHE")
        for suite in offer.fitting
    )


def is_modern(suite: Suite) -> bool:
    """Whether it has forward secrecy and authenticated encryption: all that HTTP/2 allows (RFC 9113, 9.2.2)."""
    return suite.key_exchange in {"ECDHE", "DHE"} and suite.mac == "AEAD" and suite.authentication != "NULL"


def kind(suite: Suite) -> str:
    """What people call suites like this one."""
    if weak := weakness(suite):
        return weak
    if suite.key_exchange == "RSA":
        return "static RSA"
    mode = "AEAD" if suite.mac == "AEAD" else "CBC"
    return f"{suite.key_exchange} with {mode}"


def weakness(suite: Suite) -> str | None:
    """What makes a suite one that nobody should offer; `None` for all others."""
    if suite.authentication == "NULL":
        return "no authentication"
    if suite.encryption == "NULL":
        return "no encryption"
    if "EXP" in suite.grades:
        return "export ciphers"
    weak = {"3DES": "3DES", "DES": "single DES", "RC4": "RC4", "RC2": "RC2"}.get(suite.encryption)
    return weak or ("MD5" if suite.mac == "MD5" else None)


_NAMES: Final = {
    **dict.fromkeys(("p-256", "secp256r1"), "prime256v1"),
    "p-384": "secp384r1",
    "p-521": "secp521r1",
}
_ELEMENT: Final = re.compile(r"(?P<signs>[?*-]*)(?P<name>.*)", re.DOTALL)


def read_groups(text: str) -> frozenset[str] | None:
    """The groups of `ssl_ecdh_curve` or of a command; `None` for what leaves the usual ones on (`auto`, `DEFAULT`)."""
    found: set[str] = set()
    for element in re.split(r"[:/]", text):
        parts = _ELEMENT.fullmatch(element.strip())
        signs, name = (parts["signs"], parts["name"].lower()) if parts else ("", "")
        if name in {"auto", "default"}:
            return None
        if "-" in signs:
            found.discard(_NAMES.get(name, name))
        elif name:
            found.add(_NAMES.get(name, name))
    return frozenset(found)
