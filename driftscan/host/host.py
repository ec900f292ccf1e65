"""Everything in one tree besides nginx's configuration that has a say in TLS."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.authorities import Authorities
from driftscan.host.crypto_policy import CryptoPolicy
from driftscan.host.lineages import Lineage
from driftscan.host.openssl_cnf import SystemDefaults
from driftscan.host.options_file import OptionsFile
from driftscan.host.resolver import Resolver
from driftscan.host.value import Value
from driftscan.nginx.config import Footprint


@dataclass(frozen=True, slots=True)
class Host:
    """What is not in the tree is `None` or empty. Private keys are known by name only."""

    lineages: Mapping[str, Lineage] = field(default_factory=dict)
    """certbot's certificates, by name."""
    options_file: OptionsFile | None = None
    openssl: SystemDefaults | None = None
    crypto_policy: CryptoPolicy | None = None
    resolver: Resolver = field(default_factory=Resolver)
    authorities: Authorities | None = None
    push_remote: Value | None = None
    """Where etckeeper pushes the history to (`PUSH_REMOTE` in etckeeper.conf), when it does."""
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """certbot's renewal-hooks/{pre,deploy,post}: the names of what is there, by directory."""
    root: str = "/etc"
    """Where the top of the tree is on the host."""
    footprint: Footprint = field(default_factory=lambda: Footprint(frozenset(), frozenset()), compare=False)
    """Every place that was looked at."""

    def lineage_of(self, host_path: str) -> Lineage | None:
        """The lineage that a certificate or key belongs to by its name: `/etc/letsencrypt/live/NAME/fullchain.pem`."""
        live = f"{self.root.rstrip('/')}/letsencrypt/live/"
        name, _, file = host_path.removeprefix(live).partition("/")
        return self.lineages.get(name) if host_path.startswith(live) and file and "/" not in file else None


UNSEEN = Host()
"""Where only nginx's configuration is at hand, as in a dump."""
