"""Security levels: which keys, digests, protocols and suites OpenSSL takes at all.

ssl_security_default_callback in ssl/ssl_cert.c, SSL_CTX_set_security_level(3); compared with `nginx -t` and the
`openssl ciphers -s` of OpenSSL 3.0 at every level.
"""

from typing import Final

from driftscan.history.versions import Library
from driftscan.openssl.suites import Suite

STRICTEST_DEFAULT: Final = 2
"""The highest level that a build of OpenSSL has without being asked."""


def default_level(library: Library, built_by: str | None) -> int | None:
    """The security level that holds when nothing sets one; `None` when the host's policy decides, or nobody knows.

    OPENSSL_TLS_SECURITY_LEVEL of the build: 1 from OpenSSL 1.1.0 on, 2 from 3.2 on. Debian builds with 2 since its
    1.1.1, Ubuntu since its 1.1.1f (20.04). Before 1.1.0, and in BoringSSL, there are no levels. An openssl.cnf may
    still say otherwise.
    """
    if library.family == "BoringSSL" or (library.family == "OpenSSL" and not library.is_openssl_since("1.1.0")):
        return 0
    if library.family == "LibreSSL" or built_by == "rhel":
        return None
    raised = {"debian": "1.1.1", "ubuntu": "1.1.1f"}.get(built_by or "", "3.2")
    return 2 if library.is_openssl_since(raised) else 1


_STRENGTHS = (0, 80, 112, 128, 192, 256)
"""Bits of security that each level asks for."""


def minimum_bits(level: int) -> int:
    """The shortest RSA key of a certificate (`ee key too small` below)."""
    return (0, 1024, 2048, 3072, 7680, 15360)[level]


def minimum_dh_bits(level: int) -> int:
    """The shortest prime of `ssl_dhparam` (`dh key too small` below), which even level 0 wants to have 1024 bits."""
    return max(minimum_bits(level), 1024)


def minimum_ec_bits(level: int) -> int:
    """The smallest curve of a certificate or of a key exchange."""
    return 2 * _STRENGTHS[level]


def is_weak_digest(digest: str, level: int, library: Library) -> bool:
    """Whether a certificate signed with `sha1` (or `md5`, `sha224`, ...) is refused with `ca md too weak`.

    Half the length of the digest counts; OpenSSL 3.0 counts less than 80 bits for MD5 and SHA-1. A certificate that
    signs itself is not asked.
    """
    broken = library.is_openssl_since("3.0") and digest.lower() in {"md5", "sha1"}
    lengths = {"md5": 128, "sha1": 160, "sha224": 224, "sha256": 256, "sha384": 384, "sha512": 512}
    return (63 if broken else lengths[digest.lower()] // 2) < _STRENGTHS[level]


def lowest_protocol(level: int, library: Library, built_by: str | None = None) -> str:
    """The oldest protocol that a level lets handshakes use: `SSLv3`, `TLSv1`, `TLSv1.1` or `TLSv1.2`.

    OpenSSL 3.0 keeps everything before TLS 1.2 for level 0 (its signatures are MD5 with SHA-1); Ubuntu's does so from
    level 2 on, and its 1.1.1f already.
    """
    if library.is_openssl_since("3.0"):
        return "TLSv1.2" if level >= 1 else "SSLv3"
    if built_by == "ubuntu" and library.is_openssl_since("1.1.1f") and level >= 2:
        return "TLSv1.2"
    return ("SSLv3", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.2")[level]


def is_permitted(suite: Suite, level: int) -> bool:
    """Whether a security level lets handshakes use a suite that the cipher string chose."""
    if level == 0:
        return True
    weak = suite.bits < _STRENGTHS[level] or suite.authentication == "NULL" or suite.mac == "MD5"
    broken = (level >= 2 and suite.encryption == "RC4") or (level >= 4 and suite.mac == "SHA1")
    forward = suite.version == "TLSv1.3" or suite.key_exchange in {"ECDHE", "DHE", "ECDHEPSK", "DHEPSK"}
    return not (weak or broken or (level >= 3 and not forward))


def too_small(key_type: str, bits: int, level: int) -> bool:
    """Whether a certificate's key is refused at a level: `ee key too small`."""
    match key_type:
        case "RSA" | "DSA" | "RSAPSS":
            return bits < minimum_bits(level)
        case "EC":
            return bits < minimum_ec_bits(level)
        case _:
            return False
