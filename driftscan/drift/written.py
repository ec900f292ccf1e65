"""Which commit wrote a line: the one since which its file holds the directive, on whatever line it stood.

Statements are followed, not text: white space, comments and lines that only move change no statement, and a directive
over many lines is one. A file that was moved as it was keeps what it holds. `git blame` would tell of the line instead.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from driftscan.history.commit import BlobId, Commit, Kind, Revision
from driftscan.history.snapshot import UnreadableBlob
from driftscan.nginx.config import Location
from driftscan.nginx.syntax import Broken, Statement, parse

_LARGEST = 4_000_000
"""Pairs of statements: two versions of a file that differ in more than that are compared block by block."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a file holds from a commit on."""

    commit: Commit
    previous: Commit | None
    """The commit before; `None` at the start of the history."""
    blob: BlobId


@dataclass(frozen=True, slots=True)
class Written:
    """A line, and since when its file holds what it says."""

    at: Location
    version: Version | None
    """`None`: its file is not in the history."""

    @property
    def from_start(self) -> bool:
        """Whether it was there when the history begins."""
        return self.version is not None and self.version.previous is None


_Flat = tuple[int, str, tuple[str, ...]]
"""A statement without its block: how deep it stands, its name and its arguments."""


class Files:
    """Every version of every file of a history."""

    def __init__(self, revisions: Iterable[Revision], read: Callable[[BlobId], bytes]) -> None:
        self._read = read
        self._versions: dict[str, tuple[Version, ...]] = {}
        self._parsed: dict[BlobId, tuple[tuple[_Flat, int], ...] | None] = {}
        previous: Commit | None = None
        for revision in revisions:
            self._take(revision, previous)
            previous = revision.commit

    def _take(self, revision: Revision, previous: Commit | None) -> None:
        moved = {
            change.before.blob: self._versions.pop(change.path, ())
            for change in revision.changes
            if change.before is not None and change.after is None
        }
        for change in revision.changes:
            if change.after is None or change.after.kind is not Kind.FILE:
                self._versions.pop(change.path, None)
                continue
            blob = change.after.blob
            if change.before is None and moved.get(blob):
                self._versions[change.path] = moved[blob]
                continue
            versions = self._versions.get(change.path, ()) if change.before is not None else ()
            self._versions[change.path] = (*versions, Version(revision.commit, previous, blob))

    def wrote(self, at: Location, directive: str, blob: BlobId | None) -> Written:
        """Who wrote the directive on a line of the version of a file that is in force (`blob`)."""
        versions = self._versions.get(at.path, ())
        newest = next((place for place in reversed(range(len(versions))) if versions[place].blob == blob), None)
        statements = None if newest is None else self._statements(versions[newest].blob)
        if newest is None or statements is None:
            return Written(at, None)
        place = _place(statements, at.line, directive)
        found = versions[newest]
        for version in reversed(versions[:newest]):
            older = self._statements(version.blob)
            if older is None:
                continue  # nginx went on with what it had
            before = None if place is None else _same_place([flat for flat, _ in older], _flats(statements), place)
            if before is None:
                break
            place, statements, found = before, older, version
        return Written(at, found)

    def _statements(self, blob: BlobId) -> tuple[tuple[_Flat, int], ...] | None:
        """Every statement with its line; `None` for what is no configuration."""
        if blob not in self._parsed:
            try:
                parsed = parse(self._read(blob))
            except UnreadableBlob:
                parsed = ()
            self._parsed[blob] = None if isinstance(parsed, Broken) else tuple(_flattened(parsed, 0))
        return self._parsed[blob]


def _flattened(statements: Sequence[Statement], depth: int) -> Iterator[tuple[_Flat, int]]:
    for statement in statements:
        yield (depth, statement.name, statement.args), statement.line
        yield from _flattened(statement.block or (), depth + 1)


def _flats(statements: Sequence[tuple[_Flat, int]]) -> list[_Flat]:
    return [flat for flat, _ in statements]


def _place(statements: Sequence[tuple[_Flat, int]], line: int, directive: str) -> int | None:
    """Which of the statements it is; `http2` may be a word of `listen`."""
    there = [(flat[1], place) for place, (flat, at) in enumerate(statements) if at == line]
    named = [place for name in (directive.partition(" ")[0], "listen") for found, place in there if found == name]
    return next(iter([*named, *(place for _, place in there)]), None)


def _same_place(old: Sequence[_Flat], new: Sequence[_Flat], place: int) -> int | None:
    """Where a statement of a file stood in the version before; `None` when it was not there.

    The order of statements in a block means nothing to most of them: one that changed places in its block is the same.
    """
    aligned = _aligned(old, new)
    parent = _parent(new, place)
    if place in aligned:
        return aligned[place]
    if parent is not None and parent not in aligned:
        return None
    taken = set(aligned.values())
    was = None if parent is None else aligned[parent]
    alike = [i for i in _children(new, parent) if new[i] == new[place] and i not in aligned]
    before = [i for i in _children(old, was) if old[i] == new[place] and i not in taken]
    return dict(zip(alike, before, strict=False)).get(place)


def _aligned(old: Sequence[_Flat], new: Sequence[_Flat]) -> dict[int, int]:
    """The statements before and behind which everything has kept its order, with their places before."""
    shared = min(len(old), len(new))
    start = next((i for i in range(shared) if old[i] != new[i]), shared)
    stop = next((i for i in range(shared - start) if old[-1 - i] != new[-1 - i]), shared - start)
    aligned = {i: i for i in range(start)} | {len(new) - i: len(old) - i for i in range(1, stop + 1)}
    was, now = old[start : len(old) - stop], new[start : len(new) - stop]
    if len(was) * len(now) <= _LARGEST:
        for block in SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks():
            aligned |= {start + block.b + i: start + block.a + i for i in range(block.size)}
    return aligned


def _parent(flats: Sequence[_Flat], place: int) -> int | None:
    depth = flats[place][0]
    return next((i for i in range(place - 1, -1, -1) if flats[i][0] < depth), None)


def _children(flats: Sequence[_Flat], parent: int | None) -> Iterator[int]:
    """The places of the statements of a block; of the whole file for `None`."""
    depth, start = (-1, 0) if parent is None else (flats[parent][0], parent + 1)
    for i in range(start, len(flats)):
        if flats[i][0] <= depth:
            return
        if flats[i][0] == depth + 1:
            yield i
