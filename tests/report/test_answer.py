"""What a reader asks first."""

from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.drift.scan import Outcome
from driftscan.history.selection import Selection
from driftscan.report.answer import answer as answered
from driftscan.report.answer import headline
from driftscan.report.pages import Answer, Report
from driftscan.report.rows import FindingRow
from driftscan.report.view import build
from tests.report import incident


@pytest.fixture
def answer(report: Report) -> Answer:
    assert report.answer is not None
    return report.answer


def test_it_says_whom_it_hit_for_how_long_and_that_it_is_over(answer: Answer) -> None:
    assert answer.headline == (
        "blog.example.jp:443 and shop.example.jp:443 were hit for 7 h 31 min, perhaps up to 25 days, "
        "until 2019-07-13 10:48 +0900; the configuration is mended."
    )


def test_it_shows_what_brought_it_with_both_origins(answer: Answer) -> None:
    assert [(row.what, row.before, row.origin_before, row.after, row.origin_after) for row in answer.changes] == [
        (
            "ssl_session_tickets",
            "on",
            "default of nginx 1.10.3",
            "off (default server: on)",
            "letsencrypt/options-ssl-nginx.conf:2",
        )
    ]


def test_it_names_the_versions_that_it_rests_on_with_their_proof(answer: Answer) -> None:
    assert answer.sure == (
        "Certain, as far as files can tell, judged on OpenSSL 1.0.2g "
        "(libssl1.0.0 1.0.2g-1ubuntu4.15 in commit ba6e4e128046)."
    )


def test_what_nobody_knows_is_not_what_it_was_judged_on(hostile_report: Report) -> None:
    assert hostile_report.answer is not None
    assert hostile_report.answer.sure == "It depends on something that is not in the history."


def test_the_whole_history_has_no_start(answer: Answer) -> None:
    assert (answer.others, answer.start) == ("", "")


def test_what_is_open_comes_before_what_is_over(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "oops", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    answer = build(*incident.scan(tmp_path)).answer
    assert answer is not None
    assert (answer.headline, answer.others) == (
        (
            "blog.example.jp:443 and shop.example.jp:443 are hit since 2019-07-14 10:48 +0900, "
            "and nothing has mended it."
        ),
        "2 more findings are past, critical: session-tickets-mismatch.",
    )


def test_a_trifle_that_is_open_does_not_hide_what_happened(report: Report) -> None:
    (past,) = report.findings
    trifle = replace(past, state="open", severity="medium", pattern="hsts-lost", resolved=None)
    outage = replace(trifle, severity="high")
    mains = [
        found.finding.pattern
        for findings in ((trifle, past), (outage, past), (trifle, replace(past, severity="medium")), (trifle,))
        if (found := answer_of(findings)) is not None
    ]
    assert mains == ["session-tickets-mismatch", "hsts-lost", "hsts-lost", "hsts-lost"]


def answer_of(findings: tuple[FindingRow, ...]) -> Answer | None:
    return answered(Outcome((), (), (), None, None, None, 0, 0, shallow=False), findings, ())


def test_a_range_says_what_was_there_when_it_began(tmp_path: Path) -> None:
    incident.build(tmp_path)
    report = build(*incident.scan(tmp_path, Selection(after="HEAD~1")))
    assert report.answer is not None
    assert report.answer.start == (
        "2 findings were already there when the range began; "
        "a report that begins earlier says which commit brought them."
    )
    assert report.start is not None
    (names,) = [row for row in report.start.endpoints if "shop.example.jp" in row.subjects.summary]
    assert [(row.value, row.source) for row in names.settings if row.directive == "ssl_session_tickets"] == [
        ("off (default server: on)", "letsencrypt/options-ssl-nginx.conf:2")
    ]
    assert report.answer.headline.startswith("blog.example.jp:443 and shop.example.jp:443 were hit, until 2019-07-13")


def test_nothing_found_is_no_answer(tmp_path: Path) -> None:
    incident.build(tmp_path)
    report = build(*incident.scan(tmp_path, Selection(tip="HEAD~2")))
    assert (report.answer, report.verdict) == (None, "No known breakage. 1 commit changed TLS.")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"state": "over at once", "resolved": None}, "were hit at 2019-07-13 03:17 +0900: an event, over at once."),
        ({"certainty": "depends"}, "may have been hit for 7 h 31 min, perhaps up to 25 days, until"),
        ({"certainty": "depends", "state": "open"}, "may be hit since 2019-07-13 03:17 +0900, and nothing has mended"),
        ({"visitors": "nobody yet"}, "were at risk for 7 h 31 min"),
        ({"state": "withdrawn", "resolved": None}, "seemed to be hit since 2019-07-13 03:17 +0900; what became known"),
    ],
)
def test_it_says_no_more_than_is_known(answer: Answer, changed: dict[str, object], told: str) -> None:
    row: FindingRow = replace(answer.finding, **changed)  # type: ignore[arg-type]  # fields by name
    assert headline(row).startswith(f"blog.example.jp:443 and shop.example.jp:443 {told}")


def test_many_are_counted(answer: Answer) -> None:
    member = answer.finding.members[0]
    row = replace(answer.finding, members=tuple(replace(member, subject=f"s{number}") for number in range(47)))
    assert headline(row).startswith("s0, s1, s2 and 44 more were hit")
