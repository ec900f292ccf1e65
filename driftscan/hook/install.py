"""Puts driftscan into the hooks of a repository and takes it out again.

By default it is git's hooks, and not a script in `etckeeper/commit.d`: their status cannot stop a package run, they
also run for a `git commit` by hand, and they are not themselves files of /etc.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from driftscan.errors import DriftscanError
from driftscan.hook.block import BEGIN, END, content, remove, require_room, with_lines, without_lines, write
from driftscan.hook.places import GIT_HOOKS, Places, Where
from driftscan.hook.script import Call, lines


class Change(Enum):
    """What happened to a script."""

    CREATED = "installed"
    CHAINED = "installed in front of the hook that was there"
    UPDATED = "installed anew"
    UNCHANGED = "was installed already"
    DELETED = "deleted"
    RESTORED = "as it was before driftscan"
    ABSENT = "driftscan was not installed"


@dataclass(frozen=True, slots=True)
class Hook:
    """A script after it was worked on."""

    path: Path
    change: Change

    def __str__(self) -> str:
        return f"{self.path}: {self.change.value}"


@dataclass(frozen=True, slots=True)
class Status:
    """Whether a script runs driftscan."""

    path: Path
    installed: bool
    trouble: str | None = None
    """Why an installed hook does not work, and what to do."""

    def __str__(self) -> str:
        return f"{self.path}: {self.trouble or ('installed' if self.installed else 'not installed')}"


def install(
    repository: Path, python: Path, gate: Path, *, where: Where = Where.GIT, config: Path | None = None
) -> tuple[Hook, ...]:
    """Make `python` run driftscan after each commit in `repository`; done twice it is done once.

    Args:
        repository: The top of the work tree, /etc in practice.
        python: See :attr:`Call.python`.
        gate: Where the run keeps what a commit must touch.
        where: Who is to run it.
        config: See :attr:`Call.config`.

    Raises:
        DriftscanError: there is a hook that our lines cannot be put into, or the interpreter has no driftscan. Nothing
            was written then.
        RepositoryError: there is no repository with a work tree of its own.
    """
    places = Places.of(repository)
    _require_driftscan(python)
    call = Call(python, places.top, places.git_dir, gate, config)
    planned = []
    for script in places.scripts(where):
        old = content(script)
        foreign = None if old is None else without_lines(script, old)
        if foreign is not None:
            require_room(script, foreign)
        new = with_lines(foreign, lines(call, waits_for_rebase=script.name in GIT_HOOKS))
        planned.append((script, old, new))
    done = []
    for script, old, new in planned:
        if new != old:
            write(script, new)
        done.append(Hook(script, _change(old, new)))
    return tuple(done)


def lines_of(script: Path) -> bytes:
    """Our lines in an installed script, with their markers."""
    text = content(script) or b""
    begin, end = text.find(BEGIN), text.find(END)
    return text[begin : end + len(END)]


def _change(old: bytes | None, new: bytes) -> Change:
    if old is None:
        return Change.CREATED
    if new == old:
        return Change.UNCHANGED
    return Change.UPDATED if BEGIN in old else Change.CHAINED


def uninstall(repository: Path) -> tuple[Hook, ...]:
    """Leave every script byte for byte as it was before the installation, or no file where there was none.

    Raises:
        DriftscanError: our lines in one were edited so that it cannot be told which are ours. Nothing was written then.
        RepositoryError: there is no repository with a work tree of its own.
    """
    planned = []
    for script in Places.of(repository).all_scripts:
        # A link is nothing that driftscan made.
        old = None if script.is_symlink() else content(script)
        if old is not None and BEGIN in old:
            planned.append((script, without_lines(script, old)))
    done = []
    for script, foreign in planned:
        if foreign is None:
            remove(script)
        else:
            write(script, foreign)
        done.append(Hook(script, Change.DELETED if foreign is None else Change.RESTORED))
    return tuple(done)


def status(repository: Path) -> tuple[Status, ...]:
    """Whether our lines are in each script, and whether what they call can run; etckeeper's only where it is installed.

    Raises:
        RepositoryError: there is no repository with a work tree of its own.
    """
    places = Places.of(repository)
    found = [_status(script, places) for script in places.all_scripts]
    return tuple(one for one in found if one.installed or one.path != places.etckeeper_script)


def _status(script: Path, places: Places) -> Status:
    if script.is_symlink():
        return Status(script, installed=False)
    text = content(script)
    if text is None or BEGIN not in text:
        return Status(script, installed=False)
    return Status(script, installed=True, trouble=next(_troubles(script, text, places), None))


def _troubles(script: Path, text: bytes, places: Places) -> Iterator[str]:
    again = "run `driftscan hook install` again"
    called = dict(re.findall(rb"^    ([a-z_]+)=('.*'|\S*)$", text, re.MULTILINE))
    words = {name: shlex.split(os.fsdecode(value)) for name, value in called.items()}
    if not os.access(script, os.X_OK):
        yield f"git does not run it; `chmod +x {shlex.quote(str(script))}`"
    python = words.get(b"python", [])
    if len(python) != 1 or not os.access(python[0], os.X_OK):
        yield f"its python is gone; {again}"
    elif not _can_run(Path(python[0])):
        yield f"its python, {python[0]}, has no working driftscan any more; {again}"
    if words.get(b"repository") != [str(places.top)]:
        yield f"it is for another repository; {again}"


def _require_driftscan(python: Path) -> None:
    if not (python.is_absolute() and _can_run(python)):
        raise DriftscanError(f"{python} cannot run driftscan by itself; install it in a virtual environment")


def _can_run(python: Path) -> bool:
    # Isolated, as in the hook: what is found only through PYTHONPATH or the user's own packages is not found there.
    command = (str(python), "-I", "-c", "import driftscan.hook.run")
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0  # noqa: S603
    except OSError:
        return False
