"""A directory on disk as a snapshot: an /etc that is in no repository, or not committed yet."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from driftscan.errors import DriftscanError
from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.process import LARGEST_BLOB
from driftscan.history.snapshot import UnreadableBlob

_NOT_A_LINK = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_BYTES = 4 * LARGEST_BLOB
"""Of all files together: everything that is read is kept until the answer is there."""


@dataclass(slots=True)
class Directory:
    """A :class:`~driftscan.history.snapshot.Snapshot` of a directory as it is now.

    Nothing outside it is ever opened: links are returned as links, and the caller resolves them inside the tree. No
    directory on the way to a file is a link either, not even when somebody puts one there meanwhile. Each file is read
    once, when its entry is asked for, and each directory listed once, so that one answer describes one moment.
    """

    top: Path
    _blobs: dict[BlobId, bytes] = field(default_factory=dict)
    _entries: dict[str, Entry | None] = field(default_factory=dict)
    _names: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _bytes: int = 0

    @classmethod
    def open(cls, top: Path) -> "Directory":
        """The tree below `top`.

        Raises:
            DriftscanError: `top` is not a directory that can be read.
        """
        if not top.is_dir() or not os.access(top, os.R_OK | os.X_OK):
            raise DriftscanError(f"{top}: not a directory that can be read")
        return cls(top)

    @contextmanager
    def _above(self, path: str) -> Iterator[tuple[int, str]]:
        """The directory that `path` is in, opened, and its name in there.

        Raises:
            OSError: a directory on the way is none, or is a link.
        """
        *directories, name = path.split("/")
        opened = os.open(self.top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for directory in directories:
                below = os.open(directory, _NOT_A_LINK | os.O_DIRECTORY, dir_fd=opened)
                os.close(opened)
                opened = below
            yield opened, name
        finally:
            os.close(opened)

    def entry(self, path: str) -> Entry | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.entry`."""
        if path not in self._entries:
            self._entries[path] = self._read_entry(path)
        return self._entries[path]

    def _read_entry(self, path: str) -> Entry | None:
        try:
            with self._above(path) as (directory, name):
                mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
                if stat.S_ISLNK(mode):
                    return Entry(Kind.LINK, self._keep(os.fsencode(os.readlink(name, dir_fd=directory))))
                return Entry(Kind.FILE, self._read(directory, name)) if stat.S_ISREG(mode) else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            # There, but not for us: name it by an id that no bytes have, so that reading it becomes a gap.
            return Entry(Kind.FILE, BlobId(f"unreadable: {error.strerror}"))

    def _read(self, directory: int, name: str) -> BlobId:
        """Read a file; what is a pipe by now is not waited for."""
        with open(os.open(name, _NOT_A_LINK | os.O_NONBLOCK, dir_fd=directory), "rb") as file:  # noqa: PTH123 - no path
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return BlobId("unreadable: no plain file any more")
            data = file.read(LARGEST_BLOB + 1)
        if len(data) > LARGEST_BLOB or self._bytes + len(data) > _MOST_BYTES:
            return BlobId("unreadable: too large to be configuration")
        return self._keep(data)

    def _keep(self, data: bytes) -> BlobId:
        # git's own blob id, so that what is known about a blob by its id is known here too.
        blob = BlobId(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())
        self._bytes += len(data)
        self._blobs[blob] = data
        return blob

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            with self._above(path) as (directory, name):
                return os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError:
            return None

    def kind(self, path: str) -> Kind | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.kind`."""
        found = self._stat(path)
        if found is None:
            return None
        return Kind.LINK if stat.S_ISLNK(found.st_mode) else Kind.FILE if stat.S_ISREG(found.st_mode) else None

    def size(self, path: str) -> int | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.size`."""
        found = self._stat(path)
        return found.st_size if found is not None and stat.S_ISREG(found.st_mode) else None

    def names(self, directory: str) -> frozenset[str] | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.names`."""
        if directory not in self._names:
            try:
                with self._above(f"{directory}/." if directory else ".") as (opened, _):
                    self._names[directory] = frozenset(os.listdir(opened))  # noqa: PTH208 - of a descriptor
            except OSError:
                self._names[directory] = None
        return self._names[directory]

    def may_lack(self, _path: str, *, had: bool = False) -> bool:  # noqa: ARG002 - a directory has no past
        """See :meth:`driftscan.history.snapshot.Snapshot.may_lack`. A directory is all there is."""
        return False

    def read(self, blob: BlobId) -> bytes:
        """See :meth:`driftscan.history.snapshot.Snapshot.read`."""
        try:
            return self._blobs[blob]
        except KeyError:
            raise UnreadableBlob(blob) from None
