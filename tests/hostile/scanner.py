"""driftscan as root runs it, in a process of its own with an end to its time and its memory.

The limits are no promise of speed: they make a fault a failure, where it would else take the machine along.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Final

from driftscan.report.printable import ACTING
from tests.etc import ENVIRONMENT

TOP: Final = Path(__file__).parents[2]
MEMORY: Final = 2 * 1024**3
CPU: Final = 120
"""Seconds of a processor."""
PATIENCE: Final = 150
"""Seconds of the clock; only what waits for somebody who never comes gets there."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended."""

    code: int
    out: str
    err: str
    seconds: float
    """Of a processor, those of git included."""
    peak: int
    """Of the biggest process, in MiB."""

    @property
    def said(self) -> str:
        """Everything that was written."""
        return self.out + self.err


LAUNCHER: Final = f"""
import json, os, resource, subprocess, sys

def limit():
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
    resource.setrlimit(resource.RLIMIT_CPU, ({CPU}, {CPU}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

done = subprocess.run([sys.executable, "-m", "driftscan", *sys.argv[2:]], preexec_fn=limit)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = [done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024]
os.write(int(sys.argv[1]), json.dumps(told).encode())
"""
"""A small process in between: what a program is started from counts as memory of its own."""


def driftscan(*arguments: str | Path, environment: dict[str, str] | None = None, patience: float = PATIENCE) -> Ran:
    """Run the command line; a run that hangs or is ended by its limits fails the test that asked for it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, str(told.fileno()), *map(str, arguments)],
            cwd=TOP,
            env={**ENVIRONMENT, "TZ": "UTC", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=(told.fileno(),),
            start_new_session=True,
        )
        timer = Timer(patience, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        status = process.wait()
        timer.cancel()
        for file in (out, err, told):
            file.seek(0)
        assert status == 0, f"ended by signal {-status} after {patience} s"
        code, seconds, peak = json.loads(told.read())
        ran = Ran(
            code,
            out.read().decode("utf-8", "surrogateescape"),
            err.read().decode("utf-8", "surrogateescape"),
            seconds,
            peak,
        )
    assert ran.code >= 0, f"ended by signal {-ran.code} after {ran.seconds:.1f} s: {ran.err[-500:]}"
    return ran


def assert_sound(ran: Ran, *codes: int) -> None:
    """It ended as documented, without a traceback, and wrote nothing that acts on a terminal."""
    assert "Traceback" not in ran.err, ran.err[-3000:]
    assert ran.code in codes, (ran.code, ran.err[-3000:])
    lines = ran.said.split("\n")
    assert [line for line in lines if ACTING.search(line)] == []


def assert_refused(ran: Ran, *words: str) -> None:
    """It said in one line why it does not read the repository, and nothing else."""
    assert_sound(ran, 4)
    assert ran.out == ""
    (line,) = (line for line in ran.err.splitlines() if not line.startswith("range: "))
    assert line.startswith("driftscan: ")
    assert [word for word in words if word not in line] == []
