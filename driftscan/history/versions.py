"""Version numbers of nginx and of the TLS library it is linked with, and facts that begin at a version."""

import functools
import re
from dataclasses import dataclass
from typing import Self

from driftscan.errors import DriftscanError


@dataclass(frozen=True, slots=True, order=True)
class NginxVersion:
    """An upstream nginx release. Order is numeric, which is also the order in which features appear.

    A stable branch 1.N.z (N even) has what mainline 1.(N-1).z had when it was forked, so "since 1.29.2" holds
    for 1.30.0 and not for 1.28.3. Distributions backport fixes; a version alone does not prove their absence.
    """

    major: int
    minor: int
    patch: int

    @classmethod
    @functools.lru_cache(maxsize=1024)  # the tables of facts name the same few versions again and again
    def parse(cls, text: str) -> Self:
        """Read `1.22.1`, also out of a package version such as `1:1.22.1-9+deb12u1`.

        Raises:
            DriftscanError: there is no version in `text`.
        """
        found = re.match(r"(?:\d+:)?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?![\d.])", text.strip())
        if found is None:
            raise DriftscanError(f"{text!r} is not an nginx version; write it like 1.22.1")
        major, minor, patch = (int(number or 0) for number in found.groups())
        return cls(major, minor, patch)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class Library:
    """A TLS library and its version: `OpenSSL 1.0.2g`, `LibreSSL 3.8.2`, `BoringSSL`."""

    family: str
    """`OpenSSL`, `LibreSSL` or `BoringSSL`."""
    number: tuple[int, int, int]
    letter: str
    """The patch letter of OpenSSL before 3.0 (`g` in 1.0.2g), else empty."""

    @classmethod
    @functools.lru_cache(maxsize=1024)  # the same few versions as above
    def parse(cls, text: str) -> Self:
        """Read `1.0.2g`, `OpenSSL 3.0.13`, `LibreSSL 4.3.2`, `BoringSSL`, or a package version.

        Raises:
            DriftscanError: `text` names no library that nginx can be built with.
        """
        found = re.match(
            r"(?i)(?:(openssl|libressl|boringssl)\b[ -]*)?(?:\d+:)?"
            r"(?:(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9})(?:\.?([a-z]{1,2})(?![a-z]))?)?)?",  # Arch writes 1.1.1.k
            text.strip(),
        )
        family, major, minor, patch, letter = found.groups() if found else (None,) * 5
        if major is None and (family or "").lower() != "boringssl":
            raise DriftscanError(f"{text!r} is not a TLS library version; write it like 3.0.13 or 'LibreSSL 3.8.2'")
        names = {"openssl": "OpenSSL", "libressl": "LibreSSL", "boringssl": "BoringSSL"}
        return cls(
            names[(family or "openssl").lower()],
            (int(major or 0), int(minor or 0), int(patch or 0)),
            (letter or "").lower(),
        )

    def is_openssl_since(self, version: str) -> bool:
        """Whether this is OpenSSL, and at least `version` (1.0.2 < 1.0.2a < 1.0.2l < 1.1.0)."""
        other = Library.parse(version)
        # Letters run a..z and then za, zb, ...: length first, then alphabet.
        return self.family == "OpenSSL" and (self.number, len(self.letter), self.letter) >= (
            other.number,
            len(other.letter),
            other.letter,
        )

    def __str__(self) -> str:
        if self.number == (0, 0, 0):
            return self.family
        return f"{self.family} {'.'.join(map(str, self.number))}{self.letter}"
