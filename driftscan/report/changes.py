"""Changes as rows: one cause that hits many servers is one row, and nothing is told twice."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from driftscan.drift.changes import (
    Change,
    Scope,
    SettingChanged,
    Side,
)
from driftscan.drift.findings import FindingEvent
from driftscan.drift.subjects import EndpointSubject, SocketSubject
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Default, Explicit, Inherited, Unknown
from driftscan.nginx.directives.values import show
from driftscan.report.links import Row, linked
from driftscan.report.rows import ChangeRow
from driftscan.report.sources import source
from driftscan.report.structure import grouped, structure
from driftscan.report.subjects import compact
from driftscan.report.values import delta
from driftscan.report.wording import decision, some
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
    rows = [*structure(told), *_settings([change for change in told if isinstance(change, SettingChanged)])]
    found = tuple(linked(row, findings) for row in rows)
    return found if loads else tuple(replace(row, label=_ONCE_LOADED.get(row.label, row.label)) for row in found)


_ONCE_LOADED = {"in force": "once it loads"}
"""Labels of what would be so, if nginx did not refuse the configuration."""


_BY_DEFAULT = "nobody wrote it: the default of nginx changed with its version"
_BY_DECIDER = "nobody wrote it: another nginx or TLS library decides otherwise"


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
    groups = grouped(told, lambda change: (*_effect(change), *lines(change)))
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
    for alike in grouped(groups.values(), lambda alike: _effect(alike[0])).values():
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
        origin_before=_from(first.before, was),
        origin_after=_from(first.after, now),
        places_before=tuple(map(str, was)),
    )
    return Row(row, subjects, frozenset((*was, *now)))


def _from(side: Side, places: Sequence[Location]) -> str:
    """Where a value is from; of many lines the first few."""
    match side.origin:
        case Inherited():
            return f"{some([str(at) for at in places], FEW_CAUSES)} (inherited)"
        case Explicit() if places:
            return some([str(at) for at in places], FEW_CAUSES)
        case _:
            return source(side.origin)


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
