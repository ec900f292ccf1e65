"""A file of settings, and a machine that has none of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from driftscan.configuration import read

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "driftscan.toml"
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        return path

    return written


@pytest.fixture(autouse=True)
def default_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "etc" / "driftscan.toml"
    path.parent.mkdir()
    monkeypatch.setattr(read, "DEFAULT_FILE", path)
    return path
