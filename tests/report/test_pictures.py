"""A listen socket over the life of a finding, the lines that are pointed at, and raw differences with their marks."""

from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.drift.chronicle import Picture
from driftscan.drift.scan import Scan, finish
from driftscan.drift.socket_settings import socket_setting
from driftscan.drift.state import State
from driftscan.history.observe import Observer
from driftscan.history.redact import HIDDEN
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.report.pages import Report
from driftscan.report.pictures import picture_row
from driftscan.report.pieces import DiffLine, PictureRow
from driftscan.report.quotes import LONGEST, quotes
from driftscan.report.rawdiff import MOST_CHARACTERS, MOST_LINES, diff_lines, marked, shortened
from driftscan.report.view import build
from tests.report import incident

SITES = "blog.example.jp:443 and shop.example.jp:443"


@pytest.fixture
def picture(report: Report) -> PictureRow:
    assert report.findings[0].picture is not None
    return report.findings[0].picture


def test_one_sees_the_two_halves_agree_disagree_and_agree_again(picture: PictureRow) -> None:
    assert (picture.socket, picture.directive, picture.rule, picture.shared) == (
        "0.0.0.0:443",
        "ssl_session_tickets",
        "this server and the default server _:443 decide together",
        True,
    )
    assert [
        (panel.kind, panel.when, panel.short, [(said.who, said.value, said.differs) for said in panel.said])
        for panel in picture.panels
    ] == [
        ("before", "until 2019-07-13 03:17 +0900", "1f25ff7d", [("_:443", "on", False), (SITES, "on", False)]),
        ("broken", "since 2019-07-13 03:17 +0900", "1f25ff7d", [("_:443", "on", False), (SITES, "off", True)]),
        ("mended", "since 2019-07-13 10:48 +0900", "9ff626df", [("_:443", "off", False), (SITES, "off", False)]),
    ]
    assert [panel.verdict for panel in picture.panels] == [
        "all say the same",
        "they contradict each other, and both have a say",
        "all say the same",
    ]


def test_every_half_says_where_its_value_is_from_and_who_is_the_default_server(picture: PictureRow) -> None:
    assert [(said.is_default, said.source, said.decides) for said in picture.panels[1].said] == [
        (True, "default of nginx 1.10.3", True),
        (False, f"{incident.OPTIONS}:2", True),
    ]


def test_where_nobody_fails_nothing_is_called_broken(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    tls = incident.SITE.format(name="blog.example.jp").replace("include", "ssl_protocols TLSv1.2;\n    include")
    etc.commit({"nginx/conf.d/blog.conf": tls}, "tls", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    rows = build(*incident.scan(tmp_path)).findings
    (row,) = [row for row in rows if row.pattern == "protocols-ignored-outside-default-server"]
    assert row.picture is not None
    assert (row.severity, [panel.kind for panel in row.picture.panels]) == ("medium", ["before", "found"])


def test_an_open_finding_has_no_panel_after(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "oops", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    row = build(*incident.scan(tmp_path)).findings[0]
    assert row.picture is not None
    assert [panel.kind for panel in row.picture.panels] == ["before", "broken"]


def test_where_the_default_server_alone_decides_the_others_have_no_say(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    early = incident.DEFAULT_SERVER.replace("}", "    ssl_protocols TLSv1.2;\n}")
    etc.commit({incident.DEFAULT: early}, "tls", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    rows = [row for row in build(*incident.scan(tmp_path)).findings if row.pattern == "protocols-narrowed"]
    (picture,) = [row.picture for row in rows if row.picture is not None]
    panel = picture.panels[-1]
    assert [(said.value, said.decides) for said in panel.said] == [("TLSv1.2", True), ("TLSv1 TLSv1.1 TLSv1.2", False)]
    assert panel.verdict == "they differ, and what the others say has no effect"


def test_a_server_without_a_certificate_has_no_say(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    bare = "server {\n    listen 443 ssl;\n    server_name bare.example.jp;\n    ssl_session_tickets on;\n}\n"
    etc.commit({"nginx/conf.d/bare.conf": bare}, "bare", "2019-07-14T10:00:00+09:00", author=incident.MINA)
    with Repository.open(tmp_path) as repository:
        state = judged(repository)
    (address,) = state.tls_sockets
    setting = socket_setting(state, address, "ssl_session_tickets")
    assert setting is not None
    row = build(*incident.scan(tmp_path)).findings[0]
    panel = picture_row(Picture(None, setting, None), row).panels[0]
    assert [(said.who, said.value, said.decides, said.differs, said.contradicts) for said in panel.said] == [
        ("_:443", "off", True, False, False),
        ("bare.example.jp:443", "on", False, True, False),
        (SITES, "off", True, False, False),
    ]
    assert panel.verdict == "who says otherwise has no certificate, and so no say"


def judged(repository: Repository) -> State:
    """The state of the newest commit."""
    outcome = finish(Scan(repository, repository.select(Selection()), (), Observer(repository.read)))
    assert outcome.state is not None
    return outcome.state


# ------------------------------------------------------------------ quotes


def test_a_line_that_is_pointed_at_is_quoted_once(report: Report) -> None:
    quoted = {row.place: row.text for row in report.quotes}
    assert quoted[f"{incident.OPTIONS}:2"] == "ssl_session_tickets off;"
    assert quoted[f"{incident.DEFAULT}:2"] == "listen 443 ssl default_server;"
    assert len({row.id for row in report.quotes}) == len(report.quotes)


def test_no_secret_no_endless_line_and_no_line_that_is_not_there() -> None:
    lines = {"a": ["proxy_set_header Authorization abc;", "x" * 1000]}
    assert [(row.place, row.text) for row in quotes(["a:2", "a:1", "a:3", "b:1", "a:0", "a", "a:1"], lines)] == [
        ("a:1", f"proxy_set_header Authorization {HIDDEN};"),
        ("a:2", "x" * LONGEST + " ..."),
    ]


# ------------------------------------------------------------------ raw differences

DIFF = """diff --git a/x.conf b/x.conf
--- a/x.conf
+++ b/x.conf
@@ -1,3 +1,3 @@ http {
 one
-two
+deux
 three
@@ -9,0 +10 @@
+ten
"""


def test_every_line_that_is_there_knows_its_place() -> None:
    assert [(line.text, line.place) for line in diff_lines(DIFF) if line.place] == [
        (" one", "x.conf:1"),
        ("+deux", "x.conf:2"),
        (" three", "x.conf:3"),
        ("+ten", "x.conf:10"),
    ]


def test_a_name_with_a_space_is_the_name() -> None:
    spaced = DIFF.replace("--- a/x.conf", "--- a/a b.conf\t").replace("+++ b/x.conf", "+++ b/a b.conf\t")
    assert [(line.place, line.was) for line in diff_lines(spaced)][4:7] == [
        ("a b.conf:1", "a b.conf:1"),
        ("", "a b.conf:2"),
        ("a b.conf:2", ""),
    ]


def test_a_line_that_is_gone_knows_where_it_was() -> None:
    assert [(line.text, line.was) for line in diff_lines(DIFF) if line.was] == [
        (" one", "x.conf:1"),
        ("-two", "x.conf:2"),
        (" three", "x.conf:3"),
    ]
    (gone,) = [line for line in marked(diff_lines(DIFF), "abc", (), {"x.conf:2"}) if line.mark]
    assert (gone.text, gone.mark) == ("-two", "d-abc-1")


def test_lines_that_something_is_said_about_can_be_linked() -> None:
    found = [line for line in marked(diff_lines(DIFF), "abc", {"x.conf:2", "x.conf:10", "y:3"}) if line.mark]
    assert [(line.text, line.mark) for line in found] == [("+deux", "d-abc-1"), ("+ten", "d-abc-2")]


def test_files_that_something_is_said_about_come_first() -> None:
    other = DIFF.replace("x.conf", "w.conf")
    lines = marked(diff_lines(other + DIFF), "abc", {"x.conf:2"})
    assert [line.text for line in lines if line.text.startswith("diff ")] == [
        "diff --git a/x.conf b/x.conf",
        "diff --git a/w.conf b/w.conf",
    ]
    assert sorted(line.text for line in lines) == sorted(line.text for line in diff_lines(other + DIFF))


def test_a_file_that_is_gone_has_no_places() -> None:
    gone = "diff --git a/x.conf b/x.conf\n--- a/x.conf\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n"
    assert [line.place for line in diff_lines(gone)] == [""] * 5


def test_of_a_long_history_the_commits_with_findings_keep_their_lines(report: Report) -> None:
    line = DiffLine("same", "x" * (MOST_CHARACTERS // 10))
    quiet = replace(report.steps[0], diff=(line,) * 6, worst="")
    bad = replace(report.steps[1], diff=(line,) * 6, worst="high")
    assert [(len(step.diff), step.left_out) for step in shortened((quiet, bad))] == [(3, 3), (6, 0)]


def test_of_a_very_long_difference_the_beginning_is_kept(report: Report) -> None:
    step = replace(report.steps[0], diff=(DiffLine("same", "x"),) * (MOST_LINES + 7))
    (kept,) = shortened((step,))
    assert (len(kept.diff), kept.left_out) == (MOST_LINES, 7)
