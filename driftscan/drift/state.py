"""Everything nginx makes of one tree: the configuration, its servers, sockets and endpoints, on one platform."""

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, TypeVarTuple, cast

from driftscan.history.commit import PathChange
from driftscan.history.platform import Platform
from driftscan.host.host import UNSEEN, Host
from driftscan.nginx.config import Gap, ResolvedConfig
from driftscan.nginx.listen import Address
from driftscan.nginx.loadtest import Kept, Load, predict
from driftscan.nginx.servers import Server, build_servers
from driftscan.nginx.sockets import Socket, build_sockets
from driftscan.nginx.upstreams import Upstream, upstreams
from driftscan.tls.endpoints import Endpoint, endpoints

T = TypeVar("T")
Parts = TypeVarTuple("Parts")


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One tree as nginx of one version understands it."""

    config: ResolvedConfig
    platform: Platform
    servers: tuple[Server, ...]
    """Every server, in the order nginx reads them."""
    sockets: tuple[Socket, ...]
    upstreams: tuple[Upstream, ...]
    """Where requests are passed on, by TLS or not."""
    load: Load
    """Whether nginx would load it."""
    endpoints: Mapping[tuple[Address, str], Endpoint]
    """By socket and name."""
    tls_sockets: Mapping[Address, Socket]
    """The sockets that speak TLS, by address."""
    gaps: tuple[Gap, ...]
    host: Host
    """What else in /etc has a say in TLS."""
    when: datetime | None
    """The moment it is judged for, aware; a commit's is its own. `None`: nothing that time decides is told."""
    _kept: Kept
    """What reading it taught, for the next state."""
    _addresses: Mapping[int, tuple[Address, ...]]
    """By the identity of a server."""
    _once: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False)
    """What :func:`once` was asked for; another state, even a replaced one, begins with nothing."""

    def tls_addresses(self, server: Server) -> tuple[Address, ...]:
        """The TLS sockets a server is on; none for a plain http server, whose TLS settings nobody meets."""
        return self._addresses.get(id(server), ())

    def touched_by(self, changes: Iterable[PathChange]) -> bool:
        """Whether a commit with these changes may make another state of it. Never wrong when it says no."""
        changes = tuple(changes)
        return self.config.footprint.touched_by(changes) or self.host.footprint.touched_by(changes)

    @property
    def guarded(self) -> frozenset[str]:
        """The files that nginx's directives name, and all directories above them: what their modes decide."""
        paths = {file.path for file in self.config.named.values() if file.path is not None}
        return frozenset(part for path in paths for part in _above(path))

    def asked_for(self, server: Server) -> tuple[Address, ...]:
        """The TLS sockets on which a name selects the server; none when another server has all of its names."""
        return tuple(
            address
            for address in self.tls_addresses(server)
            if any((met := self.endpoints.get((address, name))) and met.server is server for name in server.names)
        )


def once(work: Callable[[State, *Parts], T]) -> Callable[[State, *Parts], T]:
    """A function of a state, and of parts of it, that works each answer out once; the answers end with the state.

    Many patterns ask the same. A state never changes, so what was true of it stays true; what is returned must not
    change either. Parts are hashable: equal ones have one answer, and most are themselves only.
    """

    @functools.wraps(work)
    def known(state: State, *parts: *Parts) -> T:
        key = (work, *parts)
        answers = state._once  # noqa: SLF001 - kept for this function
        if key not in answers:
            answers[key] = work(state, *parts)
        # Under a function stands what it returned; no type can say so.
        return cast("T", answers[key])

    return known


def _above(path: str) -> Iterator[str]:
    """A path and every directory on the way to it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def build_state(
    config: ResolvedConfig,
    platform: Platform,
    previous: State | None = None,
    *,
    host: Host = UNSEEN,
    when: datetime | None = None,
) -> State:
    """The state of a resolved configuration, sharing with the previous one the servers that are the same."""
    servers, gaps = build_servers(config, platform, () if previous is None else previous.servers)
    sockets = build_sockets(servers)
    passing = upstreams(config, servers)
    kept = Kept.on(platform, None if previous is None else previous._kept)  # noqa: SLF001 - of the same class
    tls = {socket.address: socket for socket in sockets if socket.ssl}
    addresses = {
        id(server): tuple(sorted({listen.address for listen in server.listens if listen.address in tls}))
        for server in servers
    }
    return State(
        config,
        platform,
        servers,
        sockets,
        passing,
        predict(config, servers, sockets, passing, platform, kept),
        {(endpoint.socket.address, endpoint.name): endpoint for endpoint in endpoints(sockets)},
        tls,
        tuple(dict.fromkeys((*config.gaps, *gaps))),
        host,
        when,
        kept,
        addresses,
    )
