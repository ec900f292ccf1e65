"""Findings that somebody has looked at and decided to live with, until a day.

In driftscan/suppressions.toml of /etc:

    [[suppress]]
    pattern = "hsts-lost"
    server = "shop.example"
    until = 2027-01-31
    owner = "mina"
    reason = "the shop sends the header itself"

or in nginx's own files, on the line that a finding names or on the line above it:

    # driftscan: ignore[hsts-lost] until=2027-01-31 owner=mina the shop sends the header itself

A suppression that is over, or says too little, suppresses nothing and is reported.
"""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from msgspec import Struct

from driftscan.drift.findings import Finding
from driftscan.drift.query import Query, keeps
from driftscan.nginx.config import Location
from driftscan.site.toml import SiteError, decode


@dataclass(frozen=True, slots=True)
class Suppression:
    """One decision."""

    pattern: str
    """A shell glob for the pattern's id."""
    until: date
    """The last day on which it counts."""
    reason: str
    owner: str
    """Who answers for it; empty where a comment in a file names nobody."""
    at: Location
    """Where it is written."""
    server: str | None = None
    """A shell glob for a name of the finding's subject; `None`: any."""
    fingerprint: str | None = None
    """Only the finding with this fingerprint."""
    lines: frozenset[Location] = frozenset()
    """Of a comment: the lines it speaks of, one of which a finding must name."""

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return today > self.until

    def covers(self, finding: Finding) -> bool:
        """Whether it speaks of a finding."""
        return (
            keeps(finding, Query(server=self.server))
            and matches_id(self.pattern, finding.pattern)
            and self.fingerprint in {None, finding.fingerprint}
            and (not self.lines or not self.lines.isdisjoint(finding.hit.evidence))
        )


def matches_id(glob: str, pattern: str) -> bool:
    """Whether a pattern is meant."""
    return fnmatch.fnmatchcase(pattern, glob)


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of the file."""

    pattern: str
    until: date
    owner: str
    reason: str
    server: str | None = None
    fingerprint: str | None = None


class SuppressionsFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    suppress: list[Entry] = []


def read_suppressions(data: bytes, path: str) -> tuple[Suppression, ...]:
    """The decisions in a file.

    Raises:
        SiteError: the file says something that is no decision.
    """
    entries = decode(data, SuppressionsFile, path).suppress
    lines = [number for number, line in enumerate(data.splitlines(), 1) if line.strip() == b"[[suppress]]"]
    places = [Location(path, lines[place] if place < len(lines) else 1) for place in range(len(entries))]
    for entry, at in zip(entries, places, strict=True):
        if not entry.owner.strip() or not entry.reason.strip():
            raise SiteError(f"{at}: say who owns the decision (owner) and why (reason)")
    return tuple(
        Suppression(entry.pattern, entry.until, entry.reason, entry.owner, at, entry.server, entry.fingerprint)
        for entry, at in zip(entries, places, strict=True)
    )


_COMMENT: Final = re.compile(rb"(?:^|[\s;{}])#[ \t]*driftscan:[ \t]*(?P<said>[^\n]*)")
_IGNORE: Final = re.compile(
    r"ignore\[(?P<pattern>[\w*?-]+)\]\s+until=(?P<until>\S+)(?:\s+owner=(?P<owner>\S+))?\s+(?P<reason>\S.*)"
)
HOW: Final = "write `# driftscan: ignore[PATTERN] until=2027-01-31 owner=NAME REASON`"


@dataclass(frozen=True, slots=True)
class Misspelled:
    """A comment that speaks to driftscan and cannot be understood."""

    at: Location
    reason: str


def read_comments(data: bytes, path: str) -> Iterator[Suppression | Misspelled]:
    """The decisions in the comments of one of nginx's files."""
    if b"driftscan:" not in data:
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        found = _COMMENT.search(line)
        if found is None:
            continue
        at = Location(path, number)
        said = found["said"].decode("utf-8", "replace").strip()
        parts = _IGNORE.fullmatch(said)
        if parts is None:
            yield Misspelled(at, f"{said!r} is not understood; {HOW}")
            continue
        try:
            until = date.fromisoformat(parts["until"])
        except ValueError:
            yield Misspelled(at, f"{parts['until']!r} is no day; {HOW}")
            continue
        below = Location(path, number + 1)
        alone = line.lstrip().startswith(b"#")
        lines = frozenset({below} if alone else {at})
        yield Suppression(parts["pattern"], until, parts["reason"].strip(), parts["owner"] or "", at, lines=lines)
