"""Which certificate a server sends: by the suite that both sides have, and the types of its keys.

OpenSSL chooses the suite by which certificates and groups there are (ssl3_choose_cipher). With TLS 1.3 the certificate
is chosen by the client's signature algorithms, where current clients name ECDSA before RSA (tls_choose_sigalg).
"""

from collections.abc import Sequence
from typing import Final

from driftscan.history.platform import Platform
from driftscan.nginx.directives.http_ssl import SSL_DHPARAM, SSL_ECDH_CURVE, SSL_PREFER_SERVER_CIPHERS
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.files import NamedFile
from driftscan.openssl import ciphers, security
from driftscan.openssl.suites import Suite
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.negotiation import Offer, Refused, Unknown, cipher_string, commands

AUTHENTICATES: Final = {"EC": "ECDSA", "RSAPSS": "RSA", "DSA": "DSS", "Ed25519": "ECDSA", "Ed448": "ECDSA"}
"""What suites of TLS 1.2 call a certificate, by the type of its key."""


def choose(
    at: Endpoint, platform: Platform, offer: Offer, protocol: Protocol, files: Sequence[NamedFile]
) -> str | None:
    """The file whose certificate is sent; `None` where several may be, and it cannot be told which."""
    by_type: dict[str, NamedFile] = {}
    for file in files:
        kinds = () if file.certificates is None else file.certificates.certificates[:1]
        # Of two certificates with keys of one type the last one replaces the first.
        by_type[AUTHENTICATES.get(kinds[0].key_type, kinds[0].key_type) if kinds else ""] = file
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
    selected = ciphers.select(cipher_string(at, platform), library, platform.family)
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
    common = _in_order(usable, offered.suites, served=prefers_own(at, platform))
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


def prefers_own(at: Endpoint, platform: Platform) -> bool:
    """Whether the server's order counts: `ssl_prefer_server_ciphers`, and a command that says otherwise."""
    met = at.in_force(SSL_PREFER_SERVER_CIPHERS, platform)
    wanted = met.setting.value is True
    for name, value in commands(at, platform):
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
    commanded = [value for name, value in commands(at, platform) if name in {"groups", "curves"}]
    met = at.in_force(SSL_ECDH_CURVE, platform)
    if not met.known:
        raise Unknown("ssl_ecdh_curve is in a part that cannot be read")
    wanted = commanded[-1] if commanded else str(met.value)
    return wanted != "auto" and not (_group_names(wanted) & _group_names(offered))


def _group_names(text: str) -> frozenset[str]:
    words = (word.lower() for word in text.split(":"))
    return frozenset(_SAME_GROUP.get(word, word) for word in words)
