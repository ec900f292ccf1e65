"""What came, went or moved: sockets, default servers, servers and their names."""

from collections.abc import Iterator

from driftscan.drift.changes import (
    Change,
    DefaultServerChanged,
    NameMoved,
    ServerAdded,
    ServerRemoved,
    ServerRenamed,
    SocketAdded,
    SocketRemoved,
)
from driftscan.drift.matched import Matched
from driftscan.drift.subjects import SocketSubject, endpoint_subject, server_subject
from driftscan.drift.unread import speakers
from driftscan.nginx.config import Location
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket


def socket_changes(states: Matched) -> Iterator[Change]:
    """TLS sockets that came or went, and other default servers on those that stayed."""
    before, after = states.before.tls_sockets, states.after.tls_sockets
    listening = {socket.address for socket in states.after.sockets}
    for address in sorted(before.keys() | after.keys()):
        old, new = before.get(address), after.get(address)
        subject = SocketSubject(address)
        if old is None and new is not None and not speakers(new) <= states.hidden_before:
            yield SocketAdded(subject)
        elif old is not None and new is None and not speakers(old) <= states.hidden_after:
            yield SocketRemoved(subject, still_listening=address in listening)
        elif old is not None and new is not None:
            yield from _default_server(states, subject, old, new)


def _default_server(states: Matched, subject: SocketSubject, old: Socket, new: Socket) -> Iterator[Change]:
    if not states.same(old.default, new.default) and not states.in_the_dark(old.default, new.default):
        yield DefaultServerChanged(
            subject,
            server_subject(old.default, states.before),
            server_subject(new.default, states.after),
            old.explicit_default is not None,
            new.explicit_default is not None,
        )


def server_changes(states: Matched) -> Iterator[Change]:
    """Servers that speak TLS and came, went, or answer to other names, in the order of their files."""
    # A copy that no client is answered by, such as a backup in sites-enabled, neither comes nor goes for anybody.
    # Where a file went dark its servers may well be there still: the gap says so, not a removal.
    rows: list[tuple[Location, Change]] = [
        (server.at, ServerRemoved(server_subject(server, states.before)))
        for server in states.pairs.removed
        if states.asked_before(server) and server.at.path not in states.hidden_after
    ]
    rows += [
        (server.at, ServerAdded(server_subject(server, states.after)))
        for server in states.pairs.added
        if states.asked_after(server) and server.at.path not in states.hidden_before
    ]
    rows += [(new.at, change) for old, new in states.pairs.same for change in _paired(states, old, new)]
    yield from (change for _, change in sorted(rows, key=lambda row: (row[0], type(row[1]).__name__)))


def _paired(states: Matched, old: Server, new: Server) -> Iterator[Change]:
    was, now = server_subject(old, states.before), server_subject(new, states.after)
    answered, answers = states.asked_before(old), states.asked_after(new)
    if answered and not answers:
        yield ServerRemoved(was)
    elif answers and not answered:
        yield ServerAdded(now)
    elif frozenset(old.names) != frozenset(new.names) and states.names_before(old) != states.names_after(new):
        yield ServerRenamed(was, now)


def name_changes(states: Matched) -> Iterator[Change]:
    """Names that another server of their socket answers for."""
    for key, new in sorted(states.after.endpoints.items(), key=lambda item: item[0]):
        old = states.before.endpoints.get(key)
        if old is None or not new.name or states.in_the_dark(old.server, new.server):
            continue
        if not states.same(old.server, new.server):
            yield NameMoved(
                endpoint_subject(new, states.after),
                server_subject(old.server, states.before),
                server_subject(new.server, states.after),
            )
