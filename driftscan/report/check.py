"""What is wrong in one state, as rows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from driftscan.drift.findings import Fingerprint, Life, Severity
from driftscan.drift.patches import Patch
from driftscan.drift.state import State
from driftscan.nginx.config import Gap
from driftscan.report.decided import decided_notes, suppressed_rows
from driftscan.report.findings import OPEN, Fate, Told, finding_row, group
from driftscan.report.pages import CheckReport
from driftscan.report.printable import all_printable
from driftscan.report.rows import FindingRow
from driftscan.report.wording import commit_row, count, gap_row, load_lines, platform_row
from driftscan.site.decided import Decided

News: TypeAlias = Literal["new", "unchanged"]
"""Whether a finding was in the baseline already, in SARIF's words."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Another state that one is measured by: only what was not wrong in it, or not as bad, is news."""

    name: str
    """What it is called, for people."""
    severities: Mapping[Fingerprint, Severity]
    """How bad what is wrong in it is, whether somebody has decided to live with that or not."""

    def news_of(self, life: Life) -> News:
        """Whether a finding is one that was not there already."""
        was = self.severities.get(life.finding.fingerprint)
        return "new" if was is None or was < life.finding.severity else "unchanged"


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
    baseline: Baseline | None = None
    """What it is measured by; `None`: everything counts."""

    @property
    def news(self) -> tuple[Life, ...]:
        """What is wrong and counts, worst first."""
        return tuple(life for life in self.decided.open if self.news_of(life) != "unchanged")

    @property
    def unchanged(self) -> tuple[Life, ...]:
        """What is wrong as it was in the baseline, worst first."""
        return tuple(life for life in self.decided.open if self.news_of(life) == "unchanged")

    def news_of(self, life: Life) -> News | None:
        """Whether a finding was in the baseline already; `None` where there is no baseline."""
        return None if self.baseline is None else self.baseline.news_of(life)


def build_check(checked: Checked, *, show_suppressed: bool = False) -> CheckReport:
    """The report, every string of it printable; what is suppressed is counted, or listed as well."""
    platform = checked.state.platform
    report = CheckReport(
        f"Checked: {checked.name}",
        tuple(_verdict(checked, listed=show_suppressed)),
        platform_row(platform),
        load_lines(checked.state.load),
        tuple(_rows(checked, checked.news)),
        suppressed_rows(checked.decided) if show_suppressed else (),
        tuple(dict.fromkeys(map(gap_row, checked.gaps))),
        tuple(_rows(checked, checked.unchanged)),
    )
    return all_printable(report)


def _rows(checked: Checked, lives: Iterable[Life]) -> Iterator[FindingRow]:
    for rows in group(Told(life, OPEN) for life in lives):
        yield finding_row(rows, checked.state.platform, _fate(rows[0].life, checked), checked.patches)


def _verdict(checked: Checked, *, listed: bool) -> list[str]:
    """How much is wrong, and what was set aside."""
    lives, known = checked.news, len(checked.unchanged)
    verdict = ["No known breakage is open." if checked.baseline is None else "No known breakage is new."]
    if lives:
        worst = lives[0].finding
        new = "" if checked.baseline is None else "new "
        verdict = [f"{count(len(lives), f'{new}finding')}, worst {worst.severity}: {worst.pattern}."]
    if known and checked.baseline is not None:
        was = "was" if known == 1 else "were"
        verdict.append(f"{count(known, 'finding')} {was} there in {checked.baseline.name} already.")
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
