"""How long a full scan takes, as a ratio to `git log --raw` of the same history.

Both are run in turn, several times, so that whatever else the machine does strikes both alike; the medians are shown.
CPU is user and system time of the whole process tree, git's share of a scan included.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import history

# Its own peak of memory, which the rusage of its parent would mix with that of the git it starts.
SCAN = """\
import sys
from driftscan.cli import main
status = main(sys.argv[2:])
with open("/proc/self/status") as told, open(sys.argv[1], "w") as peak:
    peak.writelines(line for line in told if line.startswith("VmHWM"))
sys.exit(status)
"""
MIB = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds."""

    cpu: float
    wall: float


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--commits", type=int, default=2000)
    parser.add_argument("--vhosts", type=int, default=50)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--repository", type=Path, help="measure this history instead of a made-up one")
    asked = parser.parse_args()
    with _repository(asked.repository, asked.commits, asked.vhosts) as repository:
        _measure(repository, asked.runs)
    return 0


@contextmanager
def _repository(given: Path | None, commits: int, vhosts: int) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="driftscan-bench-") as temporary:
        history.build(Path(temporary), commits, vhosts)
        print(f"a made-up history with {vhosts} sites")
        yield Path(temporary)


def _measure(repository: Path, runs: int) -> None:
    log = ("git", "-C", str(repository), "log", "--raw")
    with tempfile.NamedTemporaryFile("r") as peak:
        options = ("log", "-q", "--format", "json", "-C", str(repository))
        scan = (sys.executable, "-c", SCAN, peak.name, *options)
        costs = [(_cost(log), _cost(scan)) for _ in range(runs)]
        memory = int(peak.read().split()[1]) / MIB
    counted = subprocess.run(  # noqa: S603 - arguments of our own
        ("git", "-C", str(repository), "rev-list", "--first-parent", "--count", "HEAD"),  # noqa: S607
        capture_output=True,
        check=True,
    )
    base, ours = (_median(column) for column in zip(*costs, strict=True))
    print(f"{int(counted.stdout)} commits, median of {runs} runs\n")
    print(f"{'':24}{'CPU':>9}{'wall':>9}{'peak RSS':>12}")
    print(f"{'git log --raw':24}{base.cpu:8.2f}s{base.wall:8.2f}s")
    print(f"{'driftscan log':24}{ours.cpu:8.2f}s{ours.wall:8.2f}s{memory:8.0f} MiB")
    print(f"{'ratio':24}{ours.cpu / (base.cpu or math.nan):9.1f}{ours.wall / base.wall:9.1f}")


def _cost(command: Sequence[str]) -> Cost:
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[:3])} ended with status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - begin)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(cost.cpu for cost in costs), statistics.median(cost.wall for cost in costs))


if __name__ == "__main__":
    sys.exit(main())
