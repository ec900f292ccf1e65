"""driftscan's own needs: python, libraries, git."""

import sys
from importlib import metadata
from pathlib import Path

import pytest

from driftscan.doctor import program
from driftscan.doctor.check import Check, Verdict, fails, ok, warning

PIP = f"{sys.executable} -m pip install"


def test_a_python_that_is_new_enough() -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    assert list(program.python()) == [ok("python", f"{version}, {sys.executable}; 3.11 is needed")]


def test_a_python_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "OLDEST_PYTHON", (9, 9))
    version = ".".join(map(str, sys.version_info[:3]))
    found = f"{version}, {sys.executable}; 9.9 is needed"
    assert list(program.python()) == [fails("python", found, "apt-get install python9.9")]


def test_the_requirements_are_those_of_the_package() -> None:
    found = {name.lower(): oldest for name, oldest in program.requirements().items()}
    assert found["gitpython"] == "3.1.44"
    assert {"crossplane", "jinja2", "click", "msgspec", "cryptography", "pathspec"} < found.keys()
    assert "pytest" not in found


def test_libraries_that_are_there() -> None:
    found = f"click {metadata.version('click')}; all imported by `python -I`, as in a hook"
    assert list(program.libraries({"click": "8.1"})) == [ok("libraries", found)]


def test_libraries_that_are_missing_or_too_old() -> None:
    found = list(program.libraries({"click": "999.1", "no-such-library": "2"}))
    version = metadata.version("click")
    assert found == [
        fails("libraries", f"click {version} is too old; 999.1 is needed", f"{PIP} 'click>=999.1'"),
        fails("libraries", "no-such-library is not installed; 2 is needed", f"{PIP} 'no-such-library>=2'"),
    ]


def test_a_library_that_only_the_users_own_path_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(program, "_installed", lambda _: "1.0")
    (found,) = program.libraries({"elsewhere": "1"})
    said = "elsewhere 1.0 cannot be imported by `python -I`: ModuleNotFoundError No module named 'elsewhere'"
    assert found == fails("libraries", said, f"{PIP} 'elsewhere>=1'")


def test_driftscan_that_is_no_package() -> None:
    said = "driftscan is not installed as a package, so nothing says which it needs"
    assert list(program.libraries({})) == [warning("libraries", said, f"{PIP} --upgrade driftscan")]


def git_saying(directory: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = directory / "git"
    script.write_text(f"#!/bin/sh\necho '{said}'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("git version 2.30.2", ok("git", "2.30.2; 2.30 is needed")),
        ("git version 2.29.0", fails("git", "git version 2.29.0; 2.30 is needed", "apt-get install git")),
        ("", fails("git", "says no version; 2.30 is needed", "apt-get install git")),
    ],
)
def test_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, expected: Check) -> None:
    git_saying(tmp_path, said, monkeypatch)
    assert list(program.git()) == [expected]


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(program.git()) == [fails("git", "was not found on PATH", "apt-get install git")]


def test_every_verdict_has_a_symbol_of_its_own() -> None:
    assert [verdict.symbol for verdict in Verdict] == ["+", "!", "x"]
