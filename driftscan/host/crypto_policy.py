"""The system-wide cryptographic policy of RHEL and Fedora (update-crypto-policies(8))."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.value import Value


@dataclass(frozen=True, slots=True)
class CryptoPolicy:
    """/etc/crypto-policies as it is set; what it comes to is made from it by a program."""

    policy: Value | None
    """`DEFAULT`, `LEGACY`, `FUTURE`, `FIPS`, with modules behind colons: `DEFAULT:SHA1`; `None` where it is not set."""
    back_ends: Mapping[str, Value] = field(default_factory=dict)
    """By file name in back-ends/ (`openssl.config`, `opensslcnf.config`): the target of the link."""
