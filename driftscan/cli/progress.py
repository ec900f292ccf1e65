"""How far a long walk has come: one line on the terminal, which is gone when it ends."""

import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from driftscan.history.commit import CommitId, Revision
from driftscan.history.repository import Repository
from driftscan.history.selection import Segment

PATIENCE: Final = 0.5
"""Seconds before the line is drawn: most walks are over by then."""
EVERY: Final = 0.1
"""Seconds between two drawings."""
BAR: Final = 24
COLUMNS: Final = 80
"""Of a terminal that does not say how wide it is."""

Clock = Callable[[], float]


@contextmanager
def opened(path: Path, *, quiet: bool) -> Iterator[Repository]:
    """The repository, whose longest walk is shown while it lasts, where somebody can see it.

    Raises:
        RepositoryError: as :meth:`Repository.open` does.
    """
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        with Repository.open(path) as repository:
            yield repository
        return
    with _Watched.open(path) as watched:
        yield watched


class Meter:
    """One line that is drawn over and over. It has no colours and asks no more of a terminal than to go back."""

    def __init__(self, terminal: TextIO, clock: Clock = time.monotonic) -> None:
        self._terminal = terminal
        self._clock = clock
        self._start = clock()
        self._next = self._start + PATIENCE
        self._width = 0
        """How many columns are drawn on."""

    def show(self, done: int, total: Callable[[], int]) -> None:
        """Draw how much is done, if it is time to; only then is the total asked for."""
        now = self._clock()
        if now >= self._next:
            self._next = now + EVERY
            self._draw(_line(done, total(), int(now - self._start))[: self._columns() - 1])

    def clear(self) -> None:
        """Leave the terminal as it was."""
        if self._width:
            self._draw("")
            self._write("\r")

    def _draw(self, line: str) -> None:
        self._width = max(self._width, len(line))
        self._write(f"\r{line.ljust(self._width)}")

    def _write(self, text: str) -> None:
        try:
            self._terminal.write(text)
            self._terminal.flush()
        except OSError:  # nobody looks any more
            self._next = float("inf")

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._terminal.fileno()).columns or COLUMNS
        except OSError:
            return COLUMNS


def _line(done: int, total: int, seconds: int) -> str:
    filled = BAR * done // max(total, 1)
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {done} of {total} commits, {seconds // 60}:{seconds % 60:02}"


class _Watched(Repository):
    """A repository that tells on the terminal how far a walk has come; what a merge brought counts with the merge."""

    _meter: Meter | None = None

    def revisions(self, segment: Segment) -> Iterator[Revision]:
        if self._meter is not None or segment.last is None:
            return super().revisions(segment)
        return self._shown(super().revisions(segment), segment.count, segment.last)

    def _shown(self, revisions: Iterator[Revision], count: int | None, last: CommitId) -> Iterator[Revision]:
        @functools.cache
        def total() -> int:
            asked = ("rev-list", "--count", "--first-parent", last, "--")
            return int(self._git.answer(*asked)) if count is None else count

        self._meter = meter = Meter(sys.stderr)
        for done, revision in enumerate(revisions, 1):
            yield revision
            meter.show(done, total)
        self._forget()

    def _forget(self) -> None:
        if self._meter is not None:
            self._meter.clear()
            self._meter = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()
        super().__exit__(kind, error, trace)
