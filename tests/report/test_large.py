"""The page of years of history: as large as it has to be, and no larger."""

import pytest

from driftscan.report import html
from driftscan.report.pages import Report
from tests.report import large


@pytest.fixture(scope="module")
def grown() -> Report:
    return large.report()


def test_it_is_as_large_as_it_says(grown: Report) -> None:
    assert (len(grown.steps), sum(len(step.changes) for step in grown.steps)) == (large.COMMITS, 5000)
    assert len(next(facet.values for facet in grown.facets if facet.name == "server")) == large.SERVERS
    assert {len(step.diff) + step.left_out for step in grown.steps} == {16}


def test_its_page_is_of_at_most_six_megabytes(grown: Report) -> None:
    assert len(html.render(grown).encode()) <= 6_000_000
