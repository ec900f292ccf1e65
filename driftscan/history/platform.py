"""Which nginx, TLS library and certbot ran at a commit, and how that is known."""

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from driftscan.history.versions import Library, NginxVersion

T = TypeVar("T", NginxVersion, Library, str)


class Evidence(Enum):
    """How a version is known, strongest first."""

    OPTION = "option"
    """The user said so."""
    PROGRAM = "nginx -V"
    """nginx of this host said so itself, beside a dump of its configuration."""
    PACKAGE = "package"
    """A package manager's line in this or an earlier commit message."""
    CERTBOT = "certbot"
    """certbot wrote its own version into letsencrypt/renewal/*.conf, or installed an options file that we know."""
    DISTRIBUTION = "distribution"
    """A file in /etc names the distribution's release, or where its packages come from; it ships this version."""
    ASSUMED = "assumed"
    """Nothing says so: the newest stable nginx on the day of the commit."""

    @property
    def is_of_host(self) -> bool:
        """Whether it is about what this host has, and not about what such hosts have as a rule.

        A release file proves which nginx the distribution's own package has, not that no other one is installed: a
        judgement that needs the nginx version is as little certain as on an assumed one. Its OpenSSL is another matter:
        everything that is not built with a library of its own loads that one.
        """
        return self not in {Evidence.DISTRIBUTION, Evidence.ASSUMED}


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A version with what proves it."""

    version: T
    evidence: Evidence
    source: str
    """For people: the package line or file and its commit, the option, or the date that was assumed from."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The versions at one commit. nginx is always there, if only assumed; the others may be unknown."""

    nginx: Known[NginxVersion]
    library: Known[Library] | None = None
    certbot: Known[str] | None = None
    family: str | None = None
    """Who builds the packages: `debian`, `ubuntu`, `rhel` or `alpine`; `None` when that is unknown, or somebody else.

    The same OpenSSL refuses different things from one to the next, by what they build or configure into it.
    """

    @property
    def versions(self) -> tuple[NginxVersion, Library | None]:
        """What nginx's behaviour depends on; two platforms with the same versions behave the same."""
        return self.nginx.version, None if self.library is None else self.library.version

    @property
    def knowledge(self) -> tuple[NginxVersion, Evidence, Library | None, str | None]:
        """The versions, whether nginx's is known at all, and who built them: what a judgement rests on."""
        return self.nginx.version, self.nginx.evidence, self.versions[1], self.family
