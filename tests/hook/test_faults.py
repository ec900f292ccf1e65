"""What a hook must not do whatever goes wrong: fail a commit, hang, lose, double, or leave anything behind."""

import fcntl
import json
import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

import driftscan
from driftscan.cli import main
from driftscan.configuration.settings import HookSettings
from driftscan.history.observe import NO_OPTIONS
from driftscan.hook import eventlog
from driftscan.hook.given import Given
from driftscan.hook.install import install
from driftscan.hook.keep import Store, directory_for
from driftscan.hook.news import Subject
from driftscan.hook.run import begin, run
from driftscan.nginx.includes import Layout
from tests.conftest import unavailable
from tests.etc import ENVIRONMENT
from tests.hook.conftest import Etc
from tests.hook.faults import NOON, Place, contents

ROOT: Final = Path(driftscan.__file__).parent.parent
PATIENCE: Final = 60
"""Seconds after which something hangs that does not."""
BROKEN: Final = "CRITICAL session-tickets-mismatch: blog.example:443 has session tickets off"
Damage = Callable[[Path], None]
"""What somebody does to a git directory, or to a file of the state."""
Rewriting = Callable[[Etc], None]
IS_ROOT: Final = os.geteuid() == 0


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    said: list[str]

    @property
    def tells(self) -> bool:
        return any(BROKEN in line for line in self.said)

    @property
    def troubles(self) -> list[str]:
        """What is said of driftscan itself."""
        news = re.compile(
            "driftscan: ( |CRITICAL |resolved: |`driftscan |the report is |the history was rewritten|cannot read )"
        )
        return [line for line in self.said if not news.match(line)]


@dataclass(frozen=True, slots=True)
class Hooked:
    """A repository whose state is known to the hook, and that is about to break."""

    etc: Etc
    top: Path
    capture: pytest.CaptureFixture[str]

    @property
    def store(self) -> Store:
        return Store(directory_for(self.etc.path, str(self.top / "state")))

    @property
    def config(self) -> Path:
        return self.top / "driftscan.toml"

    def configure(self, **settings: object) -> None:
        lines = [f"{name} = {json.dumps(value)}" for name, value in {"state": f"{self.top}/state", **settings}.items()]
        self.config.write_text("\n".join(["[hook]", *lines, ""]))
        self.config.chmod(0o600)

    def command(self) -> list[str]:
        named = ["--config", str(self.config), "hook", "run", "-C", str(self.etc.path)]
        return [sys.executable, "-I", "-m", "driftscan", *named]

    def start(self, *prefix: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*prefix, *self.command()],
            env=ENVIRONMENT | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *prefix: str, environment: Mapping[str, str] | None = None) -> Done:
        """Run the command line as a hook does: by another program, or with other variables, in a new process."""
        if prefix or environment:
            return ended(self.start(*prefix, environment=environment))
        self.capture.readouterr()
        status = main(self.command()[4:])
        return done(status, *self.capture.readouterr())

    def at(self, moment: datetime, **settings: object) -> list[str]:
        """Run in this process, at another time."""
        said: list[str] = []
        hook = HookSettings(**settings)  # type: ignore[arg-type] # names and values are the test's
        run(Given(Subject(self.etc.path, Layout(), NO_OPTIONS), self.store, hook, moment, said.append))
        return said

    def break_it(self) -> None:
        self.etc.break_the_sites()
        self.etc.commit("letsencrypt", message="daily autocommit")

    @property
    def events(self) -> list[str]:
        text = self.store.events.read_text() if self.store.events.exists() else ""
        assert text == "" or text.endswith("\n")
        told = [json.loads(line) for line in text.splitlines()]
        return [event["event"] for event in told if event["pattern"] == "session-tickets-mismatch"]


def ended(process: "subprocess.Popen[str]") -> Done:
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return done(process.returncode, out, err)


def done(status: int, out: str, err: str) -> Done:
    assert out == ""
    assert "Traceback" not in err, err
    return Done(status, err.splitlines())


@pytest.fixture
def hooked(etc: Etc, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Hooked:
    made = Hooked(etc, tmp_path, capfd)
    made.configure()
    begin(Given(Subject(etc.path, Layout(), NO_OPTIONS), made.store, HookSettings(), NOON, lambda _: None))
    return made


BOTH: Final = ["introduced", "introduced"]


def assert_complete(hooked: Hooked) -> None:
    """That a run has told everything, and left nothing but what it keeps."""
    assert hooked.events == BOTH
    names = {path.name for path in hooked.store.path.iterdir()}
    assert names - {"state.json.damaged"} == {"events.ndjson", "gate", "latest.html", "lock", "reports", "state.json"}
    assert hooked.store.gate.read_text().startswith(hooked.etc.git("rev-parse", "HEAD").stdout)
    assert hooked.store.latest.read_text().rstrip().endswith("</html>")
    kept = hooked.store.load()
    assert kept is not None
    assert kept.pending is None
    assert len(kept.open) == 2


# ------------------------------------------------------------------ killed


def faults(kind: str, place: Place, part: int, parts: int, *prefix: str, program: str = "faults") -> list[int]:
    """Run the program of `faults.py` or `outside.py`; what it counted."""
    done = subprocess.run(
        [*prefix, sys.executable, "-m", f"tests.hook.{program}", kind, place.top, str(part), str(parts)],
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


@pytest.fixture
def place(etc: Etc, tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.metrics.mkdir()
    made.begin()
    etc.break_the_sites()
    etc.commit("letsencrypt", message="daily autocommit")
    return made


@pytest.mark.parametrize("part", range(2))
def test_killed_at_any_call_that_writes(place: Place, part: int) -> None:
    killed, leftovers = faults("writing", place, part, 2)
    assert killed >= 60
    assert leftovers >= 20


def test_killed_while_it_reads(place: Place) -> None:
    killed, _ = faults("reading", place, 0, 37)
    assert killed >= 30


@pytest.mark.parametrize("seed", range(2))
def test_killed_twice(place: Place, seed: int) -> None:
    killed, _ = faults("pairs", place, seed, 50)
    assert killed >= 100


@pytest.mark.parametrize(
    ("victim", "first", "step"), [("worker", 0, 1), ("supervisor", 0, 1), ("both", 0, 2), ("keeper", 2, 3)]
)
def test_killed_from_outside(place: Place, victim: str, first: int, step: int) -> None:
    """At six moments that are seen from outside, or at some of them."""
    (killed,) = faults(victim, place, first, step, program="outside")
    assert killed == len(range(first, 6, step))


def marked(mark: str) -> dict[int, str]:
    """The processes that have this in their command line, and are not over."""
    found = {}
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace") if process.name.isdecimal() else ""
            if mark in words and int(process.name) != os.getpid():
                found[int(process.name)] = words.replace("\0", " ")
    return found


def assert_nothing_runs(mark: str) -> None:
    """That no such process is left, or is only just about to end."""
    last = time.monotonic() + 10
    for process, words in marked(mark).items():
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(process)
            try:
                assert select.select([handle], [], [], max(last - time.monotonic(), 0))[0], words
            finally:
                os.close(handle)


def wait_for(path: Path) -> None:
    """Until a file is there."""
    last = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < last, f"{path} never came"
        select.select([], [], [], 0.005)


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


@pytest.fixture
def never(tmp_path: Path) -> Path:
    """A pipe that nobody ever writes to: whoever reads it hangs."""
    pipe = tmp_path / "never"
    os.mkfifo(pipe)
    return pipe


def test_the_whole_group_is_killed_inside_of_a_commit(hooked: Hooked, never: Path) -> None:
    hooked.configure(command=[str(script(hooked.top / "hang", f"echo >'{hooked.top}/began'", f"read x <'{never}'"))])
    install(hooked.etc.path, Path(sys.executable), hooked.store.gate, config=hooked.config)
    hooked.etc.break_the_sites()
    hooked.etc.git("add", "letsencrypt")
    commit = subprocess.Popen(
        ["git", "commit", "-q", "-m", "x"], cwd=hooked.etc.path, env=ENVIRONMENT, stderr=-3, start_new_session=True
    )
    wait_for(hooked.top / "began")
    os.killpg(commit.pid, signal.SIGKILL)
    commit.wait()
    assert_nothing_runs(str(hooked.top))
    hooked.configure()
    hooked.run()
    assert_complete(hooked)


def test_a_git_that_hangs_is_given_up_with_all_that_it_started(hooked: Hooked, never: Path) -> None:
    hooked.break_it()
    real = shutil.which("git", path=ENVIRONMENT["PATH"])
    git = script(
        hooked.top / "bin/git",
        f'case " $* " in *" log "*) (trap "" TERM; read x <"{never}") & read x <"{never}";; esac',
        f'exec {real} "$@"',
    )
    hooked.configure(time_limit=1)
    done = hooked.run(environment={"PATH": f"{git.parent}:{ENVIRONMENT['PATH']}"})
    again = f"`driftscan log -C {hooked.etc.path} -n 3`"
    assert done == Done(0, [f"driftscan: gave up after 1 s; {again} has no limit"])
    assert_nothing_runs(str(hooked.top))
    hooked.configure()
    assert hooked.run().tells
    assert_complete(hooked)


def test_what_never_ends_is_not_tried_for_ever(hooked: Hooked) -> None:
    """Three times the commits take too long: then the next ones are looked at."""
    hooked.break_it()
    for _ in range(3):
        hooked.store.attempts(hooked.etc.git("rev-parse", "HEAD^").stdout.strip())
    given_up = hooked.run()
    assert [line[:34] for line in given_up.troubles] == ["driftscan: gave up on the commits u"[:34]]
    assert hooked.run().tells
    assert hooked.run() == Done(0, [])
    assert hooked.store.gate.is_file()


def test_a_command_that_hangs_is_ended_with_all_that_it_started(hooked: Hooked, never: Path) -> None:
    hooked.break_it()
    hang = script(hooked.top / "hang", f"(trap '' TERM; read x <'{never}') &", f"read x <'{never}'")
    hooked.configure(command=[str(hang)], command_time_limit=1)
    done = hooked.run()
    assert done.tells
    assert done.troubles == [f"driftscan: [hook] command: {hang} was ended after 1 s"]
    assert_nothing_runs(str(hooked.top))
    assert hooked.run() == Done(0, [])
    assert_complete(hooked)


def test_what_a_command_leaves_behind_is_ended_before_anything_else_is_done(hooked: Hooked, never: Path) -> None:
    """Also where no supervisor would do it in the end."""
    hooked.break_it()
    quick = script(hooked.top / "quick", f"(trap '' TERM; read x <'{never}') &", f"echo >'{hooked.top}/began'")
    hooked.at(NOON, command=[str(quick)])
    assert (hooked.top / "began").exists()
    assert_nothing_runs(str(quick))


@pytest.mark.parametrize("way", ["exec setsid", "setsid -f"], ids=["itself", "forked"])
def test_a_command_that_leaves_its_group_is_not_waited_for(hooked: Hooked, never: Path, way: str) -> None:
    """A daemon that it starts on purpose is its own; the command itself is ended all the same."""
    hooked.break_it()
    hang = script(hooked.top / "hang", f"read x <'{never}'")
    hooked.configure(command=["/bin/sh", "-c", f"{way} '{hang}'"], command_time_limit=1)
    try:
        assert hooked.run().tells
        if way == "exec setsid":
            assert_nothing_runs(str(hang))
    finally:
        for process in marked(str(hang)):
            os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("victim", ["worker", "supervisor"])
def test_the_command_ends_with_whoever_started_it(hooked: Hooked, never: Path, victim: str) -> None:
    hooked.break_it()
    hang = script(hooked.top / "hang", f"echo >'{hooked.top}/began'", f"(trap '' TERM; read x <'{never}') &", "wait")
    hooked.configure(command=[str(hang)])
    supervisor = hooked.start()
    wait_for(hooked.top / "began")
    # The worker is the one that has the lock.
    worker = next(line.split()[4] for line in Path("/proc/locks").read_text().splitlines() if locked(hooked, line))
    os.kill(int(worker) if victim == "worker" else supervisor.pid, signal.SIGKILL)
    done = ended(supervisor)
    again = f"`driftscan log -C {hooked.etc.path} -n 3`"
    if victim == "worker":
        assert done.troubles == [
            f"driftscan: was killed while it looked at the new commit; {again} tells what it brought"
        ]
    assert_nothing_runs(str(hooked.top))
    hooked.configure()
    assert hooked.run().status == 0
    assert_complete(hooked)


def locked(hooked: Hooked, line: str) -> bool:
    return line.split()[5].endswith(f":{(hooked.store.path / 'lock').stat().st_ino}") and " -> " not in line


# ------------------------------------------------------------------ no room, no right


def private_mounts() -> list[str]:
    """What runs a program with mounts of its own."""
    program = ["unshare", "--mount", "--propagation", "private"]
    if not IS_ROOT or subprocess.run([*program, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounts of one's own need root")
    return program


@pytest.mark.parametrize("part", range(2))
def test_no_room(place: Place, part: int) -> None:
    assert faults("full", place, part, 2, *private_mounts(), program="outside")[0] >= 6


def test_a_state_that_became_read_only(place: Place) -> None:
    assert faults("read-only", place, 0, 1, *private_mounts(), program="outside") == [1]


def unprivileged() -> list[str]:
    """What runs a program to which modes apply, also where the tests are run by root."""
    if not IS_ROOT:
        return []
    program = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    if subprocess.run([*program, "true"], capture_output=True, check=False).returncode:
        pytest.skip("capabilities cannot be dropped here")
    return program


@pytest.mark.parametrize("where", ["", "state.json", "events.ndjson", "gate", "lock"])
def test_no_right_to_the_state(hooked: Hooked, where: str) -> None:
    """The directory itself comes back by itself, because it is the hook's own; so does what can be replaced."""
    hooked.break_it()
    path = hooked.store.path / where
    path.touch()
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0)
    done = hooked.run(*unprivileged())
    assert done.status == 0
    assert done.tells
    assert len(done.troubles) == (where in {"state.json", "events.ndjson", "lock"})
    if path.exists():
        path.chmod(mode)
    hooked.run(*unprivileged())
    assert sorted(hooked.events) == BOTH


def test_a_repository_that_cannot_be_read(hooked: Hooked) -> None:
    hooked.break_it()
    git = hooked.etc.path / ".git"
    git.chmod(0)
    done = hooked.run(*unprivileged())
    git.chmod(0o700)
    assert done.status == 0
    assert len(done.said) == 1
    assert "permission denied; run driftscan as root" in done.said[0]
    assert hooked.run().tells
    assert_complete(hooked)


def test_a_read_only_repository(hooked: Hooked) -> None:
    hooked.break_it()
    everything = [hooked.etc.path, *hooked.etc.path.rglob("*")]
    for path in everything:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    before = contents(hooked.etc.path)
    done = hooked.run(*unprivileged())
    assert done.tells
    assert done.troubles == []
    assert contents(hooked.etc.path) == before
    assert_complete(hooked)


# ------------------------------------------------------------------ broken repositories


def no_head(git: Path) -> None:
    (git / "HEAD").write_text("ref: refs/heads/nowhere\n")


def head_of_nothing(git: Path) -> None:
    (git / "HEAD").write_text("0123456789" * 4 + "\n")


def empty_head(git: Path) -> None:
    (git / "HEAD").write_bytes(b"")


def the_object(git: Path, revision: str) -> Path:
    """The file of an object, which may be in a pack before."""
    etc = Etc(git.parent, "")
    for pack in git.glob("objects/pack/*.pack"):
        moved = pack.rename(git / pack.name)
        etc.git("-c", "alias.unpack=!git unpack-objects -q <", "unpack", str(moved))
        moved.unlink()
    name = etc.git("rev-parse", revision).stdout.strip()
    return git / "objects" / name[:2] / name[2:]


def empty_commit(git: Path) -> None:
    emptied(the_object(git, "HEAD"))


def empty_commit_before(git: Path) -> None:
    emptied(the_object(git, "HEAD^"))


def empty_tree(git: Path) -> None:
    emptied(the_object(git, "HEAD^{tree}"))


def no_tree(git: Path) -> None:
    the_object(git, "HEAD:letsencrypt").unlink()


def empty_blob(git: Path) -> None:
    emptied(the_object(git, "HEAD:letsencrypt/options-ssl-nginx.conf"))


def no_blob(git: Path) -> None:
    the_object(git, "HEAD:letsencrypt/options-ssl-nginx.conf").unlink()


def emptied(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(b"")


def half_a_pack(git: Path) -> None:
    subprocess.run(["git", "gc", "-q"], cwd=git.parent, env=ENVIRONMENT, check=True)
    (pack,) = git.glob("objects/pack/*.pack")
    pack.chmod(0o600)
    os.truncate(pack, pack.stat().st_size // 2)


def locks(git: Path) -> None:
    for name in ("index.lock", "HEAD.lock", "refs/heads/master.lock", "config.lock", "packed-refs.lock", "gc.pid"):
        (git / name).touch()


EMPTY: Final = (no_head, head_of_nothing, empty_head, empty_commit, empty_commit_before, empty_tree, empty_blob)


@pytest.mark.parametrize("damage", [*EMPTY, no_tree, no_blob, half_a_pack, locks])
def test_a_broken_repository(hooked: Hooked, damage: Damage) -> None:
    hooked.break_it()
    whole = hooked.top / "whole"
    shutil.copytree(hooked.etc.path / ".git", whole)
    damage(hooked.etc.path / ".git")
    first, second = hooked.run(), hooked.run()
    assert (first.status, second.status) == (0, 0)
    assert len(first.troubles) <= 1
    if damage is not locks:
        assert first.troubles or any("cannot read" in line for line in first.said), first.said
    shutil.rmtree(hooked.etc.path / ".git")
    whole.rename(hooked.etc.path / ".git")
    hooked.etc.write("nginx/mime.types", "types {}\n")
    hooked.etc.commit("nginx/mime.types")
    third = hooked.run()
    assert third.troubles == []
    assert [first.tells, second.tells, third.tells].count(True) == 1
    # What could not be read then is brought by no commit now.
    assert hooked.events in (BOTH, ["found", "found"])
    assert hooked.store.gate.is_file()


def rewrite_all(etc: Etc) -> None:
    quietly = {"FILTER_BRANCH_SQUELCH_WARNING": "1"}
    etc.git("filter-branch", "-f", "--msg-filter", "sed s/^/again:/", "HEAD", environment=quietly)


def amend(etc: Etc) -> None:
    etc.git("commit", "-q", "--amend", "-m", "amended")


def orphan(etc: Etc) -> None:
    etc.git("checkout", "-q", "--orphan", "other")
    etc.git("commit", "-q", "-m", "everything anew")


def set_back(etc: Etc) -> None:
    etc.git("reset", "-q", "--hard", "HEAD~2")


@pytest.mark.parametrize("rewritten", [rewrite_all, amend, orphan, set_back])
@pytest.mark.parametrize("forgotten", [False, True], ids=["kept", "forgotten"])
def test_a_rewritten_history(hooked: Hooked, rewritten: Rewriting, forgotten: bool) -> None:
    hooked.break_it()
    assert hooked.run().tells
    rewritten(hooked.etc)
    if forgotten:
        for ref in hooked.etc.git("for-each-ref", "--format=%(refname)", "refs/original").stdout.split():
            hooked.etc.git("update-ref", "-d", ref)
        if rewritten is orphan:
            hooked.etc.git("branch", "-q", "-D", "master")
        hooked.etc.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
        hooked.etc.git("gc", "-q", "--prune=now")
    done = hooked.run()
    assert done.status == 0
    assert done.troubles == []
    assert not done.tells
    assert hooked.events == ([*BOTH, "gone", "gone"] if rewritten is set_back else BOTH)
    assert hooked.run() == Done(0, [])


def test_collected_at_the_same_time(hooked: Hooked) -> None:
    """Objects move into packs, and packs are rewritten, while they are read."""
    turns = (
        'i=0; while [ $i -lt 40 ] && [ ! -e "$0/stop" ]; do git gc -q --prune=now; git repack -qadf; i=$((i+1)); done'
    )
    collecting = subprocess.Popen(["sh", "-c", turns, hooked.top], cwd=hooked.etc.path, env=ENVIRONMENT, stderr=-3)
    try:
        hooked.break_it()
        assert hooked.run().tells
        for number in range(2):
            hooked.etc.write("nginx/mime.types", f"types {{}} # {number}\n")
            hooked.etc.commit("nginx/mime.types")
            assert hooked.run() == Done(0, [])
    finally:
        (hooked.top / "stop").touch()
        assert collecting.wait(PATIENCE) == 0
    assert hooked.events == BOTH


# ------------------------------------------------------------------ clocks


def test_clocks_that_jump(hooked: Hooked) -> None:
    """Reports are dropped in the order in which they were written, whatever the clock said."""
    published = []
    for number, year in enumerate([2026, 2100, 1970, 2026, 1999]):
        seconds = f"@{int(datetime(year, 6, 1, tzinfo=UTC).timestamp())} +0000"
        date = {"GIT_AUTHOR_DATE": seconds, "GIT_COMMITTER_DATE": seconds}
        options = "letsencrypt/options-ssl-nginx.conf"
        (hooked.etc.path / options).write_text(f"ssl_session_timeout {number + 1}h;\nssl_session_tickets off;\n")
        hooked.etc.git("add", options)
        hooked.etc.git("commit", "-q", "-m", "x", environment=date)
        said = hooked.at(datetime(year, 6, 2, tzinfo=UTC), reports=2)
        assert any(BROKEN in line for line in said) == (number == 0)
        published.append(Path(hooked.store.latest.readlink()).name)
    assert hooked.events == BOTH
    assert {path.name for path in (hooked.store.path / "reports").iterdir()} == set(published[-2:])


# ------------------------------------------------------------------ several at a time


def test_eight_at_once(hooked: Hooked) -> None:
    hooked.break_it()
    held, letting_go = os.pipe()
    several = [
        subprocess.Popen(
            ["sh", "-c", 'read go; exec "$@" </dev/null', "sh", *hooked.command()],
            env=ENVIRONMENT, stdin=held, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )
        for _ in range(8)
    ]  # fmt: skip
    os.close(held)
    os.close(letting_go)
    done = [ended(one) for one in several]
    assert [one.status for one in done] == [0] * 8
    assert [one.tells for one in done].count(True) == 1
    assert [one.said for one in done].count([]) == 7
    assert_complete(hooked)


def test_the_lock_of_a_dead_process_is_none(hooked: Hooked) -> None:
    hooked.break_it()
    holder = os.fork()
    if holder == 0:
        fcntl.flock(os.open(hooked.store.path / "lock", os.O_RDWR), fcntl.LOCK_EX)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(holder, 0)
    assert hooked.run().tells
    assert_complete(hooked)


# ------------------------------------------------------------------ packages that are gone


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The packages of an interpreter of its own, each a link: `tmp_path / "venv"`."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (site,) = (tmp_path / "venv/lib").glob("python3*/site-packages")
    links = tmp_path / "packages"
    links.mkdir()
    for folder in {Path(path) for path in sys.path if path.endswith("site-packages")}:
        for package in folder.iterdir():
            if package.suffix != ".pth" and not package.name.startswith("_editable"):
                (links / package.name).symlink_to(package)
    (links / "driftscan").unlink(missing_ok=True)
    (site / "all.pth").write_text(f"{links}\n{ROOT}\n")
    return links


@pytest.mark.parametrize("missing", ["click", "msgspec", "crossplane", "git", "jinja2", "cryptography", "pathspec"])
def test_a_package_that_is_gone(hooked: Hooked, packages: Path, missing: str) -> None:
    python = hooked.top / "venv/bin/python"
    install(hooked.etc.path, python, hooked.store.gate, config=hooked.config)
    (packages / missing).unlink()
    hooked.etc.break_the_sites()
    said = hooked.etc.commit("letsencrypt")
    assert "Traceback" not in said
    done = Done(0, said.splitlines())
    assert len(done.troubles) <= 2, said
    # The hook can do without that one.
    assert missing == "pathspec" or any(
        f"{missing} is gone; install driftscan anew" in line for line in done.troubles
    ), said
    (packages / missing).symlink_to(next(Path(path) / missing for path in sys.path if (Path(path) / missing).is_dir()))
    hooked.run()
    assert sorted(hooked.events) == BOTH


# ------------------------------------------------------------------ a state that is damaged


def set_free(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


def half(path: Path) -> None:
    data = path.read_bytes()
    set_free(path)
    path.write_bytes(data[: len(data) // 2])


def nothing(path: Path) -> None:
    set_free(path)
    path.write_bytes(b"")


def wrong_types(path: Path) -> None:
    path.write_text('{"version": 1, "examined": ["x"], "open": 7}')


def wrong_commit(path: Path) -> None:
    path.write_text('{"version": "1", "examined": "--output=/etc/passwd"}')


def another_report(path: Path) -> None:
    path.write_text('{"version": "1", "examined": "", "reports": ["../../driftscan.toml"]}')


def deep(path: Path) -> None:
    path.write_bytes(b'{"x":' + b"[" * 100_000)


def huge(path: Path) -> None:
    os.truncate(path, 8 * 1024**3)


def directory(path: Path) -> None:
    set_free(path)
    path.mkdir()
    (path / "x").touch()


def pipe(path: Path) -> None:
    set_free(path)
    os.mkfifo(path)


def link(path: Path) -> None:
    set_free(path)
    path.symlink_to(elsewhere(path))


def elsewhere(path: Path) -> Path:
    """What somebody wants to have overwritten."""
    made = path.parents[2] / "elsewhere"
    if not made.exists():
        made.write_text("not ours\n")
    return made


@pytest.mark.parametrize(
    "damage",
    [half, nothing, wrong_types, wrong_commit, another_report, deep, huge, directory, pipe, link],
)
def test_a_damaged_state(hooked: Hooked, damage: Damage) -> None:
    """Nobody knows any more what was told; the newest commit is, the rest is set aside, and that is said."""
    hooked.break_it()
    other = elsewhere(hooked.store.path / "state.json")
    damage(hooked.store.path / "state.json")
    done = hooked.run()
    assert done.status == 0
    assert done.tells
    assert len(done.troubles) == 1
    assert f"{hooked.store.path}/state.json" in done.troubles[0]
    assert "state.json.damaged" in {path.name for path in hooked.store.path.iterdir()}
    assert other.read_text() == "not ours\n"
    assert hooked.config.exists()
    assert hooked.run() == Done(0, [])
    assert_complete(hooked)


@pytest.mark.parametrize("name", ["events.ndjson", "attempt", "gate", "lock", "reports", "latest.html"])
@pytest.mark.parametrize("damage", [nothing, directory, pipe, link])
def test_something_else_lies_there(hooked: Hooked, name: str, damage: Damage) -> None:
    """It is never followed and never waited for, nothing is told twice, and the events come when it is gone."""
    hooked.break_it()
    path = hooked.store.path / name
    other = elsewhere(path)
    damage(path)
    first, second = hooked.run(), hooked.run()
    assert (first.status, second.status) == (0, 0)
    assert first.tells
    assert len(first.troubles) <= 1
    assert other.read_text() == "not ours\n"
    if name != "lock":
        assert second == Done(0, [])
    if damage is not nothing:
        set_free(path)
    hooked.etc.write("nginx/mime.types", "types {}\n")
    hooked.etc.commit("nginx/mime.types")
    third = hooked.run()
    assert third == Done(0, [line for line in third.said if name == "lock"])
    assert hooked.events == BOTH


def test_news_are_not_lost_behind_events_that_cannot_be_written(hooked: Hooked) -> None:
    directory(hooked.store.events)
    hooked.break_it()
    assert hooked.run().tells
    hooked.etc.git("checkout", "-q", "HEAD^", "--", "letsencrypt")
    hooked.etc.commit("letsencrypt")
    assert "driftscan: resolved: session-tickets-mismatch of blog.example:443 and shop.example:443" in hooked.run().said
    set_free(hooked.store.events)
    assert hooked.run() == Done(0, [])
    assert hooked.events == [*BOTH, "resolved", "resolved"]


@pytest.mark.parametrize("owner", ["everybody", "nobody"])
@pytest.mark.parametrize("which", ["", "parent"])
def test_a_directory_of_others(hooked: Hooked, owner: str, which: str) -> None:
    hooked.break_it()
    path = hooked.store.path.parent if which else hooked.store.path
    if owner == "everybody":
        path.chmod(0o777)
    elif IS_ROOT:
        os.chown(path, 65534, 65534)
    else:
        unavailable("root", "run the tests as root")
    done = hooked.run()
    assert done.status == 0
    assert done.tells
    if (owner, which) == ("everybody", ""):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert_complete(hooked)
    else:
        assert len(done.troubles) == 1
        assert str(path) in done.troubles[0]
        assert hooked.events == []


# ------------------------------------------------------------------ events


EVENTS: Final = [json.dumps({"id": f"{number}-{'x' * (number % 7)}", "text": "y" * 40}) for number in range(12)]


def test_events_are_whole_and_once_wherever_the_last_run_stopped(tmp_path: Path) -> None:
    log = tmp_path / "events.ndjson"
    whole = "".join(f"{line}\n" for line in EVENTS).encode()
    old = b'{"id": "old"}\n'
    for length in range(len(whole) + 1):
        log.write_bytes(old + whole[:length])
        eventlog.append(log, EVENTS)
        assert log.read_bytes() == old + whole


def test_nothing_of_a_longer_line_that_was_begun_is_left(tmp_path: Path) -> None:
    log = tmp_path / "events.ndjson"
    log.write_text(EVENTS[0] + "\n" + EVENTS[1].replace("y", "yy")[:-1])
    eventlog.append(log, EVENTS[1:2])
    assert log.read_text().splitlines() == EVENTS[:2]


@pytest.mark.parametrize("end", [b'{"id": "edited"}', b'{"id": "edited"}\n'])
def test_a_line_without_its_newline_is_kept(tmp_path: Path, end: bytes) -> None:
    log = tmp_path / "events.ndjson"
    log.write_bytes(end)
    eventlog.append(log, EVENTS[:1])
    assert log.read_text().splitlines() == ['{"id": "edited"}', EVENTS[0]]


def test_more_events_than_are_looked_through_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventlog, "TAIL", 100)
    log = tmp_path / "events.ndjson"
    for _ in range(2):
        eventlog.append(log, EVENTS)
    assert log.read_text().splitlines() == EVENTS


def test_a_new_file_is_begun_when_one_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventlog, "LARGEST", 200)
    log = tmp_path / "events.ndjson"
    for first in range(0, 12, 4):
        for _ in range(2):
            eventlog.append(log, EVENTS[first : first + 4])
    assert (tmp_path / "events.ndjson.1").read_text().splitlines() + log.read_text().splitlines() == EVENTS[4:]
