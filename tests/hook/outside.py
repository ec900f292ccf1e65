"""Ends processes of a hook from outside, and takes away its room: `python -m tests.hook.outside KIND TOP PART PARTS`.

The hook is the command line itself, in a copy of this process that has everything imported.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from driftscan.cli import main
from tests.hook.faults import MOST_REPORTS, Place, Told, contents

PATIENCE: Final = 30.0
BROKEN: Final = "CRITICAL session-tickets-mismatch"
LEVELS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 12, 24, 40, 64)
"""How many blocks are left on a disk that is nearly full; a report needs some fifty."""


def configure(place: Place) -> Path:
    """The settings of :meth:`Place.given`, as a file."""
    file = place.top / "driftscan.toml"
    file.write_text(
        f"""[hook]
state = {json.dumps(str(place.state))}
reports = {MOST_REPORTS}
command = {json.dumps(place.command)}
textfile = {json.dumps(str(place.metrics / "driftscan.prom"))}
"""
    )
    file.chmod(0o600)
    return file


def start(place: Place) -> int:
    """Start a run of the hook whose output is added to what was said."""
    arguments = ["--config", str(place.top / "driftscan.toml"), "hook", "run", "-C", str(place.etc)]
    child = os.fork()
    if child == 0:
        code = 99
        try:
            said = os.open(place.said, os.O_WRONLY | os.O_APPEND)
            os.dup2(said, 1)
            os.dup2(said, 2)
            code = main(arguments)
        finally:
            os._exit(code)
    return child


def finish(hook: int) -> None:
    _, status = os.waitpid(hook, 0)
    assert os.waitstatus_to_exitcode(status) in {0, -signal.SIGKILL}


def children(process: int) -> list[int]:
    """In the order in which they were started: the keeper of the group, and the worker."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def triggers(place: Place) -> tuple[Callable[[], bool], ...]:
    """What is seen of a run from outside, one after the other."""
    before = (place.store.path / "state.json").read_bytes()
    return (
        (place.store.path / "attempt").exists,
        lambda: not place.store.gate.exists(),
        lambda: (place.store.path / "state.json").read_bytes() != before,
        place.store.events.exists,
        lambda: any((place.store.path / "reports").glob("*")),
        lambda: place.heard.stat().st_size > 0,
    )


def wait_until(happened: Callable[[], bool]) -> None:
    last = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < last


def kill(hook: int, victim: str) -> None:
    """End some of the processes of a run, and wait until none is left."""
    keeper, worker = children(hook)
    handles = [os.pidfd_open(process) for process in (keeper, worker)]
    victims = {"worker": [worker], "supervisor": [hook], "both": [hook, worker], "keeper": [keeper]}[victim]
    for process in victims:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    finish(hook)
    for handle in handles:
        assert select.select([handle], [], [], PATIENCE)[0]
        os.close(handle)


def killing(victim: str) -> Callable[[Place, int, int], int]:
    def kill_at_each(place: Place, part: int, parts: int) -> int:
        undisturbed, repository = told(place), contents(place.etc)
        moments = range(part, len(triggers(place)), parts)
        for number in moments:
            place.reset()
            trigger = triggers(place)[number]
            hook = start(place)
            wait_until(trigger)
            kill(hook, victim)
            assert contents(place.etc) == repository
            finish(start(place))
            assert Told.of(place) == undisturbed
            assert contents(place.etc) == repository
        return len(moments)

    return kill_at_each


def told(place: Place) -> Told:
    """What is told when nothing goes wrong."""
    place.reset()
    finish(start(place))
    found = Told.of(place)
    assert len(found.events) == 2
    return found


def said(place: Place) -> list[str]:
    lines = place.said.read_text().splitlines()
    place.said.write_bytes(b"")
    return lines


def mount(place: Place, *options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", *options, "none", place.state], check=True)


def fill(place: Place, blocks: int) -> Path:
    """Leave so many blocks of the disk with the state."""
    filler = place.state / "filler"
    found = os.statvfs(place.state)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, (found.f_bavail - blocks) * found.f_frsize)
    return filler


def troubles(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("driftscan: /", "driftscan: nothing of this is kept"))]


def full(place: Place, part: int, parts: int) -> int:
    """A disk with less room than is needed: everything is said, and everything is there once there is room."""
    place.state.mkdir()
    mount(place, "-o", "size=1m,mode=700")
    undisturbed = replace(told(place), said=frozenset())
    levels = LEVELS[part::parts]
    short = 0
    for blocks in levels:
        place.reset()
        filler = fill(place, blocks)
        finish(start(place))
        first = said(place)
        assert sum(BROKEN in line for line in first) == 1, (blocks, first)
        assert len(troubles(first)) <= 1, (blocks, first)
        assert all("No space left on device" in line for line in troubles(first)), (blocks, first)
        assert "Traceback" not in "".join(first)
        short += bool(troubles(first))
        filler.unlink()
        finish(start(place))
        assert troubles(said(place)) == []
        assert replace(Told.of(place), said=frozenset()) == undisturbed, blocks
    assert 0 < short < len(levels)
    return len(levels)


def read_only(place: Place, part: int, parts: int) -> int:
    """A disk that the kernel has made read-only after an error."""
    place.state.mkdir()
    mount(place, "-o", "size=1m,mode=700")
    undisturbed = replace(told(place), said=frozenset())
    place.reset()
    mount(place, "-o", "remount,ro")
    finish(start(place))
    first = said(place)
    assert sum(BROKEN in line for line in first) == 1, first
    assert len(troubles(first)) == 1, first
    mount(place, "-o", "remount,rw")
    finish(start(place))
    assert replace(Told.of(place), said=frozenset()) == undisturbed
    return parts - part


KINDS: Final[dict[str, Callable[[Place, int, int], int]]] = {
    **{victim: killing(victim) for victim in ("worker", "supervisor", "both", "keeper")},
    "full": full,
    "read-only": read_only,
}


if __name__ == "__main__":
    here = Place(Path(sys.argv[2]))
    shutil.rmtree(here.state, ignore_errors=True)
    configure(here)
    print(json.dumps([KINDS[sys.argv[1]](here, int(sys.argv[3]), int(sys.argv[4]))]))
