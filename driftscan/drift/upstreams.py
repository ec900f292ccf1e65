"""Settings of TLS towards other servers that have another value where requests are passed on."""

from collections.abc import Iterator

from driftscan.drift.changes import Scope, SettingChanged, Side
from driftscan.drift.matched import Matched
from driftscan.drift.pairing import Pairs
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject, upstream_subject
from driftscan.nginx.directives.base import AnyDeclaration, AnySetting, Decider, Explicit, fact
from driftscan.nginx.upstreams import Upstream

_Key = tuple[int, str, str]


def upstream_changes(states: Matched) -> Iterator[SettingChanged]:
    """What the other side meets differently, place by place; and places that speak TLS now, or no longer."""
    pairs = place_pairs(states.before, states.after, states.pairs)
    changes = [change for old, new in pairs for change in _place(states, old, new)]
    yield from sorted(changes, key=lambda change: (change.directive, change.subject.key))


def place_pairs(before: State, after: State, servers: Pairs) -> Iterator[tuple[Upstream, Upstream]]:
    """The places that pass requests on before and after: of one server, with the same directive and location."""
    successor = {id(old): new for old, new in servers.same}
    moved = {
        (id(successor[server]), passing, path): old
        for (server, passing, path), old in _by_place(before).items()
        if server in successor
    }
    for key, new in _by_place(after).items():
        if (old := moved.get(key)) is not None:
            yield old, new


def _by_place(state: State) -> dict[_Key, Upstream]:
    return {(id(place.server), place.side.passing, place.path): place for place in state.upstreams}


def _place(states: Matched, old: Upstream, new: Upstream) -> Iterator[SettingChanged]:
    if old.side.switch is None and old.speaks_tls != new.speaks_tls:
        yield _changed(states, new, new.side.passing, _target(old, states.before), _target(new, states.after))
    # Where TLS begins or ends, the rest of the settings begins or ends with it.
    both, settled = old.speaks_tls and new.speaks_tls, old.settled | new.settled
    for name, declaration in new.side.declarations.items():
        if not (both or declaration is new.side.switch):
            continue
        if name not in settled and not _moved(declaration, states):
            continue
        was, now = old[declaration], new[declaration]
        if was.known and now.known and was.value != now.value:
            upgrade = states.by_upgrade((was, now))
            before, after = _side(old, was, states.before), _side(new, now, states.after)
            yield _changed(states, new, name, before, after, by_upgrade=upgrade)


def _moved(declaration: AnyDeclaration, states: Matched) -> bool:
    """Whether another version of nginx has another default."""
    return fact(declaration.default, states.before.platform) != fact(declaration.default, states.after.platform)


def _target(place: Upstream, state: State) -> Side:
    return Side(place.target, Explicit((place.at,)), Decider.UPSTREAM, server_subject(place.server, state))


def _side(place: Upstream, setting: AnySetting, state: State) -> Side:
    return Side(setting.value, setting.origin, Decider.UPSTREAM, server_subject(place.server, state))


def _changed(  # noqa: PLR0913 - what a change is made of
    states: Matched, place: Upstream, name: str, before: Side, after: Side, *, by_upgrade: bool = False
) -> SettingChanged:
    subject = upstream_subject(place, states.after)
    return SettingChanged(Scope.IN_FORCE, subject, name, before, after, in_force=True, by_upgrade=by_upgrade)
