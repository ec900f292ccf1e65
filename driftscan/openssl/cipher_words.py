"""What the words of a cipher string stand for, in one TLS library or another.

Keywords: cipher_aliases in ssl/ssl_ciph.c (OpenSSL 1.1.0 to 3.x) and openssl-ciphers(1); those for properties that only
former suites have (`EXP`, `kECDHr`) are of OpenSSL 1.0. The order that a library starts with: ssl_create_cipher_list.
Which library has which suite: CHANGES and the configurations of the distributions; IANA names count from 3.2 on, CCM8
counts as 64 bits from 3.2 on, and case does not matter from 4.0 on.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from driftscan.history.versions import Library
from driftscan.openssl.suites import FORMER, SUITES, Suite

Words = frozenset[str] | None
"""What a word asks of one property of a suite; `None` asks nothing."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """The suites that a keyword or a name stands for, or several of them joined by `+`."""

    key_exchange: Words = None
    authentication: Words = None
    encryption: Words = None
    mac: Words = None
    grades: Words = None
    left_out: bool = False
    version: str | None = None
    name: str | None = None

    def matches(self, suite: Suite) -> bool:
        """Whether a suite has all that is asked."""
        properties = (suite.key_exchange, suite.authentication, suite.encryption, suite.mac)
        return (
            self.name in {None, suite.name}
            and self.version in {None, suite.version}
            and (suite.left_out or not self.left_out)
            and (self.grades is None or not self.grades.isdisjoint(suite.grades))
            and all(words is None or word in words for words, word in zip(self.asked[:4], properties, strict=True))
        )

    def narrowed(self, other: "Pattern") -> "Pattern | None":
        """This `+` another; `None` when they exclude each other, which OpenSSL takes for an unknown word."""
        pairs = zip(self.asked, other.asked, strict=True)
        both = [two if one is None else one if two is None else one & two for one, two in pairs]
        if frozenset() in both or (self.version and other.version and self.version != other.version):
            return None
        key_exchange, authentication, encryption, mac, grades = both
        # OpenSSL forgets COMPLEMENTOFDEFAULT when a strength comes after it, and a name when anything does.
        kept = self.left_out and (other.grades is None or self.grades is not None)
        version, left_out = self.version or other.version, kept or other.left_out
        return Pattern(key_exchange, authentication, encryption, mac, grades, left_out, version, other.name)

    @property
    def asked(self) -> tuple[Words, ...]:
        """What is asked of each property that has values."""
        return self.key_exchange, self.authentication, self.encryption, self.mac, self.grades


def named(suite: Suite) -> Pattern:
    """What the name of a suite stands for: it, or with `+` all that have the same properties."""
    return Pattern(
        frozenset({suite.key_exchange}),
        frozenset({suite.authentication}),
        frozenset({suite.encryption}),
        frozenset({suite.mac}),
        suite.grades,
        suite.left_out,
        name=suite.name,
    )


def _encryptions(*starts: str) -> frozenset[str]:
    return frozenset(suite.encryption for suite in (*SUITES, *FORMER) if suite.encryption.startswith(starts))


def _kinds(table: str) -> dict[str, frozenset[str]]:
    lines = (entry.split("=") for entry in table.split())
    return {word: frozenset(kinds.split(",")) for word, kinds in lines}


_KEY_EXCHANGES = _kinds("""
    kRSA=RSA kDHE=DHE kEDH=DHE DH=DHE,DH kECDHE=ECDHE kEECDH=ECDHE ECDH=ECDHE,ECDH
    kDH=DH kDHr=DH kDHd=DH kECDH=ECDH kECDHr=ECDH kECDHe=ECDH kSRP=SRP SRP=SRP
    kPSK=PSK kRSAPSK=RSAPSK kDHEPSK=DHEPSK kECDHEPSK=ECDHEPSK PSK=PSK,RSAPSK,DHEPSK,ECDHEPSK
""")
_AUTHENTICATIONS = _kinds("""
    aRSA=RSA aECDSA=ECDSA ECDSA=ECDSA aDSS=DSS DSS=DSS aPSK=PSK aSRP=SRP aDH=DH aECDH=ECDH aNULL=NULL
""")
_AUTHENTICATED = frozenset({"RSA", "ECDSA", "DSS", "PSK", "SRP", "DH", "ECDH"})
_NO_ENCRYPTION = frozenset({"NULL"})
_ENCRYPTED = _encryptions("") - _NO_ENCRYPTION
_MODERN = (
    "AES",
    "AES128",
    "AES256",
    "CAMELLIA",
    "CAMELLIA128",
    "CAMELLIA256",
    "ARIA",
    "ARIA128",
    "ARIA256",
    "CHACHA20",
)
_BLOCKS = frozenset({"AES128", "AES256", "CAMELLIA128", "CAMELLIA256", "3DES", "DES", "SEED", "IDEA"})
KEYWORDS = {
    **{word: Pattern(key_exchange=kinds) for word, kinds in _KEY_EXCHANGES.items()},
    **{word: Pattern(authentication=kinds) for word, kinds in _AUTHENTICATIONS.items()},
    **{word: Pattern(frozenset({"DHE"}), _AUTHENTICATED) for word in ("DHE", "EDH")},
    **{word: Pattern(frozenset({"ECDHE"}), _AUTHENTICATED) for word in ("ECDHE", "EECDH")},
    "ADH": Pattern(frozenset({"DHE"}), frozenset({"NULL"})),
    "AECDH": Pattern(frozenset({"ECDHE"}), frozenset({"NULL"})),
    "RSA": Pattern(frozenset({"RSA"}), frozenset({"RSA"})),
    **{
        word: Pattern(encryption=_encryptions(word)) for word in (*_MODERN, "3DES", "DES", "RC4", "RC2", "SEED", "IDEA")
    },
    "AESGCM": Pattern(encryption=frozenset({"AES128GCM", "AES256GCM"})),
    "AESCCM": Pattern(encryption=frozenset({"AES128CCM", "AES256CCM", "AES128CCM8", "AES256CCM8"})),
    "AESCCM8": Pattern(encryption=frozenset({"AES128CCM8", "AES256CCM8"})),
    "ARIAGCM": Pattern(encryption=_encryptions("ARIA")),
    **{word: Pattern(encryption=_NO_ENCRYPTION) for word in ("NULL", "eNULL", "COMPLEMENTOFALL")},
    "ALL": Pattern(encryption=_ENCRYPTED),
    "CBC": Pattern(encryption=_BLOCKS),
    **{word: Pattern(mac=frozenset({word})) for word in ("MD5", "SHA1", "SHA256", "SHA384")},
    "SHA": Pattern(mac=frozenset({"SHA1"})),
    **{word: Pattern(version=word) for word in ("SSLv3", "TLSv1", "TLSv1.2")},
    "TLSv1.0": Pattern(version="TLSv1"),
    **{word: Pattern(grades=frozenset({word})) for word in ("HIGH", "MEDIUM", "LOW")},
    **{word: Pattern(grades=frozenset({"EXP"})) for word in ("EXP", "EXPORT")},
    "FIPS": Pattern(encryption=_ENCRYPTED, grades=frozenset({"FIPS"})),
    "COMPLEMENTOFDEFAULT": Pattern(left_out=True),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a library reads: its suites, and the words that stand for some of them."""

    order: tuple[Suite, ...]
    """What it has or may have, most preferred first."""
    words: dict[str, Pattern]
    word: re.Pattern[str]
    """As far as a word goes."""
    sure: frozenset[str]
    """What every build has: the names."""
    current: bool
    """OpenSSL 1.1.0 to 3.x: keywords and order are those of this module."""
    folded: bool
    """Whether words are read without case; `words` are lower case then."""
    vague: frozenset[str]
    """Keywords that mean other suites in one such library than in another."""

    def look_up(self, word: str) -> Pattern | None:
        """What a word stands for; `None` when the library does not know it."""
        return self.words.get(word.lower() if self.folded else word)

    def is_vague(self, word: str, suite: Suite) -> bool:
        """Whether a keyword may mean a suite in one such library, and not in another."""
        return word in self.vague and suite.encryption in _STRENGTHS.get(word, {suite.encryption})


@lru_cache(maxsize=64)
def vocabulary(library: Library, built_by: str | None) -> Vocabulary:
    """The words of a library, as a distribution (`debian`, `ubuntu`, `rhel`, `alpine`) builds it."""
    since_3_2 = library.is_openssl_since("3.2")
    words: dict[str, Pattern] = {}
    suites, sure = [], set()
    for known in (*SUITES, *FORMER):
        has = _presence(known, library, built_by)
        if has is False or known.version == "TLSv1.3":
            continue
        suite = replace(known, bits=64) if since_3_2 and known.encryption.endswith("CCM8") else known
        suites.append(suite)
        sure |= {suite.name} if has else set()
        words[suite.name] = named(suite)
        if "DES-CBC" in suite.name:
            words[suite.name.replace("DHE-", "EDH-")] = named(suite)
        if since_3_2 and suite.iana:
            words[suite.iana] = named(suite)
    # A keyword for what is not built in is a word like any other: OpenSSL skips from it to the next separator.
    words |= {
        word: pattern
        for word, pattern in KEYWORDS.items()
        if word in {"LOW", "MEDIUM", "3DES"} or any(pattern.matches(suite) for suite in suites)
    }
    if not library.is_openssl_since("3.0"):
        del words["CBC"]
    return Vocabulary(
        tuple(sorted(suites, key=_preference)),
        {word.lower(): words[word] for word in words} if library.is_openssl_since("4.0") else words,
        re.compile(r"[A-Za-z0-9.=_-]*" if since_3_2 else r"[A-Za-z0-9.=-]*"),
        frozenset(sure),
        _is_current(library),
        library.is_openssl_since("4.0"),
        _vague(library),
    )


_STRENGTHS = {"HIGH": {"3DES"}, "MEDIUM": {"3DES", "RC4"}, "LOW": {"RC4"}}
"""Ciphers that were thought stronger once, or are thought weaker by LibreSSL."""


def _vague(library: Library) -> frozenset[str]:
    if library.is_openssl_since("1.1.0"):
        return frozenset()
    renamed = {"DHE", "ECDHE", "kDHE", "kECDHE"}
    known = library.family != "OpenSSL" or library.is_openssl_since("1.0.2")
    others = {"TLSv1", "TLSv1.0", "SSLv3", "FIPS", "COMPLEMENTOFDEFAULT"}
    return frozenset(_STRENGTHS) | others | (set() if known else renamed)


def _is_current(library: Library) -> bool:
    return library.is_openssl_since("1.1.0") and not library.is_openssl_since("4.0")


def _preference(suite: Suite) -> tuple[object, ...]:
    """Where OpenSSL 1.1.0 and newer put a suite before they read the string; small is preferred."""
    ephemeral = suite.key_exchange in {"DHE", "ECDHE"}
    aead = suite.mac == "AEAD"
    kinds = ("GCM" in suite.encryption and "AES" in suite.encryption, suite.encryption == "CHACHA20")
    kind = 0 if kinds[0] else 1 if kinds[1] else 2 if suite.encryption.startswith("AES") else 3
    curve = 2 if suite.key_exchange != "ECDHE" else suite.authentication != "ECDSA"
    return (
        not (ephemeral and aead),
        not ephemeral,
        not aead,
        suite.version != "TLSv1.2",
        -suite.bits,
        suite.encryption == "RC4",
        suite.key_exchange == "PSK",
        suite.key_exchange == "RSA",
        suite.authentication == "NULL",
        kind,
        curve,
        -suite.code,
    )


def _presence(suite: Suite, library: Library, built_by: str | None) -> bool | None:
    """Whether a library has a suite; `None` when that depends on how it was built."""
    if not library.is_openssl_since("1.1.0"):
        return _presence_before(suite, library) if library.family == "OpenSSL" else _presence_elsewhere(suite, library)
    if suite not in FORMER:
        if suite.encryption.startswith("ARIA") and not library.is_openssl_since("1.1.1"):
            return False
        unsure = built_by == "rhel" and suite.key_exchange == "SRP"
        return None if unsure or (library.is_openssl_since("4.0") and not _is_common(suite)) else True
    if suite.key_exchange in {"DH", "ECDH"} or suite.encryption not in {"3DES", "RC4", "SEED", "IDEA"}:
        return False
    optional = suite.encryption in {"SEED", "IDEA"} and not library.is_openssl_since("3.0")
    return None if optional or built_by == "rhel" else False


def _is_common(suite: Suite) -> bool:
    """AES and ChaCha20 with an RSA or ECDSA certificate: what no build leaves out."""
    usual = suite.authentication in {"RSA", "ECDSA"} and suite.key_exchange in {"ECDHE", "DHE", "RSA"}
    return usual and suite.encryption in {"AES128", "AES256", "AES128GCM", "AES256GCM", "CHACHA20"}


def _presence_elsewhere(suite: Suite, library: Library) -> bool | None:
    ephemeral = suite.key_exchange == "ECDHE" and suite.mac in {"AEAD", "SHA1"}
    if library.family == "LibreSSL":
        return True if _is_common(suite) and (ephemeral or suite.encryption != "CHACHA20") else None
    if suite.key_exchange not in {"ECDHE", "RSA", "PSK", "ECDHEPSK"} or suite.authentication in {"NULL", "DSS"}:
        return False
    return True if _is_common(suite) and ephemeral else None


def _presence_before(suite: Suite, library: Library) -> bool | None:
    psk = suite.key_exchange.endswith("PSK") and (suite.key_exchange != "PSK" or suite.mac != "SHA1")
    late = suite.encryption == "CHACHA20" or "CCM" in suite.encryption or suite.encryption.startswith("ARIA")
    if psk or late or (suite.encryption.startswith("CAMELLIA") and suite.mac != "SHA1"):
        return False
    if library.is_openssl_since("1.0.1"):
        return True if _is_common(suite) else None
    if suite.version == "TLSv1.2" or suite.key_exchange == "SRP":
        return False
    return True if _is_common(suite) and suite.key_exchange != "ECDHE" else None
