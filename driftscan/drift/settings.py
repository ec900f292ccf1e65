"""Settings with another value: as clients meet them at an endpoint, and as they are written for a server."""

from collections.abc import Iterator

from driftscan.drift.changes import Scope, SettingChanged, Side
from driftscan.drift.matched import Matched
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, endpoint_subject, server_subject
from driftscan.nginx.directives.base import AnyDeclaration, Decider, Explicit, Family
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http3 import HTTP3
from driftscan.nginx.directives.mail_ssl import STARTTLS
from driftscan.nginx.levels import default_origin
from driftscan.nginx.listen import Transport
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.tls.endpoints import Endpoint, InForce, Split, has_context


def setting_changes(states: Matched) -> Iterator[SettingChanged]:
    """What clients meet differently, then what is configured differently, each in a fixed order."""
    own: set[tuple[int, str]] = set()
    yield from sorted(_in_force(states, own), key=_order)
    yield from sorted(_configured(states, own), key=_order)


def _order(change: SettingChanged) -> tuple[str, str]:
    return (change.directive, change.subject.key)


# ---------------------------------------------------------------------- in force


def _in_force(states: Matched, own: set[tuple[int, str]]) -> Iterator[SettingChanged]:
    """Every difference that a client meets; `own` collects the servers whose own value has a say in one."""
    yield from _proxy_protocols(states)
    for key, new in states.after.endpoints.items():
        old = states.before.endpoints.get(key)
        if old is None or states.in_the_dark(old.server, new.server) or states.in_the_dark(old.default, new.default):
            continue
        if old.server.family is not new.server.family:
            continue
        for name in _candidates(states, old, new):
            declaration = COMPARED[new.server.family][name]
            if declaration in HTTP3 and new.socket.address.transport is not Transport.QUIC:
                continue
            was = old.in_force(declaration, states.before.platform)
            now = new.in_force(declaration, states.after.platform)
            if was.known and now.known and was.value != now.value:
                if states.same(old.server, new.server) and _has_a_say(declaration, (old, was), (new, now)):
                    own.add((id(new.server), name))
                if name == "http2":
                    own.add((id(new.server), "socket http2"))
                yield SettingChanged(
                    Scope.IN_FORCE,
                    endpoint_subject(new, states.after),
                    name,
                    met_side(was, states.before),
                    met_side(now, states.after),
                    in_force=True,
                    by_upgrade=_by_upgrade(states, declaration, old, new),
                )


def _candidates(states: Matched, old: Endpoint, new: Endpoint) -> frozenset[str]:
    """The directives that can differ at an endpoint at all: usually none, and then nothing is computed."""
    pairs = ((old.server, new.server), (old.default, new.default))
    moved = states.moved[new.server.family]
    http2 = frozenset({"http2"} if old.socket.http2 != new.socket.http2 else ())
    if any(not states.same(was, now) or has_context(was) != has_context(now) for was, now in pairs):
        return http2.union(moved, *(server.settled() for pair in pairs for server in pair))
    return http2.union(moved, *(states.differing(was, now) for was, now in pairs))


def _by_upgrade(states: Matched, declaration: AnyDeclaration, old: Endpoint, new: Endpoint) -> bool:
    """Whether everything in the configuration that a value rests on says the same as before."""
    pairs = ((old.server, new.server), (old.default, new.default))
    return (
        (declaration is not HTTP2 or old.socket.http2 == new.socket.http2)
        and all(has_context(was) == has_context(now) for was, now in pairs)
        and states.by_upgrade(*((was[declaration], now[declaration]) for was, now in pairs))
    )


def _has_a_say(declaration: AnyDeclaration, *sides: tuple[Endpoint, InForce]) -> bool:
    """Whether the selected server's own value is what clients meet, or a part of it, or at least no other one."""
    return any(met.server is endpoint.server or isinstance(met.value, Split) for endpoint, met in sides) or all(
        endpoint.server[declaration].value == met.value for endpoint, met in sides
    )


def met_side(met: InForce, state: State) -> Side:
    """What a client meets as one side of a change."""
    server = None if met.server is None else server_subject(met.server, state)
    return Side(met.value, met.setting.origin, met.decider, server)


def _proxy_protocols(states: Matched) -> Iterator[SettingChanged]:
    for address, new in sorted(states.after.tls_sockets.items()):
        old = states.before.tls_sockets.get(address)
        if old is not None and old.proxy_protocol != new.proxy_protocol:
            was, now = _proxy_protocol(old, states.before), _proxy_protocol(new, states.after)
            yield SettingChanged(
                Scope.IN_FORCE, SocketSubject(address), "listen proxy_protocol", was, now, in_force=True
            )


def _proxy_protocol(socket: Socket, state: State) -> Side:
    lines = tuple(listen.at for _, listen in socket.listens if listen.proxy_protocol)
    origin = Explicit(lines) if lines else default_origin(state.platform)
    return Side(socket.proxy_protocol, origin, Decider.SOCKET, None)


# ---------------------------------------------------------------------- configured


def _configured(states: Matched, own: set[tuple[int, str]]) -> Iterator[SettingChanged]:
    """Every difference in what is written for a server, with the reason where no client meets it."""
    for old, new in states.pairs.same:
        speaks = _speaks_tls(old, states.before), _speaks_tls(new, states.after)
        if not any(speaks):
            continue
        # Where TLS begins or ends, the rest of the settings begins or ends with it.
        for name in states.differing(old, new) if all(speaks) else states.differing(old, new) & {STARTTLS.name}:
            declaration = COMPARED[new.family][name]
            if declaration in HTTP3 and not any(listen.address.transport is Transport.QUIC for listen in new.listens):
                continue
            # After STARTTLS there is no name to choose a server by: clients meet all that it says.
            in_force = (id(new), name) in own or not states.after.tls_addresses(new)
            in_force = in_force or _differs_elsewhere(states, old, new, declaration)
            yield SettingChanged(
                Scope.CONFIGURED,
                server_subject(new, states.after),
                name,
                _own(old, declaration, states.before),
                _own(new, declaration, states.after),
                in_force,
                None if in_force else _why_not(states, new, declaration),
                by_upgrade=states.by_upgrade((old[declaration], new[declaration])),
            )
        if states.before.tls_addresses(old) and states.after.tls_addresses(new):
            yield from _listens(states, old, new, own)


def _speaks_tls(server: Server, state: State) -> bool:
    """Whether clients meet TLS at a server, from the first byte or after they asked for it (STARTTLS)."""
    if state.tls_addresses(server):
        return True
    return server.family is Family.MAIL and server[STARTTLS].value in {"on", "only"}


def _own(server: Server, declaration: AnyDeclaration, state: State) -> Side:
    setting = server[declaration]
    return Side(setting.value, setting.origin, None, server_subject(server, state))


def _listens(states: Matched, old: Server, new: Server, own: set[tuple[int, str]]) -> Iterator[SettingChanged]:
    sides = [(states.before, old), (states.after, new)]
    was, now = (
        Side(
            tuple(sorted(_listen_texts(state, server))),
            Explicit(tuple(listen.at for listen in server.listens)),
            None,
            server_subject(server, state),
        )
        for state, server in sides
    )
    if was.value == now.value:
        return
    addresses = [state.tls_addresses(server) for state, server in sides]
    http2 = (id(new), "http2") in own or (id(new), "socket http2") in own
    in_force = (
        addresses[0] != addresses[1]
        or http2
        or any(
            states.before.tls_sockets[address].proxy_protocol != states.after.tls_sockets[address].proxy_protocol
            for address in addresses[1]
        )
    )
    reason = "its sockets are the same, and their options come from all servers on them together"
    yield SettingChanged(
        Scope.CONFIGURED,
        server_subject(new, states.after),
        "listen",
        was,
        now,
        in_force,
        None if in_force else reason,
        by_upgrade=states.only_upgraded,
    )


def _listen_texts(state: State, server: Server) -> Iterator[str]:
    for listen in server.listens:
        if listen.address in state.tls_sockets:
            options = [word for word in ("ssl", "http2", "proxy_protocol") if word in listen.parameters]
            yield " ".join([str(listen.address), *options])


def _differs_elsewhere(states: Matched, old: Server, new: Server, declaration: AnyDeclaration) -> bool:
    """Whether clients meet another value at a server that is found at other places only."""
    olds, news = states.asked_before(old), states.asked_after(new)
    if not olds or not news or olds.keys() & news.keys():
        return False
    was = next(iter(olds.values())).in_force(declaration, states.before.platform)
    now = next(iter(news.values())).in_force(declaration, states.after.platform)
    return was.known and now.known and was.value != now.value


def _why_not(states: Matched, server: Server, declaration: AnyDeclaration) -> str:
    """Why no client meets a value that is configured for a server."""
    endpoint = next(iter(states.asked_after(server).values()), None)
    if endpoint is None:
        return "no client can ask for this server: it has no name of its own and is not the default server"
    met = endpoint.in_force(declaration, states.after.platform)
    if met.reason:
        return met.reason
    if met.decider is Decider.DEFAULT_SERVER and met.server is not server:
        return f"{declaration.name} is decided by the default server of the socket"
    return "the value that clients meet is the same as before"
