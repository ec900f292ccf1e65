"""certbot's renewal/NAME.conf: how one certificate is renewed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.value import Value


@dataclass(frozen=True, slots=True)
class Renewal:
    """One renewal file. certbot reads it with configobj: `key = value`, `[section]`, `[[section]]`."""

    name: str
    """Of the lineage: the file's name without `.conf`."""
    path: str
    top: Mapping[str, Value] = field(default_factory=dict)
    """Before any section: `version`, `archive_dir`, `cert`, `privkey`, `chain`, `fullchain`, `renew_before_expiry`."""
    params: Mapping[str, Value] = field(default_factory=dict)
    """`[renewalparams]`: `authenticator`, `installer`, `server`, `key_type`, `account`, `preferred_chain`, ..."""
    webroots: Mapping[str, Value] = field(default_factory=dict)
    """`[[webroot_map]]`: by name, the directory its challenges are written to."""
