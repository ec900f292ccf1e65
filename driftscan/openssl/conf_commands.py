"""What OpenSSL makes of `ssl_conf_command NAME VALUE`.

nginx calls SSL_CONF_cmd as for a configuration file (SSL_CONF_FLAG_FILE), with the certificate commands allowed and
file names made absolute (ngx_ssl_conf_commands). Names, and the words of lists, are read without case; protocol bounds,
TLS 1.3 suites and signature algorithms are not. Commands and words by release: ssl/ssl_conf.c of 1.0.2, 1.1.0, 1.1.1,
3.2 and newer, SSL_CONF_cmd(3); those of 3.0, with what they take, were tried with `nginx -t`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from driftscan.history.versions import Library
from driftscan.openssl.ciphers import select
from driftscan.openssl.groups import group_list
from driftscan.openssl.suites import SUITES

_Words = dict[str, str]
"""Names in lower case, and the OpenSSL release that they came with."""


@dataclass(frozen=True, slots=True)
class Command:
    """Whether nginx starts with an `ssl_conf_command`."""

    accepted: bool | None
    """`None` when it depends on a file, on how the library was built, or nobody knows."""
    message: str | None
    """What nginx says if it is refused, before ` (SSL: ...)`; `None` where it is accepted. File names are made
    absolute in it, which is left to the caller."""


def command(name: str, value: str, library: Library, built_by: str | None = None) -> Command:
    """Read the arguments of `ssl_conf_command` as a library does.

    `built_by` is the family of the distribution that built it (`debian`, `ubuntu`, `rhel`, `alpine`), if known.
    """
    if not library.is_openssl_since("1.0.2"):
        return Command(accepted=False, message='"ssl_conf_command" directive is not supported on this platform')
    since = _COMMANDS.get(name.lower())
    if since is None:
        accepted = None if library.is_openssl_since("4.0") else False
    elif not library.is_openssl_since(since):
        accepted = False
    else:
        read = _VALUES.get(name.lower())
        accepted = None if read is None else read(value, library, built_by)
    return Command(accepted, None if accepted else f'SSL_CONF_cmd("{name}", "{value}") failed')


def _since(release: str, names: str) -> _Words:
    return dict.fromkeys(names.lower().split(), release)


_COMMANDS = {
    **_since(
        "1.0.2", "SignatureAlgorithms ClientSignatureAlgorithms Curves ECDHParameters CipherString Protocol Options"
    ),
    **_since("1.0.2", "Certificate PrivateKey ServerInfoFile DHParameters"),
    **_since("1.1.0", "MinProtocol MaxProtocol VerifyMode ChainCAFile ChainCAPath VerifyCAFile VerifyCAPath"),
    **_since("1.1.0", "ClientCAFile ClientCAPath"),
    **_since("1.1.1", "Groups Ciphersuites RecordPadding NumTickets RequestCAFile RequestCAPath"),
    **_since("3.0", "ChainCAStore VerifyCAStore ClientCAStore RequestCAStore"),
}
_OPTIONS = {
    **_since("1.0.2", "SessionTicket EmptyFragments Bugs Compression ServerPreference NoResumptionOnRenegotiation"),
    **_since("1.0.2", "DHSingle ECDHSingle UnsafeLegacyRenegotiation"),
    **_since("1.1.1", "EncryptThenMac NoRenegotiation AllowNoDHEKEX PrioritizeChaCha MiddleboxCompat AntiReplay"),
    **_since("3.0", "UnsafeLegacyServerConnect ClientRenegotiation ExtendedMasterSecret CANames KTLS"),
    **_since("3.2", "StrictCertCheck TxCertificateCompression RxCertificateCompression KTLSTxZerocopySendfile"),
    **_since("3.2", "IgnoreUnexpectedEOF"),
    **_since("3.3", "PreferNoDHEKEX"),
}
_VERIFY_MODES = {
    **_since("1.1.0", "Peer Request Require Once"),
    **_since("1.1.1", "RequestPostHandshake RequirePostHandshake"),
}
_PROTOCOLS = {
    **_since("1.0.2", "ALL SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
    **_since("1.1.0", "DTLSv1 DTLSv1.2"),
    **_since("1.1.1", "TLSv1.3"),
}


def _elements(value: str, separator: str) -> Iterator[str]:
    """The elements of a list, as CONF_parse_list finds them."""
    for element in value.split(separator):
        yield element.strip(" \t\n\v\f\r")


def _flags(words: _Words) -> "_Read":
    def read(value: str, library: Library, built_by: str | None) -> bool | None:
        for element in _elements(value, ","):
            word = re.sub(r"^[+-]", "", element).lower()
            if word == "rhnoenforceemsinfips" and library.is_openssl_since("3.0") and built_by in {"rhel", None}:
                return None
            if word not in words:
                return None if library.is_openssl_since("3.4") and word else False
            if not library.is_openssl_since(words[word]):
                return False
        return True

    return read


def _bound(value: str, library: Library, _built_by: str | None) -> bool | None:
    if value in {"DTLSv1", "DTLSv1.2"}:
        return True if library.is_openssl_since("3.0") else None
    since = {"TLSv1.3": "1.1.1", **dict.fromkeys(("None", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"), "1.1.0")}
    return value in since and library.is_openssl_since(since[value])


_STANDARD = frozenset(suite.iana for suite in SUITES)
_SIGNALS = frozenset({"TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "TLS_FALLBACK_SCSV"})


def _ciphersuites(value: str, library: Library, _built_by: str | None) -> bool | None:
    """An empty list is taken; of names, 1.1.1 must know every one, 3.0 and newer one."""
    if not value:
        return True
    folded = library.is_openssl_since("4.0")
    names = [name.upper() if folded else name for name in _elements(value, ":")]
    # OpenSSL finds the names of older suites as well, and the two signals.
    known = [name in _STANDARD or name in _SIGNALS for name in names]
    accepted = any(known) if library.is_openssl_since("3.0") else all(known)
    if not accepted and any(re.match(r"(?i)TLS_(GOST|SHA\d+_|SM4)", name) for name in names):
        return None
    return accepted


_HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
_SCHEMES = {
    **{f"rsa_pkcs1_{digest}": f"RSA+{digest}" for digest in _HASHES},
    **{f"rsa_pss_rsae_{digest}": f"RSA-PSS+{digest}" for digest in _HASHES[2:]},
    **{f"rsa_pss_pss_{digest}": f"rsa_pss_pss_{digest}" for digest in _HASHES[2:]},
    "ecdsa_secp256r1_sha256": "ECDSA+sha256",
    "ecdsa_secp384r1_sha384": "ECDSA+sha384",
    "ecdsa_secp521r1_sha512": "ECDSA+sha512",
    "ed25519": "ed25519",
    "ed448": "ed448",
}
"""The names of TLS 1.3, and what they mean the same as."""
_PAIRS = {
    **dict.fromkeys(("RSA", "DSA", "ECDSA"), _HASHES),
    **dict.fromkeys(("RSA-PSS", "PSS"), _HASHES[2:]),
}


def _signature_algorithms(value: str, library: Library, _built_by: str | None) -> bool | None:
    """A list of `ALGORITHM+HASH` and of schemes, none of them twice; later releases learn names from providers."""
    seen: set[str] = set()
    for element in _elements(value, ":"):
        algorithm, plus, digest = element.partition("+")
        new = not plus or algorithm in {"RSA-PSS", "PSS"}
        known = digest in {form for name in _PAIRS.get(algorithm, ()) for form in (name, name.upper())}
        if not (known if plus else element in _SCHEMES) or (new and not library.is_openssl_since("1.1.1")):
            settled = not element or (library.is_openssl_since("1.1.1") and not library.is_openssl_since("3.2"))
            return False if settled else None
        means = f"{'RSA-PSS' if algorithm == 'PSS' else algorithm}+{digest.lower()}" if plus else _SCHEMES[element]
        if means in seen:
            return None if library.is_openssl_since("3.2") else False
        seen.add(means)
    return True


def _number(largest: int) -> "_Read":
    def read(value: str, library: Library, _built_by: str | None) -> bool | None:
        # atoi: what follows the digits is not looked at, no digits are 0. OpenSSL 3.4 reads RecordPadding otherwise.
        found = re.match(r"[ \t\n\v\f\r]*([+-]?\d+)", value)
        number = int(found[1]) if found else 0
        plain = found is not None and found[0] == value.strip()
        if number > 2**31 - 1 or (not plain and library.is_openssl_since("3.4") and largest < 2**31 - 1):
            return None
        return 0 <= number <= largest

    return read


def _cipher_string(value: str, library: Library, built_by: str | None) -> bool | None:
    selection = select(value, library, built_by)
    return selection.accepted if selection.accepted_certain else None


def _ecdh_parameters(value: str, library: Library, built_by: str | None) -> bool | None:
    if value.lower() in {"automatic", "+automatic"}:
        return True if library.is_openssl_since("1.1.1") or not library.is_openssl_since("1.1.0") else None
    if not library.is_openssl_since("3.0"):
        common = {"P-256", "P-384", "P-521", "prime256v1", "secp384r1", "secp521r1"}
        return True if value in common else None
    return ":" not in value and group_list(value, library, built_by)


_Read = Callable[[str, Library, str | None], bool | None]
_VALUES: dict[str, _Read] = {
    "protocol": _flags(_PROTOCOLS),
    "options": _flags(_OPTIONS),
    "verifymode": _flags(_VERIFY_MODES),
    "minprotocol": _bound,
    "maxprotocol": _bound,
    "cipherstring": _cipher_string,
    "ciphersuites": _ciphersuites,
    "groups": group_list,
    "curves": group_list,
    "ecdhparameters": _ecdh_parameters,
    "signaturealgorithms": _signature_algorithms,
    "clientsignaturealgorithms": _signature_algorithms,
    "recordpadding": _number(16384),
    "numtickets": _number(2**31 - 1),
}
"""How values are read; of the other commands they are names of files."""
