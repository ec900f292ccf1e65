"""The system-wide cryptographic policy of RHEL and Fedora (update-crypto-policies(8))."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.lines import numbered
from driftscan.host.value import Value
from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class CryptoPolicy:
    """/etc/crypto-policies as it is set; what it comes to is made from it by a program."""

    policy: Value | None
    """`DEFAULT`, `LEGACY`, `FUTURE`, `FIPS`, with modules behind colons: `DEFAULT:SHA1`; `None` where it is not set."""
    back_ends: Mapping[str, Value] = field(default_factory=dict)
    """By file name in back-ends/ (`openssl.config`, `opensslcnf.config`): the target of the link."""


def parse_policy(path: str, data: bytes) -> Value | None:
    """The policy that crypto-policies/config names: its first line that is no comment, in upper case."""
    for number, line in numbered(data):
        text = line.partition("#")[0].strip()
        if text:
            return Value(text.upper(), Location(path, number))
    return None
