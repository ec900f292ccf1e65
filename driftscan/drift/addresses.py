"""Single addresses that take connections from the servers of a wildcard, or give them back.

A server on 203.0.113.5:443 takes every connection to that address away from all servers on port 443 of all addresses,
with all of their names (:mod:`driftscan.nginx.sockets`), whether it speaks TLS or not.
"""

from collections.abc import Iterator

from driftscan.drift.changes import AddressReleased, AddressTaken
from driftscan.drift.matched import Matched
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject
from driftscan.nginx.listen import Address
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket, covering


def address_changes(states: Matched) -> Iterator[AddressTaken | AddressReleased]:
    """Single addresses that were taken from the servers of a wildcard, or given back to them."""
    before = {socket.address: socket for socket in states.before.sockets}
    after = {socket.address: socket for socket in states.after.sockets}
    for address in sorted(after.keys() - before.keys()):
        wildcard = _covering(states.before, address)
        if wildcard is not None and not _files(after[address]) <= states.hidden_before:
            names = _other_answers(states, wildcard, wildcard, after[address])
            if names:
                on, whole = SocketSubject(address), SocketSubject(wildcard.address)
                yield AddressTaken(on, whole, names, after[address].ssl)
    for address in sorted(before.keys() - after.keys()):
        wildcard = _covering(states.after, address)
        if wildcard is not None and not _files(before[address]) <= states.hidden_after:
            names = _other_answers(states, wildcard, before[address], wildcard)
            if names:
                yield AddressReleased(SocketSubject(address), SocketSubject(wildcard.address), names)


def _covering(state: State, address: Address) -> Socket | None:
    """The wildcard socket that speaks TLS and takes the connections to an address."""
    wildcard = covering(state.sockets, address)
    return wildcard if wildcard is not None and wildcard.ssl and wildcard.address != address else None


def _files(socket: Socket) -> frozenset[str]:
    return frozenset(server.at.path for server in socket.servers)


def _other_answers(states: Matched, wildcard: Socket, old: Socket, new: Socket) -> tuple[str, ...]:
    """The names of the wildcard that another server answers for on the new socket than on the old one."""
    names = tuple(name for name in wildcard.names.owners if name not in UNREACHABLE)
    if not (old.ssl and new.ssl):
        return (*names, "")  # the same server perhaps, but not with TLS
    found = tuple(name for name in names if not states.same(_answering(old, name), _answering(new, name)))
    return found if states.same(old.default, new.default) else (*found, "")


def _answering(socket: Socket, name: str) -> Server:
    """Who answers a client that asks for a name as it is written, or for one of those that it stands for."""
    if name.startswith("~"):
        return socket.names.owners.get(name, socket.default)
    return socket.select(name.replace("*", "x").removeprefix("."))
