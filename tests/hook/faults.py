"""Kills a hook at every step of its work, and looks whether anything is lost, doubled or left behind.

A program of its own, `python -m tests.hook.faults KIND TOP PART PARTS`, because it forks: the copy that works counts
the calls that reach the kernel and kills itself before one of them. What the disk looks like then is what SIGKILL
leaves behind at that place, and the next run has to make do with it. It fails with the first assertion that does not
hold, and says how many kills there were.
"""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

from driftscan.configuration.settings import HookSettings
from driftscan.history.commit import CommitId
from driftscan.history.observe import NO_OPTIONS
from driftscan.history.repository import Repository
from driftscan.hook import news, page, run
from driftscan.hook.given import Given
from driftscan.hook.keep import Kept, Store, directory_for
from driftscan.nginx.includes import Layout

NOON: Final = datetime(2026, 2, 1, 12, tzinfo=UTC)
KERNEL: Final = frozenset({"posix", "fcntl", "_io", "io", "_posixsubprocess"})
"""Modules of C whose functions reach the kernel."""
HARMLESS: Final = frozenset({"fspath", "_path_normpath", "putenv", "unsetenv", "fileno", "text_encoding", "__exit__"})
OURS: Final = re.compile(r"/driftscan/(hook/|report/file\.py)")
OWN_TROUBLE: Final = re.compile(r"driftscan: (was killed|nothing of this is kept|/)")
DEPTH: Final = 3
"""How far from our own lines a call may be, through pathlib, to be one of them."""
MOST_REPORTS: Final = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A repository, what was known of it before its last commit, and all that a hook writes."""

    top: Path

    @property
    def etc(self) -> Path:
        return self.top / "etc"

    @property
    def before(self) -> Path:
        return self.top / "before"

    @property
    def state(self) -> Path:
        return self.top / "state"

    @property
    def store(self) -> Store:
        return Store(directory_for(self.etc, str(self.state)))

    @property
    def said(self) -> Path:
        return self.top / "said"

    @property
    def heard(self) -> Path:
        """What the command of the settings got."""
        return self.top / "heard"

    @property
    def metrics(self) -> Path:
        return self.top / "metrics"

    def begin(self) -> None:
        """Take what is there for known."""
        run.begin(self.given(NOON))
        self.state.rename(self.before)

    def given(self, moment: datetime) -> Given:
        settings = HookSettings(
            reports=MOST_REPORTS,
            command=self.command,
            textfile=f"{self.metrics}/driftscan.prom",
        )
        return Given(news.Subject(self.etc, Layout(), NO_OPTIONS), self.store, settings, moment, self.say)

    @property
    def command(self) -> list[str]:
        """Writes at once what it hears, so that several cannot mix it."""
        return ["/bin/sh", "-c", f"""all=$(cat); printf '%s\\n' "$all" >>'{self.heard}'"""]

    def say(self, line: str) -> None:
        with self.said.open("a") as file:
            file.write(f"{line}\n")

    def reset(self) -> None:
        """As it was before the last commit."""
        for directory in (self.state, self.metrics):
            shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(self.before, self.state, symlinks=True, dirs_exist_ok=True)
        self.metrics.mkdir()
        self.said.write_bytes(b"")
        self.heard.write_bytes(b"")

    @property
    def seen(self) -> str:
        """All that a hook wrote, apart from the random part of the names of temporary files."""
        found = hashlib.sha256()
        for path in sorted([self.said, self.heard, *self.state.rglob("*"), *self.metrics.rglob("*")]):
            name = re.sub(r"\.[0-9a-f]{16}$", ".temporary", str(path))
            content = b"" if path.is_symlink() or not path.is_file() else path.read_bytes()
            found.update(f"{name}\0{path.lstat().st_mode}\0{len(content)}\0".encode() + content)
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Told:
    """What a hook has told in the end, as far as it may not depend on where it was killed."""

    events: tuple[str, ...]
    said: frozenset[str]
    heard: frozenset[str]
    open: frozenset[str]
    gate: bytes

    @classmethod
    def of(cls, place: Place) -> "Told":
        """Look, and look whether it is whole."""
        store = place.store
        text = store.events.read_bytes()
        assert text.endswith(b"\n")
        kept = msgspec.json.decode((store.path / "state.json").read_bytes(), type=Kept)
        assert (kept.pending, kept.trouble) == (None, "")
        reports = sorted(path.name for path in (store.path / "reports").iterdir())
        assert reports == sorted(kept.reports)
        assert 1 <= len(reports) <= MOST_REPORTS
        assert str(store.latest.readlink()) == f"reports/{kept.reports[-1]}"
        assert store.latest.read_text().rstrip().endswith("</html>")
        names = {path.name for path in store.path.iterdir()}
        assert names == {"events.ndjson", "gate", "latest.html", "lock", "reports", "state.json"}
        assert [path.name for path in place.metrics.iterdir()] == ["driftscan.prom"]
        # What was killed while it told the command has sent it a part of a line.
        heard = [json.loads(line)["id"] for line in place.heard.read_text().splitlines() if line.endswith("}")]
        return cls(
            events=tuple(json.loads(line)["id"] for line in text.splitlines()),
            said=frozenset(line for line in place.said.read_text().splitlines() if not OWN_TROUBLE.match(line)),
            heard=frozenset(heard),
            open=frozenset(kept.open),
            gate=store.gate.read_bytes(),
        )


def contents(top: Path) -> dict[str, tuple[int, int, str]]:
    """Every file below a directory: its mode, when it was changed, and what is in it."""
    found = {}
    for path in [top, *top.rglob("*")]:
        status = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


Counts = Callable[[FrameType], bool]


def ours(frame: FrameType) -> bool:
    """Whether a call is made by the part of driftscan that writes."""
    here: FrameType | None = frame
    for _ in range(DEPTH):
        if here is None:
            return False
        if OURS.search(here.f_code.co_filename):
            return True
        here = here.f_back
    return False


def anywhere(_: FrameType) -> bool:
    return True


class Killer:
    """Ends this process before the call that has this number."""

    def __init__(self, number: int, counts: Counts) -> None:
        self._left = number
        self._counts = counts

    def __call__(self, frame: FrameType, event: str, function: object) -> None:
        if event != "c_call":
            return
        name, owner = getattr(function, "__name__", ""), getattr(function, "__self__", None)
        module = getattr(function, "__module__", None) or type(owner).__module__
        if module in KERNEL and name not in HARMLESS and self._counts(frame):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def survives(place: Place, moment: datetime, killer: Killer | None = None) -> bool:
    """Run the hook in a process of its own; whether it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sys.setprofile(killer)
            run.run(place.given(moment))
            code = 0
        finally:
            sys.setprofile(None)
            if code:
                sys.excepthook(*sys.exc_info())
            os._exit(code)
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in {0, -signal.SIGKILL}
    return ended == 0


def remember() -> None:
    """Examine and render once only: neither writes, and the copies of this process inherit what is known."""
    examine, render = news.news, page.page
    known: dict[object, news.News] = {}

    def examined(
        repository: Repository, subject: news.Subject, before: news.Before | None, today: datetime
    ) -> news.News:
        key = None if before is None else (before.examined, before.version, tuple(before.open))
        if key not in known:
            known[key] = examine(repository, subject, before, today)
        return known[key]

    pages: dict[object, str] = {}

    def rendered(
        repository: Repository, subject: news.Subject, since: CommitId | None, to: CommitId, moment: datetime
    ) -> str:
        if (since, to) not in pages:
            pages[since, to] = render(repository, subject, since, to, moment)
        return pages[since, to]

    setattr(run, "news", examined)  # noqa: B010 - the name is there for run alone
    page.page = rendered


class Ground:
    """A place, what is told there when nobody disturbs, and what must not change."""

    def __init__(self, place: Place, *, real: bool) -> None:
        if not real:
            remember()
        self.place = place
        self.repository = contents(place.etc)
        place.reset()
        run.run(place.given(NOON))
        run.run(place.given(NOON))
        self.undisturbed = Told.of(place)
        assert len(self.undisturbed.events) == 2
        assert len(self.undisturbed.heard) == 2
        self._recovered: set[str] = set()

    def kill(self, killer: Killer, moment: datetime) -> bool:
        """Kill a run; whether there was anything left to kill. What it leaves must be understood."""
        if survives(self.place, moment, killer):
            return False
        assert contents(self.place.etc) == self.repository
        self.place.store.load()
        return True

    def recover(self, moment: datetime) -> None:
        """The next run completes what was begun. The same leftovers are met once only."""
        leftovers = self.place.seen
        if leftovers in self._recovered:
            return
        self._recovered.add(leftovers)
        assert survives(self.place, moment)
        assert contents(self.place.etc) == self.repository
        assert Told.of(self.place) == self.undisturbed

    @property
    def distinct(self) -> int:
        return len(self._recovered)


def once(ground: Ground, counts: Counts, numbers: Iterator[int]) -> int:
    """Kill at every one of these calls, until there are no more."""
    for killed, number in enumerate(numbers):
        ground.place.reset()
        if not ground.kill(Killer(number, counts), NOON):
            return killed
        ground.recover(NOON + timedelta(hours=1))
    raise AssertionError("numbers do not end")


def twice(ground: Ground, pairs: int, seed: int) -> int:
    """Kill, and kill the run that follows; somewhere, but everywhere the same."""
    choose = random.Random(seed)  # noqa: S311 - no secret
    killed = 0
    while killed < 2 * pairs:
        ground.place.reset()
        for hours in range(2):
            killed += ground.kill(Killer(choose.randrange(1, 200), ours), NOON + timedelta(hours=hours))
        ground.recover(NOON + timedelta(hours=2))
    return killed


@cache
def kinds() -> dict[str, Callable[[Path, int, int], tuple[int, int]]]:
    def writing(top: Path, part: int, parts: int) -> tuple[int, int]:
        ground = Ground(Place(top), real=False)
        return once(ground, ours, count(part + 1, parts)), ground.distinct

    def reading(top: Path, part: int, parts: int) -> tuple[int, int]:
        ground = Ground(Place(top), real=True)
        return once(ground, anywhere, count(part + 1, parts)), ground.distinct

    def pairs(top: Path, part: int, parts: int) -> tuple[int, int]:
        ground = Ground(Place(top), real=False)
        return twice(ground, parts, part), ground.distinct

    return {"writing": writing, "reading": reading, "pairs": pairs}


if __name__ == "__main__":
    print(json.dumps(kinds()[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
