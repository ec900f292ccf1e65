"""The lines of shell end before python starts exactly where the walk would pass a commit over."""

import random
import re
import subprocess
from pathlib import Path

import pytest

from driftscan.drift.scan import Scan
from driftscan.drift.state import State
from driftscan.history import installed
from driftscan.history.observe import Observer
from driftscan.history.packages import PackageChange
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.hook import gate
from driftscan.hook.install import install
from tests.etc import ENVIRONMENT
from tests.hook.conftest import Etc

PACKAGES = "committing changes in /etc after apt run\n\nPackage changes:\n"


class Watched:
    """A repository with the hooks in it, whose gate is shut, and whether they started python."""

    def __init__(self, etc: Etc, directory: Path) -> None:
        self.etc = etc
        self.gate = directory / "gate"
        self.called = directory / "called"
        python = directory / "python"
        python.write_text(f"#!/bin/sh\ncase $* in *import*) exit 0; esac\necho >'{self.called}'\n")
        python.chmod(0o755)
        install(etc.path, python, self.gate)
        self.shut()

    def shut(self) -> State:
        with Repository.open(self.etc.path) as repository:
            scan = Scan(repository, repository.select(Selection(limit=1)), (), Observer(repository.read))
            list(scan.steps())
            assert scan.state is not None
            self.gate.write_bytes(gate.render(repository.head, scan.state))
            return scan.state

    def commit(self, *paths: str, message: str = "by hand") -> bool:
        """Whether the commit started python."""
        self.called.unlink(missing_ok=True)
        self.etc.git("add", "--all", "--", *paths)
        assert self.etc.git("commit", "--quiet", "-m", message).stderr == ""
        return self.called.exists()

    def write(self, path: str, text: str) -> None:
        (self.etc.path / path).parent.mkdir(parents=True, exist_ok=True)
        self.etc.write(path, text)


@pytest.fixture
def watched(etc: Etc, tmp_path: Path) -> Watched:
    directory = tmp_path / "its python"
    directory.mkdir()
    return Watched(etc, directory)


@pytest.mark.parametrize(
    "path",
    [
        "crontab",
        "passwd",
        "systemd/system/multi-user.target.wants/x",
        "apt/apt.conf.d/50x",
        "nginx/mime.types.old",
        "nginx/snippets/nobody-includes.conf",
        "Üngewöhnlich.conf",
        "with space'and quotes",
    ],
)
def test_what_nginx_never_reads_does_not_start_python(watched: Watched, path: str) -> None:
    watched.write(path, "changed\n")
    assert not watched.commit(path)


@pytest.mark.parametrize(
    "path",
    [
        "nginx/nginx.conf",
        "nginx/sites-enabled/new",
        "nginx/sites-enabled/new-directory/x",
        "letsencrypt/options-ssl-nginx.conf",
        "letsencrypt/renewal/other.example.conf",
        "letsencrypt/live/shop.example/fullchain.pem",
        "driftscan/suppressions.toml",
        "apt/sources.list",
        "apt/sources.list.d/nginx.list",
        "debian_version",
        "srv\nhosts",
        'quo"ted',
    ],
)
def test_what_may_matter_starts_python(watched: Watched, path: str) -> None:
    place = watched.etc.path / path
    if place.is_symlink():
        place.unlink()
    watched.write(path, "changed\n")
    assert watched.commit(path)


def test_what_goes_away_counts(watched: Watched) -> None:
    (watched.etc.path / "nginx/sites-enabled/000-default-https").unlink()
    assert watched.commit("nginx")


def test_a_commit_that_was_looked_at_already_is_not_looked_at_again(watched: Watched) -> None:
    watched.etc.git("commit", "--quiet", "--allow-empty", "-m", "nothing")
    assert not watched.called.exists()


@pytest.mark.parametrize(
    "name", ["libssl3", "nginx-common", "python3-certbot-nginx", "ca-certificates", "openssl-libs"]
)
def test_a_package_that_matters_starts_python(watched: Watched, name: str) -> None:
    watched.write("motd", "x\n")
    assert watched.commit("motd", message=f"{PACKAGES}-{name} 1.0-1 amd64\n+{name} 1.0-2 amd64\n")


def test_other_packages_do_not(watched: Watched) -> None:
    watched.write("motd", "x\n")
    assert not watched.commit("motd", message=f"{PACKAGES}-vim 1.0-1 amd64\n+vim 1.0-2 amd64\n")


def test_every_package_that_is_known_matters() -> None:
    names = [
        *installed.NGINX,
        *("libssl1.0.2", "libssl3t64", "openssl-libs", "openssl11-libs", "libopenssl1_1", "dev-libs/openssl"),
        *("libressl3.8-libssl", "dev-libs/libressl", "openssl", "libressl", "certbot", "letsencrypt"),
        *("python-certbot-nginx", "py39-certbot", "app-crypt/certbot", "libnginx-mod-http-lua", "nginx-module-njs"),
        *("ssl-cert", "crypto-policies", "crypto-policies-scripts", "ca-certificates-mozilla", "ca_root_nss"),
    ]
    changes = [PackageChange(name, "1", "2", "dpkg") for name in names]
    assert [change.name for change in installed.watched(changes)] == names
    assert [name for name in names if not re.search(gate.PACKAGES, name)] == []


@pytest.mark.parametrize(
    ("before", "after", "starts"),
    [
        ("0644 './nginx/nginx.conf'", "0640 './nginx/nginx.conf'", False),
        ("0600 './letsencrypt/archive/shop.example/privkey1.pem'", "", True),
        ("", "0644 'letsencrypt/archive/shop.example/privkey1.pem'", True),
        ("", "0755 './letsencrypt/archive'", True),
        ("", """0644 './it'"'"'s'""", True),
        ("0644 './motd'", "0600 './motd'", False),
    ],
)
def test_the_mode_of_a_key_counts(watched: Watched, before: str, after: str, starts: bool) -> None:
    watched.write(".etckeeper", f"# Generated by etckeeper.  Do not edit.\n\nmaybe chmod {before}\n")
    watched.commit(".etckeeper")
    watched.shut()
    watched.write(".etckeeper", f"# Generated by etckeeper.  Do not edit.\n\nmaybe chmod {after}\n")
    assert watched.commit(".etckeeper") is starts


def test_the_owner_of_a_key_counts(watched: Watched) -> None:
    watched.write(".etckeeper", "maybe chown 'www-data' './motd'\n")
    watched.commit(".etckeeper")
    watched.shut()
    watched.write(".etckeeper", "maybe chown 'root' './motd'\n")
    assert not watched.commit(".etckeeper")
    watched.write(".etckeeper", "maybe chown 'www-data' './letsencrypt/archive/shop.example/privkey1.pem'\n")
    assert watched.commit(".etckeeper")


def test_that_etckeeper_keeps_it_counts(watched: Watched) -> None:
    was_there = (watched.etc.path / ".etckeeper").exists()
    if was_there:
        (watched.etc.path / ".etckeeper").unlink()
    else:
        watched.write(".etckeeper", "# Generated by etckeeper.  Do not edit.\n")
    assert watched.commit(".etckeeper")


def test_commits_that_were_missed_count(watched: Watched) -> None:
    watched.write("nginx/sites-enabled/new", "server { listen 80; }\n")
    watched.etc.git("add", "nginx")
    watched.etc.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "unseen")
    watched.write("motd", "x\n")
    assert watched.commit("motd")


def test_what_came_and_went_unseen_counts(watched: Watched) -> None:
    watched.write("nginx/sites-enabled/new", "server { listen 80; }\n")
    watched.etc.git("add", "nginx")
    for verb in (("commit", "--quiet", "-m", "unseen"), ("revert", "--no-edit", "HEAD")):
        watched.etc.git("-c", "core.hooksPath=/dev/null", *verb)
    watched.write("motd", "x\n")
    assert watched.commit("motd")


def test_after_many_commits_python_looks_once_more(watched: Watched) -> None:
    for number in range(51):
        watched.write("motd", f"{number}\n")
        assert watched.commit("motd") is (number == 50)


def test_rewritten_history_counts(watched: Watched) -> None:
    watched.called.unlink(missing_ok=True)
    watched.etc.git("commit", "--quiet", "--amend", "-m", "in other words")
    assert watched.called.exists()


@pytest.mark.parametrize("content", [None, b"", b"\n", b"0123\n", b"\0\xff\n", b"HEAD\n", b"--all\n"])
def test_a_gate_that_says_nothing_is_open(watched: Watched, content: bytes | None) -> None:
    watched.gate.unlink()
    if content is not None:
        watched.gate.write_bytes(content)
    watched.write("motd", "x\n")
    assert watched.commit("motd")


@pytest.mark.parametrize("tool", ["git", "awk", "grep"])
def test_where_a_tool_fails_python_looks(watched: Watched, tmp_path: Path, tool: str) -> None:
    broken = tmp_path / "bin" / tool
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 2\n")
    broken.chmod(0o755)
    watched.write("motd", "x\n")
    watched.commit("motd")
    path = {"PATH": f"{broken.parent}:{ENVIRONMENT['PATH']}"}
    subprocess.run([watched.etc.hook], cwd=watched.etc.path, env=ENVIRONMENT | path, capture_output=True, check=True)
    assert watched.called.exists()


def test_the_gate_never_stops_what_the_walk_would_read(watched: Watched) -> None:
    """Whatever a commit touches: python starts where the state says so, and for little else."""
    chosen = random.Random(6)  # noqa: S311 - the same changes every time
    state = watched.shut()
    paths = sorted({*state.config.footprint.paths, *state.host.footprint.paths})
    directories = sorted({*state.config.footprint.directories, *state.host.footprint.directories} - {""})
    extra = ["motd", "a/b/c", "nginx/x/y", "ssl/x", "apt/x"]
    needless = 0
    for number in range(40):
        base = chosen.choice([chosen.choice(paths), chosen.choice(directories) + f"/n{number}", chosen.choice(extra)])
        place = watched.etc.path / base
        if place.is_dir() or any(up.is_file() or up.is_symlink() for up in place.parents):
            continue
        place.unlink(missing_ok=True)
        if chosen.random() < 0.8:
            watched.write(base, f"# {number}\n")
        watched.etc.git("add", "--all")
        if watched.etc.git("status", "--porcelain").stdout == "":
            continue
        started = watched.commit(".")
        with Repository.open(watched.etc.path) as repository:
            [revision] = repository.revisions(repository.select(Selection(limit=1)))
        touched = state.touched_by(revision.changes)
        assert started or not touched, base
        needless += started and not touched
        state = watched.shut()
    assert needless < 8


def test_names_that_would_not_stay_on_their_line_are_left_to_the_shell() -> None:
    lines = list(gate._lines("path", frozenset({"a", "b\nc", "d\te"})))
    assert lines == ["path\ta"]
