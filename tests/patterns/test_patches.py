"""Every patch that is offered in a case, applied by git and committed: the finding is resolved by that very commit."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from driftscan.drift.findings import FindingState, Fingerprint, PatternId, Severity
from driftscan.drift.patches import UNTOUCHED, Patch, patches
from driftscan.drift.scan import Outcome
from driftscan.history.repository import Repository
from driftscan.nginx.edits import Inside
from driftscan.nginx.includes import Layout
from driftscan.patterns.catalogue import catalogue
from tests.case_files import Case, Staged, all_cases, stage
from tests.etc import ENVIRONMENT
from tests.patterns.conftest import Play, Stage

CASES = all_cases()
MATCHERS = tuple(entry.matcher for entry in catalogue())
CURABLE = {matcher.id for matcher in MATCHERS if matcher.fix is not None}
DATES = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-03T06:25:00+01:00")


def offered(outcome: Outcome, staged: Staged) -> Mapping[Fingerprint, Patch]:
    """The patch of each finding that is open at the end, tried out alone."""
    if outcome.state is None:
        return {}
    with Repository.open(staged.path) as repository:
        tree = repository.tree(repository.head)
        return patches([[life.finding] for life in outcome.open], outcome.state, tree, MATCHERS, Layout())


def git(path: Path, *arguments: str, stdin: str = "") -> None:
    data = stdin.encode("utf-8", "surrogateescape")
    subprocess.run(["git", *arguments], cwd=path, env=ENVIRONMENT | DATES, input=data, check=True, capture_output=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_patch_mends_what_it_is_offered_for(case: Case, played: Play, staged: Stage, tmp_path: Path) -> None:
    outcome = played(case)
    for number, (mark, patch) in enumerate(offered(outcome, staged(case)).items()):
        mended = stage(case, tmp_path / str(number))
        git(mended.path, "reset", "--quiet", "--hard")
        git(mended.path, "apply", "--check", "-", stdin=patch.text)
        git(mended.path, "apply", "-", stdin=patch.text)
        git(mended.path, "commit", "--quiet", "--all", "--message=mended")
        again = mended.play(MATCHERS)
        step = again.steps[-1]
        assert mark in {event.finding.fingerprint for event in step.findings if event.state is FindingState.RESOLVED}
        assert mark not in {life.finding.fingerprint for life in again.open}
        news = [event.finding for event in step.findings if event.state is not FindingState.RESOLVED]
        # What an event says of the step itself was told with the patch.
        told = {finding.fingerprint for finding in patch.brings}
        assert [found for found in news if found.severity > Severity.LOW and found.fingerprint not in told] == []
        assert step.loads is not False or (outcome.state is not None and outcome.state.load.ok is False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_cure_touches_what_certbot_manages(case: Case, played: Play) -> None:
    outcome = played(case)
    for life in outcome.open if outcome.state is not None else ():
        matcher = next(matcher for matcher in MATCHERS if matcher.id == life.finding.pattern)
        edits = list(matcher.fix(outcome.state, life.finding.hit)) if matcher.fix and outcome.state else []
        paths = [edit.block.path if isinstance(edit, Inside) else edit.at.path for edit in edits]
        assert not any(path.startswith(UNTOUCHED) for path in paths), edits


@pytest.mark.parametrize("pattern", sorted(CURABLE))
def test_every_cure_works_in_some_case_of_its_pattern(pattern: PatternId, played: Play, staged: Stage) -> None:
    own = [case for case in CASES if case.pattern == pattern]
    assert any(
        made.mends & {life.finding.fingerprint for life in played(case).open if life.finding.pattern == pattern}
        for case in own
        for made in offered(played(case), staged(case)).values()
    )
