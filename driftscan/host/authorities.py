"""Which authorities Debian's update-ca-certificates puts into /etc/ssl/certs (ca-certificates.conf)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class Authorities:
    """The lines of ca-certificates.conf."""

    selected: Mapping[str, Location] = field(default_factory=dict)
    """By name, such as `mozilla/ISRG_Root_X1.crt`."""
    deselected: Mapping[str, Location] = field(default_factory=dict)
    """Those with an exclamation mark in front."""
