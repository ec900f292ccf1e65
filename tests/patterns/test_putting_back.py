"""What a change brought and what lasts ends when the change is taken back, and not by just any other commit."""

from pathlib import Path

import pytest

from driftscan.drift.findings import FindingState
from driftscan.drift.scan import Outcome, Scan, finish
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.patterns.catalogue import catalogue
from tests.case_files import Case, Kind, all_cases
from tests.etc import Content, EtcHistory

MATCHERS = {entry.id: entry.matcher for entry in catalogue()}
PATTERNS = (
    "authority-removed",
    "crypto-policy-changed",
    "https-gone-under-hsts",
    "https-redirect-removed",
    "openssl-defaults-changed",
    "upstream-resolves-elsewhere",
    "upstream-scheme-changed",
    "upstream-verification",
    "upstream-without-sni",
)
CASES = [case for case in all_cases() if case.pattern in PATTERNS and case.kind is Kind.FIRES]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def walked(case: Case, then: dict[str, Content], path: Path) -> Outcome:
    """Both commits of a case and a third one, with the pattern of the case alone."""
    etc = EtcHistory(path)
    etc.commit(case.before, case.messages.get("before", "daily autocommit"))
    gone: dict[str, Content] = dict.fromkeys(case.before.keys() - case.after.keys())
    etc.commit({**gone, **case.after}, case.messages.get("after", "daily autocommit"))
    etc.commit(then)
    (matcher,) = (matcher for known, matcher in MATCHERS.items() if known == case.pattern)
    with Repository.open(path) as repository:
        observer = Observer(repository.read, case.options)
        return finish(Scan(repository, repository.select(Selection()), (matcher,), observer))


@every_case
def test_it_ends_when_everything_is_put_back(case: Case, tmp_path: Path) -> None:
    gone: dict[str, Content] = dict.fromkeys(case.after.keys() - case.before.keys())
    outcome = walked(case, {**gone, **case.before}, tmp_path / "etc")
    assert outcome.open == ()
    assert [event.state for event in outcome.steps[-1].findings] == [FindingState.RESOLVED]


@every_case
def test_it_lasts_while_nothing_that_matters_changes(case: Case, tmp_path: Path) -> None:
    main = case.after["nginx/nginx.conf"]
    assert isinstance(main, str)
    outcome = walked(case, {"nginx/nginx.conf": f"{main}# a comment\n"}, tmp_path / "etc")
    assert [life.finding.pattern for life in outcome.open] == [case.pattern]
