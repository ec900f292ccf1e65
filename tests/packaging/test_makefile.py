import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import driftscan
from tests.conftest import unavailable

CHECKOUT = Path(driftscan.__file__).parent.parent
TARGETS = re.findall(r"^([a-z][a-z-]*):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
SCRIPTS = sorted(path.name for path in (CHECKOUT / ".ci").iterdir())


def make(*arguments: str) -> str:
    if shutil.which("make") is None:
        unavailable("make", "`apt-get install make`")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(script: str, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    search = os.pathsep.join([*([str(path)] if path else []), os.environ.get("PATH", os.defpath)])
    return subprocess.run(
        ["sh", CHECKOUT / ".ci" / script, *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"PATH": search},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_help_lists_every_target() -> None:
    assert re.findall(r"^  (\S+) +\S", make("help"), re.MULTILINE) == TARGETS


def test_plain_make_is_help() -> None:
    assert make() == make("help")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_made(target: str) -> None:
    assert make("--dry-run", target, f"PYTHON={sys.executable}") != ""


def test_ci_makes_what_check_makes_and_tries_the_package() -> None:
    # Only CI does the last one: it installs a package and removes it, which nobody wants where one works.
    called = re.findall(r"^make ([a-z-]+)", (CHECKOUT / ".ci/run").read_text(), re.MULTILINE)
    (check,) = re.findall(r"^check: ([a-z ]+)", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert called == [*check.split(), "deb-test"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_are_executable_and_parse(script: str) -> None:
    shell = (CHECKOUT / ".ci" / script).read_text().partition("\n")[0].removeprefix("#!").split()[-1]
    assert os.access(CHECKOUT / ".ci" / script, os.X_OK)
    subprocess.run([shell, "-n", CHECKOUT / ".ci" / script], check=True)


def test_an_old_python_is_told(tmp_path: Path) -> None:
    program(tmp_path / "python3.9", 'case $2 in *platform*) echo "is 3.9.2" ;; *) exit 1 ;; esac')
    done = run("venv", str(tmp_path / "python3.9"), str(tmp_path / "venv"))
    assert done.stderr == (
        f"driftscan needs Python 3.11 or newer, and {tmp_path}/python3.9 is 3.9.2; "
        "name another: make PYTHON=python3.11\n"
    )
    assert done.returncode == 1


def test_a_missing_python_is_told(tmp_path: Path) -> None:
    done = run("venv", "python3.99", str(tmp_path / "venv"))
    assert (done.returncode, done.stderr.startswith("python3.99 was not found; install it")) == (1, True)


def test_a_python_without_venv_is_told(tmp_path: Path) -> None:
    program(tmp_path / "python3", "case $2 in *ensurepip*) exit 1 ;; esac")
    done = run("venv", str(tmp_path / "python3"), str(tmp_path / "venv"))
    assert (done.returncode, "(apt-get install python3-venv)" in done.stderr) == (1, True)


def test_without_root_nothing_is_installed(tmp_path: Path) -> None:
    program(tmp_path / "id", "echo 1000")
    program(tmp_path / "apt-get", 'touch "$0.called"')
    done = run("tools", "sh", "no-such-program", path=tmp_path)
    assert (done.returncode, done.stderr) == (0, "not installed, so their tests are skipped: no-such-program\n")
    assert not (tmp_path / "apt-get.called").exists()


def test_what_is_there_is_not_installed(tmp_path: Path) -> None:
    program(tmp_path / "apt-get", 'touch "$0.called"')
    assert run("tools", "sh", path=tmp_path).stderr == ""
    assert not (tmp_path / "apt-get.called").exists()
