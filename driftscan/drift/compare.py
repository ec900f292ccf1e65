"""Two states -> typed changes, and nothing when no client and no server's settings are different.

Silence is the rule: comments, white space, moving lines into an include, writing out a default, or changing a
plain http server give no change, because nothing here looks at text.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.changes import (
    Change,
    DefaultServerChanged,
    NameMoved,
    Scope,
    ServerAdded,
    ServerRemoved,
    ServerRenamed,
    SettingChanged,
    Side,
    SocketAdded,
    SocketRemoved,
)
from driftscan.drift.pairing import Pairs, pair_servers
from driftscan.drift.state import State
from driftscan.drift.subjects import EndpointSubject, SocketSubject, server_subject
from driftscan.nginx.config import Location
from driftscan.nginx.directives import ALL_DECLARATIONS
from driftscan.nginx.directives.base import AnyDeclaration, AnySetting, Decider, Explicit
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.tls.endpoints import Endpoint, InForce, has_context


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """Two states and everything that changed between them; what patterns look at."""

    before: State
    after: State
    pairs: Pairs
    changes: tuple[Change, ...]


def compare(before: State, after: State) -> Transition:
    """Every change from one state to the next, in a fixed order."""
    return _Comparison(before, after, pair_servers(before.servers, after.servers)).transition()


class _Comparison:
    """The work of one :func:`compare`: what is paired and what differs, computed once and used by every part."""

    def __init__(self, before: State, after: State, pairs: Pairs) -> None:
        self.before = before
        self.after = after
        self.pairs = pairs
        self.successor = {id(old): new for old, new in pairs.same}
        self.upgraded = before.platform.versions != after.platform.versions
        self.differing = {(id(old), id(new)): self._differing(old, new) for old, new in pairs.same}
        self.tls_before = before.tls_sockets
        self.tls_after = after.tls_sockets

    def transition(self) -> Transition:
        """All changes: sockets, servers, then settings as clients meet them and as they are written."""
        met = tuple(self._in_force())
        changes: tuple[Change, ...] = (
            *self._sockets(),
            *self._servers(),
            *self._names_moved(),
            *sorted(met, key=_setting_order),
            *sorted(self._configured(met), key=_setting_order),
        )
        return Transition(self.before, self.after, self.pairs, changes)

    # ------------------------------------------------------------------ sockets and servers

    def _sockets(self) -> Iterator[Change]:
        listening = {socket.address for socket in self.after.sockets}
        for address in sorted(self.tls_before.keys() | self.tls_after.keys()):
            old, new = self.tls_before.get(address), self.tls_after.get(address)
            subject = SocketSubject(address)
            if old is None and new is not None:
                yield SocketAdded(subject)
            elif old is not None and new is None:
                yield SocketRemoved(subject, still_listening=address in listening)
            elif old is not None and new is not None:
                yield from self._socket(subject, old, new)

    def _socket(self, subject: SocketSubject, old: Socket, new: Socket) -> Iterator[Change]:
        if self.successor.get(id(old.default)) is not new.default:
            yield DefaultServerChanged(
                subject,
                server_subject(old.default, self.before),
                server_subject(new.default, self.after),
                old.explicit_default is not None,
                new.explicit_default is not None,
            )
        if old.proxy_protocol != new.proxy_protocol:
            sides = [
                Side(
                    socket.proxy_protocol,
                    Explicit(tuple(li.at for _, li in socket.listens if li.proxy_protocol)),
                    "socket",
                )
                for socket in (old, new)
            ]
            yield SettingChanged(Scope.IN_FORCE, subject, "listen proxy_protocol", sides[0], sides[1], in_force=True)

    def _servers(self) -> Iterator[Change]:
        unknown_before = {gap.path for gap in self.before.config.gaps}
        unknown_after = {gap.path for gap in self.after.config.gaps}
        # Where a file went dark its servers may well be there still: the gap says so, not a removal.
        rows: list[tuple[Location, Change]] = [
            (server.at, ServerRemoved(server_subject(server, self.before)))
            for server in self.pairs.removed
            if self.before.tls_addresses(server) and server.at.path not in unknown_after
        ]
        rows += [
            (server.at, ServerAdded(server_subject(server, self.after)))
            for server in self.pairs.added
            if self.after.tls_addresses(server) and server.at.path not in unknown_before
        ]
        rows += [(new.at, change) for old, new in self.pairs.same for change in self._paired(old, new)]
        yield from (change for _, change in sorted(rows, key=lambda row: (row[0], type(row[1]).__name__)))

    def _paired(self, old: Server, new: Server) -> Iterator[Change]:
        was, now = server_subject(old, self.before), server_subject(new, self.after)
        if was.sockets and not now.sockets:
            yield ServerRemoved(was)
        elif now.sockets and not was.sockets:
            yield ServerAdded(now)
        elif now.sockets and frozenset(old.names) != frozenset(new.names):
            yield ServerRenamed(was, now)

    def _names_moved(self) -> Iterator[Change]:
        for key, new in sorted(self.after.endpoints.items(), key=lambda item: item[0]):
            old = self.before.endpoints.get(key)
            if old is not None and new.name and self.successor.get(id(old.server)) is not new.server:
                yield NameMoved(
                    self._endpoint_subject(new, self.after),
                    server_subject(old.server, self.before),
                    server_subject(new.server, self.after),
                )

    # ------------------------------------------------------------------ settings

    def _in_force(self) -> Iterator[SettingChanged]:
        for key, new in self.after.endpoints.items():
            old = self.before.endpoints.get(key)
            if old is None:
                continue
            for name in self._candidates(old, new):
                declaration = ALL_DECLARATIONS[name]
                was = old.in_force(declaration, self.before.platform)
                now = new.in_force(declaration, self.after.platform)
                if was.known and now.known and was.value != now.value:
                    yield SettingChanged(
                        Scope.IN_FORCE,
                        self._endpoint_subject(new, self.after),
                        name,
                        self._met_side(was, self.before),
                        self._met_side(now, self.after),
                        in_force=True,
                    )

    def _candidates(self, old: Endpoint, new: Endpoint) -> frozenset[str]:
        """The directives that can differ at an endpoint at all: usually none, and then nothing is computed."""
        if self.upgraded:
            return frozenset(ALL_DECLARATIONS)
        pairs = ((old.server, new.server), (old.default, new.default))
        if any(self.successor.get(id(was)) is not now for was, now in pairs) or any(
            has_context(was) != has_context(now) for was, now in pairs
        ):
            return frozenset().union(*(server.settled() for pair in pairs for server in pair))
        differing = (
            self.differing[(id(old.server), id(new.server))] | self.differing[(id(old.default), id(new.default))]
        )
        return differing | ({"http2"} if old.socket.http2 != new.socket.http2 else frozenset())

    def _differing(self, old: Server, new: Server) -> frozenset[str]:
        """The directives whose configured value differs between two servers, both known."""
        names = frozenset(ALL_DECLARATIONS) if self.upgraded else old.settled() | new.settled()
        return frozenset(name for name in names if _differ(old[ALL_DECLARATIONS[name]], new[ALL_DECLARATIONS[name]]))

    def _configured(self, met: tuple[SettingChanged, ...]) -> Iterator[SettingChanged]:
        met_by_server = {
            (change.subject.server.at, change.directive)
            for change in met
            if isinstance(change.subject, EndpointSubject)
        }
        for old, new in self.pairs.same:
            subject = server_subject(new, self.after)
            if not subject.sockets or not self.before.tls_addresses(old):
                continue
            for name in self.differing[(id(old), id(new))]:
                in_force = (new.at, name) in met_by_server
                yield SettingChanged(
                    Scope.CONFIGURED,
                    subject,
                    name,
                    self._own_side(old[ALL_DECLARATIONS[name]], subject.name),
                    self._own_side(new[ALL_DECLARATIONS[name]], subject.name),
                    in_force,
                    None if in_force else self._why_not(new, ALL_DECLARATIONS[name]),
                )
            yield from self._listens(old, new, met_by_server)

    def _listens(self, old: Server, new: Server, met: set[tuple[Location, str]]) -> Iterator[SettingChanged]:
        was, now = (
            tuple(sorted(_listen_text(state, server))) for state, server in ((self.before, old), (self.after, new))
        )
        if was == now:
            return
        addresses = [self.before.tls_addresses(old), self.after.tls_addresses(new)]
        in_force = addresses[0] != addresses[1] or (new.at, "http2") in met
        at = [tuple(listen.at for listen in server.listens) for server in (old, new)]
        reason = "its sockets are the same, and their options come from all servers on them together"
        yield SettingChanged(
            Scope.CONFIGURED,
            server_subject(new, self.after),
            "listen",
            Side(was, Explicit(at[0]), "this server"),
            Side(now, Explicit(at[1]), "this server"),
            in_force,
            None if in_force else reason,
        )

    def _why_not(self, server: Server, declaration: AnyDeclaration) -> str:
        """Why no client meets a value that is configured for a server."""
        platform = self.after.platform
        for endpoint in self.after.endpoints.values():
            if endpoint.server is not server:
                continue
            met = endpoint.in_force(declaration, platform)
            if met.reason:
                return met.reason
            if met.decider is Decider.DEFAULT_SERVER and met.server is not server:
                return f"{declaration.name} is decided by the default server of the socket"
            return "the value that clients meet is the same as before"
        return "no client can ask for this server: it has no name and is not the default server"

    def _endpoint_subject(self, endpoint: Endpoint, state: State) -> EndpointSubject:
        return EndpointSubject(endpoint.socket.address, endpoint.name, server_subject(endpoint.server, state))

    def _met_side(self, met: InForce, state: State) -> Side:
        server = server_subject(met.server, state)
        who = "socket" if met.decider is Decider.SOCKET else f"{met.decider.value} {server}"
        return Side(met.value, met.setting.origin, who)

    def _own_side(self, setting: AnySetting, name: str) -> Side:
        return Side(setting.value, setting.origin, f"configured for {name or 'this server'}")


def _differ(old: AnySetting, new: AnySetting) -> bool:
    return old.known and new.known and old.value != new.value


def _proxy_protocol(socket: Socket) -> Side:
    lines = tuple(listen.at for _, listen in socket.listens if listen.proxy_protocol)
    return Side(socket.proxy_protocol, Explicit(lines), "socket")


def _listen_text(state: State, server: Server) -> Iterator[str]:
    tls = state.tls_sockets
    for listen in server.listens:
        if listen.address in tls:
            options = [word for word in ("ssl", "http2", "proxy_protocol") if word in listen.parameters]
            yield " ".join([str(listen.address), *options])


def _setting_order(change: SettingChanged) -> tuple[str, str]:
    return (change.directive, change.subject.key)
