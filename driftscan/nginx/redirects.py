"""Where redirects lead on this host: back to where a visitor came from, or to something that is served.

Only servers of this configuration are followed. What stands in front of nginx, and what an application answers, is
not in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Family
from driftscan.nginx.listen import Address
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.responses import responses
from driftscan.nginx.rewriting import Redirect, Refused, Request, Served
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket, reached

_MOST: Final = 20
"""Redirects after which browsers give up (RFC 9110, 15.4 leaves the number to them; Chrome and Firefox take 20)."""
_ANY_OTHER: Final = "name-of-nobody.invalid"


@dataclass(frozen=True, slots=True)
class Loop:
    """Redirects that never come to an end."""

    request: Request
    """What the visitor asked for."""
    lines: tuple[Location, ...]
    """The lines that send visitors on, the first one first."""


@dataclass(frozen=True, slots=True)
class _Trail:
    """How somebody got somewhere."""

    seen: frozenset[Request] = frozenset()
    lines: tuple[Location, ...] = ()


def loop(sockets: Iterable[Socket], address: Address, name: str) -> Loop | None:
    """The loop that everybody runs into who asks a TLS socket for the start page of a name.

    Args:
        sockets: all of the configuration.
        address: the socket.
        name: as in `server_name`; empty for a name that no server claims.

    Returns:
        `None` where some visitor is served something, or sent to somewhere else, or where that cannot be told.
    """
    host = sample(name)
    listening = tuple(socket for socket in sockets if socket.family is Family.HTTP)
    socket = reached(listening, address.host, address.port)
    if host is None or socket is None:
        return None
    request = Request("https", host, address.port)
    lines = _around(listening, address, request, _Trail())
    return Loop(request, tuple(dict.fromkeys(lines))) if lines else None


def sends_everybody_on(server: Server, request: Request) -> bool:
    """Whether nobody who asks for this is served anything, and somebody is sent elsewhere."""
    found = responses(server, request)
    return any(isinstance(one, Redirect) for one in found) and all(isinstance(one, Redirect | Refused) for one in found)


def _around(sockets: tuple[Socket, ...], address: Address, request: Request, trail: _Trail) -> tuple[Location, ...]:
    """The lines of a loop that there is no way out of; empty when there is one."""
    if request in trail.seen or len(trail.seen) >= _MOST:
        return trail.lines
    socket = reached(sockets, address.host, request.port)
    if socket is None or socket.ssl is not (request.scheme == "https"):
        return ()
    lines: tuple[Location, ...] = ()
    for answer in responses(socket.select(request.host), request):
        match answer:
            case Redirect(scheme=str(scheme), host=str(host), port=int(port), path=str(path)):
                if not _is_here(socket, request.host, host):
                    return ()
                further = _Trail(trail.seen | {request}, (*trail.lines, answer.at))
                found = _around(sockets, address, Request(scheme, host, port, path), further)
                if not found:
                    return ()
                lines = lines or found
            case Refused():
                # Nobody gets anything there: no way out for those who are sent round.
                continue
            case _:
                return ()
    return lines


def _is_here(socket: Socket, before: str, host: str) -> bool:
    """Whether a name that visitors are sent to is surely one of this host."""
    return host == before or socket.names.find(host) is not None


def sample(name: str) -> str | None:
    """A host name that a name of `server_name` stands for; `None` where none can be made up."""
    if name in UNREACHABLE:
        return _ANY_OTHER
    if name.startswith("~") or name.endswith(".*"):
        return None
    return f"any{name[1:]}" if name.startswith("*.") else name.removeprefix(".")


def claims(socket: Socket, name: str) -> bool:
    """Whether some server of a socket has a name, as in `server_name`."""
    host = sample(name)
    return host is not None and socket.names.find(host) is not None


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """What visitors get who ask for a name by plain HTTP."""

    server: Server
    to_https: bool
    """All of them are sent on to https."""
    served: Location | None
    """The line that says what is served, where nobody is sent on."""


def plain_answer(socket: Socket, name: str) -> PlainAnswer | None:
    """What a socket without TLS answers for the start page of a name; `None` where it cannot be told."""
    host = sample(name)
    if host is None or socket.ssl or socket.family is not Family.HTTP or not socket.address.port:
        return None
    server = socket.select(host)
    found = responses(server, Request("http", host, socket.address.port))
    if all(isinstance(answer, Redirect) and answer.scheme == "https" for answer in found):
        return PlainAnswer(server, to_https=True, served=None)
    if all(isinstance(answer, Served) for answer in found):
        places = [answer.at for answer in found if isinstance(answer, Served) and answer.at is not None]
        return PlainAnswer(server, to_https=False, served=min(places, default=None))
    return PlainAnswer(server, to_https=False, served=None)
