"""What people of a site say: their own patterns, and the findings they live with, in every verb."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Incident, Run
from tests.etc import EtcHistory

DECISION = """
[[suppress]]
pattern = "session-tickets-mismatch"
server = "shop.example"
until = {until}
owner = "mina"
reason = "the shop moves next week"
"""
PATTERN = """
[[pattern]]
id = "site-tickets"
title = "The shop needs session tickets"
severity = "medium"
directive = "ssl_session_tickets"
server = "shop.example"
because = "The tills resume sessions by ticket."
remedy = "Call the shop team."
after = { other_than = "on" }
"""
MAIN = """events {}
http {
    ssl_certificate c.pem;
    ssl_certificate_key c.key;
    server {
        listen 443 ssl default_server;
    }
    server {
        listen 443 ssl;
        server_name shop.example;
        %s
    }
}
"""
OLD = "Package changes:\n+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64\n+nginx 1.10.3-0ubuntu0.16.04.3 all\n"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # 2026-01-01


def broken(etc: EtcHistory, line: str = "ssl_session_tickets off;", **files: str) -> str:
    etc.commit({"nginx/nginx.conf": MAIN % ""}, OLD)
    etc.commit({"nginx/nginx.conf": MAIN % line, **files})
    return str(etc.path)


def test_a_decision_sets_a_finding_aside_and_is_counted(etc: EtcHistory, run: Run) -> None:
    path = broken(etc, **{"driftscan/suppressions.toml": DECISION.format(until="2027-01-31")})
    done = run("log", "-C", path)
    assert "session-tickets-mismatch  introduced" not in done.out
    assert "1 open finding is suppressed; --show-suppressed lists them." in done.out
    listed = " ".join(run("log", "-C", path, "--show-suppressed").out.split())
    assert "CRITICAL session-tickets-mismatch shop.example:443 [" in listed
    assert "until 2027-01-31, mina: the shop moves next week (driftscan/suppressions.toml:2)" in listed
    assert run("log", "-C", path, "--exit-code").code == 0
    checked = run("check", "-C", path, "--show-suppressed")
    assert checked.code == 0
    assert "until 2027-01-31, mina: the shop moves next week" in " ".join(checked.out.split())
    assert "--show-suppressed lists them" in run("check", "-C", path).out


def test_a_decision_that_is_over_is_told_and_sets_nothing_aside(etc: EtcHistory, run: Run) -> None:
    path = broken(etc, **{"driftscan/suppressions.toml": DECISION.format(until="2025-12-31")})
    done = run("log", "-C", path)
    assert "session-tickets-mismatch  introduced" in done.out
    said = " ".join(done.out.split())
    assert (
        "A suppression is over: session-tickets-mismatch until 2025-12-31 (driftscan/suppressions.toml:2, mina): "
        "the shop moves next week. What it set aside is told again."
    ) in said
    document = json.loads(run("log", "-C", path, "--format", "json").out)
    assert [(found["until"], found["owner"]) for found in document["expired"]] == [("2025-12-31", "mina")]


def test_a_comment_above_the_line_is_a_decision(etc: EtcHistory, run: Run) -> None:
    comment = "# driftscan: ignore[session-*] until=2027-01-31 moves next week\n        ssl_session_tickets off;"
    path = broken(etc, comment)
    document = json.loads(run("log", "-C", path, "--format", "json").out)
    assert document["open"] == []
    (aside,) = document["suppressed"]
    assert (aside["finding"]["pattern"], aside["by"]["at"]) == (
        "session-tickets-mismatch",
        {"path": "nginx/nginx.conf", "line": 11},
    )


def test_a_pattern_of_the_site_is_found_told_and_explained(etc: EtcHistory, run: Run) -> None:
    path = broken(etc, **{"driftscan/patterns.d/shop.toml": PATTERN})
    done = run("log", "-C", path)
    said = " ".join(done.out.split())
    assert "MEDIUM site-tickets introduced" in said
    assert "The tills resume sessions by ticket: ssl_session_tickets is off" in said


def test_the_patterns_of_a_site_are_listed_with_the_others_or_refused(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "driftscan" / "patterns.d"
    folder.mkdir(parents=True)
    (folder / "shop.toml").write_text(PATTERN)
    assert "The shop needs session tickets" in run("patterns", "-C", str(tmp_path), "site-tickets").out
    assert "site-tickets" in run("patterns", "-C", str(tmp_path)).out
    (folder / "shop.toml").write_text(PATTERN.replace("severity", "severty"))
    refused = run("patterns", "-C", str(tmp_path))
    assert refused.code == 2
    assert "driftscan/patterns.d/shop.toml:5: Object contains unknown field `severty`" in refused.err
    assert "did you mean `severity`?" in refused.err


def test_a_file_that_is_wrong_is_shown_and_stops_nothing(incident: Incident, run: Run) -> None:
    incident.etc.commit({"driftscan/suppressions.toml": "[[suppress]]\npatern = 1\n"})
    done = run("log", "-C", incident.path)
    assert done.code == 0
    said = " ".join(done.out.split())
    assert "driftscan/suppressions.toml:2: Object contains unknown field `patern`" in said
    assert "did you mean `pattern`?" in said
    assert "session-tickets-mismatch introduced" in said
    assert run("log", "-C", incident.path, "--strict").code == 3
