"""Sockets, servers and names that came, went or moved, as rows: what is alike is one row."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar, assert_never

from driftscan.drift.changes import (
    AddressReleased,
    AddressTaken,
    Change,
    DefaultServerChanged,
    LoadChanged,
    NameMoved,
    ServerAdded,
    ServerRemoved,
    ServerRenamed,
    SettingChanged,
    SocketAdded,
    SocketRemoved,
)
from driftscan.drift.subjects import ServerSubject
from driftscan.nginx.config import Location
from driftscan.report.links import Row
from driftscan.report.rows import ChangeRow
from driftscan.report.subjects import compact
from driftscan.report.wording import enumerate_words, some

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """What has the same key together, in the order in which it comes."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def structure(changes: Iterable[Change]) -> Iterator[Row]:
    """The rows of all changes that are about no setting."""
    rows = [change for change in changes if not isinstance(change, SettingChanged)]
    for alike in grouped(rows, _likeness).values():
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
