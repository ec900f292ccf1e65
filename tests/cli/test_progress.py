"""What is drawn while a long walk lasts, on a real terminal, and that nothing of it is left."""

import fcntl
import io
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftscan.cli.progress import BAR, EVERY, PATIENCE, Meter
from tests.cli.conftest import Incident
from tests.etc import ENVIRONMENT

AT_ONCE = """
import sys
from driftscan.cli import main, progress

progress.PATIENCE = progress.EVERY = 0
sys.exit(main(sys.argv[1:]))
"""
TERMINAL = ENVIRONMENT | {"TERM": "xterm", "TZ": "UTC"}


class Ticking:
    """A clock that goes on by so many seconds whenever somebody looks at it."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds = 1000.0, seconds

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


def screen(written: str) -> list[str]:
    """The lines of a terminal after that was written to it, as far as `\\r` and `\\n` move."""
    lines = []
    for line in written.split("\n"):
        cells: list[str] = []
        for piece in line.split("\r"):
            cells[: len(piece)] = piece
        lines.append("".join(cells).rstrip())
    return lines


def on_terminal(*arguments: str, environment: dict[str, str], program: str = AT_ONCE) -> tuple[int, bytes, str]:
    """Exit code, stdout, and what came to a terminal that stderr is."""
    terminal, end = pty.openpty()
    with (
        os.fdopen(terminal, "rb", buffering=0) as shown,
        subprocess.Popen(
            [sys.executable, "-c", program, *arguments], env=environment, stdout=subprocess.PIPE, stderr=end
        ) as running,
    ):
        os.close(end)
        said = b"".join(_until_closed(shown))
        out, _ = running.communicate(timeout=60)
    return running.returncode, out, said.decode().replace("\r\n", "\n")


def _until_closed(terminal: io.FileIO) -> Iterator[bytes]:
    try:
        while read := terminal.read(4096):
            yield read
    except OSError:  # Linux says so when nobody holds the other end any more
        return


@pytest.mark.parametrize(
    "verb",
    [
        ["log"],
        ["log", "HEAD~4..HEAD"],
        ["report", "-o", os.devnull + "x/y", "--format", "json"],
        ["suspects", "--at", "2026-01-05 00:00 +0000"],
        ["blame", "shop.example"],
    ],
)
def test_a_walk_is_shown_and_then_gone(incident: Incident, verb: list[str]) -> None:
    quiet = [verb[0], "-C", incident.path, *verb[1:]]
    _, _, said = on_terminal(*quiet, environment=TERMINAL)
    drawn = [piece for line in said.splitlines() for piece in line.split("\r") if piece.startswith("[")]
    total = 4 if "HEAD~4..HEAD" in verb else 5
    walk = [f"{done} of {total} commits, 0:00" for done in range(1, total + 1)]
    walks = len(drawn) // total
    assert walks >= 1
    assert [line.rstrip().partition("] ")[2] for line in drawn] == walk * walks
    plain = subprocess.run([sys.executable, "-m", "driftscan", *quiet], env=TERMINAL, capture_output=True, check=False)
    assert screen(said) == screen(plain.stderr.decode())
    assert "\x1b" not in said


def test_stdout_is_the_same_with_it(incident: Incident) -> None:
    arguments = ("log", "-C", incident.path)
    code, out, said = on_terminal(*arguments, environment=TERMINAL)
    plain = subprocess.run(
        [sys.executable, "-m", "driftscan", *arguments], env=TERMINAL, capture_output=True, check=True
    )
    assert (code, out) == (0, plain.stdout)
    assert "of 5 commits" in said
    assert b"of 5 commits" not in plain.stderr


@pytest.mark.parametrize(
    ("more", "environment"),
    [
        (["-q"], {}),
        ([], {"TERM": "dumb"}),
        ([], {"TERM": ""}),
    ],
)
def test_nothing_is_drawn_where_nobody_wants_it(
    incident: Incident, more: list[str], environment: dict[str, str]
) -> None:
    code, _, said = on_terminal("log", "-C", incident.path, *more, environment=TERMINAL | environment)
    assert code == 0
    assert "commits" not in said.replace("range: all commits", "")


def test_the_hook_draws_nothing(incident: Incident, tmp_path: Path) -> None:
    kept = {"DRIFTSCAN_HOOK_STATE": str(tmp_path / "state")}
    _, _, said = on_terminal("hook", "run", "-C", incident.path, environment=TERMINAL | kept)
    assert "\r" not in said


FAILING = AT_ONCE.replace(
    "sys.exit",
    """
show = progress.Meter.show


def fail(meter, done, total):
    show(meter, done, total)
    if done == 3:
        raise DriftscanError("no more")


progress.Meter.show = fail
sys.exit""",
).replace("import sys", "import sys\nfrom driftscan.errors import DriftscanError", 1)


def test_an_error_stands_on_a_line_of_its_own(incident: Incident) -> None:
    code, _, said = on_terminal("log", "-C", incident.path, environment=TERMINAL, program=FAILING)
    assert "3 of 5 commits" in said
    assert (code, screen(said)[-2:]) == (2, ["driftscan: no more", ""])


@pytest.fixture
def drawn() -> Iterator[tuple[io.TextIOWrapper, int]]:
    """The two ends of a terminal: to write to, and to read from."""
    terminal, end = pty.openpty()
    with os.fdopen(end, "w") as written:
        yield written, terminal
    os.close(terminal)


def read_until(terminal: int, end: str) -> str:
    """What was written, up to an end that must come; a terminal may hand it on in pieces."""
    text = ""
    while not text.endswith(end):
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, text
        text += os.read(terminal, 4096).decode()
    return text


def test_a_short_walk_draws_nothing(drawn: tuple[io.TextIOWrapper, int]) -> None:
    written, terminal = drawn
    meter = Meter(written, Ticking(PATIENCE / 10))
    for done in range(9):
        meter.show(done, lambda: pytest.fail("the total was asked for"))
    meter.clear()
    os.set_blocking(terminal, False)
    with pytest.raises(BlockingIOError):
        os.read(terminal, 1)


def test_a_long_walk_is_drawn_ten_times_a_second_and_cleared(drawn: tuple[io.TextIOWrapper, int]) -> None:
    written, terminal = drawn
    meter = Meter(written, Ticking(1 / 64))
    for done in range(1, 65):
        meter.show(done, lambda: 64)
    before = read_until(terminal, "60 of 64 commits, 0:00")
    drawings = [line.rpartition("] ")[2] for line in before.split("\r")[1:]]
    assert (PATIENCE, EVERY) == (32 / 64, 0.1)
    assert drawings == [f"{done} of 64 commits, 0:0{done // 64}" for done in range(32, 65, 7)]
    meter.clear()
    assert screen(before + read_until(terminal, " \r")) == [""]


def test_a_slow_walk_tells_minutes(drawn: tuple[io.TextIOWrapper, int]) -> None:
    written, terminal = drawn
    meter = Meter(written, Ticking(125))
    meter.show(1, lambda: 8)
    assert os.read(terminal, 4096).decode() == f"\r[{'#' * (BAR // 8)}{'.' * (BAR - BAR // 8)}] 1 of 8 commits, 2:05"


def test_a_narrow_terminal_is_not_wrapped(drawn: tuple[io.TextIOWrapper, int]) -> None:
    written, terminal = drawn
    fcntl.ioctl(written.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
    Meter(written, Ticking(1)).show(1, lambda: 8)
    assert len(os.read(terminal, 4096).decode()) == len("\r") + 19


def test_a_terminal_that_is_gone_does_not_end_the_walk(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        meter = Meter(gone, Ticking(1))
        meter.show(1, lambda: 8)
        meter.show(2, lambda: pytest.fail("drawn again"))
        meter.clear()
        os.dup2(os.open(tmp_path / "rest", os.O_WRONLY | os.O_CREAT), gone.fileno())  # what is left to be flushed
