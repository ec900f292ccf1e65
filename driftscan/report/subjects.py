"""Many subjects in one line: names that share their sockets are told together, and the tail is counted."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from driftscan.drift.subjects import (
    ConfigurationSubject,
    EndpointSubject,
    FileSubject,
    ServerSubject,
    SocketSubject,
    Subject,
    UpstreamSubject,
    ZoneSubject,
)
from driftscan.report.pieces import Subjects
from driftscan.report.wording import count, enumerate_words, some

_NOUNS: dict[type[Subject], str] = {
    ServerSubject: "server",
    SocketSubject: "socket",
    ZoneSubject: "zone",
    UpstreamSubject: "upstream",
    ConfigurationSubject: "configuration",
    FileSubject: "file",
}
SHOWN = 3
"""How many subjects a line names before it counts."""


def compact(subjects: Iterable[Subject]) -> Subjects:
    """Subjects of any kinds, endpoints by name and sockets, the others by what they are called."""
    unique = tuple(dict.fromkeys(subjects))
    endpoints = [subject for subject in unique if isinstance(subject, EndpointSubject)]
    others = [subject for subject in unique if not isinstance(subject, EndpointSubject)]
    parts, complete, hidden = _endpoints(endpoints)
    if others:
        labels = sorted({_label(subject) for subject in others})
        noun = _noun(others)
        line = some(labels, SHOWN) if len(labels) <= SHOWN + 1 else f"{count(len(labels), noun)}: {some(labels, SHOWN)}"
        parts.append(line)
        complete += labels
        hidden += max(len(labels) - SHOWN, 0) if len(labels) > SHOWN + 1 else 0
    return Subjects("; ".join(parts), tuple(complete), hidden)


def _endpoints(endpoints: Sequence[EndpointSubject]) -> tuple[list[str], list[str], int]:
    sockets: dict[str, set[str]] = {}
    order: dict[str, tuple[bool, bool, str]] = {}
    for endpoint in endpoints:
        sockets.setdefault(endpoint.name, set()).add(str(endpoint.socket))
        rank = (not endpoint.name, endpoint.name != endpoint.server.name, endpoint.name)
        order[endpoint.name] = min(rank, order.get(endpoint.name, rank))
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(sockets, key=lambda name: order[name]):
        groups.setdefault(tuple(sorted(sockets[name])), []).append(name or "any other name")
    parts: list[str] = []
    complete: list[str] = []
    hidden = beyond = 0
    for number, (on, names) in enumerate(groups.items()):
        where = f"on {enumerate_words(on)}"
        complete += [f"{name} {where}" for name in names]
        if number >= SHOWN:
            beyond += len(names)
            continue
        # A comma keeps "a and b, on X and Y" apart; a single name needs none.
        shown = some(names, SHOWN - 1, "name")
        parts.append(f"{shown} {where}" if len(names) == 1 else f"{shown}, {where}")
        hidden += len(names) - (SHOWN - 1) if len(names) > SHOWN else 0
    if beyond:
        parts.append(f"{count(beyond, 'more name')} on other sockets")
    return parts, complete, hidden + beyond


def _label(subject: Subject) -> str:
    return str(subject)


def _noun(subjects: Sequence[Subject]) -> str:
    kinds = {type(subject) for subject in subjects}
    return _NOUNS.get(kinds.pop(), "subject") if len(kinds) == 1 else "subject"


def server_of(subject: Subject) -> str:
    """The server that a subject belongs to; empty for what belongs to a socket, to a file or to the whole host."""
    match subject:
        case ServerSubject():
            return str(subject)
        case EndpointSubject() | UpstreamSubject():
            return str(subject.server)
        case SocketSubject() | ZoneSubject() | ConfigurationSubject() | FileSubject():
            return ""
        case _:
            assert_never(subject)


def who_is_hit(subjects: Sequence[Subject]) -> str:
    """`2 servers`, or the name of the only one."""
    labels = sorted({_label(subject) for subject in subjects})
    return labels[0] if len(labels) == 1 else count(len(labels), _noun(subjects))
