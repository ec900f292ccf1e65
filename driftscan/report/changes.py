"""Changes as rows: one cause that hits many servers is one row, and nothing is told twice."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar, assert_never

from driftscan.drift.changes import (
    AddressReleased,
    AddressTaken,
    Change,
    DefaultServerChanged,
    LoadChanged,
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
from driftscan.drift.findings import FindingEvent
from driftscan.drift.subjects import EndpointSubject, ServerSubject, SocketSubject
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Default, Explicit, Inherited, Unknown
from driftscan.nginx.directives.values import show
from driftscan.report.links import Row, linked
from driftscan.report.rows import ChangeRow
from driftscan.report.subjects import compact
from driftscan.report.values import delta
from driftscan.report.wording import decision, enumerate_words, some
from driftscan.tls.endpoints import Split

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def change_rows(
    changes: Sequence[Change], findings: Sequence[FindingEvent] = (), *, loads: bool = True
) -> tuple[ChangeRow, ...]:
    """The rows of one step: sockets and servers, then what clients meet, then what nobody meets.

    Where nginx would not load the result (`loads` is false), clients meet none of it before that is mended.
    """
    told = _without_repetition(changes)
    rows = [*_structure(told), *_settings([change for change in told if isinstance(change, SettingChanged)])]
    found = tuple(linked(row, findings) for row in rows)
    return found if loads else tuple(replace(row, label=_ONCE_LOADED.get(row.label, row.label)) for row in found)


_ONCE_LOADED = {"in force": "once it loads"}
"""Labels of what would be so, if nginx did not refuse the configuration."""


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


# ------------------------------------------------------------------ sockets, servers, names


def _structure(changes: Iterable[Change]) -> Iterator[Row]:
    rows = [change for change in changes if not isinstance(change, SettingChanged)]
    for alike in _grouped(rows, _likeness).values():
        yield _structure_row(alike)


def _likeness(change: Change) -> Hashable:
    """Changes with the same likeness are one row."""
    match change:
        case ServerRenamed(before, after):
            return (ServerRenamed, _gained(before, after), _gained(after, before))
        case NameMoved(_, before, after):
            return (NameMoved, before.key, after.key)
        case DefaultServerChanged(_, before, after, was, now):
            return (DefaultServerChanged, before.key, after.key, was, now)
        case SocketRemoved(_, still_listening):
            return (SocketRemoved, still_listening)
        case _:
            return (type(change),)


def _structure_row(alike: Sequence[Change]) -> Row:
    """One row for changes of one likeness; the first speaks for all."""
    # A server that was renamed is told under the name that people know.
    subjects = tuple(change.before if isinstance(change, ServerRenamed) else change.subject for change in alike)
    first = alike[0]
    places: tuple[Location, ...] = ()
    before = after = note = ""
    match first:
        case ServerAdded():
            kind, label = "server-added", "server added"
        case ServerRemoved():
            kind, label = "server-removed", "server removed"
        case ServerRenamed(old, new):
            kind, label = "server-renamed", "names changed"
            places, note = (new.at,), _renaming(_gained(old, new), _gained(new, old))
        case NameMoved(_, old, new):
            kind, label, before, after = "name-moved", "name moved", str(old), str(new)
            places, note = (new.at,), "another server of the same socket answers"
        case DefaultServerChanged(_, old, new, _, explicit):
            kind, label, before, after = "default-server", "default server", str(old), str(new)
            places = (new.at,)
            note = (
                "its listen says default_server" if explicit else "no listen says default_server: nginx reads it first"
            )
        case SocketAdded():
            kind, label = "socket-added", "TLS socket added"
        case SocketRemoved(_, still_listening):
            kind, label = "socket-removed", "TLS socket removed"
            note = "nginx still listens there, without TLS" if still_listening else ""
        case AddressTaken(_, wildcard, names, tls):
            kind, label, before, after = "address-taken", "address taken", str(wildcard), str(first.subject)
            plain = "" if tls else ", and without TLS"
            note = f"connections to this address meet only its own servers{plain}: {_lost(names)}"
        case AddressReleased(_, wildcard, names):
            kind, label, before, after = "address-released", "address released", str(first.subject), str(wildcard)
            note = f"connections to this address meet the servers of {wildcard} again: {_lost(names)}"
        case LoadChanged(_, was, now):
            kind = "load"
            label = "nginx refuses it" if now.ok is False else "nginx loads it"
            refused = now.refusal or was.refusal
            places = () if refused is None or refused.at is None else (refused.at,)
            note = _RUNS_ON if now.ok is False else _LOADS_AGAIN
        case SettingChanged():
            raise AssertionError("settings have rows of their own")
        case _:
            assert_never(first)
    if not places:
        places = tuple(sorted({subject.at for subject in subjects if isinstance(subject, ServerSubject)}))
    row = ChangeRow(kind, label, "", before, after, None, compact(subjects), tuple(map(str, places)), note)
    others = [
        before for before in (getattr(change, "before", None) for change in alike) if isinstance(before, ServerSubject)
    ]
    return Row(row, (*subjects, *others), frozenset(places))


_RUNS_ON = "the running nginx keeps what it has until it is restarted, and renewed certificates are not taken up"
_LOADS_AGAIN = "what was changed while it was refused comes into force with the next reload"


_BY_DEFAULT = "nobody wrote it: the default of nginx changed with its version"
_BY_DECIDER = "nobody wrote it: another nginx or TLS library decides otherwise"


def _lost(names: Sequence[str]) -> str:
    told = [name or "any other name" for name in names]
    return f"another server answers for {some(told, 3, 'names')}"


def _gained(before: ServerSubject, after: ServerSubject) -> tuple[str, ...]:
    return tuple(sorted(set(after.names) - set(before.names)))


def _renaming(gained: tuple[str, ...], lost: tuple[str, ...]) -> str:
    parts = [
        f"{verb} {enumerate_words([name or '(no name)' for name in names])}"
        for verb, names in (("answers no more to", lost), ("now also to" if not lost else "now to", gained))
        if names
    ]
    return ", ".join(parts) if lost else ", ".join(parts).replace("now also to", "now answers also to", 1)


# ------------------------------------------------------------------ settings


def _without_repetition(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Without what is written for a server where every client of it meets exactly that."""
    met: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for change in changes:
        if isinstance(change, SettingChanged) and isinstance(change.subject, EndpointSubject):
            key = (change.subject.server.key, change.directive)
            met.setdefault(key, set()).add((_own(change.before), _own(change.after)))

    def is_repetition(change: Change) -> bool:
        if not isinstance(change, SettingChanged) or change.scope is Scope.IN_FORCE or not change.in_force:
            return False
        values = {(_own(change.before), _own(change.after))}
        return met.get((change.subject.key, change.directive)) == values

    return tuple(change for change in changes if not is_repetition(change))


def _own(side: Side) -> str:
    """What the selected server itself says, also where the default server has a word in it."""
    return show(side.value.sni_server if isinstance(side.value, Split) else side.value)


def _settings(changes: Sequence[SettingChanged]) -> Iterator[Row]:
    causes = {
        (change.directive, change.subject.socket): change
        for change in changes
        if isinstance(change.subject, EndpointSubject) and not change.subject.name
    }

    def lines(change: SettingChanged) -> tuple[tuple[Location, ...], tuple[Location, ...]]:
        """The lines before and after; where only the default server's part changed, its lines."""
        if isinstance(change.subject, EndpointSubject) and _own(change.before) == _own(change.after):
            cause = causes.get((change.directive, change.subject.socket), change)
            return _places(cause.before), _places(cause.after)
        return _places(change.before), _places(change.after)

    told = _with_the_others(changes, lambda change: (*_values(change), *lines(change)))
    groups = _grouped(told, lambda change: (*_effect(change), *lines(change)))
    order = ("in-force", "configured", "no-effect")
    for alike in sorted(_with_many_lines(groups), key=lambda alike: order.index(_kind(alike[0]))):
        was, now = (tuple(sorted({place for change in alike for place in lines(change)[side]})) for side in (0, 1))
        yield _setting_row(alike, was, now)


def _with_the_others(
    changes: Sequence[SettingChanged], likeness: Callable[[SettingChanged], Hashable]
) -> Iterator[SettingChanged]:
    """The same changes; the default server's own names are told like the other names that changed alike.

    For its own names the default server decides everything, whatever the directive: said apart, one change of a shared
    file would be told twice, in the same words.
    """
    deciders = {
        likeness(change): change.after.decider
        for change in changes
        if isinstance(change.subject, EndpointSubject) and change.after.decider is not Decider.DEFAULT_SERVER
    }
    for change in changes:
        decider = deciders.get(likeness(change)) if _is_default(change) else None
        yield change if decider is None else replace(change, after=replace(change.after, decider=decider))


def _kind(change: SettingChanged) -> str:
    if change.scope is Scope.IN_FORCE:
        return "in-force"
    return "configured" if change.in_force else "no-effect"


def _values(change: SettingChanged) -> tuple[str, str, str]:
    return change.directive, show(change.before.value), show(change.after.value)


def _effect(change: SettingChanged) -> tuple[object, ...]:
    """What changed, without who is hit and where it is written."""
    return (_kind(change), *_values(change), change.reason, change.by_upgrade, _decider(change))


FEW_CAUSES = 3
"""The same change on more lines than these is one row: somebody edited many files alike."""


def _with_many_lines(groups: Mapping[tuple[object, ...], list[SettingChanged]]) -> Iterator[list[SettingChanged]]:
    for alike in _grouped(groups.values(), lambda alike: _effect(alike[0])).values():
        if len(alike) > FEW_CAUSES:
            yield [change for one in alike for change in one]
        else:
            yield from alike


def _setting_row(alike: Sequence[SettingChanged], was: tuple[Location, ...], now: tuple[Location, ...]) -> Row:
    first = alike[0]
    kind = _kind(first)
    subjects = tuple(change.subject for change in alike)
    note = _note(alike)
    if was and not now:
        note = "; ".join(filter(None, [note, f"it was in {some([str(at) for at in was], FEW_CAUSES)}"]))
    labels = {"in-force": "in force", "configured": "configured", "no-effect": "no effect"}
    row = ChangeRow(
        kind,
        labels[kind],
        first.directive,
        show(first.before.value),
        show(first.after.value),
        delta(first.before.value, first.after.value),
        compact(subjects),
        tuple(map(str, now)),
        note,
    )
    return Row(row, subjects, frozenset((*was, *now)))


def _places(side: Side) -> tuple[Location, ...]:
    match side.origin:
        case Explicit(at) | Inherited(at):
            return at
        case Default() | Unknown():
            return ()


def _note(alike: Sequence[SettingChanged]) -> str:
    """Why it is so: who decides, or why nobody meets it, and where the value is from when no line says it."""
    change = alike[0]
    parts = [change.reason] if change.reason else []
    decider = _decider(change)
    if decider is not None and not (decider is Decider.DEFAULT_SERVER and all(map(_is_default, alike))):
        deciding = {_default_server(each) for each in alike}
        parts.append(decision(decider, deciding.pop() if len(deciding) == 1 else ""))
    if change.by_upgrade:
        defaults = isinstance(change.before.origin, Default) and isinstance(change.after.origin, Default)
        parts.append(_BY_DEFAULT if defaults else _BY_DECIDER)
    elif isinstance(change.after.origin, Default):
        assumed = " (version assumed)" if change.after.origin.assumed else ""
        parts.append(f"now the default of nginx {change.after.origin.nginx}{assumed}")
    return "; ".join(filter(None, parts))


def _decider(change: SettingChanged) -> Decider | None:
    """Who decides for clients, where that is worth a word."""
    return None if isinstance(change.subject, SocketSubject) else change.after.decider


def _default_server(change: SettingChanged) -> str:
    """The default server, where it is the one that decides."""
    decides = change.after.decider in {Decider.SESSION_CACHE, Decider.DEFAULT_SERVER}
    return str(change.after.server) if decides else ""


def _is_default(change: SettingChanged) -> bool:
    """Whether the server that answers is the deciding default server itself."""
    return isinstance(change.subject, EndpointSubject) and _default_server(change) == str(change.subject.server)
