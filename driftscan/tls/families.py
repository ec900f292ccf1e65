"""The sockets of all IPv4 and of all IPv6 addresses of one port: two sockets, whose servers and flags may differ.

`listen 443` and `listen [::]:443` have nothing in common for nginx, not even their default server. Only with
`ipv6only=off`, and before nginx 1.3.4, does the second take the connections of both.
"""

from collections.abc import Iterable, Iterator

from driftscan.nginx.listen import Address
from driftscan.nginx.sockets import ANY_IPV4, ANY_IPV6, Socket, takes_ipv4


def twins(sockets: Iterable[Socket]) -> Iterator[tuple[Socket, Socket]]:
    """The pairs of sockets, IPv4 before IPv6, that wait on one port for the same kind of connection."""
    by_address = {(socket.family, socket.address): socket for socket in sockets}
    for (family, address), ipv4 in by_address.items():
        if address.host == ANY_IPV4:
            ipv6 = by_address.get((family, Address(ANY_IPV6, address.port, address.transport)))
            if ipv6 is not None and not takes_ipv4(ipv6):
                yield ipv4, ipv6


def twin(sockets: Iterable[Socket], socket: Socket) -> Socket | None:
    """The socket of the other family on the same port; `None` where there is none."""
    for pair in twins(sockets):
        if socket in pair:
            return pair[1] if socket is pair[0] else pair[0]
    return None
