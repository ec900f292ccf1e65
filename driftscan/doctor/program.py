"""driftscan itself: its python, its libraries, and git."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Final

from driftscan.doctor.check import Check, fails, ok, warning
from driftscan.history.command import OLDEST

OLDEST_PYTHON: Final = (3, 11)
MODULES: Final = {"gitpython": "git"}
"""What a distribution is imported as, where that is another name; installers write its name in small letters."""
PATIENCE: Final = 30
"""Seconds for a program that only says something about itself."""
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*>=\s*([0-9.]+)\Z")
_TRY: Final = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(name, type(error).__name__, *str(error).split()[:20])
"""


def python() -> Iterator[Check]:
    """Whether this interpreter is new enough."""
    found = f"{'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}"
    needed = ".".join(map(str, OLDEST_PYTHON))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield ok("python", f"{found}; {needed} is needed")
    else:
        yield fails("python", f"{found}; {needed} is needed", f"apt-get install python{needed}")


def requirements() -> dict[str, str]:
    """The oldest version of each library, as the installed driftscan declares it; empty: it is not installed."""
    try:
        declared = metadata.requires("driftscan") or []
    except metadata.PackageNotFoundError:
        return {}
    return {match[1]: match[2] for one in declared if (match := _REQUIREMENT.match(one.strip())) is not None}


def libraries(needed: dict[str, str]) -> Iterator[Check]:
    """Whether each library is there, new enough, and imported by an isolated python, which is what a hook runs."""
    again = f"{shlex.quote(sys.executable)} -m pip install --upgrade driftscan"
    if not needed:
        yield warning("libraries", "driftscan is not installed as a package, so nothing says which it needs", again)
        return
    broken = dict(_broken([*map(_module, needed), "driftscan.hook.run"]))
    there = []
    for name, oldest in needed.items():
        version = _installed(name)
        trouble = broken.pop(_module(name), None)
        upgrade = f"{shlex.quote(sys.executable)} -m pip install '{name}>={oldest}'"
        if version is None:
            yield fails("libraries", f"{name} is not installed; {oldest} is needed", upgrade)
        elif _numbers(version) < _numbers(oldest):
            yield fails("libraries", f"{name} {version} is too old; {oldest} is needed", upgrade)
        elif trouble is not None:
            yield fails("libraries", f"{name} {version} cannot be imported by `python -I`: {trouble}", upgrade)
        else:
            there.append(f"{name} {version}")
    for name, trouble in broken.items():
        yield fails("libraries", f"{name} cannot be imported by `python -I`: {trouble}", again)
    if len(there) == len(needed) and not broken:
        yield ok("libraries", f"{', '.join(there)}; all imported by `python -I`, as in a hook")


def _module(name: str) -> str:
    return MODULES.get(name.lower(), name)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:4])


def _broken(modules: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The modules that an isolated python cannot import, and why."""
    # -B: nothing is written, not even what python would keep for its next start.
    command = (sys.executable, "-I", "-B", "-c", _TRY, *modules)
    environment = os.environ | {"GIT_PYTHON_REFRESH": "quiet"}
    try:
        done = subprocess.run(  # noqa: S603 - this very interpreter
            command, capture_output=True, text=True, errors="replace", env=environment, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        yield "driftscan.hook.run", f"not done after {PATIENCE} s"
        return
    for line in done.stdout.splitlines():
        name, _, why = line.partition(" ")
        yield name, why
    if done.returncode:
        yield "driftscan.hook.run", f"python ended with status {done.returncode}"


def git() -> Iterator[Check]:
    """Whether git is there and new enough."""
    needed = ".".join(map(str, OLDEST))
    install = "apt-get install git"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ("git", "version"),  # noqa: S607 - the git that is used is the one on PATH
            capture_output=True,
            text=True,
            errors="replace",
            env=clean,
            timeout=PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        yield fails("git", "was not found on PATH", install)
        return
    except (OSError, subprocess.TimeoutExpired) as error:
        yield fails("git", f"cannot be run: {error}", install)
        return
    version = re.search(r"(\d+)\.(\d+)\S*", done.stdout)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        yield fails("git", f"{done.stdout.strip() or 'says no version'}; {needed} is needed", install)
    else:
        yield ok("git", f"{version[0]}; {needed} is needed")
