"""Whether an authority that asks for an http-01 challenge of a webroot finds it (RFC 8555, 8.3).

The authority connects to port 80 and follows redirects to ports 80 and 443. With an IPv6 address in the DNS it comes
over IPv6, and takes IPv4 only where no connection comes about (https://letsencrypt.org/docs/ipv6-support/).
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from driftscan.drift.state import State
from driftscan.evidence.lineages import lineages_of, said
from driftscan.host.lineages import Lineage
from driftscan.nginx.config import Location, Node, named
from driftscan.nginx.directives.base import Family
from driftscan.nginx.listen import Address, Transport
from driftscan.nginx.responses import responses
from driftscan.nginx.rewriting import Redirect, Refused, Request, Served
from driftscan.nginx.servers import Server, families
from driftscan.nginx.sockets import Socket, reached
from driftscan.nginx.static_files import BuiltIn, Handed, Locked, Sent, file_of
from driftscan.tls.answers import is_loopback

_TOKEN: Final = "q3vX0pTq-2nEuKtY_Zc7bWm9LhRj1sFdAg4oI5xUe8k"
_PATH: Final = f"/.well-known/acme-challenge/{_TOKEN}"
_MOST_HOPS: Final = 10
"""Let's Encrypt follows ten redirects."""
HTTP: Final = 80
"""The port that the authority asks."""
_NO_PREFIX: Final = "/var/www/"
"""No package of Linux builds nginx with a directory below it as its own, where `html` would be its default root."""


class Fault(StrEnum):
    """Why a challenge is not found."""

    CLOSED = "closed"
    """nginx does not listen on the address."""
    REFUSED = "refused"
    """An error is answered."""
    ELSEWHERE = "elsewhere"
    """Another directory is looked in."""
    LOST = "lost"
    """A redirect leads to another path."""
    BUILT_IN = "built-in"
    """The directory is looked in that nginx was built with."""
    HANDED = "handed"
    """An application answers, which may have the directory too."""


CERTAIN: Final = frozenset({Fault.REFUSED, Fault.ELSEWHERE, Fault.LOST})
"""What nothing outside nginx makes good."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What becomes of a challenge."""

    fault: Fault | None
    """`None`: it is found."""
    at: Location | None = None
    """The line that decides."""
    detail: str = ""
    """The status, the directory, or the address that is redirected to."""
    server_at: Location | None = None
    """The server that answers."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A challenge that is not found."""

    name: str
    address: Address
    webroot: str
    reach: Reach
    said_at: Location
    """The line of the renewal file."""


def webroots(lineage: Lineage | None) -> Mapping[str, tuple[str, Location]]:
    """The directory for each name of a lineage that is renewed by its webroot."""
    if lineage is None or lineage.renewal is None or said(lineage, "authenticator") != "webroot":
        return {}
    return {name: (value.text, value.at) for name, value in lineage.renewal.webroots.items() if value.text[:1] == "/"}


def never_found(state: State, name: str) -> Iterator[Blocked]:
    """The challenges of a lineage that are certainly found on no address that nginx has, of IPv4 where it has any.

    What is left of a site that has moved away, or that has another certificate now, harms nobody: of that nothing is
    told, here and below.
    """
    asked_for = webroots(state.host.lineages.get(name))
    open_to_all = _plain(state) if asked_for else ()
    addresses = [address for address in open_to_all if not is_ipv6(address)] or open_to_all
    for asked, (webroot, at) in asked_for.items():
        if not addresses or not _is_served(state, name, asked):
            continue
        reaches = [challenge(state, address, asked, webroot, frozenset(asked_for)) for address in addresses]
        found = [reach for reach in reaches if reach is not None and reach.fault in CERTAIN]
        if len(found) == len(reaches):
            yield Blocked(asked, addresses[0], webroot, found[0], at)


def newly_lost(before: State, after: State, name: str) -> Iterator[Blocked]:
    """The challenges of a lineage that were found on an address before and are not found there now."""
    now = webroots(after.host.lineages.get(name))
    was = webroots(before.host.lineages.get(name)) if now else {}
    if was == now and before.config.mains == after.config.mains:
        return
    for asked, (webroot, at) in now.items():
        for address in _plain(before) if asked in was and _is_served(after, name, asked) else ():
            reach = challenge(after, address, asked, webroot, frozenset(now))
            if reach is not None and reach.fault is not None:
                earlier = challenge(before, address, asked, was[asked][0], frozenset(was))
                if earlier is not None and earlier.fault is None:
                    yield Blocked(asked, address, webroot, reach, at)


def is_ipv6(address: Address) -> bool:
    """Whether only visitors over IPv6 come to an address, as far as it tells itself."""
    return address.host.startswith("[")


def is_found(state: State, name: str, address: Address) -> bool:
    """Whether it is sure that all challenges of a lineage are found on an address, or that none are asked for."""
    asked_for = webroots(state.host.lineages.get(name))
    reaches = (
        challenge(state, address, asked, webroot, frozenset(asked_for)) for asked, (webroot, _) in asked_for.items()
    )
    return all(reach is not None and reach.fault is None for reach in reaches)


def _is_served(state: State, lineage: str, name: str) -> bool:
    """Whether nginx has a name, and no other certificate than the lineage's for it."""
    servers = [server for server in state.servers if name in server.names]
    by_tls = [server for server in servers if state.tls_addresses(server)]
    mine = [server for server in by_tls if _has(server, lineage, state)]
    return bool(servers) and (bool(mine) or not by_tls)


def _has(server: Server, lineage: str, state: State) -> bool:
    return any(found.name == lineage for found in lineages_of(server, state))


def _plain(state: State) -> tuple[Address, ...]:
    """The addresses on which nginx answers plain HTTP on port 80 to others than the host itself."""
    addresses = (socket.address for socket in _http(state) if not socket.ssl)
    return tuple(address for address in addresses if address.port == HTTP and not is_loopback(address))


def _http(state: State) -> list[Socket]:
    return [socket for socket in state.sockets if socket.family is Family.HTTP]


def challenge(
    state: State, address: Address, name: str, webroot: str, ours: frozenset[str] = frozenset()
) -> Reach | None:
    """What becomes of a challenge for a name that is asked for at an address; `None` where it cannot be told.

    `ours` are names that lead to this host as well: a redirect to one of them is followed.
    """
    wanted = posixpath.normpath(f"{webroot}/{_PATH}")
    request: Request | None = Request("http", name, HTTP, _PATH)
    for _ in range(_MOST_HOPS):
        assert request is not None, "each round begins with a request"  # noqa: S101
        reach, request = _hop(state, address, request, wanted, ours | {name})
        if request is None:
            return reach
    return None


def _hop(
    state: State, address: Address, request: Request, wanted: str, ours: frozenset[str]
) -> tuple[Reach | None, Request | None]:
    """What one request comes to: an end, or another request."""
    socket = reached(_http(state), address.host, request.port, Transport.TCP)
    if socket is None:
        # Where nginx has no TLS, something in front of it may.
        return (Reach(Fault.CLOSED, detail=str(address)) if request.scheme == "http" else None), None
    if socket.ssl is not (request.scheme == "https") or socket.names.undecided(request.host) is not None:
        return None, None
    server = socket.select(request.host)
    answers = responses(server, request)
    reach: Reach | None = None
    match answers[0] if len(answers) == 1 else None:
        case Refused(status, at):
            reach = Reach(Fault.REFUSED, at, str(status))
        case Redirect(scheme=str(scheme), host=str(host), port=int(port), path=str(path), at=at):
            if _TOKEN not in path:
                reach = Reach(Fault.LOST, at, f"{scheme}://{host}{path}")
            elif host in ours:
                return None, Request(scheme, host, port, path)
        case Served():
            reach = _file(server, _around(state, server), request.path, wanted)
    return (None if reach is None else replace(reach, server_at=server.at)), None


def _file(server: Server, around: tuple[Node, ...], path: str, wanted: str) -> Reach | None:
    match file_of(server, around, path):
        case Sent(found, at) if found == wanted:
            return Reach(None, at)
        case Sent(found, at):
            return Reach(Fault.ELSEWHERE, at, posixpath.dirname(found))
        case BuiltIn(root) if not wanted.endswith(f"/{root}{path}") or wanted.startswith(_NO_PREFIX):
            return Reach(Fault.BUILT_IN, server.at, root)
        case Locked(at):
            return Reach(Fault.REFUSED, at, "401")
        case Handed(at):
            return Reach(Fault.HANDED, at)
        case _:
            return None


def _around(state: State, server: Server) -> tuple[Node, ...]:
    """The `http {}` that a server is in."""
    for _, outer, family in families(state.config):
        if family is Family.HTTP and any(block.block is server.block for block in named(outer.inside(), "server")):
            return outer.inside()
    return ()
