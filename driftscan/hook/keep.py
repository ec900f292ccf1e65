"""What the hook keeps from one run to the next, so that nothing is lost or told twice.

    state.json     which commit was examined last, what is open, and what is not told everywhere yet
    gate           what a commit must touch, see :mod:`driftscan.hook.gate`
    events.ndjson  one line for each event; events.ndjson.1 are the older ones
    latest.html    a link to the newest of reports/
    lock           held by the one run that works; the kernel lets go of it when that ends, however it ends
    attempt        how often a run has begun with the same state and not ended

A state.json that cannot be understood is kept as state.json.damaged.
A file is replaced in one step, or only ever appended to. First of all a run writes down what it is about to tell; what
it has told is crossed out one by one, and only then do commits stop at the gate again.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from driftscan.errors import DriftscanError
from driftscan.hook import eventlog, owned, published
from driftscan.report.entries import SeverityWord
from driftscan.report.file import put

ROOTS_OWN: Final = Path("/var/lib/driftscan")
LARGEST_STATE: Final = 64 * 1024 * 1024
"""Bytes of a state.json that is read."""
Id = Annotated[str, Meta(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})\Z")]
"""Of a commit."""
ReportName = Annotated[str, Meta(pattern=published.NAME)]
LAST_SECOND: Final = 253_402_214_400
"""The last day of the year 9999; Python has no later one."""
Channel = Literal["events", "print", "report", "syslog", "command"]
"""Where news are told, in this order."""


class UnkeptError(DriftscanError):
    """Something could not be kept."""


class DamagedError(DriftscanError):
    """What was kept cannot be understood."""


class KnownFinding(Struct, frozen=True):
    """An open finding that was told."""

    pattern: str
    severity: SeverityWord
    subject: str


class Pending(Struct, frozen=True):
    """News that are not told everywhere yet."""

    since: Id | None
    """The commit examined before; `None` where only one commit was looked at."""
    to: Id
    events: list[str]
    """Every event as one line of JSON."""
    loud: list[str]
    """Those of them that are loud enough to be told to people."""
    lines: list[str]
    """What is printed."""
    left: list[Channel]


class Kept(Struct, frozen=True):
    """The place in the history that the hook has come to."""

    version: str
    """Of the driftscan that judged; another one may know more."""
    examined: Annotated[str, Meta(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})?\Z")] = ""
    """The commit; empty: none was."""
    open: dict[str, KnownFinding] = {}
    """By fingerprint."""
    gaps: int = 0
    committed: Annotated[float, Meta(ge=-LAST_SECOND, le=LAST_SECOND)] = 0.0
    """When that commit was made, in seconds since 1970."""
    trouble: str = ""
    """What went wrong in the last run, and was said."""
    reports: list[ReportName] = []
    """Their names, oldest first."""
    pending: Pending | None = None


def directory_for(top: Path, base: str | None) -> Path:
    """Where the hook keeps what it knows of a repository.

    Args:
        top: its work tree.
        base: the directory of all of them, as configured; `None`: the usual one of this user.

    Raises:
        DriftscanError: that would be inside the repository, where it would be committed.
    """
    top = top.resolve()
    if base is not None:
        home = Path(base)
    elif os.geteuid() == 0:
        home = ROOTS_OWN
    else:
        home = Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".local/state/driftscan"
    if home.resolve().is_relative_to(top):
        raise DriftscanError(
            f"[hook] state = {str(home)!r} is inside {top}; choose a directory outside, such as {ROOTS_OWN}"
        )
    name = re.sub(r"[^A-Za-z0-9]+", "-", str(top)).strip("-") or "root"
    # /srv/a-b and /srv/a/b must not share one; /etc keeps the short name that people look for.
    mark = "" if top == Path("/etc") else "-" + hashlib.sha256(os.fsencode(top)).hexdigest()[:8]
    return home / f"{name[:80]}{mark}"


@dataclass(frozen=True, slots=True)
class Store:
    """The directory of one repository."""

    path: Path

    @property
    def gate(self) -> Path:
        """What the shell reads."""
        return self.path / "gate"

    @property
    def latest(self) -> Path:
        """The link to the newest report."""
        return self.path / published.LATEST

    @property
    def events(self) -> Path:
        """The newest events."""
        return self.path / "events.ndjson"

    def _prepare(self) -> None:
        """Make the directory, for its owner alone."""
        try:
            for directory in (self.path.parent, self.path):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                status = directory.lstat()
                if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                    raise UnkeptError(f"{directory} is no directory of this user's; remove it, or set [hook] state")
                others_write = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
                if others_write and not status.st_mode & stat.S_ISVTX and directory != self.path:
                    raise UnkeptError(f"others can write to {directory}; `chmod go-w` it, or set [hook] state")
            if stat.S_IMODE(self.path.lstat().st_mode) != 0o700:
                self.path.chmod(0o700)
        except OSError as error:
            raise UnkeptError(f"{self.path} cannot be used: {error.strerror}; set [hook] state") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait until no other run works here, and make the directory where it is missing.

        Raises:
            UnkeptError: it cannot be made or written, or belongs to somebody else.
        """
        self._prepare()
        try:
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unkept(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._tidy()
            yield
        finally:
            os.close(lock)

    def _tidy(self) -> None:
        """Remove what a killed run was about to put in its place."""
        reports = self.path / published.FOLDER
        for directory in (self.path, *([] if reports.is_symlink() else [reports])):
            for left in directory.glob(".*.????????????????"):
                with contextlib.suppress(OSError):
                    left.unlink()

    def _unkept(self, error: OSError) -> UnkeptError:
        """The same words for every file, so that a full disk is one trouble and not five."""
        return UnkeptError(f"{self.path} cannot be written: {error.strerror}; what is not kept may be told again")

    @property
    def _state(self) -> Path:
        return self.path / "state.json"

    def load(self) -> Kept | None:
        """What the last run left; `None` where there was none.

        Raises:
            DamagedError: it cannot be understood.
        """
        try:
            return msgspec.json.decode(owned.read(self._state, LARGEST_STATE), type=Kept)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DamagedError(f"{self._state} cannot be read: {error.strerror}") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise DamagedError(f"{self._state} cannot be understood") from None

    def set_aside(self) -> Path:
        """Move a damaged state out of the way, for whoever wants to know what became of it.

        Raises:
            UnkeptError: it cannot be moved.
        """
        aside = self.path / "state.json.damaged"
        try:
            return self._state.replace(aside)
        except OSError as error:
            raise UnkeptError(f"{self._state} cannot be moved: {error.strerror}; remove {aside}") from None

    def save(self, kept: Kept) -> None:
        """Keep it, in one step.

        Raises:
            UnkeptError: it cannot be written.
        """
        try:
            put(self._state, msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
        except OSError as error:
            raise self._unkept(error) from None

    def open_gate(self) -> None:
        """Let every commit through, until the next :meth:`shut_gate`."""
        with contextlib.suppress(OSError):
            self.gate.unlink()

    def shut_gate(self, content: bytes) -> None:
        """Let only those commits through that touch what the content names; all, if it cannot be written."""
        with contextlib.suppress(OSError):
            put(self.gate, content)

    def attempts(self, of: str) -> int:
        """Count that a run begins, and say how many have begun in the same place and not ended, this one included."""
        file = self.path / "attempt"
        before, number = "", "0"
        with contextlib.suppress(OSError, ValueError):
            before, number = owned.read(file, 200).decode("ascii").split()
        count = int(number) + 1 if before == of and number.isdecimal() else 1
        with contextlib.suppress(OSError):
            put(file, f"{of} {count}\n".encode("ascii"))
        return count

    def ended(self) -> None:
        """A run has come to its end."""
        with contextlib.suppress(OSError):
            (self.path / "attempt").unlink()

    def publish(self, name: str, page: str, others: Sequence[str], most: int) -> list[str]:
        """See :func:`driftscan.hook.published.publish`.

        Raises:
            UnkeptError: it cannot be written.
        """
        try:
            return published.publish(self.path, name, page, others, most)
        except OSError as error:
            raise self._unkept(error) from None

    def append(self, lines: Sequence[str]) -> None:
        """Add events; those that an interrupted run has added already are there once.

        Raises:
            UnkeptError: there is no room, or no right.
        """
        try:
            eventlog.append(self.events, lines)
        except OSError as error:
            raise self._unkept(error) from None
