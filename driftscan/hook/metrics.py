"""The state of the hook as metrics, for the textfile collector of Prometheus' node exporter."""

import glob
from collections import Counter
from pathlib import Path
from typing import Final

from driftscan.errors import DriftscanError
from driftscan.hook.keep import Kept
from driftscan.report.entries import SEVERITY_WORDS
from driftscan.report.file import put

READABLE: Final = 0o644
"""The exporter runs as another user, and the numbers tell nobody anything about the configuration."""


def render(kept: Kept, repository: Path, moment: float, *, healthy: bool) -> str:
    """The text of the file (prometheus.io, exposition formats)."""
    at = f'repository="{_escaped(str(repository))}"'
    counts = Counter(found.severity for found in kept.open.values())
    rows = [
        ("driftscan_open_findings", "Known breakages that are open.", [
            (f'{at},severity="{word}"', counts[word]) for word in SEVERITY_WORDS
        ]),
        ("driftscan_gaps", "Parts of the configuration that cannot be read.", [(at, kept.gaps)]),
        ("driftscan_examined_commit_timestamp_seconds", "When the newest commit that was examined was made.", [
            (at, int(kept.committed))
        ]),
        ("driftscan_last_run_timestamp_seconds", "When commits were last examined.", [(at, int(moment))]),
        ("driftscan_last_run_success", "Whether that went well.", [(at, int(healthy))]),
    ]  # fmt: skip
    lines = []
    for name, meaning, values in rows:
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        lines += [f"{name}{{{labels}}} {value}" for labels, value in values]
    return "\n".join(lines) + "\n"


def write_metrics(name: str, text: str, top: Path) -> None:
    """Replace the file in one step.

    Raises:
        DriftscanError: it cannot be written, or would be written into the repository.
    """
    file = Path(name)
    if file.parent.resolve().is_relative_to(top.resolve()):
        raise DriftscanError(f"[hook] textfile = {str(file)!r} is inside {top}; choose a file outside")
    try:
        for left in file.parent.glob(f".{glob.escape(file.name)}.????????????????"):
            left.unlink()  # of a run that was killed
        put(file, text.encode("utf-8", "backslashreplace"), READABLE)
    except OSError as error:
        raise DriftscanError(f"[hook] textfile = {name!r} cannot be written: {error.strerror}") from None


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
