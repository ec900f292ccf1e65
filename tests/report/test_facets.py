"""What a report can be narrowed down by."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.report.facets import _runs
from driftscan.report.pages import Report
from driftscan.report.view import build
from tests.report import incident


def test_every_facet_lists_its_values(report: Report) -> None:
    assert {facet.name: facet.values for facet in report.facets} == {
        "severity": ("critical",),
        "server": ("_:443", "blog.example.jp:443", "shop.example.jp:443"),
        "directive": ("ssl_session_cache", "ssl_session_tickets"),
        "pattern": ("session-tickets-mismatch",),
        "who": ("daily timer", "mina"),
    }


def test_a_commit_and_a_finding_have_the_places_of_their_values(report: Report) -> None:
    assert dict(report.steps[1].marks) == {
        "severity": "0",
        "server": "1-2",
        "directive": "0-1",
        "pattern": "0",
        "who": "0",
    }
    # Only the tickets brought it; the cache changed in the same commit.
    assert dict(report.findings[0].marks) == {
        "severity": "0",
        "server": "1-2",
        "directive": "1",
        "pattern": "0",
        "who": "0",
    }


def test_a_commit_without_findings_has_no_severity(report: Report) -> None:
    assert dict(report.steps[2].marks) == {"server": "0-2", "who": "1"}


def test_what_a_package_manager_was_told_makes_no_new_person(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    for number, words in enumerate(("apt upgrade -y", "apt install curl")):
        etc.commit(
            {incident.OPTIONS: f"ssl_session_timeout {number + 6}m;\n"}, f'committing changes in /etc made by "{words}"'
        )
    report = build(*incident.scan(tmp_path))
    (who,) = [facet.values for facet in report.facets if facet.name == "who"]
    assert who == ("daily timer", "mina", "package manager")


@given(st.sets(st.integers(0, 60)))
def test_runs_hold_exactly_the_numbers(numbers: set[int]) -> None:
    found: set[int] = set()
    for run in _runs(sorted(numbers)):
        begin, _, end = run.partition("-")
        found |= set(range(int(begin), int(end or begin) + 1))
    assert found == numbers


@pytest.mark.parametrize(("numbers", "runs"), [([], []), ([4], ["4"]), ([0, 1, 2, 3, 7], ["0-3", "7"])])
def test_runs_are_short(numbers: list[int], runs: list[str]) -> None:
    assert list(_runs(numbers)) == runs
