"""Ctrl-C, SIGTERM and a closed terminal at any moment: nothing is left behind, and nobody is shouted at."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driftscan.cli.interrupt import SIGNALS, Stopped
from driftscan.report.file import write
from tests.cli.conftest import DEFAULT, MAIN, PACKAGES
from tests.etc import ENVIRONMENT, FIRST_DAY, EtcHistory

DRIFTSCAN = (sys.executable, "-m", "driftscan")
MOMENTS = 24

AT_MANY_MOMENTS = '''
"""Runs `report` in one child after the other, and lets each be signalled one moment later than the last."""
import json, os, pathlib, signal, sys, tempfile
import git
import driftscan.cli.report
from driftscan.cli import main
from driftscan.patterns.catalogue import catalogue

catalogue()

repository, moments = sys.argv[1], int(sys.argv[2])
signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Countdown:
    def __init__(self, moment, number):
        self.left, self.number = moment, number

    def __call__(self, frame, event, argument):
        self.left -= 1
        if self.left == 0:
            sys.setprofile(None)
            os.kill(os.getpid(), self.number)


def report(moment, number):
    """How many moments the run had, its exit code, what it wrote to stderr, and the files it left."""
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile("w+") as told:
        child = os.fork()
        if not child:
            os.dup2(told.fileno(), 2)
            countdown = Countdown(moment, number)
            sys.setprofile(countdown)
            try:
                code = main(["report", "-q", "-C", repository, "-o", f"{place}/out.json"])
            finally:
                sys.setprofile(None)
            if not moment:
                print(-countdown.left, file=sys.stderr, flush=True)
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.seek(0)
        files = [path.name for path in pathlib.Path(place).iterdir()]
        whole = all(path.read_text().endswith("}\\n") for path in pathlib.Path(place).iterdir())
        return told.read(), code, files, whole


count = int(report(0, 0)[0])
runs = []
for moment in range(1, moments + 1):
    number = signals[moment % 3]
    said, code, files, whole = report(count * moment // (moments + 1), number)
    runs.append([128 + number, code, said, files, whole])
print(json.dumps(runs))
'''


def history(path: Path, commits: int) -> EtcHistory:
    """A history in which every commit changes something in TLS, made in one go."""
    etc = EtcHistory(path)
    etc.commit({"nginx/nginx.conf": MAIN, "nginx/sites-enabled/default": DEFAULT}, PACKAGES)
    lines = []
    for number in range(1, commits):
        site = DEFAULT.replace("}", f"    ssl_session_timeout {number}m;\n}}")
        when = int(FIRST_DAY.timestamp()) + number * 86400
        lines += [
            "commit refs/heads/main",
            f"committer root <root@host.example> {when} +0000",
            "data 5\ndaily",
            "from refs/heads/main^0" if number == 1 else "",
            f"M 100644 inline nginx/sites-enabled/default\ndata {len(site)}\n{site}",
        ]
    etc.git("fast-import", "--quiet", stdin="\n".join(line for line in lines if line).encode())
    return etc


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> EtcHistory:
    return history(tmp_path_factory.mktemp("interrupted") / "etc", 500)


def session(leader: int) -> Iterator[str]:
    """The command lines of the processes in a session, without those that have ended."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, found, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(found) == leader and state != "Z":
            yield command


@pytest.fixture(autouse=True)
def _nothing_is_ignored() -> Iterator[None]:
    """As on a terminal, also where the tests run in the background or under nohup: what is ignored is inherited."""
    ignored = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


def wait_for_git(running: "subprocess.Popen[str]", verb: str = "log") -> None:
    """Return as soon as it listens to a git of that verb."""
    while running.poll() is None:
        if any(f" {verb} " in f"{command} " for command in session(running.pid) if command.startswith("git ")):
            return
        os.sched_yield()
    pytest.fail("it ended before git was seen")


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["driftscan", "git-too-as-a-terminal-does"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_at_once_and_leaves_nothing(
    long_history: EtcHistory, tmp_path: Path, number: signal.Signals, send: Callable[[int, int], None]
) -> None:
    running = subprocess.Popen(
        [*DRIFTSCAN, "report", "-C", str(long_history.path), "-o", "out.html"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for_git(running)
    send(running.pid, number)
    out, err = running.communicate(timeout=60)
    assert list(session(running.pid)) == []
    assert list(tmp_path.iterdir()) == []
    assert (running.returncode, out) == (128 + number, "")
    assert err.splitlines()[1:] == [f"driftscan: stopped by {number.name}"]


def test_a_signal_that_is_ignored_stays_ignored(long_history: EtcHistory, tmp_path: Path) -> None:
    running = subprocess.Popen(
        ["nohup", *DRIFTSCAN, "report", "-q", "-n", "40", "-C", str(long_history.path), "-o", "out.html"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    # That of a short log may be over before it is seen; this one is there until the end.
    wait_for_git(running, "cat-file")  # type: ignore[arg-type]  # bytes or text, it makes no difference there
    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


def test_a_signal_at_any_moment_leaves_nothing(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", 8)
    done = subprocess.run(
        [sys.executable, "-c", AT_MANY_MOMENTS, str(etc.path), str(MOMENTS)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    runs = json.loads(done.stdout)
    assert len(runs) == MOMENTS
    for wanted, code, said, files, is_whole in runs:
        assert (code, is_whole) == (wanted, True), said
        assert files in ([], ["out.json"])
        assert said == f"driftscan: stopped by {signal.Signals(wanted - 128).name}\n"


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # Python closes it, and says so
def test_a_file_is_whole_or_not_there_whenever_writing_stops(tmp_path: Path) -> None:
    file, old, new = tmp_path / "out", "old", "new" * 5000

    left = 0

    def stop(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Stopped(signal.SIGINT)

    seen: list[str] = []
    is_done = False
    while not is_done:
        left = len(seen) + 1
        file.write_text(old)
        try:
            sys.setprofile(stop)
            write(file, new)
            is_done, left = True, 0
        except Stopped:
            pass
        finally:
            sys.setprofile(None)
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
        seen.append(file.read_text())
    assert len(seen) > 20
    assert seen == [old] * seen.count(old) + [new] * seen.count(new)


def test_what_python_drops_while_it_forgets_an_object_is_asked_again() -> None:
    program = """
import os, signal, sys
from driftscan.cli.interrupt import Stopped, stoppable


class Forgotten:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)


try:
    with stoppable():
        Forgotten()
        signal.pause()  # the second signal, of the retry, ends it
except Stopped as stopped:
    sys.exit(stopped.exit_code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (143, "")


def test_what_was_started_meanwhile_is_ended_and_nothing_else() -> None:
    program = """
import os, signal, subprocess
from driftscan.cli.interrupt import Stopped, stoppable

before = subprocess.Popen(["sleep", "60"])
try:
    with stoppable():
        after = subprocess.Popen(["sleep", "60"])
        os.kill(os.getpid(), signal.SIGINT)
except Stopped:
    print(*(os.path.exists(f"/proc/{process.pid}") for process in (before, after)))
before.kill()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (done.stdout, done.stderr) == ("True False\n", "")
