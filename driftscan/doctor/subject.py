"""What `driftscan doctor` looks at."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from driftscan.configuration.host import Facts, facts_of
from driftscan.configuration.read import DEFAULT, Configured
from driftscan.configuration.settings import HookSettings
from driftscan.hook.channels import SYSTEM_LOG

NGINX: Final = Path("/usr/sbin/nginx")
"""Where Debian, Red Hat, Alpine and nginx.org put it."""
PACKAGE_RUN: Final = Path("/var/cache/etckeeper/packagelist.pre-install")
"""What etckeeper's pre-install.d/10packagelist writes before a package run, and its post-install.d removes after it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Places of this host outside the tree."""

    nginx: Path = NGINX
    package_run: Path = PACKAGE_RUN
    system_log: Path = SYSTEM_LOG


@dataclass(frozen=True, slots=True)
class Subject:
    """A directory, on the host that driftscan runs on, at a moment."""

    directory: Path
    now: datetime
    """Aware."""
    configured: Configured = DEFAULT
    trouble: str = ""
    """Why the settings cannot be read; they are then left to their defaults."""
    surroundings: Surroundings = field(default_factory=Surroundings)

    @property
    def settings(self) -> HookSettings:
        """Those of the hook."""
        return self.configured.settings.hook

    @property
    def facts(self) -> Facts:
        """What the settings say of the host whose tree it is."""
        return facts_of(self.directory, self.configured)

    @property
    def is_this_host(self) -> bool:
        """Whether the tree is that of the host driftscan runs on, and not a copy of another one's.

        Only then programs that are named there, or installed here, have anything to do with it.
        """
        try:
            return self.directory.samefile(self.configured.settings.host.directory)
        except (OSError, ValueError):  # what cannot be looked up is nowhere, and so not here
            return False
