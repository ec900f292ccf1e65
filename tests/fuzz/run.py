"""`make fuzz TARGET=syntax SECONDS=1800`: bytes that atheris invents, guided by which lines of driftscan they reach.

    python -m tests.fuzz.run TARGET SECONDS FOLDER

FOLDER keeps the corpus from one run to the next, and what is found: a file `crash-*` or `timeout-*` there is the input.
Put it into tests/fuzz/test_targets.py when it is mended. `python -m tests.fuzz.run TARGET --try FILE` runs one again.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["driftscan", "crossplane"]):
    from tests.fuzz.seeds import write_seeds
    from tests.fuzz.targets import TARGETS

SLOWEST = 10
"""Seconds that one input may take."""
LONGEST = 16_000
"""Bytes of an input; what is bigger is the business of tests/hostile."""


def main(target: str, seconds: str, folder: Path) -> None:
    """Look for bytes that break a target, until the time is over or some are found."""
    corpus, found = folder / target, folder / f"{target}-found"
    write_seeds(target, folder / f"{target}-seeds")
    for place in (corpus, found):
        place.mkdir(parents=True, exist_ok=True)
    options = {
        "max_total_time": seconds,
        "timeout": SLOWEST,
        "max_len": LONGEST,
        "rss_limit_mb": 2048,
        "artifact_prefix": f"{found}/",
        "print_final_stats": 1,
    }
    arguments = [sys.argv[0], *(f"-{name}={value}" for name, value in options.items())]
    atheris.Setup([*arguments, str(corpus), str(folder / f"{target}-seeds")], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[2] == "--try":
        TARGETS[sys.argv[1]](Path(sys.argv[3]).read_bytes())
    else:
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
