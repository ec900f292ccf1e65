"""A tree of /etc as nginx would have found it, read without a checkout."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from driftscan.history.commit import BlobId, Entry, PathChange


class Snapshot(Protocol):
    """A tree. Paths are relative to its root, `/`-separated, and never contain `.` or `..`."""

    def entry(self, path: str) -> Entry | None:
        """The file or link at `path`, links not followed; `None` when absent or a directory."""

    def names(self, directory: str) -> frozenset[str] | None:
        """The names in a directory (`""` is the root); `None` when there is no such directory."""

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a blob that `entry` returned.

        Raises:
            UnreadableBlob: the object is missing or damaged (partial clone, broken disk).
        """


class UnreadableBlob(Exception):  # noqa: N818 - named for what it says, it never reaches a user as an error
    """The repository names this blob and does not have it."""


@dataclass(slots=True)
class TreeIndex:
    """The tree of the commit that a walk stands at: a fold of `git log --raw` from the oldest commit on.

    A walk changes it in place, one commit after the other: a copy per commit would cost the size of /etc
    each time, where a commit changes a handful of paths. Nothing keeps it beyond the step it is read in.
    """

    read_blob: Callable[[BlobId], bytes]
    _entries: dict[str, Entry] = field(default_factory=dict)
    _children: dict[str, dict[str, int]] = field(default_factory=dict)

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

    def names(self, directory: str) -> frozenset[str] | None:
        """See :meth:`Snapshot.names`."""
        names = self._children.get(directory)
        return None if names is None else frozenset(names)

    def read(self, blob: BlobId) -> bytes:
        """See :meth:`Snapshot.read`."""
        return self.read_blob(blob)
