"""Where the host takes addresses from: /etc/hosts, /etc/resolv.conf."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.lines import numbered
from driftscan.host.value import Value
from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class Resolver:
    """What the C library answers from, as far as it is in /etc."""

    hosts: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """By name in lower case: its addresses in /etc/hosts, in order."""
    nameservers: tuple[Value, ...] = ()


def parse_hosts(path: str, data: bytes) -> Mapping[str, tuple[Value, ...]]:
    """Read a hosts(5): an address and its names on each line."""
    hosts: dict[str, list[Value]] = {}
    for number, line in numbered(data):
        address, *names = line.partition("#")[0].split() or [""]
        if _is_address(address):
            for name in dict.fromkeys(name.lower() for name in names):
                hosts.setdefault(name, []).append(Value(address, Location(path, number)))
    return {name: tuple(addresses) for name, addresses in hosts.items()}


def parse_resolv_conf(path: str, data: bytes) -> tuple[Value, ...]:
    """The name servers of a resolv.conf(5), in order; where white space precedes the keyword, there is none."""
    found: list[Value] = []
    for number, line in numbered(data):
        keyword, *words = line.split() or [""]
        if line.startswith("nameserver") and keyword == "nameserver" and words and _is_address(words[0]):
            found.append(Value(words[0], Location(path, number)))
    return tuple(found)


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True
