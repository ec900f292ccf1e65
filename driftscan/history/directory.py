"""A directory on disk as a snapshot: an /etc that is in no repository, or not committed yet."""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from driftscan.errors import DriftscanError
from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.snapshot import UnreadableBlob


@dataclass(slots=True)
class Directory:
    """A :class:`~driftscan.history.snapshot.Snapshot` of a directory as it is now.

    Nothing outside it is ever opened: links are returned as links, and the caller resolves them inside the tree.
    Each file is read once, when its entry is asked for, so that one answer describes one moment.
    """

    top: Path
    _blobs: dict[BlobId, bytes] = field(default_factory=dict)
    _entries: dict[str, Entry | None] = field(default_factory=dict)

    @classmethod
    def open(cls, top: Path) -> "Directory":
        """The tree below `top`.

        Raises:
            DriftscanError: `top` is not a directory that can be read.
        """
        if not top.is_dir() or not os.access(top, os.R_OK | os.X_OK):
            raise DriftscanError(f"{top}: not a directory that can be read")
        return cls(top)

    def entry(self, path: str) -> Entry | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.entry`."""
        if path not in self._entries:
            self._entries[path] = self._read_entry(path)
        return self._entries[path]

    def _read_entry(self, path: str) -> Entry | None:
        place = self.top / path
        try:
            mode = place.lstat().st_mode
            if stat.S_ISLNK(mode):
                target = os.readlink(place)  # noqa: PTH115 - Path.readlink() would tidy the text that git stores as it is
                return Entry(Kind.LINK, self._keep(os.fsencode(target)))
            if not stat.S_ISREG(mode):
                return None
            return Entry(Kind.FILE, self._keep(place.read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            # There, but not for us: name it by an id that no bytes have, so that reading it becomes a gap.
            return Entry(Kind.FILE, BlobId(f"unreadable: {error.strerror}"))

    def _keep(self, data: bytes) -> BlobId:
        # git's own blob id, so that what is known about a blob by its id is known here too.
        blob = BlobId(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())
        self._blobs[blob] = data
        return blob

    def kind(self, path: str) -> Kind | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.kind`."""
        try:
            mode = (self.top / path).lstat().st_mode
        except OSError:
            return None
        return Kind.LINK if stat.S_ISLNK(mode) else Kind.FILE if stat.S_ISREG(mode) else None

    def size(self, path: str) -> int | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.size`."""
        try:
            status = (self.top / path).lstat()
        except OSError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def names(self, directory: str) -> frozenset[str] | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.names`."""
        place = self.top / directory
        try:
            if directory and not stat.S_ISDIR(place.lstat().st_mode):
                return None
            return frozenset(found.name for found in place.iterdir())
        except OSError:
            return None

    def may_lack(self, _path: str, *, had: bool = False) -> bool:  # noqa: ARG002 - a directory has no past
        """See :meth:`driftscan.history.snapshot.Snapshot.may_lack`. A directory is all there is."""
        return False

    def read(self, blob: BlobId) -> bytes:
        """See :meth:`driftscan.history.snapshot.Snapshot.read`."""
        try:
            return self._blobs[blob]
        except KeyError:
            raise UnreadableBlob(blob) from None
