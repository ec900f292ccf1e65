"""Words of a cipher string that no library knows: OpenSSL passes over them without a word.

Names that some release, build or other library has are no news: lists are written for many hosts, and exclude what is
long gone. Keywords and suites: :mod:`driftscan.openssl.cipher_words`; what else there was: openssl-ciphers(1) of 0.9.8
to 3.x, the GOST engine, LibreSSL's AEAD names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from driftscan.openssl.cipher_words import KEYWORDS
from driftscan.openssl.suites import FORMER, SUITES


@dataclass(frozen=True, slots=True)
class StrangeName:
    """A word without any effect."""

    word: str
    excludes: bool
    """Whether it was to take suites away (`!X`, `-X`)."""
    tls13: bool
    """Whether it is the name of a suite of TLS 1.3, which this list has no say in."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OLD_WORDS: Final = _words(
    "SSLv2 EXPORT40 EXPORT56 EXP40 EXP56 FZA kFZA aFZA eFZA KRB5 kKRB5 aKRB5 DES-CBC-MD5 DES-CBC3-MD5 RC2-CBC-MD5 "
    "RC4-64-MD5 IDEA-CBC-MD5 DES-CFB-M1 NULL RC2 AEAD kEDHr kEDHd ADH AECDH aGOST aGOST01 aGOST12 aGOST94 kGOST "
    "kGOST18 GOST94 GOST12 GOST89MAC GOST89MAC12 PROFILE=SYSTEM DEFAULT COMPLEMENTOFALL COMPLEMENTOFDEFAULT"
)
_FAMILIES: Final = re.compile(r"(GOST|KRB5-|EXP|AEAD-|SUITEB|ARIA|CAMELLIA|SM[234])\S*")
"""Words of which there are too many to list."""
_TLS13: Final = re.compile(r"TLS(13)?[-_](AES|CHACHA20)\S*")
_COMMANDS: Final = re.compile(r"[ :;,]+")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    suites = {name for suite in (*SUITES, *FORMER) for name in (suite.name, suite.iana) if suite.version != "TLSv1.3"}
    edh = {name.replace("DHE-", "EDH-") for name in suites if "DES-CBC" in name}
    return frozenset({*suites, *edh, *KEYWORDS, *_OLD_WORDS})


@lru_cache(maxsize=256)
def strange_names(text: str) -> tuple[StrangeName, ...]:
    """The words that do nothing, in order, each once; nothing for the groups that BoringSSL alone reads (`[A|B]`)."""
    return () if "[" in text else tuple(dict.fromkeys(_strange(text)))


def _strange(text: str) -> Iterator[StrangeName]:
    known = _names()
    for command in _COMMANDS.split(text):
        sign = command[:1]
        if sign == "@":
            continue
        # One unknown word makes the whole command void, and the known ones beside it explain nothing.
        for word in (command[1:] if sign and sign in "-+!" else command).split("+"):
            bare, _, _ = word.partition("@")
            if not bare or bare in known:
                continue
            if _TLS13.fullmatch(bare):
                yield StrangeName(bare, excludes=False, tls13=True)
            elif not _FAMILIES.fullmatch(bare):
                yield StrangeName(bare, excludes=sign in {"!", "-"}, tls13=False)
