import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from driftscan.demo.build import build
from tests.etc import ENVIRONMENT

BROKEN_BY = "HEAD~3"
"""The commit of the demo that broke its sites, seen from its end."""


@dataclass(frozen=True, slots=True)
class Etc:
    """A work tree that is committed to as people and etckeeper do it."""

    path: Path
    broken_by: str

    def git(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=ENVIRONMENT | dict(environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    def commit(self, *changed: str, message: str = "by hand", environment: Mapping[str, str] | None = None) -> str:
        """What a commit with `--quiet` prints, which is what its hooks print."""
        self.git("add", "--", *changed)
        done = self.git("commit", "--quiet", "-m", message, environment=environment)
        assert done.stdout == ""
        return done.stderr

    def break_the_sites(self) -> None:
        self.git("checkout", "--quiet", self.broken_by, "--", "letsencrypt")

    def write(self, path: str, text: str) -> None:
        (self.path / path).write_text(text)

    @property
    def hook(self) -> Path:
        return self.path / ".git/hooks/post-commit"


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def demo_before_it_broke(path: Path) -> Etc:
    build(path)
    broken_by = Etc(path, "").git("rev-parse", BROKEN_BY).stdout.strip()
    etc = Etc(path, broken_by)
    etc.git("reset", "--quiet", "--hard", f"{broken_by}^")
    return etc


@pytest.fixture
def etc(tmp_path: Path) -> Etc:
    return demo_before_it_broke(tmp_path / "etc")
