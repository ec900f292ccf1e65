"""What a change of protocols, ciphers or curves brought lasts in the state that it left, and not in the one before."""

import pytest

from driftscan.drift.compare import compare
from driftscan.patterns.catalogue import catalogue
from tests.case_files import Case, Kind, all_cases
from tests.patterns.conftest import Stage

LASTING = {
    entry.id: entry.matcher
    for entry in catalogue()
    if entry.id
    in {
        "ciphers-narrowed",
        "curves-narrowed",
        "protocols-narrowed",
        "weak-ciphers-enabled",
        "weak-protocols-enabled",
    }
}
CASES = [case for case in all_cases() if case.pattern in LASTING and case.kind is Kind.FIRES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_over_as_soon_as_everything_is_as_it_was(case: Case, staged: Stage) -> None:
    matcher = LASTING[next(pattern for pattern in LASTING if pattern == case.pattern)]
    assert matcher.events is not None
    assert matcher.mended is not None
    before, after = staged(case).states()
    hits = list(matcher.events(compare(before, after)))
    assert hits
    for hit in hits:
        assert not matcher.mended(after, hit), hit
        assert matcher.mended(before, hit), hit
