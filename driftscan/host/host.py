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
    footprint: Footprint = field(default_factory=lambda: Footprint(frozenset(), frozenset()), compare=False)
    """Every place that was looked at."""


UNSEEN = Host()
"""Where only nginx's configuration is at hand, as in a dump."""
