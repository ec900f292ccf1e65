"""How a run ends that is told to stop: Ctrl-C, SIGTERM, or the terminal being closed.

The signal becomes an exception, so that every `with` and `finally` on the way out does what it is there for: a file is
whole or not there, git is ended, the terminal is as it was. The exit code is what a shell makes of the signal.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RETRY: Final = 0.01
"""Seconds."""


class Stopped(BaseException):
    """A signal told the run to stop. It is no `Exception`: who handles errors does not handle this."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}"


@contextmanager
def stoppable() -> Iterator[None]:
    """Make the signals raise :class:`Stopped` once; what comes after the first cannot disturb the clearing up.

    A signal that is ignored stays ignored, as `nohup` and a shell's `&` want it.

    Raises:
        Stopped: one came. By then no process is left that was started inside.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen
        return
    there_before = _children()
    listener = _Listener()
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    hook = sys.unraisablehook
    try:
        sys.unraisablehook = listener.dropped
        for number in SIGNALS:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, listener)
        yield
    finally:
        if listener.is_stopping:
            _end(_children() - there_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = hook


class _Listener:
    """Raises at the first signal, and lets the others pass."""

    def __init__(self) -> None:
        self.is_stopping = False

    def __call__(self, number: int, _: FrameType | None) -> None:
        if not self.is_stopping:
            self.is_stopping = True
            raise Stopped(number)

    def dropped(self, unraisable: "UnraisableHookArgs") -> None:
        """Ask again in a moment: what is raised while Python forgets an object reaches nobody."""
        lost = unraisable.exc_value
        if not isinstance(lost, Stopped):
            sys.__unraisablehook__(unraisable)
            return
        self.is_stopping = False
        signal.signal(signal.SIGALRM, lambda _, frame: self(lost.number, frame))
        signal.setitimer(signal.ITIMER_REAL, RETRY)


def _children() -> frozenset[int]:
    """The processes that this one has started; none where the kernel does not tell."""
    found: set[int] = set()
    with suppress(OSError):
        for listing in Path("/proc/self/task").glob("*/children"):
            found.update(map(int, listing.read_text("ascii").split()))
    return frozenset(found)


def _end(processes: frozenset[int]) -> None:
    """End what nobody holds any more: a git whose start was interrupted, or that was being waited for."""
    for process in processes:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
