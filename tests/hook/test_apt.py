"""The hook in runs of the real apt and dpkg, with packages made here, beside the same runs without it.

Nothing of the machine is touched. Where mounts are allowed, apt, etckeeper and driftscan work on their real paths,
which are private to the test: nobody else sees those mounts, and they end with it. Everywhere, apt also works on a root
of its own, as its own options make it.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pytest

from driftscan.hook.keep import ROOTS_OWN
from tests.etc import ENVIRONMENT
from tests.history.keeper import CACHE, NOW
from tests.hook.scratch import INSTALLED, NGINX_CONF, OURS, PYTHON, Done, divide, site, told

pytestmark = [
    pytest.mark.etckeeper,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("apt-get") is None, reason="dpkg takes root, and a Debian; run these as root"
    ),
]
Kind = Literal["mounts", "root"]
PRIVATE: Final = {"etc": "/etc", "lib": "/var/lib", "cache": "/var/cache", "log": "/var/log"}
"""What is there of a machine, and where it lies."""
NEEDED: Final = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "hostname", "alternatives/awk", "etckeeper")
"""What programs want of /etc to work at all, and etckeeper's own."""
HOOKS: Final = "apt/apt.conf.d/05etckeeper"
LONG: Final = "600.4711"
"""Seconds; by this number the process that sleeps for them is found again."""
X: Final = "etc/nginx/sites-available/x"


@dataclass(frozen=True, slots=True)
class Machine:
    """A host that packages are installed on."""

    top: Path
    kind: Kind
    inside: tuple[str, ...]
    """What a command begins with that is run there."""

    @property
    def etc(self) -> Path:
        """Its /etc as commands there know it."""
        return Path("/etc") if self.kind == "mounts" else self.top / "etc"

    @property
    def settings(self) -> Path:
        return self.top / ("etc/driftscan.toml" if self.kind == "mounts" else "driftscan.toml")

    @property
    def state(self) -> Path:
        return self.top / "lib/driftscan"

    @property
    def latest(self) -> str:
        """The newest report, as it is called there."""
        (directory,) = self.state.iterdir()
        base = ROOTS_OWN if self.kind == "mounts" else self.state
        return str(base / directory.name / "latest.html")

    @property
    def option(self) -> str:
        """How a command for driftscan names the directory."""
        return "" if self.kind == "mounts" else f" -C {self.etc}"

    def do(self, *command: str | Path, environment: Mapping[str, str] | None = None) -> Done:
        """Run a command as unattended-upgrades would: nobody is there to answer, and all that is printed is read.

        That only ends when everything that could still print has ended.
        """
        done = subprocess.run(
            [*self.inside, *command],
            cwd="/",
            env={**self._environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=90,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    @property
    def _environment(self) -> dict[str, str]:
        common = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("GIT_")} | {
            "PATH": f"{self.top}/programs:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.top / "home"),
            "DEBIAN_FRONTEND": "noninteractive",
            "APT_CONFIG": str(self.top / "apt.conf"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": NOW,
            "GIT_COMMITTER_DATE": NOW,
        }
        if self.kind == "mounts":
            return common
        return common | {
            "ETCKEEPER_DIR": str(self.etc),
            "ETCKEEPER_CONF_DIR": str(self.etc / "etckeeper"),
            "DPKG_ADMINDIR": str(self.top / "lib/dpkg"),
        }

    def apt(self, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> Done:
        return self.do("apt-get", "-q", "-y", *arguments, environment=environment)

    def driftscan(self, *arguments: str) -> Done:
        named = () if self.kind == "mounts" else ("--config", self.settings)
        where = () if self.kind == "mounts" else ("-C", self.etc)
        return self.do(PYTHON, "-I", "-m", "driftscan", *named, *arguments, *where)

    def git(self, *arguments: str) -> str:
        done = self.do("git", "-C", self.etc, *arguments)
        assert done.status == 0, done.err
        return done.out.removesuffix("\n")

    def set(self, *settings: str) -> None:
        """Write lines of `[hook]` into the configuration file, which is there already in the first commit."""
        state = () if self.kind == "mounts" else (f'state = "{self.state}"',)
        self.settings.write_text("\n".join(["[hook]", *state, *settings, ""]))

    def program(self, name: str, *lines: str) -> Path:
        script = self.top / "programs" / name
        script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        script.chmod(0o755)
        return script

    def call_instead(self, python: Path) -> None:
        """Let the hooks call another python."""
        for hook in (self.top / "etc/.git/hooks").glob("post-*[!e]"):
            hook.write_text(hook.read_text().replace(f"python={PYTHON}\n", f"python={python}\n"))


def machine(top: Path, kind: Kind) -> Machine:
    """Its directories, with an nginx that has one server, and nothing installed or committed."""
    for name in (*PRIVATE, "programs", "home", "lib/dpkg/info", "lib/dpkg/updates", "lib/dpkg/triggers"):
        (top / name).mkdir(parents=True)
    for name in ("lib/apt/lists/partial", "cache/apt/archives/partial", "log/apt", "etc/apt/apt.conf.d"):
        (top / name).mkdir(parents=True)
    for name in ("lib/dpkg/status", "etc/apt/sources.list"):
        (top / name).touch()
    for name in ("apt/sources.list.d", "apt/preferences.d", "nginx/sites-available"):
        (top / "etc" / name).mkdir(parents=True)
    for name in (*NEEDED, HOOKS):
        _copy(Path("/etc", name), top / "etc" / name)
    (top / "etc/nginx/nginx.conf").write_text(NGINX_CONF.replace("sites-enabled", "sites-available"))
    (top / "etc/nginx/sites-available/000").write_text(site("_", default=True))
    (top / "apt.conf").write_text('APT::Sandbox::User "root";\nDpkg::Use-Pty "0";\n')
    if kind == "root":
        _root(top)
    return Machine(top, kind, ())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        shutil.copy2(source, target, follow_symlinks=False)


def _root(top: Path) -> None:
    """Let apt work below a directory, and etckeeper keep its lists of packages there as well."""
    with (top / "apt.conf").open("a") as opened:
        opened.write(
            f'Dir "{top}/";\nDir::State "lib/apt";\nDir::State::status "{top}/lib/dpkg/status";\n'
            'Dir::Cache "cache/apt";\nDir::Etc "etc/apt";\nDir::Log "log/apt";\n'
            f'DPkg::Options {{ "--root={top}"; "--admindir={top}/lib/dpkg"; "--log={top}/log/dpkg.log"; }};\n'
        )
    for script in (top / "etc/etckeeper").rglob("*"):
        if script.is_file() and not script.is_symlink():
            script.write_text(script.read_text().replace(CACHE, str(top / "cache/etckeeper")))


@contextmanager
def running(made: Machine) -> Iterator[Machine]:
    """The machine with its directories where they belong, and with its first commit."""
    with ExitStack() as stack:
        if made.kind == "mounts":
            made = Machine(made.top, made.kind, stack.enter_context(_mounted(made.top)))
        done = made.do("etckeeper", "init")
        assert done.status == 0, done.err
        done = made.do("etckeeper", "commit", INSTALLED)
        assert done.status == 0, done.err
        yield made


@contextmanager
def _mounted(top: Path) -> Iterator[tuple[str, ...]]:
    """What enters a space of mounts of its own; it is gone as soon as the one process that waits in it ends."""
    mounts = "".join(f"mount --bind '{top}/{name}' {place} && " for name, place in PRIVATE.items())
    command = ("unshare", "--mount", "--propagation", "private", "sh", "-c", f"{mounts} echo ready && exec cat")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
        assert waiting.stdin is not None
        assert waiting.stdout is not None
        assert waiting.stderr is not None
        if waiting.stdout.readline() != b"ready\n":
            pytest.skip(f"mounts are not allowed here: {waiting.stderr.read().decode().strip()}")
        yield ("nsenter", f"--mount=/proc/{waiting.pid}/ns/mnt", "--wd=/")
        waiting.stdin.close()


def package(directory: Path, name: str, version: int, path: str, text: str) -> Path:
    """A package with one file of /etc, which is a conffile, and no scripts."""
    content = directory / f"{name}-{version}"
    (content / "DEBIAN").mkdir(parents=True)
    (content / path).parent.mkdir(parents=True)
    (content / path).write_text(text)
    (content / "DEBIAN/conffiles").write_text(f"/{path}\n")
    (content / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: N <n@host.example>\nDescription: {name}\n"
    )
    built = directory / f"{name}_{version}.deb"
    command = ["dpkg-deb", "--root-owner-group", "--build", str(content), str(built)]
    subprocess.run(command, capture_output=True, check=True)
    return built


@dataclass(frozen=True, slots=True)
class Packages:
    """What there is to install."""

    whole: Path
    broken: Path
    other: Path


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    top = tmp_path_factory.mktemp("packages")
    return Packages(
        package(top, "site-x", 1, X, site("x.example")),
        package(top, "site-x", 2, X, site("x.example", "ssl_session_tickets off")),
        package(top, "game-scores", 1, "etc/scores", "none\n"),
    )


@pytest.fixture(params=["mounts", "root"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def hooked(tmp_path: Path, kind: Kind) -> Iterator[Machine]:
    """A machine with driftscan in git's hooks."""
    made = machine(tmp_path / "hooked", kind)
    made.set("time_limit = 60")
    with running(made) as found:
        installed = found.driftscan("hook", "install")
        assert (installed.status, installed.err) == (0, "")
        yield found


@pytest.fixture
def plain(tmp_path: Path, kind: Kind) -> Iterator[Machine]:
    """The same without."""
    made = machine(tmp_path / "plain", kind)
    made.set("time_limit = 60")
    with running(made) as found:
        yield found


def alike(found: Machine, text: str) -> str:
    """Without what must differ: where the directory is, and so the ids of commits that name it."""
    return text if found.kind == "mounts" else re.sub(r"\b[0-9a-f]{7}\b", "ID", text.replace(str(found.top), "TOP"))


def left(found: Machine) -> dict[int, str]:
    """The processes of a machine that still run although nothing is done there, by their number."""
    running = {int(place.name): _running(place, found) for place in Path("/proc").glob("[0-9]*")}
    return {number: words for number, words in running.items() if words not in {"", "cat"}}


def _running(place: Path, found: Machine) -> str:
    """The command line of a process, if it belongs to the machine."""
    try:
        words = (place / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
        space = (place / "ns/mnt").readlink()
    except OSError:
        return ""
    mine = str(found.top) in words or LONG in words
    if found.kind == "mounts":
        mine = space == Path(found.inside[1].removeprefix("--mount=")).readlink()
    return words if mine else ""


def test_a_package_from_its_installation_to_its_purge(plain: Machine, hooked: Machine, packages: Packages) -> None:
    def both(*arguments: str | Path) -> str:
        """apt with the same arguments on both; what driftscan said."""
        expected, found = plain.apt(*arguments), hooked.apt(*arguments)
        assert (expected.status, found.status) == (0, 0), found.err
        theirs, ours = divide(found.err)
        assert alike(hooked, found.out) == alike(plain, expected.out)
        assert alike(hooked, theirs) == alike(plain, expected.err)
        if hooked.kind == "mounts":
            # Every byte that etckeeper committed is the same, and so is the name of the commit.
            assert hooked.git("rev-parse", "HEAD") == plain.git("rev-parse", "HEAD")
        return ours

    first = hooked.git("rev-parse", "HEAD")
    assert both("install", packages.other) == ""
    assert both("install", packages.whole) == ""
    assert hooked.git("rev-list", "--count", f"{first}..HEAD") == "2"
    said = both("install", packages.broken)
    began = hooked.git("rev-parse", "HEAD")
    assert "+site-x 2 all" in hooked.git("log", "-1", "--format=%B")
    see = (X.removeprefix("etc/"), "nginx/sites-available/000")
    assert said == told("x.example", see, f"driftscan show{hooked.option} {began[:12]}", hooked.latest)
    # What dpkg leaves of a package that is only removed is its conffiles, and nothing is committed.
    assert both("remove", "site-x") == ""
    assert hooked.git("rev-parse", "HEAD") == began
    said = both("purge", "site-x")
    assert f"{OURS}resolved: session-tickets-mismatch of x.example:443\n" in said
    assert both("purge", "game-scores") == ""
    assert hooked.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (None, "driftscan: {python} is gone; run `driftscan hook install` again, or `hook uninstall`\n"),
        (["exit 3"], ""),
        (["kill -9 $$"], None),
        (["yes 'driftscan: noise' | head -n 200000"], "driftscan: noise\n" * 200_000),
    ],
    ids=["gone", "fails", "killed", "noisy"],
)
def test_apt_does_not_fail_for_a_broken_driftscan(
    hooked: Machine, packages: Packages, lines: list[str] | None, said: str | None
) -> None:
    python = hooked.top / "programs/python"
    if lines is not None:
        hooked.program("python", *lines)
    hooked.call_instead(python)
    done = hooked.apt("install", packages.broken)
    assert done.status == 0
    assert "+site-x 2 all" in hooked.git("log", "-1", "--format=%B")
    if said is not None:
        assert divide(done.err) == ("", said.format(python=python))


def test_apt_does_not_hang_with_a_driftscan_that_does(hooked: Machine, packages: Packages) -> None:
    hooked.set("time_limit = 1")
    (directory,) = hooked.state.iterdir()
    with (directory / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = hooked.apt("install", packages.broken)
    assert done.status == 0
    gave_up = f"driftscan: gave up after 1 s; `driftscan log{hooked.option} -n 3` has no limit\n"
    assert divide(done.err) == ("", gave_up)
    assert left(hooked) == {}


DAEMON = (
    f"ready=$(mktemp -u); mkfifo $ready; setsid sh -c 'echo >$0; exec sleep {LONG}' $ready & read _ <$ready; rm $ready"
)
"""It has left the group of the program by the time that this ends."""


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        pytest.param(f"sleep {LONG} &", [], id="child"),
        # What it must not have is anything that somebody reads to its end.
        pytest.param(DAEMON, [f"sleep {LONG}"], id="daemon"),
    ],
)
def test_apt_does_not_wait_for_what_the_operators_own_program_leaves_behind(
    hooked: Machine, packages: Packages, line: str, stays: list[str]
) -> None:
    program = hooked.program("tell", "cat >/dev/null", line, "exit 0")
    hooked.set(f'command = ["{program}"]')
    try:
        done = hooked.apt("install", packages.broken)
        assert done.status == 0
        assert "session-tickets-mismatch" in done.err
        assert list(left(hooked).values()) == stays
    finally:
        for number in left(hooked):
            os.kill(number, signal.SIGKILL)


def test_etckeepers_own_script_does_the_same(tmp_path: Path, kind: Kind, packages: Packages) -> None:
    made = machine(tmp_path / "hooked", kind)
    made.set("time_limit = 60")
    with running(made) as found:
        installed = found.driftscan("hook", "install", "--where", "etckeeper")
        assert (installed.status, installed.err) == (0, "")
        done = found.apt("install", packages.broken)
        assert done.status == 0
        theirs, ours = divide(done.err)
        assert theirs == ""
        assert ours.startswith(f"{OURS}CRITICAL session-tickets-mismatch: x.example:443")
        # The script itself was committed before the packages, and nothing was told of that.
        assert found.git("show", "--format=%s", "--name-only", "HEAD^").splitlines()[-1] == (
            "etckeeper/commit.d/60driftscan"
        )
