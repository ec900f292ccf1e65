import tomllib
from pathlib import Path

import driftscan

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_version_is_the_one_of_the_project() -> None:
    assert driftscan.__version__ == tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"]
