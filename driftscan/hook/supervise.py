"""Work in a process of its own that ends in time, with everything that it started.

A hook runs inside apt, where nothing may hang. The worker leads a process group; a pipe holds it to whoever waits for
it, so that it also ends when that one is killed.
"""

import contextlib
import os
import resource
import select
import signal
import threading
from collections.abc import Callable, Iterator
from enum import Enum
from typing import IO, Final

MEMORY: Final = 2 * 1024**3
"""Bytes of address space; a configuration that needs more is no configuration."""
GRACE: Final = 2.0
"""Seconds in which a worker that was told to end does so by itself."""

_apart = 0
"""The process group for programs that are not ours; 0: there is none."""


class Ended(Enum):
    """How the work ended."""

    DONE = "done"
    LATE = "it took too long"
    DIED = "it was ended"


def supervised(work: Callable[[], None], seconds: float) -> Ended:
    """Do the work in a child; kill the child and all that it started when that takes longer.

    What the work raises it must handle itself: here it only counts as having died.
    """
    life_read, life_write = os.pipe()
    with os.fdopen(life_write, "wb", buffering=0) as life, os.fdopen(life_read, "rb"), _group_apart(life_read, life):
        done_read, done_write = os.pipe()
        worker = os.fork()
        if worker == 0:
            _work(work, life_read, (done_read, life_write))
        os.close(done_write)
        in_time = False
        try:
            in_time = _closes(done_read, seconds)
        finally:
            life.close()
            if not in_time:
                _closes(done_read, GRACE)
            os.close(done_read)
            status = _end(worker)
    if not in_time:
        return Ended.LATE
    return Ended.DONE if os.waitstatus_to_exitcode(status) == 0 else Ended.DIED


def apart() -> int:
    """The process group for a program that may be ended without the worker; 0: it leads one of its own.

    It is there before any such program, so that no moment is left in which one could outlive all that know of it.
    """
    return _apart


@contextlib.contextmanager
def _group_apart(life_read: int, life: IO[bytes]) -> Iterator[None]:
    """Have that group as long as this lasts; a process that does nothing else keeps it, and ends it with our life."""
    global _apart  # noqa: PLW0603 - the worker is a copy of this process and finds it there
    keeper = os.fork()
    if keeper == 0:
        try:
            os.setpgid(0, 0)
            life.close()
            _end_with(life_read)
        finally:
            os._exit(1)
    try:
        # Here too, whoever of the two comes first.
        os.setpgid(keeper, keeper)
        _apart = keeper
        yield
    finally:
        _apart = 0
        _end(keeper)


def _end(leader: int) -> int:
    """End a child with its group; its status."""
    # Nobody else gets the number of the group before its leader has been waited for.
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(leader, signal.SIGKILL)
    return os.waitpid(leader, 0)[1]


def _closes(pipe: int, seconds: float) -> bool:
    """Whether the other end is closed in time, which it is when the worker ends."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(seconds * 1000))


def _work(work: Callable[[], None], life: int, theirs: tuple[int, ...]) -> None:
    """The whole life of the worker; it never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        for end in theirs:
            os.close(end)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        threading.Thread(target=_end_with, args=(life,), daemon=True).start()
        work()
        code = 0
    finally:
        os._exit(code)


def _end_with(life: int) -> None:
    """Wait for the end of the one who waits, then end the group."""
    with contextlib.suppress(OSError):
        while os.read(life, 1):
            pass
    os.killpg(os.getpgrp(), signal.SIGKILL)
