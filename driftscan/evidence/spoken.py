"""Changes in the versions of TLS that clients get, and what brought them: a line, a default, a level, or a library."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Need
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import (
    changed_endpoints,
    decider_of,
    deciding_lines,
    needs_nginx,
    of_library_alone,
    places,
    versions_at,
)
from driftscan.evidence.served import tell
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Default
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS, SSL_CONF_COMMAND, SSL_PROTOCOLS
from driftscan.nginx.servers import Server
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.negotiation import enabled
from driftscan.tls.offered import Versions, holder

_DECIDING = (SSL_PROTOCOLS, SSL_CIPHERS, SSL_CONF_COMMAND)


class Cause(Enum):
    """What made the versions others than they were."""

    LINE = "ssl_protocols, or a command"
    DEFAULT = "the default of ssl_protocols"
    LEVEL = "the security level, which the list of ciphers may set"
    LIBRARY = "another TLS library"


@dataclass(frozen=True, slots=True)
class Shift:
    """Clients of an endpoint get other versions than before."""

    was: Versions
    now: Versions
    server: Server
    """The one whose settings decide it."""
    also: tuple[Server, ...]
    """Those that it decides for as well."""
    lines: tuple[Location, ...]
    cause: Cause
    needs: frozenset[Need]
    """Of nginx only."""


def shifts(transition: Transition) -> Iterator[Shift]:
    """Every endpoint with other versions. What only became known of the library changed nothing."""
    before, after = transition.before, transition.after
    for old, new in changed_endpoints(transition, [declaration.name for declaration in _DECIDING]):
        was, now = versions_at(before, old), versions_at(after, new)
        if was is None or now is None or was == now:
            continue
        cause = _cause(transition, old, new)
        if cause is Cause.LIBRARY and None in {before.platform.library, after.platform.library}:
            continue
        # A level is that of the server which the name selects (SSL_set_SSL_CTX), whoever decides the versions.
        server = holder(new) if cause is Cause.LEVEL else decider_of(new, SSL_PROTOCOLS, after.platform)
        lines = deciding_lines(transition, old, new, *(_DECIDING[1:] if cause is Cause.LEVEL else _DECIDING))
        also = () if cause is Cause.LEVEL else followers(after, server)
        yield Shift(was, now, server, also, lines, cause, needs_nginx(new, after.platform, SSL_PROTOCOLS))


def _cause(transition: Transition, old: Endpoint, new: Endpoint) -> Cause:
    if of_library_alone(transition, old, new, *_DECIDING):
        return Cause.LIBRARY
    platform = transition.after.platform
    if enabled(old, transition.before.platform) == enabled(new, platform):
        return Cause.LEVEL
    met, earlier = (
        at.in_force(SSL_PROTOCOLS, state.platform) for at, state in ((new, transition.after), (old, transition.before))
    )
    by_default = isinstance(met.setting.origin, Default) and met.value != earlier.value
    return Cause.DEFAULT if by_default else Cause.LINE


def followers(state: State, server: Server) -> tuple[Server, ...]:
    """The other servers whose versions a server decides, as the default server of their socket."""
    followed = (
        at.server for at in places(state) if decider_of(at, SSL_PROTOCOLS, state.platform) is server is not at.server
    )
    return tuple(dict.fromkeys(followed))


def together(shift: Shift, state: State) -> tuple[tuple[str, str], ...]:
    """The facts that say which servers it is about: `server`, and `who`, which names those that follow it too."""
    server = str(server_subject(shift.server, state))
    who = f"{server} (with {tell(shift.also, state)})" if shift.also else server
    return ("server", server), ("who", who)


def told_cause(shift: Shift, state: State) -> str:
    """What brought it, in a sentence: the line where it is one."""
    match shift.cause:
        case Cause.DEFAULT:
            return f"the default of nginx {state.platform.nginx.version}"
        case Cause.LIBRARY:
            return "the TLS library" if state.platform.library is None else str(state.platform.library.version)
        case Cause.LINE | Cause.LEVEL:
            return str(shift.lines[0])


def decided(state: State, key: str) -> Iterator[Versions]:
    """What is spoken wherever a server, by its subject's key, decides the versions or sets the level."""
    for at in places(state):
        servers = (decider_of(at, SSL_PROTOCOLS, state.platform), holder(at))
        now = versions_at(state, at) if key in {server_subject(server, state).key for server in servers} else None
        if now is not None:
            yield now
