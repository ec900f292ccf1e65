import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archive import Package, debian_version, pack
from documents import Part
from libraries import BROUGHT, SYSTEM, bring, fits, glibc, look_first_in, look_nowhere_else, missing, needed, programs

from driftscan.hook.install import install
from tests.conftest import unavailable
from tests.etc import ENVIRONMENT, EtcHistory

PACKAGING = Path(__file__).parents[2] / "packaging/deb"
OURS = "/opt/driftscan/bin/python"
PACKAGE = Package("0.1.0-1", "amd64", "Mina <mina@example.org>", "2.36", datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A little of what a package installs."""
    for tool in ("dpkg-deb", "xz"):
        if shutil.which(tool) is None:
            unavailable(tool, "`apt-get install dpkg xz-utils`")
    root = tmp_path / "root"
    (root / "opt/driftscan/bin").mkdir(parents=True)
    (root / "opt/driftscan/module.py").write_text("#!/usr/bin/python\n")
    (root / "opt/driftscan/module.py").chmod(0o775)
    (root / "opt/driftscan/bin/driftscan").write_text("#!/bin/sh\n")
    (root / "opt/driftscan/bin/driftscan").chmod(0o700)
    (root / "opt/driftscan/bin/python").symlink_to("../python/bin/python3")
    return root


def field(built: Path, *names: str) -> str:
    return subprocess.run(["dpkg-deb", "--field", built, *names], check=True, capture_output=True, text=True).stdout


def test_the_same_tree_makes_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(tree, again, symlinks=True)
    os.utime(again / "opt/driftscan/module.py", (1, 1))
    first, second = (pack(root, PACKAGE, tmp_path / root.name / "built") for root in (tree, again))
    assert first.name == "driftscan_0.1.0-1_amd64.deb"
    assert first.read_bytes() == second.read_bytes()


def test_everything_is_root_s_and_only_programs_are_executable(tree: Path, tmp_path: Path) -> None:
    built = pack(tree, PACKAGE, tmp_path)
    listed = subprocess.run(
        ["dpkg-deb", "--contents", built], check=True, capture_output=True, text=True, env=os.environ | {"TZ": "UTC"}
    ).stdout
    lines = [re.split(r"\s+", line, maxsplit=5) for line in listed.splitlines()]
    assert {(owner, day) for _, owner, _, day, *_ in lines} == {("root/root", "2026-01-02")}
    assert {name: mode for mode, *_, name in lines if mode[0] != "d"} == {
        "./opt/driftscan/module.py": "-rw-r--r--",
        "./opt/driftscan/bin/driftscan": "-rwxr-xr-x",
        "./opt/driftscan/bin/python -> ../python/bin/python3": "lrwxrwxrwx",
    }


def test_dpkg_is_told_what_it_needs_to_know(tree: Path, tmp_path: Path) -> None:
    built = pack(tree, PACKAGE, tmp_path)
    assert field(built, "Version", "Architecture", "Installed-Size", "Depends", "Conffiles") == (
        "Version: 0.1.0-1\nArchitecture: amd64\nInstalled-Size: 6\n"
        "Depends: git (>= 1:2.30), libc6 (>= 2.36), libgcc-s1\n"
    )
    sums = subprocess.run(["dpkg-deb", "--info", built, "md5sums"], check=True, capture_output=True, text=True).stdout
    program = hashlib.md5(b"#!/bin/sh\n", usedforsecurity=False).hexdigest()
    assert f"{program}  opt/driftscan/bin/driftscan\n" in sums
    assert sums.count("\n") == 2


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.1.0", "0.1.0-1"), ("1.0rc1", "1.0~rc1-1"), ("1.0.dev3", "1.0~dev3-1"), ("1.0a2", "1.0~a2-1")],
)
def test_what_comes_before_a_release_is_older_for_dpkg_too(version: str, expected: str) -> None:
    assert debian_version(version) == expected


@pytest.mark.parametrize("name", ["libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libgcc_s.so.1"])
def test_glibc_stays_with_the_system(name: str) -> None:
    assert SYSTEM.fullmatch(name)
    assert not BROUGHT.fullmatch(name)


@pytest.mark.parametrize("name", ["libssl.so.3", "libcrypto.so.3", "libcrypt.so.1", "libz.so.1", "libc.so.6.1"])
def test_nothing_else_does(name: str) -> None:
    assert not SYSTEM.fullmatch(name)


@dataclass(frozen=True, slots=True)
class Git:
    """A program that is linked to zlib, wherever the tests run."""

    path: Path
    tree: Path


@pytest.fixture
def git(tmp_path: Path) -> Git:
    if shutil.which("patchelf") is None:
        unavailable("patchelf", "`apt-get install patchelf`")
    found = shutil.which("git")
    assert found is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib").mkdir()
    copied = Path(shutil.copy(Path(found).resolve(), tmp_path / "bin/git"))
    return Git(copied, tmp_path)


def test_what_a_program_needs_is_copied_and_found_first(git: Git) -> None:
    assert {name for name in needed(git.path) if name.startswith("libz.")} == {"libz.so.1"}
    assert "bin/git needs libz.so.1" in missing(git.tree, git.tree / "lib")
    brought = bring([git.path], git.tree / "lib")
    look_first_in(git.path, "$ORIGIN/../lib")
    assert set(brought) == {"libz.so.1"}
    assert "bin/git needs libz.so.1" not in missing(git.tree, git.tree / "lib")
    elsewhere = os.environ | {"LD_LIBRARY_PATH": str(brought["libz.so.1"].parent)}
    loaded = subprocess.run(["ldd", git.path], check=True, capture_output=True, text=True, env=elsewhere).stdout
    assert f"libz.so.1 => {git.tree}/bin/../lib/libz.so.1 " in loaded


def test_what_needs_more_than_is_brought_does_not_fit(git: Git) -> None:
    fitting = fits(git.path)
    assert fitting == (needed(git.path) == {"libz.so.1"})
    subprocess.run(["patchelf", "--add-needed", "libssl.so.3", git.path], check=True)
    assert not fits(git.path)
    assert "bin/git needs libssl.so.3" in missing(git.tree, git.tree / "lib")


def test_a_library_outside_of_the_package_is_missing(git: Git) -> None:
    # A wheel may bring libraries of its own, and say where; what it says must lead into the package.
    (git.tree / "bin/own").mkdir()
    shutil.copy(next(iter(bring([git.path], git.tree / "lib").values())), git.tree / "bin/own/libz.so.1")
    look_first_in(git.path, "$ORIGIN/own")
    assert "bin/git needs libz.so.1" not in missing(git.tree, git.tree / "nowhere")
    look_first_in(git.path, "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu")
    assert "bin/git needs libz.so.1" in missing(git.tree, git.tree / "lib")
    look_nowhere_else(git.path)
    assert "bin/git needs libz.so.1" not in missing(git.tree, git.tree / "lib")


def test_the_newest_symbol_says_which_glibc_is_needed(tmp_path: Path) -> None:
    (tmp_path / "older").write_bytes(b"\x7fELF\0GLIBC_2.4\0GLIBC_2.17\0GLIBC_PRIVATE\0")
    (tmp_path / "newer").write_bytes(b"\x7fELF\0GLIBC_2.9\0GLIBC_2.28\0")
    (tmp_path / "text").write_bytes(b"\0GLIBC_2.99\0")
    assert [path.name for path in programs(tmp_path)] == ["newer", "older"]
    assert glibc(tmp_path) == "2.28"


def test_a_part_is_told_with_its_licence() -> None:
    part = Part("zlib1g", "1.2", "see below", ("The text.",))
    assert str(part) == "zlib1g 1.2\n==========\nLicence: see below\n\nThe text."
    assert str(replace(part, texts=())) == "zlib1g 1.2\n==========\nLicence: see below"


@dataclass(frozen=True, slots=True)
class Host:
    """A root directory with /etc under git, and a python in /opt that writes down how it is called."""

    root: Path

    def remove(self, action: str = "remove") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", PACKAGING / "DEBIAN/prerm", action],
            env=ENVIRONMENT | {"DPKG_ROOT": str(self.root), "ETCKEEPER_CONF_DIR": str(self.root / "etc/etckeeper")},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> str:
        called = self.root / "called"
        return called.read_text() if called.exists() else ""

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path


@pytest.fixture
def host(tmp_path: Path) -> Host:
    root = tmp_path / "host"
    EtcHistory(root / "etc").commit({"motd": "hello\n"})
    made = Host(root)
    made.write(OURS.removeprefix("/"), f'#!/bin/sh\necho "$*" >>"{root}/called"\n')
    return made


@pytest.mark.parametrize(
    "place", [".git/hooks/post-commit", ".git/hooks/post-rewrite", "etckeeper/commit.d/60driftscan"]
)
def test_removal_takes_the_hooks_out_that_call_what_goes(host: Host, place: str) -> None:
    host.write(f"etc/{place}", f"#!/bin/sh\n(\n    python={OURS}\n)\n")
    assert (host.remove().returncode, host.calls) == (0, f"-I -m driftscan hook uninstall -C {host.root}/etc\n")


@pytest.mark.parametrize("text", ["python=/usr/bin/python3", f"    python={OURS}3", f"# python={OURS}"])
def test_a_hook_that_calls_another_installation_stays(host: Host, text: str) -> None:
    host.write("etc/.git/hooks/post-commit", f"#!/bin/sh\n{text}\n")
    assert (host.remove().returncode, host.calls) == (0, "")


@pytest.mark.parametrize("action", ["upgrade", "deconfigure", "failed-upgrade"])
def test_an_upgrade_leaves_the_hook(host: Host, action: str) -> None:
    host.write("etc/.git/hooks/post-commit", f"python={OURS}\n")
    assert (host.remove(action).returncode, host.calls) == (0, "")


def test_removal_obeys_where_git_looks_for_hooks(host: Host) -> None:
    subprocess.run(["git", "-C", host.root / "etc", "config", "core.hooksPath", host.root / "hooks"], check=True)
    host.write("hooks/post-commit", f"python={OURS}\n")
    host.remove()
    assert host.calls != ""


def test_what_goes_wrong_does_not_keep_the_package(host: Host) -> None:
    host.write("etc/.git/hooks/post-commit", f"python={OURS}\n")
    host.write(OURS.removeprefix("/"), "#!/bin/sh\nexit 4\n")
    done = host.remove()
    assert done.returncode == 0
    assert done.stderr == f"driftscan: its lines are still in the hooks of {host.root}/etc; delete them by hand\n"
    shutil.rmtree(host.root / "etc")
    assert (host.remove().returncode, host.remove().stderr) == (0, "")


def test_removal_knows_the_hook_as_driftscan_writes_it(host: Host, tmp_path: Path) -> None:
    # `install` wants a python that has driftscan; afterwards that becomes the one of the package.
    installed = install(host.root / "etc", Path(sys.executable), tmp_path / "gate")
    for hook in (host.root / "etc/.git/hooks").glob("post-*"):
        hook.write_text(hook.read_text().replace(f"python={sys.executable}\n", f"python={OURS}\n"))
    host.remove()
    assert installed != ()
    assert host.calls.count("\n") == 1


def test_only_a_purge_forgets_what_driftscan_remembered(tmp_path: Path) -> None:
    kept = tmp_path / "var/lib/driftscan/reports"
    kept.mkdir(parents=True)
    for action, there in (("remove", True), ("upgrade", True), ("purge", False), ("purge", False)):
        subprocess.run(
            ["sh", PACKAGING / "DEBIAN/postrm", action], check=True, env={**os.environ, "DPKG_ROOT": str(tmp_path)}
        )
        assert kept.exists() == there
