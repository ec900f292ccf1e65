import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Incident, Run
from tests.etc import ENVIRONMENT, EtcHistory


def steps(out: str) -> list[str]:
    found: list[str] = [step["commit"]["id"] for step in json.loads(out)["steps"]]
    return found


def test_log_tells_only_of_commits_that_changed_tls_newest_first(incident: Incident, run: Run) -> None:
    ran = run("log", "-C", incident.path, "--format", "json")
    assert (ran.code, steps(ran.out)) == (0, [incident.mended, incident.broken])


def test_the_range_goes_to_stderr_and_results_to_stdout(incident: Incident, run: Run) -> None:
    ran = run("log", "-C", incident.path, "--since", "2026-01-03", "--until", "2026-01-03")
    assert ran.err == "range: 2026-01-03 00:00:00 +0000 to 2026-01-03 23:59:59 +0000\n"
    assert "session-tickets-mismatch" in ran.out
    assert "range:" not in ran.out


def test_quiet_leaves_stderr_empty(incident: Incident, run: Run) -> None:
    assert run("log", "-q", "-C", incident.path).err == ""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--until", "2026-01-02"], []),
        (["--since", "2026-01-03T06:25:01Z"], ["mended"]),
        (["-n", "3"], ["mended", "broken"]),
        (["-n", "1"], []),
        (["HEAD~2"], ["broken"]),
        (["HEAD~2.."], ["mended"]),
        (["HEAD~4..HEAD~2"], ["broken"]),
        (["--server", "shop.*"], ["mended", "broken"]),
        (["--server", "nobody.*"], []),
        (["--directive", "ssl_session_cache"], ["mended", "broken"]),
        (["--pattern", "session-tickets-mismatch"], ["mended", "broken"]),
        (["--pattern", "hsts-lost"], []),
        (["--min-severity", "critical"], ["mended", "broken"]),
    ],
)
def test_what_is_asked_for_is_what_is_told(
    incident: Incident, run: Run, arguments: list[str], expected: list[str]
) -> None:
    ran = run("log", "-C", incident.path, "--format", "json", *arguments)
    assert (ran.code, steps(ran.out)) == (0, [getattr(incident, name) for name in expected])


def test_directive_keeps_only_its_changes(incident: Incident, run: Run) -> None:
    ran = run("log", "-C", incident.path, "--format", "json", "--directive", "ssl_session_cache", "HEAD~2")
    (step,) = json.loads(ran.out)["steps"]
    assert {change["directive"] for change in step["changes"]} == {"ssl_session_cache"}


def test_the_finding_names_both_servers_and_both_lines(incident: Incident, run: Run) -> None:
    ran = run("log", "-C", incident.path, "--format", "json")
    mended, broken = json.loads(ran.out)["steps"]
    (introduced,), (resolved,) = broken["findings"], mended["findings"]
    assert introduced["pattern"] == "session-tickets-mismatch"
    assert (introduced["state"], introduced["severity"], introduced["certainty"]) == (
        "introduced",
        "critical",
        "certain",
    )
    assert introduced["evidence"] == [
        {"path": "nginx/snippets/tls.conf", "line": 2},
        {"path": "nginx/sites-available/default", "line": 2},
    ]
    assert (
        "shop.example:443 has session tickets off, but the default server of its socket, _:443,"
        in (introduced["because"])
    )
    assert (resolved["state"], resolved["fingerprint"]) == ("resolved", introduced["fingerprint"])


def test_exit_code_tells_of_a_new_finding_only_when_asked(incident: Incident, run: Run) -> None:
    assert run("log", "-C", incident.path).code == 0
    assert run("log", "-C", incident.path, "--exit-code").code == 1
    assert run("log", "-C", incident.path, "--exit-code", "HEAD~2..").code == 0


def test_strict_tells_of_what_could_not_be_read(incident: Incident, run: Run) -> None:
    assert run("log", "-C", incident.path, "--strict").code == 0
    incident.etc.commit({"nginx/sites-available/shop": "server {"})
    assert run("log", "-C", incident.path).code == 0
    assert run("log", "-C", incident.path, "--strict").code == 3


def test_a_version_from_the_command_line_overrides_the_history(incident: Incident, run: Run) -> None:
    ran = run(
        "log", "-C", incident.path, "--format", "json", "--nginx-version", "1.28.0", "--openssl-version", "3.0.13"
    )
    findings = [finding for step in json.loads(ran.out)["steps"] for finding in step["findings"]]
    assert {finding["severity"] for finding in findings} == {"low"}


def test_the_reader_of_a_pipe_may_leave(incident: Incident) -> None:
    command = f"{sys.executable} -m driftscan log -C {incident.path} | head -c 1"
    environment = {**ENVIRONMENT, "PATH": os.environ["PATH"]}
    ran = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, check=False)
    assert (ran.returncode, len(ran.stdout), ran.stderr.count(b"\n")) == (0, 1, 1)
    assert b"Traceback" not in ran.stderr


def test_colour_only_when_asked_or_on_a_terminal(incident: Incident, run: Run) -> None:
    assert "\x1b[" not in run("log", "-C", incident.path).out
    assert "\x1b[" in run("log", "-C", incident.path, "--color", "always").out
    assert "\x1b[" not in run("log", "-C", incident.path, "--color", "never").out


def test_a_history_without_nginx_says_so_and_how_to_name_it(tmp_path: Path, run: Run) -> None:
    etc = EtcHistory(tmp_path / "etc")
    etc.commit({"motd": "hello"})
    ran = run("log", "-C", str(etc.path))
    assert ran.code == 0
    assert ran.out.startswith("No nginx configuration was found in this history. --conf names its main file.\n")


def test_a_part_of_the_history_ends_with_what_the_whole_ends_with(tmp_path: Path, run: Run) -> None:
    """The calendar moves an assumed version on, also over commits that touch no configuration."""
    etc = EtcHistory(tmp_path / "etc")
    servers = "server { listen 443 ssl default_server; %s } server { listen 443 ssl; server_name a.example; %s }"
    text = servers % ("ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;")
    http = f"events {{}} http {{ ssl_certificate c; ssl_certificate_key c; {text} }}"
    etc.commit({"nginx/nginx.conf": http}, when="2019-05-01T00:00:00+00:00")
    etc.commit({"motd": "1"}, when="2026-10-01T00:00:00+00:00")
    etc.commit({"motd": "2"}, when="2026-10-02T00:00:00+00:00")
    whole, part = (json.loads(run("log", "-C", str(etc.path), "--format", "json", *n).out) for n in ([], ["-n", "1"]))
    assert whole["open"] == part["open"] == []
    old = json.loads(run("log", "-C", str(etc.path), "--format", "json", "HEAD~2").out)
    assert [finding["pattern"] for finding in old["open"]] == ["protocols-ignored-outside-default-server"]
    assert (part["range"]["commits"], part["range"]["read"]) == (1, 0)
