"""Which authorities Debian's update-ca-certificates puts into /etc/ssl/certs (ca-certificates.conf)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.lines import numbered
from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class Authorities:
    """The lines of ca-certificates.conf."""

    selected: Mapping[str, Location] = field(default_factory=dict)
    """By name, such as `mozilla/ISRG_Root_X1.crt`."""
    deselected: Mapping[str, Location] = field(default_factory=dict)
    """Those with an exclamation mark in front."""


def parse_authorities(path: str, data: bytes) -> Authorities:
    """Read a ca-certificates.conf: one file below /usr/share/ca-certificates on each line."""
    selected: dict[str, Location] = {}
    deselected: dict[str, Location] = {}
    for number, line in numbered(data):
        name = line.removeprefix("!").strip()
        if name and not line.startswith("#"):
            (deselected if line.startswith("!") else selected).setdefault(name, Location(path, number))
    return Authorities(selected, deselected)
