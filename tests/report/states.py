"""States of small histories, checked as `driftscan check` does, and the same on every machine."""

from datetime import date
from pathlib import Path

from driftscan.drift.findings import Finding, Life
from driftscan.drift.patches import patches
from driftscan.drift.scan import Scan, finish, judge_state
from driftscan.history.commit import CommitId
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.nginx.config import Location
from driftscan.nginx.includes import Layout
from driftscan.patterns.catalogue import catalogue
from driftscan.report.check import Checked
from driftscan.report.findings import OPEN, Told, group
from driftscan.report.sarif_lives import Origin
from driftscan.site.decided import decide
from driftscan.site.suppressions import Suppression

KNOWN = tuple(entry.matcher for entry in catalogue())
TODAY = date(2026, 1, 2)
UNTIL = date(2027, 1, 31)


def checked(path: Path, revision: str, *suppressions: Suppression) -> tuple[Checked, Origin]:
    """What is wrong in a commit, with its patches, and where the state is from."""
    with Repository.open(path) as repository:
        commit = repository.resolve(revision)
        segment = repository.select(Selection(tip=commit, limit=1))
        outcome = finish(Scan(repository, segment, KNOWN, Observer(repository.read)))
        assert outcome.state is not None
        dated = {life.finding.fingerprint: life for life in outcome.open}
        lives = [dated.get(life.finding.fingerprint, life) for life in judge_state(outcome.state, KNOWN)]
        decided = decide(lives, suppressions, TODAY)
        tried = patches(_groups(decided.open), outcome.state, repository.tree(commit), KNOWN, Layout())
        mends = {str(mark): patch for mark, patch in tried.items()}
        found = Checked(_name(commit, revision), outcome.state, decided, mends, outcome.state.gaps)
    return found, Origin("/etc", "/etc", commit)


def _groups(lives: tuple[Life, ...]) -> list[list[Finding]]:
    told = group(Told(life, OPEN) for life in lives)
    return [[one.life.finding for one in rows] for rows in told]


def _name(commit: CommitId, revision: str) -> str:
    return f"{commit[:12]} ({revision})"


def decision(
    pattern: str, server: str | None = None, *, until: date = UNTIL, lines: frozenset[Location] = frozenset()
) -> Suppression:
    """Somebody's decision to live with a pattern; in a comment, when it speaks of lines."""
    at = min(lines, default=Location("driftscan/suppressions.toml", 1))
    return Suppression(pattern, until, "known | <b>bad</b> @mina #1", "mina", at, server, lines=lines)
