"""A tree of /etc as nginx would have found it, read without a checkout."""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from driftscan.history.commit import BlobId, Entry, Kind, PathChange

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class UnreadableBlob(Exception):  # noqa: N818 - named for what it says, it never reaches a user as an error
    """The repository names this blob and does not have it."""


@dataclass(slots=True)
class IgnoreRules:
    """What a tree's `.gitignore` files leave out of it (gitignore(5)); each of them is read once."""

    _rules: dict[BlobId, "GitIgnoreSpec | None"] = field(default_factory=dict)

    def is_ignored(self, path: str, entries: Mapping[str, Entry], read: Callable[[BlobId], bytes]) -> bool:
        """Whether git would leave a new file at `path` alone, or whether that cannot be told."""
        if not _is_possible(path):
            return True
        parts = path.split("/")
        # git does not look below a directory that is ignored, whatever is said of what is in it.
        above = ("/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
        return any(self._names(place, entries, read) for place in (*above, path))

    def _names(self, path: str, entries: Mapping[str, Entry], read: Callable[[BlobId], bytes]) -> bool:
        """Whether the rules name this one path, a directory where it ends in a slash; the nearest rules come first."""
        directory = path.rstrip("/")
        while directory:
            directory = directory.rpartition("/")[0]
            entry = entries.get(f"{directory}/.gitignore".lstrip("/"))
            if entry is None:
                continue
            rules = self._read(entry, read)
            verdict = None if rules is None else rules.check_file(path[len(directory) :].lstrip("/")).include
            if rules is None or verdict is not None:
                return verdict is not False
        return False

    def _read(self, entry: Entry, read: Callable[[BlobId], bytes]) -> "GitIgnoreSpec | None":
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only wanted where a file is missing

        if entry.blob not in self._rules:
            try:
                lines = read(entry.blob).decode("utf-8", "surrogateescape").splitlines()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of odd brackets `re` warns on the terminal
                    self._rules[entry.blob] = GitIgnoreSpec.from_lines(lines) if all(map(_is_swift, lines)) else None
            # The library lets errors of `re` through, for [s-e] for example.
            except (UnreadableBlob, ValueError, re.error):
                self._rules[entry.blob] = None
        return self._rules[entry.blob]


_MOST_STARS: Final = 3
"""Stars in one part of a rule, and parts that are nothing but stars."""
_LONGEST_NAME: Final = 255
_LONGEST_PATH: Final = 4096
"""Bytes that Linux takes (NAME_MAX and PATH_MAX in limits.h); whatever is longer is nowhere."""


def _is_swift(rule: str) -> bool:
    """Whether a rule is answered in no time.

    The library makes a regular expression of it, which takes the length of a name to the power of the stars.
    """
    parts = rule.split("/")
    return all(part.count("*") <= _MOST_STARS for part in parts) and parts.count("**") <= _MOST_STARS


def _is_possible(path: str) -> bool:
    return len(path) <= _LONGEST_PATH and all(len(part) <= _LONGEST_NAME for part in path.split("/"))


class Snapshot(Protocol):
    """A tree. Paths are relative to its root, `/`-separated, and never contain `.` or `..`."""

    def entry(self, path: str) -> Entry | None:
        """The file or link at `path`, links not followed; `None` when absent or a directory."""

    def kind(self, path: str) -> Kind | None:
        """What is at `path`, without reading it: for files whose content is nobody's business."""

    def size(self, path: str) -> int | None:
        """The bytes of the file at `path`, without reading it; `None` when that cannot be told."""

    def names(self, directory: str) -> frozenset[str] | None:
        """The names in a directory (`""` is the root); `None` when there is no such directory."""

    def may_lack(self, path: str, *, had: bool = False) -> bool:
        """Whether the host may have a file where this tree has none: one that is not committed.

        Args:
            path: where the tree has nothing.
            had: whether an earlier tree of the same history had something there.
        """

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a blob that `entry` returned.

        Raises:
            UnreadableBlob: the object is missing or damaged (partial clone, broken disk).
        """


@dataclass(slots=True)
class TreeIndex:
    """The tree of the commit that a walk stands at: a fold of `git log --raw` from the oldest commit on.

    A walk changes it in place, one commit after the other: a copy per commit would cost the size of /etc
    each time, where a commit changes a handful of paths. Nothing keeps it beyond the step it is read in.
    """

    read_blob: Callable[[BlobId], bytes]
    size_blob: Callable[[BlobId], int | None] = lambda _blob: None
    _entries: dict[str, Entry] = field(default_factory=dict)
    _children: dict[str, dict[str, int]] = field(default_factory=dict)
    _ignored: IgnoreRules = field(default_factory=IgnoreRules)

    def apply(self, changes: Iterable[PathChange]) -> None:
        """Move to the tree after `changes`."""
        for change in changes:
            if change.after is None:
                if self._entries.pop(change.path, None) is not None:
                    self._count(change.path, -1)
                continue
            if change.path not in self._entries:
                self._count(change.path, +1)
            self._entries[change.path] = change.after

    def _count(self, path: str, step: int) -> None:
        """Keep, for every directory on the way to `path`, how many entries lie below each of its names."""
        while path:
            directory, _, name = path.rpartition("/")
            names = self._children.setdefault(directory, {})
            names[name] = names.get(name, 0) + step
            if not names[name]:
                del names[name]
                if not names:
                    del self._children[directory]
            path = directory

    def entry(self, path: str) -> Entry | None:
        """See :meth:`Snapshot.entry`."""
        return self._entries.get(path)

    def kind(self, path: str) -> Kind | None:
        """See :meth:`Snapshot.kind`."""
        entry = self._entries.get(path)
        return None if entry is None else entry.kind

    def size(self, path: str) -> int | None:
        """See :meth:`Snapshot.size`."""
        entry = self._entries.get(path)
        return None if entry is None or entry.kind is not Kind.FILE else self.size_blob(entry.blob)

    def names(self, directory: str) -> frozenset[str] | None:
        """See :meth:`Snapshot.names`."""
        names = self._children.get(directory)
        return None if names is None else frozenset(names)

    def may_lack(self, path: str, *, had: bool = False) -> bool:
        """See :meth:`Snapshot.may_lack`.

        etckeeper commits everything that no `.gitignore` names; others may not. A directory of which the history never
        had anything was most likely left out by other means, such as `.git/info/exclude`.
        """
        directory = path.rpartition("/")[0]
        known = had or directory in self._children or directory in self._entries
        if ".etckeeper" not in self._entries or not known:
            return True
        return self._ignored.is_ignored(path, self._entries, self.read_blob)

    def read(self, blob: BlobId) -> bytes:
        """See :meth:`Snapshot.read`."""
        return self.read_blob(blob)
