"""Where the host takes addresses from: /etc/hosts, /etc/resolv.conf."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.value import Value


@dataclass(frozen=True, slots=True)
class Resolver:
    """What the C library answers from, as far as it is in /etc."""

    hosts: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """By name in lower case: its addresses in /etc/hosts, in order."""
    nameservers: tuple[Value, ...] = ()
