"""What became of a finding, as one line of JSON for whoever collects such lines."""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from driftscan.report import entries
from driftscan.report.encoding import one_line

LARGEST: Final = 8 * 1024
"""Bytes of a line: what syslog, pipes and collectors take as one."""
_STAGES: Final = ((2000, 40), (600, 12), (240, 4), (120, 1), (60, 1), (24, 1))
"""How long a text and a list may be; the next is tried where the line is still too long."""


class Event(Struct, frozen=True, kw_only=True):
    """One line of the events that the hook keeps, and of what its command reads."""

    schema: Literal["driftscan-event/1"] = "driftscan-event/1"
    id: str
    """The same when the same event is told again: whoever has it already can drop it."""
    time: str
    """When it was told, as ISO 8601; the commit has its own times."""
    host: str
    """What the host calls itself in /etc/hostname; empty where that does not say."""
    repository: str
    event: Literal["introduced", "returned", "resolved", "found", "gone"]
    """`found` and `gone` are brought by no commit: time passed, somebody decided, or the history is another one."""
    pattern: str
    severity: entries.SeverityWord
    fingerprint: str
    subject: str
    """What it is about, in words."""
    commit: entries.Commit | None
    """Null: no commit brought it."""
    finding: entries.Finding | None
    """Null: it is gone, and nothing more is known of it."""
    shortened: bool = False
    """Texts and lists in it were cut, so that the line stays short enough; cut texts end in `...`."""


def line(event: Event) -> str:
    """The event on one line of at most :data:`LARGEST` bytes, without a newline."""
    tree = msgspec.to_builtins(event)
    text = one_line(tree)
    for longest_text, longest_list in _STAGES:
        if len(text.encode()) <= LARGEST:
            break
        text = one_line({**_cut(tree, longest_text, longest_list), "shortened": True})
    return text


def event_id(commit: str, fingerprint: str, event: str) -> str:
    """What an event is called, from what it says."""
    return f"{commit[:12]}-{fingerprint}-{event}"


def told_at(moment: datetime) -> str:
    """A moment in the form of :attr:`Event.time`, to the second."""
    return moment.isoformat(timespec="seconds")


def _cut(tree: Any, longest_text: int, longest_list: int) -> Any:  # noqa: ANN401 - any JSON
    match tree:
        case str() if len(tree) > longest_text:
            return tree[: longest_text - 3] + "..."
        case list():
            return [_cut(item, longest_text, longest_list) for item in tree[:longest_list]]
        case dict():
            return {name: _cut(item, longest_text, longest_list) for name, item in tree.items()}
        case _:
            return tree
