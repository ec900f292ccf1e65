from collections.abc import Callable

import pytest

from driftscan.drift.scan import Outcome
from driftscan.patterns.catalogue import catalogue
from tests.case_files import Case, Staged, stage

Stage = Callable[[Case], Staged]
Play = Callable[[Case], Outcome]


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A case as two commits, made once for all tests: nothing writes to them."""
    known: dict[str, Staged] = {}

    def get(case: Case) -> Staged:
        if case.name not in known:
            known[case.name] = stage(case, tmp_path_factory.mktemp("case") / "etc")
        return known[case.name]

    return get


@pytest.fixture(scope="session")
def played(staged: Stage) -> Play:
    """What the whole catalogue says about a case."""
    known: dict[str, Outcome] = {}

    def get(case: Case) -> Outcome:
        if case.name not in known:
            known[case.name] = staged(case).play(tuple(entry.matcher for entry in catalogue()))
        return known[case.name]

    return get
