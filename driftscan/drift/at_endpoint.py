"""What one state, or one step from a state to the next, says about a single endpoint."""

from collections.abc import Iterator

from driftscan.drift.beginnings import Appearance
from driftscan.drift.changes import DefaultServerChanged, NameMoved, SettingChanged, Side
from driftscan.drift.compare import Transition
from driftscan.drift.settings import met_side
from driftscan.drift.state import State
from driftscan.drift.subjects import EndpointSubject
from driftscan.nginx.config import Gap
from driftscan.nginx.directives.base import Unknown
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.listen import Address
from driftscan.tls.endpoints import Endpoint

Key = tuple[Address, str]
"""A socket and a name, as :attr:`State.endpoints` has them."""


def side(endpoint: Endpoint, name: str, state: State) -> Side | None:
    """What a client meets; `None` where that is not known."""
    met = endpoint.in_force(COMPARED[endpoint.server.family][name], state.platform)
    return met_side(met, state) if met.known else None


def gap(endpoint: Endpoint, name: str) -> Gap | None:
    """Why a value is not known."""
    declaration = COMPARED[endpoint.server.family][name]
    origins = (server[declaration].origin for server in (endpoint.server, endpoint.default))
    return next((origin.gap for origin in origins if isinstance(origin, Unknown)), None)


def renamed(transition: Transition, key: Key, new: Endpoint) -> Key | None:
    """The name that the server of a new endpoint had on the same socket, where it has kept none that it had there."""
    old = next((old for old, now in transition.pairs.same if now is new.server), None)
    there = transition.after.endpoints
    had = [
        (address, name)
        for (address, name), endpoint in transition.before.endpoints.items()
        if address == key[0] and name and endpoint.server is old
    ]
    return had[0] if key[1] and had and not any(one in there for one in had) else None


def appearance(transition: Transition, key: Key, new: Endpoint) -> Appearance:
    """What was new about an endpoint that was not there before."""
    if any(new.server is added for added in transition.pairs.added):
        return Appearance.SERVER
    return Appearance.NAME if key[0] in transition.before.tls_sockets else Appearance.SOCKET


def beside(transition: Transition, key: Key) -> Iterator[NameMoved | DefaultServerChanged]:
    """What else happened to an endpoint: another server answers there, or begins the handshake."""
    for change in transition.changes:
        match change:
            case NameMoved(subject=subject) if (subject.socket, subject.name) == key:
                yield change
            case DefaultServerChanged(subject=subject) if subject.socket == key[0]:
                yield change
            case _:
                pass


def by_upgrade(transition: Transition, key: Key, name: str) -> bool:
    """Whether nobody wrote the change of a value."""
    return any(
        change.by_upgrade
        for change in transition.changes
        if isinstance(change, SettingChanged)
        and isinstance(change.subject, EndpointSubject)
        and change.directive == name
        and (change.subject.socket, change.subject.name) == key
    )


def has_hole(endpoint: Endpoint) -> bool:
    """Whether a part of what its servers say could not be read: what is not written elsewhere is not known then."""
    return any(level.hole for server in (endpoint.server, endpoint.default) for level in (server.own, server.around))
