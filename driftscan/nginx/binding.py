"""Which of a configuration's sockets the kernel would not let nginx bind at the same time.

nginx binds every address by itself (ngx_open_listening_sockets); within one port of one family it leaves those out that
a wildcard covers, unless a `listen` of theirs sets options (ngx_http_init_listening and its twins). Linux then refuses
the second of two overlapping addresses with EADDRINUSE. `nginx -t` passes over that. With `reuseport` on both it
accepts them: two equal ones share the connections at random, and of two others the specific one gets its own. (Tried
with nginx 1.22.1 on Linux. Datagrams are another matter, and are not looked at.)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from driftscan.nginx.listen import Transport
from driftscan.nginx.sockets import ANY_IPV4, ANY_IPV6, Socket


@dataclass(frozen=True, slots=True)
class Clash:
    """Two sockets that cannot be there at the same time, or not as somebody meant it."""

    first: Socket
    second: Socket
    shared: bool
    """The kernel lets both be, and gives every connection to either of them."""


def clashes(sockets: Iterable[Socket]) -> Iterator[Clash]:
    """Every two sockets of one port that overlap, and of which nginx binds both."""
    ports: dict[int | str, list[Socket]] = {}
    for socket in sockets:
        if socket.address.transport is Transport.TCP:
            # Unix sockets have no port: only an equal path is the same.
            ports.setdefault(socket.address.port or socket.address.host, []).append(socket)
    for on_port in ports.values():
        for first, second in combinations(on_port, 2) if len(on_port) > 1 else ():
            if _overlap(first, second) and not _merged(first, second):
                both = _reused(first) and _reused(second)
                same = first.address == second.address
                if same or not both:
                    yield Clash(first, second, shared=both)


def _overlap(one: Socket, other: Socket) -> bool:
    return one.address.host == other.address.host or _covers(one, other) or _covers(other, one)


def _covers(wildcard: Socket, other: Socket) -> bool:
    """Whether a connection to the one may be one to the other too; unix sockets never get here."""
    host = other.address.host
    match wildcard.address.host:
        case found if found == ANY_IPV4:
            return not host.startswith("[")
        case found if found == ANY_IPV6:
            return host.startswith("[") or any(listen.ipv6only is False for _, listen in wildcard.listens)
        case _:
            return False


def _merged(one: Socket, other: Socket) -> bool:
    """Whether nginx binds the wildcard only, and sorts the connections out by itself."""
    if one.family is not other.family or _is_ipv6(one) is not _is_ipv6(other):
        return False
    specific = other if one.address.host in {ANY_IPV4, ANY_IPV6} else one
    return not any(listen.sets_options for _, listen in specific.listens)


def _is_ipv6(socket: Socket) -> bool:
    return socket.address.host.startswith("[")


def _reused(socket: Socket) -> bool:
    return any("reuseport" in listen.parameters for _, listen in socket.listens)
