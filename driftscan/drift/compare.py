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
from driftscan.drift.unread import hidden, speakers
from driftscan.history.platform import Platform
from driftscan.nginx.config import Location
from driftscan.nginx.directives import ALL_DECLARATIONS
from driftscan.nginx.directives.base import AnyDeclaration, AnySetting, Decider, Explicit, fact
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.listen import Address
from driftscan.nginx.servers import Server, default_origin
from driftscan.nginx.sockets import Socket
from driftscan.tls.endpoints import Endpoint, InForce, Split, has_context


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
        self.moved = _moved(before.platform, after.platform)
        self.differing = {(id(old), id(new)): self._differing(old, new) for old, new in pairs.same}
        self.tls_before = before.tls_sockets
        self.tls_after = after.tls_sockets
        self.hidden_before = hidden(before, after)
        self.hidden_after = hidden(after, before)
        self.asked_before = _by_server(before)
        self.asked_after = _by_server(after)
        self.met: set[tuple[int, str]] = set()
        """The servers of `after` whose own value of a directive makes a difference that clients meet."""

    def transition(self) -> Transition:
        """All changes: sockets, servers, then settings as clients meet them and as they are written."""
        met = tuple(self._in_force())
        changes: tuple[Change, ...] = (
            *self._sockets(),
            *self._servers(),
            *self._names_moved(),
            *sorted(met, key=_setting_order),
            *sorted(self._configured(), key=_setting_order),
        )
        return Transition(self.before, self.after, self.pairs, changes)

    # ------------------------------------------------------------------ sockets and servers

    def _sockets(self) -> Iterator[Change]:
        listening = {socket.address for socket in self.after.sockets}
        for address in sorted(self.tls_before.keys() | self.tls_after.keys()):
            old, new = self.tls_before.get(address), self.tls_after.get(address)
            subject = SocketSubject(address)
            if old is None and new is not None and not speakers(new) <= self.hidden_before:
                yield SocketAdded(subject)
            elif old is not None and new is None and not speakers(old) <= self.hidden_after:
                yield SocketRemoved(subject, still_listening=address in listening)
            elif old is not None and new is not None:
                yield from self._socket(subject, old, new)

    def _socket(self, subject: SocketSubject, old: Socket, new: Socket) -> Iterator[Change]:
        if self.successor.get(id(old.default)) is not new.default and not self._in_the_dark(old.default, new.default):
            yield DefaultServerChanged(
                subject,
                server_subject(old.default, self.before),
                server_subject(new.default, self.after),
                old.explicit_default is not None,
                new.explicit_default is not None,
            )
        if old.proxy_protocol != new.proxy_protocol:
            was, now = _proxy_protocol(old, self.before), _proxy_protocol(new, self.after)
            yield SettingChanged(Scope.IN_FORCE, subject, "listen proxy_protocol", was, now, in_force=True)

    def _servers(self) -> Iterator[Change]:
        # Where a file went dark its servers may well be there still: the gap says so, not a removal.
        rows: list[tuple[Location, Change]] = [
            (server.at, ServerRemoved(server_subject(server, self.before)))
            for server in self.pairs.removed
            if self.before.tls_addresses(server) and server.at.path not in self.hidden_after
        ]
        rows += [
            (server.at, ServerAdded(server_subject(server, self.after)))
            for server in self.pairs.added
            if self.after.tls_addresses(server) and server.at.path not in self.hidden_before
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
            if old is None or not new.name or self._in_the_dark(old.server, new.server):
                continue
            if self.successor.get(id(old.server)) is not new.server:
                yield NameMoved(
                    self._endpoint_subject(new, self.after),
                    server_subject(old.server, self.before),
                    server_subject(new.server, self.after),
                )

    def _in_the_dark(self, old: Server, new: Server) -> bool:
        """Whether one of two servers stands in a file that cannot be read on the other side: it may be there too."""
        return old.at.path in self.hidden_after or new.at.path in self.hidden_before

    # ------------------------------------------------------------------ settings

    def _in_force(self) -> Iterator[SettingChanged]:
        for key, new in self.after.endpoints.items():
            old = self.before.endpoints.get(key)
            if old is None or any(
                self._in_the_dark(was, now) for was, now in ((old.server, new.server), (old.default, new.default))
            ):
                continue
            for name in self._candidates(old, new):
                declaration = ALL_DECLARATIONS[name]
                was = old.in_force(declaration, self.before.platform)
                now = new.in_force(declaration, self.after.platform)
                if was.known and now.known and was.value != now.value:
                    same_server = self.successor.get(id(old.server)) is new.server
                    if same_server and _has_a_say(declaration, (old, was), (new, now)):
                        self.met.add((id(new.server), name))
                    yield SettingChanged(
                        Scope.IN_FORCE,
                        self._endpoint_subject(new, self.after),
                        name,
                        self._met_side(old, was, self.before),
                        self._met_side(new, now, self.after),
                        in_force=True,
                    )

    def _candidates(self, old: Endpoint, new: Endpoint) -> frozenset[str]:
        """The directives that can differ at an endpoint at all: usually none, and then nothing is computed."""
        pairs = ((old.server, new.server), (old.default, new.default))
        http2 = frozenset({"http2"} if old.socket.http2 != new.socket.http2 else ())
        if any(self.successor.get(id(was)) is not now for was, now in pairs) or any(
            has_context(was) != has_context(now) for was, now in pairs
        ):
            return http2.union(self.moved, *(server.settled() for pair in pairs for server in pair))
        differing = (
            self.differing[(id(old.server), id(new.server))] | self.differing[(id(old.default), id(new.default))]
        )
        return differing | http2 | self.moved

    def _differing(self, old: Server, new: Server) -> frozenset[str]:
        """The directives whose configured value differs between two servers, both known."""
        if old is new:
            return frozenset()
        names = old.settled() | new.settled() | self.moved
        return frozenset(name for name in names if _differ(old[ALL_DECLARATIONS[name]], new[ALL_DECLARATIONS[name]]))

    def _configured(self) -> Iterator[SettingChanged]:
        for old, new in self.pairs.same:
            subject = server_subject(new, self.after)
            if not subject.sockets or not self.before.tls_addresses(old):
                continue
            for name in self.differing[(id(old), id(new))]:
                in_force = (id(new), name) in self.met or self._differs_elsewhere(old, new, ALL_DECLARATIONS[name])
                yield SettingChanged(
                    Scope.CONFIGURED,
                    subject,
                    name,
                    self._own_side(old[ALL_DECLARATIONS[name]], subject.name),
                    self._own_side(new[ALL_DECLARATIONS[name]], subject.name),
                    in_force,
                    None if in_force else self._why_not(new, ALL_DECLARATIONS[name]),
                )
            yield from self._listens(old, new)

    def _listens(self, old: Server, new: Server) -> Iterator[SettingChanged]:
        was, now = (
            tuple(sorted(_listen_text(state, server))) for state, server in ((self.before, old), (self.after, new))
        )
        if was == now:
            return
        addresses = [self.before.tls_addresses(old), self.after.tls_addresses(new)]
        in_force = addresses[0] != addresses[1] or any(
            self.tls_before[address].http2 != self.tls_after[address].http2
            or self.tls_before[address].proxy_protocol != self.tls_after[address].proxy_protocol
            for address in addresses[1]
        )
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

    def _differs_elsewhere(self, old: Server, new: Server, declaration: AnyDeclaration) -> bool:
        """Whether clients meet another value at a server that is found at other places only."""
        olds, news = self.asked_before.get(id(old), {}), self.asked_after.get(id(new), {})
        if not olds or not news or olds.keys() & news.keys():
            return False
        was = next(iter(olds.values())).in_force(declaration, self.before.platform)
        now = next(iter(news.values())).in_force(declaration, self.after.platform)
        return was.known and now.known and was.value != now.value

    def _why_not(self, server: Server, declaration: AnyDeclaration) -> str:
        """Why no client meets a value that is configured for a server."""
        endpoint = next(iter(self.asked_after.get(id(server), {}).values()), None)
        if endpoint is None:
            return "no client can ask for this server: it has no name and is not the default server"
        met = endpoint.in_force(declaration, self.after.platform)
        if met.reason:
            return met.reason
        if met.decider is Decider.DEFAULT_SERVER and met.server is not server:
            return f"{declaration.name} is decided by the default server of the socket"
        return "the value that clients meet is the same as before"

    def _endpoint_subject(self, endpoint: Endpoint, state: State) -> EndpointSubject:
        return EndpointSubject(endpoint.socket.address, endpoint.name, server_subject(endpoint.server, state))

    def _met_side(self, endpoint: Endpoint, met: InForce, state: State) -> Side:
        if met.decider is Decider.SOCKET:
            lines = tuple(listen.at for _, listen in endpoint.socket.listens if listen.http2)
            return Side(met.value, Explicit(lines), "socket")
        return Side(met.value, met.setting.origin, f"{met.decider.value} {server_subject(met.server, state)}")

    def _own_side(self, setting: AnySetting, name: str) -> Side:
        return Side(setting.value, setting.origin, f"configured for {name or 'this server'}")


def _moved(before: Platform, after: Platform) -> frozenset[str]:
    """The directives whose default, or whose decider, an upgrade changes; none without an upgrade."""
    if before.versions == after.versions:
        return frozenset()
    moved = {
        name
        for name, declaration in ALL_DECLARATIONS.items()
        if fact(declaration.default, before) != fact(declaration.default, after)
        or fact(declaration.decider, before) is not fact(declaration.decider, after)
    }
    # Its commands for protocols and suites follow whoever decides the protocols.
    return frozenset(moved | {"ssl_conf_command"} if SSL_PROTOCOLS.name in moved else moved)


def _differ(old: AnySetting, new: AnySetting) -> bool:
    return old.known and new.known and old.value != new.value


def _by_server(state: State) -> dict[int, dict[tuple[Address, str], Endpoint]]:
    """The endpoints at which clients find each server."""
    found: dict[int, dict[tuple[Address, str], Endpoint]] = {}
    for key, endpoint in state.endpoints.items():
        found.setdefault(id(endpoint.server), {})[key] = endpoint
    return found


def _has_a_say(declaration: AnyDeclaration, *sides: tuple[Endpoint, InForce]) -> bool:
    """Whether the selected server's own value is what clients meet, or a part of it, or at least no other one."""
    return any(met.server is endpoint.server or isinstance(met.value, Split) for endpoint, met in sides) or all(
        endpoint.server[declaration].value == met.value for endpoint, met in sides
    )


def _proxy_protocol(socket: Socket, state: State) -> Side:
    lines = tuple(listen.at for _, listen in socket.listens if listen.proxy_protocol)
    return Side(socket.proxy_protocol, Explicit(lines) if lines else default_origin(state.platform), "socket")


def _listen_text(state: State, server: Server) -> Iterator[str]:
    tls = state.tls_sockets
    for listen in server.listens:
        if listen.address in tls:
            options = [word for word in ("ssl", "http2", "proxy_protocol") if word in listen.parameters]
            yield " ".join([str(listen.address), *options])


def _setting_order(change: SettingChanged) -> tuple[str, str]:
    return (change.directive, change.subject.key)
