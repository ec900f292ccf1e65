"""A tree with other contents in some of its files: what a change would make of it, before anybody makes it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.snapshot import Snapshot


@dataclass(slots=True)
class Overlay:
    """A :class:`~driftscan.history.snapshot.Snapshot` over another one.

    Files can be given another content; none appears or goes away, and links are those of the tree below. A link to a
    changed file therefore leads to what it holds now.
    """

    below: Snapshot
    _blobs: dict[BlobId, bytes] = field(default_factory=dict)
    _entries: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, below: Snapshot, contents: Mapping[str, bytes]) -> "Overlay":
        """The tree with these contents, by path.

        Raises:
            ValueError: there is no file at such a path; a link is none.
        """
        overlay = cls(below)
        for path, data in contents.items():
            if below.kind(path) is not Kind.FILE:
                raise ValueError(f"{path} is no file of the tree")
            # git's own id, so that what is known about a content by its id is known here too.
            blob = BlobId(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())
            overlay._blobs[blob] = data
            overlay._entries[path] = Entry(Kind.FILE, blob)
        return overlay

    def entry(self, path: str) -> Entry | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.entry`."""
        return self._entries.get(path) or self.below.entry(path)

    def kind(self, path: str) -> Kind | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.kind`."""
        return self.below.kind(path)

    def size(self, path: str) -> int | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.size`."""
        entry = self._entries.get(path)
        return self.below.size(path) if entry is None else len(self._blobs[entry.blob])

    def names(self, directory: str) -> frozenset[str] | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.names`."""
        return self.below.names(directory)

    def may_lack(self, path: str, *, had: bool = False) -> bool:
        """See :meth:`driftscan.history.snapshot.Snapshot.may_lack`."""
        return self.below.may_lack(path, had=had)

    def read(self, blob: BlobId) -> bytes:
        """See :meth:`driftscan.history.snapshot.Snapshot.read`."""
        return self._blobs[blob] if blob in self._blobs else self.below.read(blob)
