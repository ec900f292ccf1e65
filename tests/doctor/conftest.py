"""A host of which everything can be chosen."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftscan.configuration.read import load
from driftscan.doctor import program
from driftscan.doctor.check import Check
from driftscan.doctor.examine import examine
from driftscan.doctor.subject import Subject, Surroundings

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries have tests of their own; to import them all takes a python of its own each time."""
    if request.node.path.name != "test_program.py":
        monkeypatch.setattr(program, "requirements", dict)


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def subject(tmp_path: Path) -> Callable[..., Subject]:
    """A subject with settings as a file has them; the directory is `etc`, and this host's unless another is named."""

    def make(settings: str = "", directory: Path | None = None) -> Subject:
        file = tmp_path / "driftscan.toml"
        state = f'[hook]\nstate = "{tmp_path}/state"\n'
        file.write_text(f'[host]\ndirectory = "{tmp_path}/etc"\n{state}{settings}')
        file.chmod(0o600)
        places = Surroundings(tmp_path / "nginx", tmp_path / "package-run", tmp_path / "log")
        return Subject(directory or tmp_path / "etc", NOW, load(file, {}), surroundings=places)

    return make


def about(subject: Subject, *names: str) -> list[Check]:
    """What a whole examination says of these."""
    return [check for check in examine(subject).checks if check.about in names]
