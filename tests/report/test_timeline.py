"""The picture of a history: lanes, bars with soft edges, marks, strips, and the table that says the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.drift.chronicle import Policy
from driftscan.report.chart import Bar, Span, Timeline
from driftscan.report.lanes import MOST_DOTS, lanes
from driftscan.report.pages import Report
from driftscan.report.scale import Scale
from driftscan.report.strips import spoken, strips
from driftscan.report.view import build
from tests.etc import EtcHistory
from tests.report import incident
from tests.report.test_wording import commit


@pytest.fixture
def drawn(report: Report) -> Timeline:
    assert report.timeline is not None
    return report.timeline


def test_servers_that_were_hit_alike_share_a_lane(drawn: Timeline) -> None:
    assert [(lane.label, [dot.shape for dot in lane.dots]) for lane in drawn.lanes] == [
        ("blog.example.jp:443 and shop.example.jp:443", ["quiet", "critical", "quiet"]),
        ("_:443", ["quiet", "quiet"]),
        ("the whole host, or a socket", ["quiet"]),
    ]


def test_a_bar_is_certain_between_commits_and_fades_where_nobody_knows(drawn: Timeline) -> None:
    # Minutes since 2019-05-10 10:16:22, when the packages were installed.
    begin, may_have, end = 91740, 55935, 92192
    assert drawn.lanes[0].bars == (
        Bar(
            y=drawn.lanes[0].y + 24,
            severity="critical",
            state="resolved",
            label="critical session-tickets-mismatch, 2 servers: 7 h 31 min, perhaps up to 25 days",
            fingerprint="e1ed27dd4808",
            certain=Span(begin, end, "99.51%", "0.49%"),
            before=Span(may_have, begin, "60.67%", "38.84%"),
            after=None,
        ),
    )


def test_the_end_fades_too_where_a_daily_commit_mended_it(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "oops", "2019-07-14T10:00:00+09:00", author=incident.MINA)
    mended = incident.DEFAULT_SERVER.replace("}", f"{incident.LIKE_THE_SITES}}}")
    etc.commit({incident.DEFAULT: mended}, "daily autocommit", "2019-07-15T06:25:00+09:00")
    report = build(*incident.scan(tmp_path))
    assert report.timeline is not None
    (bar,) = [bar for bar in report.timeline.lanes[0].bars if bar.after is not None]
    assert bar.after is not None
    assert (bar.certain.end - bar.certain.begin, bar.after.end - bar.after.begin) == (0, 20 * 60 + 25)


def test_an_upgrade_and_the_first_packages_are_marks(drawn: Timeline) -> None:
    assert [(mark.kind, mark.span.begin, mark.label) for mark in drawn.marks] == [
        ("upgrade", 0, "2019-05-10 10:16 +0900: nginx 1.10.3"),
        ("upgrade", 0, "2019-05-10 10:16 +0900: OpenSSL 1.0.2g"),
    ]


def test_the_table_says_everything_that_the_picture_shows(drawn: Timeline) -> None:
    assert [(event.short, event.kind, event.text, event.severity) for event in drawn.events] == [
        ("9ff626df", "change", "3 changes; resolved critical session-tickets-mismatch", ""),
        ("1f25ff7d", "change", "2 changes; introduced critical session-tickets-mismatch", "critical"),
        ("41c3e15e", "change", "2 changes", ""),
        ("", "upgrade", "nginx 1.10.3", ""),
        ("", "upgrade", "OpenSSL 1.0.2g", ""),
    ]


def test_what_cannot_be_read_is_a_stretch_until_it_can(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path)
    etc.commit({"nginx/nginx.conf": incident.NGINX_CONF, incident.DEFAULT: incident.DEFAULT_SERVER}, "a")
    etc.commit({incident.DEFAULT: "server { listen 443"}, "b", "2020-01-02T00:00:00+00:00")
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "c", "2020-01-02T01:00:00+00:00")
    report = build(*incident.scan(tmp_path))
    assert report.timeline is not None
    (gap,) = [mark for mark in report.timeline.marks if mark.kind == "gap"]
    assert gap.span.end - gap.span.begin == 60
    assert gap.label.startswith("2020-01-02 00:00 +0000: cannot be read: nginx/conf.d/000-default.conf")


# ------------------------------------------------------------------ lanes


def scale(report: Report) -> Scale:
    assert report.timeline is not None
    begin, end = report.timeline.start, report.timeline.end
    return Scale(*(commit("x", moment.iso).committed for moment in (begin, end)))


def test_what_there_is_no_room_for_shares_the_last_lane(report: Report) -> None:
    shown, left_out = lanes(report.steps, report.findings, scale(report), 0, 2)
    assert ([lane.label for lane in shown], left_out) == (
        ["blog.example.jp:443 and shop.example.jp:443", "2 more servers"],
        2,
    )
    assert (shown[1].servers, len(shown[1].dots)) == (("", "_:443"), 2)


def test_very_many_dots_become_one_where_they_would_hide_each_other(report: Report) -> None:
    change = replace(report.steps[0].changes[0], servers=("a:443",))
    step = replace(report.steps[1], changes=(change,), findings=())
    worst = replace(report.steps[1], changes=(change,))
    steps = (*(step,) * MOST_DOTS, worst)
    shown, _ = lanes(steps, report.findings, scale(report), 0, 9)
    (lane,) = [lane for lane in shown if lane.servers == ("a:443",)]
    assert [(dot.shape, dot.label.rpartition(", and ")[2]) for dot in lane.dots] == [
        ("quiet", f"{MOST_DOTS} more commits about then")
    ]


def test_lanes_do_not_overlap(report: Report) -> None:
    shown, _ = lanes(report.steps, report.findings, scale(report), 10, 9)
    tops = [lane.y for lane in shown]
    assert tops == [10, *(lane.y + lane.height for lane in shown[:-1])]
    for lane in shown:
        assert all(lane.y <= bar.y < lane.track < lane.y + lane.height for bar in lane.bars)


# ------------------------------------------------------------------ protocols


DAYS = Scale(*(commit("x", f"2026-01-{day:02}T00:00:00+00:00").committed for day in (1, 11)))


def policy(day: int, **servers: tuple[str, ...]) -> Policy:
    return Policy(commit("x", f"2026-01-{day:02}T00:00:00+00:00"), servers)


OLD, NEW = ("TLSv1", "TLSv1.1", "TLSv1.2"), ("TLSv1.2", "TLSv1.3")


def test_a_strip_says_what_was_spoken_when() -> None:
    (strip,), _ = strips([policy(1, a=OLD), policy(6, a=NEW)], DAYS)
    assert [(segment.kind, segment.label, segment.span.x, segment.span.width) for segment in strip.segments] == [
        ("weak", "TLS 1.0 to 1.2", "0.00%", "50.00%"),
        ("modern", "TLS 1.2 and 1.3", "50.00%", "50.00%"),
    ]


def test_servers_that_never_contradicted_each_other_share_a_strip() -> None:
    policies = [policy(1, a=OLD, b=NEW), policy(4, a=OLD, b=NEW, c=NEW), policy(8, a=NEW, b=NEW)]
    shown, left_out = strips(policies, DAYS)
    assert ([strip.servers for strip in shown], left_out) == ([("b", "c"), ("a",)], 0)
    assert [(segment.label, segment.span.width) for segment in shown[0].segments] == [("TLS 1.2 and 1.3", "100.00%")]


def test_a_server_that_was_not_there_has_no_segment() -> None:
    (strip,), _ = strips([policy(1, a=NEW), policy(3), policy(5, a=NEW)], DAYS)
    assert [(segment.span.begin, segment.span.end) for segment in strip.segments] == [(0, 2880), (5760, 14400)]


@pytest.mark.parametrize(
    ("protocols", "told"),
    [
        ((), "not known"),
        (("TLSv1.3",), "TLS 1.3"),
        (NEW, "TLS 1.2 and 1.3"),
        (OLD, "TLS 1.0 to 1.2"),
        (("TLSv1", "TLSv1.2", "TLSv1.3"), "TLS 1.0, 1.2 and 1.3"),
        (("SSLv3", "TLSv1", "TLSv1.1"), "SSL 3 to TLS 1.1"),
        (("SSLv3", "TLSv1.2"), "SSL 3 and TLS 1.2"),
    ],
)
def test_protocols_are_named_as_people_do(protocols: tuple[str, ...], told: str) -> None:
    assert spoken(protocols) == told
