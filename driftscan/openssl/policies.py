"""What the system-wide cryptographic policies of RHEL and Fedora ask of TLS (update-crypto-policies(8)).

The policies are files below /usr/share/crypto-policies; what matters of them for OpenSSL is the security level that
back-ends/openssl.config and opensslcnf.config begin with, and the oldest protocol. crypto-policies(7) of RHEL 8 and 9:
LEGACY has level 1, DEFAULT and FIPS level 2, FUTURE level 3; on RHEL 8 LEGACY lets TLS 1.0 and 1.1 in, on RHEL 9
nothing does. Modules stand behind colons and take away or give back single algorithms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy by its name."""

    name: str
    modules: tuple[str, ...]
    """Those that have a say in TLS, in order."""

    @property
    def level(self) -> int | None:
        """The security level it gives OpenSSL; `None` for a policy that somebody wrote for this host."""
        return _LEVELS.get(self.name)


_LEVELS: Final[Mapping[str, int]] = {"LEGACY": 1, "DEFAULT": 2, "FEDORA40": 2, "FIPS": 2, "FUTURE": 3}
_WITHOUT_TLS: Final = ("SSH", "AD-SUPPORT", "DNSSEC", "NO-SSH")
"""How the names of modules begin that are about other programs: OpenSSH, Kerberos, BIND."""


def read_policy(text: str) -> Policy:
    """A policy as crypto-policies/config names it: `DEFAULT:SHA1`."""
    name, *modules = text.upper().split(":")
    return Policy(name, tuple(module for module in modules if module and not module.startswith(_WITHOUT_TLS)))


def follows(cipher_string: str, *, written: bool, built_by: str | None) -> bool:
    """Whether a cipher string takes its suites from the policy of the host.

    `PROFILE=SYSTEM` does, a word that only Red Hat's OpenSSL reads; and so does nothing at all, where Red Hat built it.
    """
    return "PROFILE=SYSTEM" in cipher_string or (not written and built_by == "rhel")
