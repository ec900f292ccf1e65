"""JUnit XML: every pattern that was looked for is a test, and every finding is one."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.drift.findings import Severity
from driftscan.patterns.catalogue import catalogue
from driftscan.report import junit
from driftscan.report.check import build_check
from driftscan.report.pages import CheckReport
from driftscan.report.rows import GapRow
from tests.report import hostile, incident
from tests.report.states import checked, decision
from tests.report.test_postmortem import poisoned

TICKETS = "session-tickets-mismatch"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    path: Path = tmp_path_factory.mktemp("junit")
    broken = incident.build(path).git("rev-parse", "HEAD~1").strip()
    found, _ = checked(path, broken, decision("session-*", "shop.*"))
    return build_check(found, show_suppressed=True)


def read(text: str) -> ET.Element:
    """The only suite of a document; what it counts is right."""
    root = ET.fromstring(text)  # noqa: S314 - our own document
    assert root.tag == "testsuites"
    (suite,) = root
    cases = suite.findall("testcase")
    counted = {
        "tests": len(cases),
        "failures": len(suite.findall("testcase/failure")),
        "errors": 0,
        "skipped": len(suite.findall("testcase/skipped")),
    }
    for element in (root, suite):
        assert {name: int(element.attrib[name]) for name in counted} == counted
    return suite


def case(suite: ET.Element, name: str) -> ET.Element:
    (found,) = [one for one in suite.findall("testcase") if one.attrib["name"] == name]
    return found


def test_every_pattern_of_states_is_looked_for_and_no_other(page: CheckReport) -> None:
    suite = read(junit.render(page, catalogue(), Severity.HIGH))
    names = {one.attrib["name"].partition(": ")[0] for one in suite.findall("testcase")}
    assert names == {entry.id for entry in catalogue() if entry.matcher.hazards is not None}
    assert {one.attrib["classname"] for one in suite.findall("testcase")} <= {
        f"driftscan.{entry.pattern.category.value}" for entry in catalogue()
    }


def test_a_finding_is_a_test_that_fails(page: CheckReport) -> None:
    suite = read(junit.render(page, catalogue(), Severity.HIGH))
    (failure,) = case(suite, f"{TICKETS}: blog.example.jp:443")
    assert (failure.tag, failure.attrib["type"]) == ("failure", "critical")
    assert failure.attrib["message"].startswith("blog.example.jp:443 has session tickets off")
    assert "[e1ed27dd4808]" in (failure.text or "")
    assert "\n+    ssl_session_tickets off;\n" in (failure.text or "")


def test_what_is_suppressed_is_a_test_that_was_skipped(page: CheckReport) -> None:
    suite = read(junit.render(page, catalogue(), Severity.HIGH))
    (skipped,) = case(suite, f"{TICKETS}: shop.example.jp:443")
    assert skipped.attrib["message"] == (
        "suppressed until 2027-01-31, mina: known | <b>bad</b> @mina #1 (driftscan/suppressions.toml:1) [960540dde214]"
    )


@pytest.mark.parametrize(
    ("severity", "fail_on", "fails"),
    [
        ("critical", Severity.CRITICAL, True),
        ("high", Severity.CRITICAL, False),
        ("high", Severity.HIGH, True),
        ("low", Severity.LOW, True),
        ("critical", None, False),
    ],
)
def test_from_which_severity_on_a_finding_fails(
    severity: str, fail_on: Severity | None, page: CheckReport, *, fails: bool
) -> None:
    rows = tuple(replace(row, severity=severity) for row in page.findings)
    suite = read(junit.render(replace(page, findings=rows), catalogue(), fail_on))
    (told,) = case(suite, f"{TICKETS}: blog.example.jp:443")
    assert told.tag == ("failure" if fails else "system-out")
    assert "[e1ed27dd4808]" in (told.text or "")


def test_gaps_are_told_beside_the_tests(page: CheckReport) -> None:
    gap = GapRow("nginx/x.conf", "missing", "nginx/x.conf: is missing", remembered=False)
    suite = read(junit.render(replace(page, gaps=(gap,)), catalogue(), None))
    assert suite.findtext("system-err") == "cannot be read: nginx/x.conf: is missing"
    assert read(junit.render(page, catalogue(), None)).find("system-err") is None


def test_a_pattern_of_the_site_is_a_test_too(page: CheckReport) -> None:
    rows = tuple(replace(row, pattern="site-ours") for row in page.findings)
    suite = read(junit.render(replace(page, findings=rows), catalogue(), None))
    assert case(suite, "site-ours: blog.example.jp:443").attrib["classname"] == "driftscan.site"


def test_a_hostile_history_is_valid_xml_that_acts_on_nothing(tmp_path: Path) -> None:
    hostile.build(tmp_path)
    text = junit.render(build_check(checked(tmp_path, "HEAD")[0], show_suppressed=True), catalogue(), Severity.LOW)
    read(text)
    assert [character for character in text if not character.isprintable() and character != "\n"] == []


@pytest.mark.parametrize("bad", ["\ufffe\uffff", "<b>&\"'", "]]>", "\\x1b", "\U0001f600"])
def test_what_xml_cannot_hold_is_told_as_an_escape(bad: str, page: CheckReport) -> None:
    suite = read(junit.render(poisoned(page, bad), catalogue(), Severity.LOW))
    shown = bad.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    assert suite.attrib["name"].endswith(f" {shown}")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib["message"].endswith(f" {shown}")


def test_nothing_in_it_is_a_time(page: CheckReport) -> None:
    root = ET.fromstring(junit.render(page, catalogue(), None))  # noqa: S314 - our own document
    assert [element for element in root.iter() if {"time", "timestamp", "hostname"} & set(element.attrib)] == []
