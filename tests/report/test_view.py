"""What is told once, what is told together, and what is told at all."""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from driftscan.drift.scan import Outcome
from driftscan.report.pages import Count, Report
from driftscan.report.pieces import Subjects
from driftscan.report.printable import printable
from driftscan.report.rows import ChangeRow, Extent, Request
from driftscan.report.view import build
from tests.etc import EtcHistory
from tests.report import incident

BEGAN = (
    "2019-07-13 03:17 +0900 by 1f25ff7d (daily timer), changed some time after 2019-06-18 06:31, up to 24 days before"
)


def test_the_verdict_says_what_when_and_how_bad(report: Report) -> None:
    assert (report.verdict, report.verdict_kind) == (
        (
            "2 findings, both resolved, worst critical: session-tickets-mismatch (2 servers) "
            "from 2019-07-13 03:17 to 2019-07-13 10:48 +0900."
        ),
        "resolved",
    )


def test_the_verdict_says_that_it_may_have_begun_earlier(report: Report) -> None:
    assert report.notes == (
        (
            "It may have begun earlier: 1f25ff7d was made by the daily timer, "
            "changed some time after 2019-06-18 06:31, up to 24 days before."
        ),
    )


def test_the_verdict_says_what_it_depends_on(hostile_report: Report) -> None:
    assert hostile_report.notes[0] == (
        "session-tickets-mismatch holds only if the TLS library is OpenSSL before 1.0.2l or LibreSSL, "
        "which the history does not say: `nginx -V` tells."
    )


def test_the_numbers_of_the_first_screen(report: Report) -> None:
    assert report.counts == (
        Count(0, "open findings", "open"),
        Count(2, "past findings", "past"),
        Count(3, "commits changed TLS", "steps"),
        Count(4, "commits walked", "commits"),
    )


def test_an_open_finding_is_told_before_what_is_over(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "oops", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    report = build(*incident.scan(tmp_path))
    assert report.verdict == (
        "2 findings open, worst critical: session-tickets-mismatch (2 servers) since 2019-07-14 10:48 +0900. "
        "2 more are over, worst critical: session-tickets-mismatch (2 servers) "
        "from 2019-07-13 03:17 to 2019-07-13 10:48 +0900."
    )
    assert [(row.state, row.again) for row in report.findings] == [("open", "for the second time"), ("resolved", "")]


def test_the_default_server_and_the_others_are_one_row_where_they_change_alike(tmp_path: Path) -> None:
    """The default server decides for itself what the selected server decides elsewhere: nobody needs to know that."""
    site = "    server { listen 443 ssl; server_name %s; ssl_certificate a.pem; }\n"
    sites = "".join(site % name for name in ("a.example", "b.example"))
    main = "events {}\nhttp {\n    ssl_ciphers %s;\n    ssl_prefer_server_ciphers %s;\n" + sites + "}\n"
    etc = EtcHistory(tmp_path)
    etc.commit({"nginx/nginx.conf": main % ("HIGH", "on")}, "one", "2024-07-01T12:00:00+00:00")
    etc.commit({"nginx/nginx.conf": main % ("LOW", "off")}, "two", "2024-07-02T12:00:00+00:00")
    (step,) = build(*incident.scan(tmp_path)).steps
    everybody = Subjects(
        "a.example, b.example and any other name, on 0.0.0.0:443",
        ("a.example on 0.0.0.0:443", "b.example on 0.0.0.0:443", "any other name on 0.0.0.0:443"),
        0,
    )
    assert [(row.what, row.subjects, row.note) for row in step.changes if row.kind == "in-force"] == [
        ("ssl_ciphers", everybody, ""),
        (
            "ssl_prefer_server_ciphers",
            everybody,
            "this server decides up to TLS 1.2, the default server for TLS 1.3",
        ),
    ]


def test_a_link_leads_to_one_life_of_a_finding(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "oops", "2019-07-14T10:48:30+09:00", author=incident.MINA)
    report = build(*incident.scan(tmp_path))
    assert [[member.is_anchor for member in row.members] for row in report.findings] == [[True, True], [False, False]]


def test_steps_are_newest_first(report: Report) -> None:
    assert [(row.commit.short, row.worst) for row in report.steps] == [
        ("9ff626df", ""),
        ("1f25ff7d", "critical"),
        ("41c3e15e", ""),
    ]


def test_one_cause_is_one_row_and_is_told_once(report: Report) -> None:
    """certbot's two lines made four in-force and four configured changes."""
    names = Subjects(
        "blog.example.jp, shop.example.jp and 2 more names, on 0.0.0.0:443",
        tuple(
            f"{name} on 0.0.0.0:443"
            for name in ("blog.example.jp", "shop.example.jp", "www.blog.example.jp", "www.shop.example.jp")
        ),
        2,
    )
    servers = ("blog.example.jp:443", "shop.example.jp:443")
    assert report.steps[1].changes == (
        ChangeRow(
            "in-force",
            "in force",
            "ssl_session_tickets",
            "on",
            "off (default server: on)",
            None,
            names,
            (f"{incident.OPTIONS}:2",),
            "this server and the default server decide together",
            ("e1ed27dd4808", "960540dde214"),
            servers,
            "default of nginx 1.10.3",
            f"{incident.OPTIONS}:2",
        ),
        ChangeRow(
            "no-effect",
            "no effect",
            "ssl_session_cache",
            "shared:le_nginx_SSL:1m",
            "shared:le_nginx_SSL:10m",
            None,
            Subjects("blog.example.jp:443 and shop.example.jp:443", servers, 0),
            (f"{incident.OPTIONS}:1",),
            "sessions are stored by the default server of the socket, whatever other servers say",
            (),
            servers,
            f"{incident.OPTIONS}:1",
            f"{incident.OPTIONS}:1",
            (f"{incident.OPTIONS}:1",),
        ),
    )


def test_what_the_default_server_caused_points_at_the_default_server(report: Report) -> None:
    assert {(row.what, row.places) for row in report.steps[0].changes} == {
        ("ssl_session_tickets", (f"{incident.DEFAULT}:6",)),
        ("ssl_session_cache", (f"{incident.DEFAULT}:7",)),
    }


def test_a_finding_knows_its_whole_life(report: Report) -> None:
    (row,) = report.findings
    assert (row.began, row.ended, row.lasted) == (
        BEGAN,
        "2019-07-13 10:48 +0900 by 9ff626df (mina)",
        "7 h 31 min, perhaps up to 25 days",
    )


def test_findings_of_one_cause_are_one_row(report: Report) -> None:
    (row,) = report.findings
    assert (row.who, [(member.subject, member.fingerprint) for member in row.members]) == (
        "2 servers",
        [("blog.example.jp:443", "e1ed27dd4808"), ("shop.example.jp:443", "960540dde214")],
    )


def test_the_git_command_is_safe_to_paste(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path)
    etc.commit({"nginx/nginx.conf": 'events {} http { include "/etc/nginx/a b/*"; }'})
    etc.commit({"nginx/a b/$(reboot)": "server { listen 443 ssl; }"})
    report = build(*incident.scan(tmp_path))
    assert report.steps[0].command.endswith("-- 'nginx/a b/$(reboot)'")


def test_what_was_examined_names_every_version_and_its_proof(report: Report) -> None:
    (versions,) = (fact.texts for fact in report.examined if fact.label == "Versions")
    assert versions == (
        "nginx 1.10.3: nginx-core 1.10.3-0ubuntu0.16.04.3 in commit ba6e4e128046",
        "OpenSSL 1.0.2g: libssl1.0.0 1.0.2g-1ubuntu4.15 in commit ba6e4e128046",
    )


def test_filters_are_said_with_the_verdict(scanned: tuple[Outcome, Request]) -> None:
    outcome, request = scanned
    told = build(outcome, replace(request, filters=("--server shop.*",)))
    assert told.notes[0] == "Only a part is shown, as asked for: --server shop.*."


def test_a_terminal_is_not_given_what_it_does_not_show(scanned: tuple[Outcome, Request]) -> None:
    outcome, request = scanned
    told = build(outcome, replace(request, extent=Extent.CHANGES))
    assert (told.effective, told.patterns, told.timeline) == (None, (), None)


def test_an_empty_selection_is_said(scanned: tuple[Outcome, Request]) -> None:
    _, request = scanned
    nothing = Outcome((), (), (), None, None, None, 0, 0, shallow=False)
    assert build(nothing, request).verdict == "No commit was selected."


def test_every_string_of_a_report_is_printable(hostile_report: Report) -> None:
    strings = list(_strings(hostile_report))
    assert [text for text in strings if printable(text) != text] == []
    assert sum("\\x1b" in text for text in strings) > 5


def _strings(value: Any) -> Any:  # noqa: ANN401 - any tree of rows
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _strings(getattr(value, field.name))


def test_what_most_names_share_is_told_once(report: Report) -> None:
    """Two sites and the default server: the sites share what certbot's file says, and nothing of their own."""
    assert report.effective is not None
    common = {row.directive: (row.value, row.source) for row in report.effective.common}
    assert common["ssl_session_cache"] == ("shared:le_nginx_SSL:10m", f"{incident.DEFAULT}:7")
    assert "ssl_certificate" not in common
    for endpoint in report.effective.endpoints:
        assert set(common) <= {row.directive for row in endpoint.settings}


def test_two_names_share_nothing_that_is_worth_a_table(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path)
    site = "server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; }"
    etc.commit({"nginx/nginx.conf": f"events {{}} http {{ {site} }}"})
    effective = build(*incident.scan(tmp_path)).effective
    assert effective is not None
    assert (len(effective.endpoints), effective.common) == (1, ())


def test_a_remedy_that_names_each_server_does_not_part_what_one_line_brought(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    narrow = "ssl_session_cache shared:le_nginx_SSL:10m;\nssl_session_tickets off;\nssl_ciphers {};\n"
    etc.commit({incident.OPTIONS: narrow.format("HIGH:!aNULL")}, "ciphers", "2019-07-14T10:00:00+09:00")
    etc.commit({incident.OPTIONS: narrow.format("ECDHE-RSA-AES128-GCM-SHA256")}, "few", "2019-07-15T10:00:00+09:00")
    report = build(*incident.scan(tmp_path))
    (row,) = [row for row in report.findings if row.pattern == "ciphers-narrowed"]
    assert row.too == ""
    assert {row.too for row in report.findings if row.pattern == "session-tickets-mismatch"} == {
        "the same for the other server"
    }
    assert [member.subject for member in row.members] == ["blog.example.jp:443", "shop.example.jp:443"]
    assert "blog.example.jp:443" in row.remedy_full[0]
    assert "shop.example.jp:443" not in row.remedy_full[0]
