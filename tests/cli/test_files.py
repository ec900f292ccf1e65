import json
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Incident, Run


def test_report_is_one_private_file(incident: Incident, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "incident.html"
    ran = run("report", "-C", incident.path, "-o", str(file))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[-1] == f"wrote {file}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "session-tickets-mismatch" in file.read_text()


def test_report_is_the_same_bytes_for_the_same_history(
    incident: Incident, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("a.html", "b.html"):
        run("report", "-C", incident.path, "-o", str(tmp_path / name))
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_report_never_writes_through_a_link(incident: Incident, run: Run, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "link.html").symlink_to("target")
    ran = run("report", "-C", incident.path, "-o", str(tmp_path / "link.html"))
    assert ran.code == 2
    assert (tmp_path / "target").read_text() == "precious"


def test_report_as_json_has_the_findings_of_log(incident: Incident, run: Run, tmp_path: Path) -> None:
    run("report", "-C", incident.path, "--format", "json", "-o", str(tmp_path / "r.json"))
    log = json.loads(run("log", "-C", incident.path, "--format", "json").out)
    assert json.loads((tmp_path / "r.json").read_text())["steps"] == log["steps"]


def test_demo_tells_the_incident_and_writes_the_report(run: Run, tmp_path: Path) -> None:
    ran = run("demo", str(tmp_path / "etc"), "-o", str(tmp_path / "demo.html"))
    assert ran.code == 0
    assert "CRITICAL  session-tickets-mismatch  introduced" in ran.out
    assert "session-tickets-mismatch" in (tmp_path / "demo.html").read_text()
    assert run("log", "-C", str(tmp_path / "etc")).out == ran.out


def test_demo_refuses_a_directory_that_is_in_use(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = run("demo", str(tmp_path), "-o", str(tmp_path / "demo.html"))
    assert (ran.code, ran.out) == (2, "")
    assert "is not empty" in ran.err


@pytest.mark.parametrize(
    "pasted",
    [
        "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET",
        "Error code: SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET (at 12:00)",
    ],
)
def test_patterns_are_found_by_a_pasted_error(run: Run, pasted: str) -> None:
    ran = run("patterns", "--search", pasted, "--format", "json")
    assert [pattern["id"] for pattern in json.loads(ran.out)["patterns"]] == ["session-tickets-mismatch"]


def test_one_pattern_is_explained_in_full(run: Run) -> None:
    ran = run("patterns", "listen-lost-ssl")
    assert ran.code == 0
    for heading in ("Symptom", "Cause", "Before", "After", "Remedy", "References"):
        assert heading in ran.out
