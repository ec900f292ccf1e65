"""A running git, listened to until it ends or is not needed any more."""

import re
import resource
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from subprocess import Popen
from threading import Thread
from typing import IO, cast

from driftscan.history.commit import BlobId
from driftscan.history.snapshot import UnreadableBlob

LARGEST_BLOB = 64 * 1024 * 1024
"""Bigger than any configuration; a blob beyond it is a disk image that somebody left in /etc."""


MOST_MEMORY = 1024 * 1024 * 1024
"""Bytes that git may take. It lists all changes of a commit before it writes the first, and a few trees that hold each
other again and again have more than fit into any machine."""


class Running:
    """A process whose output is read piece by piece. Forgetting it ends it."""

    def __init__(self, process: Popen[bytes]) -> None:
        self.input, self.output, stderr = (
            cast("IO[bytes]", pipe) for pipe in (process.stdin, process.stdout, process.stderr)
        )
        self._process = process
        with suppress(OSError, AttributeError):  # it has ended already; or this is no Linux
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        self._said: deque[bytes] = deque(maxlen=10)
        # Unread, a thousand warnings about a damaged repository would fill the pipe and stop git for ever.
        listener = Thread(target=_listen, args=(stderr, self._said), daemon=True)
        listener.start()
        self._end = weakref.finalize(self, _end, process, listener)
        self._listener = listener

    def finish(self) -> int:
        """The exit status, once the output has been read to its end."""
        status = self._process.wait()
        self._listener.join()
        return status

    @property
    def complaint(self) -> str:
        """What it wrote to stderr, at most the last lines."""
        return b"".join(self._said).decode("utf-8", "surrogateescape")

    def close(self) -> None:
        """End it now, whatever it is doing."""
        self._end()


def _listen(stderr: IO[bytes], said: deque[bytes]) -> None:
    while line := stderr.readline(4096):
        said.append(line)


def _end(process: Popen[bytes], listener: Thread) -> None:
    process.kill()
    process.wait()
    listener.join()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


class Blobs:
    """Contents by blob id, all from one `git cat-file --batch` that is started when the first is wanted."""

    def __init__(self, start: Callable[[], Running]) -> None:
        self._start = start
        self._running: Running | None = None

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a blob.

        Raises:
            UnreadableBlob: it is missing, damaged, no blob, or larger than :data:`LARGEST_BLOB`.
        """
        if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", blob) is None:
            raise UnreadableBlob(blob)
        self._running = self._running or self._start()
        try:
            return self._ask(self._running, blob)
        except (OSError, EOFError):
            self.close()  # git ends itself at a damaged object; the next question starts another
            raise UnreadableBlob(blob) from None

    @staticmethod
    def _ask(running: Running, blob: BlobId) -> bytes:
        running.input.write(blob.encode("ascii") + b"\n")
        running.input.flush()
        line = running.output.readline()
        if line.endswith(b" missing\n"):
            raise UnreadableBlob(blob)
        answer = re.fullmatch(rb"[0-9a-f]+ (\w+) (\d+)\n", line)
        if answer is None:
            raise EOFError
        size = int(answer[2])
        if answer[1] != b"blob" or size > LARGEST_BLOB:
            raise EOFError
        data = running.output.read(size + 1)
        if len(data) != size + 1:
            raise EOFError
        return data[:-1]

    def close(self) -> None:
        """End git; asking again starts another."""
        if self._running is not None:
            self._running.close()
            self._running = None


class Sizes(Blobs):
    """Sizes by blob id, without the contents, all from one `git cat-file --batch-check`."""

    def of(self, blob: BlobId) -> int | None:
        """The bytes of a blob; `None` when it is missing, damaged or no blob."""
        try:
            return int(self.read(blob))
        except UnreadableBlob:
            return None

    @staticmethod
    def _ask(running: Running, blob: BlobId) -> bytes:
        running.input.write(blob.encode("ascii") + b"\n")
        running.input.flush()
        line = running.output.readline()
        answer = re.fullmatch(rb"[0-9a-f]+ blob (\d+)\n", line)
        if answer is None and line:
            raise UnreadableBlob(blob)
        if answer is None:
            raise EOFError
        return answer[1]
