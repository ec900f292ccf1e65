"""Who answers a client that connects to an address and asks for a name, whether any server has the name or not."""

import functools
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from driftscan.nginx.listen import Address
from driftscan.nginx.sockets import Socket, reached
from driftscan.tls.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client meets, and whether the name led it there."""

    at: Endpoint
    """Its name is the one that was asked for, as in `server_name`."""
    claimed: bool
    """A server has the name; otherwise the default server answers for want of one."""


def answer(sockets: Iterable[Socket], address: Address, name: str) -> Answer | None:
    """Who answers for a name to connections that come in at an address; `None` where nothing listens, or as below."""
    socket = reached(sockets, address.host, address.port, address.transport)
    return None if socket is None else answer_on(socket, name)


def answer_on(socket: Socket, name: str) -> Answer | None:
    """Who answers for a name, as in `server_name`, to connections that a socket takes.

    `None` where nobody does with TLS, or it depends on a regular expression that cannot be asked here.
    """
    if not socket.ssl:
        return None
    sni = sample(name)
    if not sni or (sni not in socket.names.owners and not _has_names_for_many(socket)):
        return Answer(Endpoint(socket, name, socket.default), claimed=False)
    if socket.names.undecided(sni) is not None:
        return None
    found = socket.names.find(sni)
    return Answer(Endpoint(socket, name, socket.select(sni)), claimed=found is not None)


@functools.lru_cache(maxsize=64)
def _has_names_for_many(socket: Socket) -> bool:
    """Whether some name of a socket stands for more than itself; without one there is nothing to look for."""
    return any(name.startswith(("*.", ".", "~")) or name.endswith(".*") for name in socket.names.owners)


def sample(name: str) -> str:
    """A name that a client may ask for: the name itself, or one of those that `*.x` and `.x` stand for."""
    return name.replace("*", "x").removeprefix(".")


def is_loopback(address: Address) -> bool:
    """Whether only the host itself can connect to an address."""
    try:
        return ipaddress.ip_address(address.host.strip("[]")).is_loopback
    except ValueError:
        return address.port == 0
