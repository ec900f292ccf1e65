"""What is wrong in one state, as rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftscan.drift.findings import Fingerprint, Life
from driftscan.drift.patches import Patch
from driftscan.drift.state import State
from driftscan.nginx.config import Gap
from driftscan.report.decided import decided_notes, suppressed_rows
from driftscan.report.findings import OPEN, Fate, Told, finding_row, group
from driftscan.report.pages import CheckReport
from driftscan.report.printable import all_printable
from driftscan.report.wording import commit_row, count, gap_row, load_lines, platform_row
from driftscan.site.decided import Decided


@dataclass(frozen=True, slots=True)
class Checked:
    """A state, judged."""

    name: str
    """What it is called, for people."""
    state: State
    decided: Decided
    """What is wrong, worst first, and what of it somebody has decided to live with. The commit that introduced it is
    known only where that is the one that was asked for."""
    patches: Mapping[str, Patch]
    """What would mend it, by fingerprint; tried out."""
    gaps: tuple[Gap, ...]
    uncommitted: frozenset[Fingerprint] = frozenset()
    """What is wrong in a work tree and not in its newest commit."""


def build_check(checked: Checked, *, show_suppressed: bool = False) -> CheckReport:
    """The report, every string of it printable; what is suppressed is counted, or listed as well."""
    told = group(Told(life, OPEN) for life in checked.decided.open)
    platform = checked.state.platform
    report = CheckReport(
        f"Checked: {checked.name}",
        tuple(_verdict(checked, listed=show_suppressed)),
        platform_row(platform),
        load_lines(checked.state.load),
        tuple(finding_row(rows, platform, _fate(rows[0].life, checked), checked.patches) for rows in told),
        suppressed_rows(checked.decided) if show_suppressed else (),
        tuple(dict.fromkeys(map(gap_row, checked.gaps))),
    )
    return all_printable(report)


def _verdict(checked: Checked, *, listed: bool) -> list[str]:
    """How much is wrong, and what was set aside."""
    lives = checked.decided.open
    verdict = ["No known breakage is open."]
    if lives:
        worst = lives[0].finding
        verdict = [f"{count(len(lives), 'finding')}, worst {worst.severity}: {worst.pattern}."]
    return [*verdict, *decided_notes(checked.decided, listed=listed)]


def _fate(life: Life, checked: Checked) -> Fate:
    """Since when it is there, where that is known without the whole history."""
    if life.finding.fingerprint in checked.uncommitted:
        return Fate(began="not committed yet")
    if life.introduced is None:
        return Fate()
    row = commit_row(life.introduced, life.introduced_not_before)
    window = f", {row.window}" if row.window else ""
    return Fate(began=f"introduced by {row.short} ({row.who}) at {row.time.text}{window}", introduced=row)
