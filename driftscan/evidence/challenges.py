"""Whether an authority that asks for an http-01 challenge of a webroot finds it (RFC 8555, 8.3).

The authority connects to port 80 and follows redirects to ports 80 and 443. Nothing is said of hosts that something
else answers for: a proxy, another server in front, an application that may have the directory too.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from driftscan.drift.state import State
from driftscan.evidence.lineages import said
from driftscan.host.lineages import Lineage
from driftscan.nginx.config import Location, Node, named
from driftscan.nginx.directives.base import Family
from driftscan.nginx.listen import Address, Transport
from driftscan.nginx.responses import responses
from driftscan.nginx.rewriting import Redirect, Refused, Request, Served
from driftscan.nginx.servers import Server, families
from driftscan.nginx.sockets import ANY_IPV4, reached
from driftscan.nginx.static_files import Locked, Sent, file_of

_PATH: Final = "/.well-known/acme-challenge/q3vX0pTq-2nEuKtY_Zc7bWm9LhRj1sFdAg4oI5xUe8k"
"""What is asked for; the last part is random, and made of the letters of base64url."""
_MOST_HOPS: Final = 10
"""Let's Encrypt follows ten redirects."""


class Fault(StrEnum):
    """Why a challenge is not found."""

    CLOSED = "closed"
    """nginx listens on the address no more."""
    REFUSED = "refused"
    """An error is answered."""
    ELSEWHERE = "elsewhere"
    """Another directory is looked in."""
    LOST = "lost"
    """A redirect leads to another path."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What becomes of a challenge."""

    fault: Fault | None
    """`None`: it is found."""
    at: Location | None = None
    """The line that decides."""
    detail: str = ""
    """The status, the directory, or the address that is redirected to."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A challenge that was found, and is not any more."""

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


def newly_blocked(before: State, after: State, name: str) -> Iterator[Blocked]:
    """The challenges of a lineage that were found before and are not found now."""
    now = webroots(after.host.lineages.get(name))
    was = webroots(before.host.lineages.get(name)) if now else {}
    if was == now and before.config.mains == after.config.mains:
        return
    for asked, (webroot, at) in now.items():
        for address in _plain(before) if asked in was else ():
            reach = challenge(after, address, asked, webroot)
            if reach is not None and reach.fault is not None:
                earlier = challenge(before, address, asked, was[asked][0])
                if earlier is not None and earlier.fault is None:
                    yield Blocked(asked, address, webroot, reach, at)


def still_blocked(state: State, name: str) -> bool:
    """Whether it is not sure that the challenges of a lineage are found."""
    reaches = [
        challenge(state, address, asked, webroot)
        for asked, (webroot, _) in webroots(state.host.lineages.get(name)).items()
        for address in _plain(state) or (_ANY,)
    ]
    return any(reach is None or reach.fault is not None for reach in reaches)


_ANY: Final = Address(ANY_IPV4, 80)


def _plain(state: State) -> tuple[Address, ...]:
    """The addresses on which nginx answers plain HTTP on port 80."""
    sockets = (socket for socket in state.sockets if socket.family is Family.HTTP and not socket.ssl)
    return tuple(socket.address for socket in sockets if socket.address.port == _ANY.port)


def challenge(state: State, address: Address, name: str, webroot: str) -> Reach | None:
    """What becomes of a challenge for a name that is asked for at an address; `None` where it cannot be told."""
    wanted = posixpath.normpath(f"{webroot}/{_PATH}")
    request: Request | None = Request("http", name, 80, _PATH)
    for _ in range(_MOST_HOPS):
        assert request is not None, "each round begins with a request"  # noqa: S101
        reach, request = _hop(state, address, request, wanted)
        if request is None:
            return reach
    return None


def _hop(state: State, address: Address, request: Request, wanted: str) -> tuple[Reach | None, Request | None]:
    """What one request comes to: an end, or another request."""
    sockets = [socket for socket in state.sockets if socket.family is Family.HTTP]
    socket = reached(sockets, address.host, request.port, Transport.TCP)
    if socket is None:
        # Where nginx has no TLS, something in front of it may.
        return (Reach(Fault.CLOSED, detail=str(address)) if request.scheme == "http" else None), None
    if socket.ssl is not (request.scheme == "https"):
        return None, None
    server = socket.select(request.host)
    answers = responses(server, request)
    match answers[0] if len(answers) == 1 else None:
        case Refused(status, at):
            return Reach(Fault.REFUSED, at, str(status)), None
        case Redirect(scheme=str(scheme), host=str(host), port=int(port), path=str(path), at=at):
            if path != request.path and host == request.host:
                return Reach(Fault.LOST, at, f"{scheme}://{host}{path}"), None
            return None, (Request(scheme, host, port, path) if host == request.host else None)
        case Served():
            return _file(server, _around(state, server), request.path, wanted), None
        case _:
            return None, None


def _file(server: Server, around: tuple[Node, ...], path: str, wanted: str) -> Reach | None:
    match file_of(server, around, path):
        case Sent(found, at) if found == wanted:
            return Reach(None, at)
        case Sent(found, at):
            return Reach(Fault.ELSEWHERE, at, posixpath.dirname(found))
        case Locked(at):
            return Reach(Fault.REFUSED, at, "401")
        case None:
            return None


def _around(state: State, server: Server) -> tuple[Node, ...]:
    """The `http {}` that a server is in."""
    for _, outer, family in families(state.config):
        if family is Family.HTTP and any(block.block is server.block for block in named(outer.inside(), "server")):
            return outer.inside()
    return ()
