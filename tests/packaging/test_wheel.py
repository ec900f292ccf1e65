import importlib
import importlib.util
import re
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import driftscan
from driftscan.cli import main
from tests.conftest import unavailable

CHECKOUT = Path(driftscan.__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    if importlib.util.find_spec("hatchling") is None:
        unavailable("hatchling", "`pip install hatchling`")
    builder = importlib.import_module("hatchling.builders.wheel").WheelBuilder(str(CHECKOUT))
    built = list(builder.build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"]))
    return zipfile.ZipFile(built[0])


def names(directory: Path, suffixes: str) -> set[str]:
    return {
        path.relative_to(CHECKOUT).as_posix()
        for path in directory.rglob("*")
        if path.is_file() and re.fullmatch(suffixes, path.suffix) and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_every_module_and_what_they_read(wheel: zipfile.ZipFile) -> None:
    held = names(CHECKOUT / "driftscan", r"(?!\.pyc).*")
    assert {Path(name).suffix for name in held} >= {".py", ".typed", ".json", ".sh"}
    assert held <= set(wheel.namelist())


def test_the_wheel_holds_the_templates_inside_the_package(wheel: zipfile.ZipFile) -> None:
    templates = {f"driftscan/{name}" for name in names(CHECKOUT / "templates", r".*")}
    assert templates <= set(wheel.namelist())


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0] for name in wheel.namelist()} == {
        "driftscan",
        f"driftscan-{wheel_version(wheel)}.dist-info",
    }
    assert not [name for name in wheel.namelist() if name.endswith((".pyc", ".html"))]


def wheel_version(wheel: zipfile.ZipFile) -> str:
    assert wheel.filename is not None
    return Path(wheel.filename).name.split("-")[1]


def test_the_command_is_the_package_s_main() -> None:
    (command,) = entry_points(group="console_scripts", name="driftscan")
    assert command.load() is main
