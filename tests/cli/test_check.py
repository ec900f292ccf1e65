import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import pytest

from driftscan.report import schema
from tests.cli.conftest import DEFAULT, Incident, Run
from tests.etc import ENVIRONMENT

TICKETS = "session-tickets-mismatch"
CURRENT = ("--nginx-version", "1.24.0", "--openssl-version", "3.0.11")


def patterns(document: str) -> list[str]:
    return [finding["pattern"] for finding in json.loads(document)["open"]]


def test_a_commit_that_broke_something_is_told_with_its_remedy_and_a_patch(incident: Incident, run: Run) -> None:
    ran = run("check", "-C", incident.path, incident.broken)
    assert ran.code == 1
    assert ran.err == f"range: {incident.broken[:12]} ({incident.broken})\n"
    lines = ran.out.splitlines()
    assert lines[0] == f"Checked: {incident.broken[:12]} ({incident.broken})"
    assert f"worst critical: {TICKETS}." in lines[1]
    critical = lines[lines.index(f"  CRITICAL  {TICKETS}  open") :]
    assert "    shop.example:443 [ea433416d258]" in critical
    told = " ".join(line.strip() for line in critical)
    assert f"introduced by {incident.broken[:8]} (daily timer) at 2026-01-03 06:25 +0000" in told
    assert " remedy: " in told
    assert critical[critical.index("      --- a/nginx/sites-available/default") :][:9] == [
        "      --- a/nginx/sites-available/default",
        "      +++ b/nginx/sites-available/default",
        "      @@ -1,6 +1,7 @@",
        "       server {",
        "           listen 443 ssl default_server;",
        "           server_name _;",
        "      +    ssl_session_tickets off;",
        "           ssl_certificate ssl/default.crt;",
        "           ssl_certificate_key ssl/default.key;",
    ]


def test_what_is_printed_can_be_given_to_patch(incident: Incident, run: Run) -> None:
    incident.etc.git("reset", "--quiet", "--hard", incident.broken)
    ran = run("check", "-C", incident.path, "--worktree")
    subprocess.run(["patch", "-p1", "--silent"], cwd=incident.path, input=ran.out.encode(), check=True)
    again = run("check", "-C", incident.path, "--worktree", "--format", "json")
    assert (TICKETS in ran.out, TICKETS in patterns(again.out)) == (True, False)


def test_the_patch_of_the_document_is_one_for_git(incident: Incident, run: Run) -> None:
    incident.etc.git("reset", "--quiet", "--hard", incident.broken)
    ran = run("check", "-C", incident.path, "--format", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, schema.schema())
    finding = next(finding for finding in document["open"] if finding["pattern"] == TICKETS)
    assert finding["introduced"]["commit"] == incident.broken
    incident.etc.git("apply", "--check", "-", stdin=finding["patch"].encode())
    assert document["state"] == f"{incident.broken[:12]} (HEAD)"


def test_a_state_in_order_is_told_to_be(incident: Incident, run: Run) -> None:
    ran = run("check", "-C", incident.path, "--format", "json")
    assert (ran.code, TICKETS in patterns(ran.out)) == (0, False)


@pytest.mark.parametrize(("fail_on", "code"), [("low", 1), ("critical", 1), ("none", 0)])
def test_from_which_severity_on_it_fails(fail_on: str, code: int, incident: Incident, run: Run) -> None:
    assert run("check", "-C", incident.path, incident.broken, "--fail-on", fail_on).code == code


def test_what_is_less_bad_does_not_fail(incident: Incident, run: Run) -> None:
    ran = run("check", "-C", incident.path, incident.broken, "--format", "json", *CURRENT)
    severities = {finding["severity"] for finding in json.loads(ran.out)["open"]}
    assert (ran.code, severities & {"high", "critical"}, "low" in severities) == (0, set(), True)


def test_the_work_tree_is_looked_at_as_it_is_now(incident: Incident, run: Run) -> None:
    incident.etc.checkout()
    default = Path(incident.path) / "nginx/sites-available/default"
    default.write_text(DEFAULT)
    ran = run("check", "-C", incident.path, "--worktree")
    assert ran.code == 1
    assert ran.err == f"range: {incident.path} (work tree)\n"
    assert f"  CRITICAL  {TICKETS}  open" in ran.out
    assert "    not committed yet\n" in ran.out
    assert "nginx 1.10.3 (package), OpenSSL 1.0.2g (package)" in ran.out
    assert TICKETS not in run("check", "-C", incident.path).out


def test_what_the_work_tree_shares_with_its_commit_is_not_called_new(incident: Incident, run: Run) -> None:
    incident.etc.git("reset", "--quiet", "--hard", incident.broken)
    ran = run("check", "-C", incident.path, "--worktree")
    told = ran.out.partition(f"CRITICAL  {TICKETS}")[2].partition("remedy")[0]
    assert f"introduced by {incident.broken[:8]}" in told
    assert "not committed" not in told


def test_a_directory_is_judged_without_a_history(incident: Incident, run: Run) -> None:
    incident.etc.git("reset", "--quiet", "--hard", incident.broken)
    ran = run("check", incident.path, "--openssl-version", "1.0.2g", "--format", "json")
    finding = next(finding for finding in json.loads(ran.out)["open"] if finding["pattern"] == TICKETS)
    assert (ran.code, finding["introduced"], finding["severity"]) == (1, None, "critical")


def test_the_work_tree_has_no_revision(incident: Incident, run: Run) -> None:
    ran = run("check", "-C", incident.path, "HEAD", "--worktree")
    assert (ran.code, ran.out) == (2, "")
    assert "leave HEAD out" in ran.err


def test_what_somebody_decided_to_live_with_does_not_fail(incident: Incident, run: Run) -> None:
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011 - the day of the user, as for driftscan
    decision = f'[[suppress]]\npattern = "*"\nuntil = {tomorrow}\nowner = "mina"\nreason = "known"\n'
    incident.etc.git("reset", "--quiet", "--hard", incident.broken)
    (Path(incident.path) / "driftscan").mkdir()
    (Path(incident.path) / "driftscan/suppressions.toml").write_text(decision)
    ran = run("check", "-C", incident.path, "--worktree", "--format", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, schema.schema())
    assert (ran.code, document["open"]) == (0, [])
    assert TICKETS in {aside["finding"]["pattern"] for aside in document["suppressed"]}
    ran = run("check", "-C", incident.path, "--worktree")
    assert ran.out.splitlines()[1] == "No known breakage is open."
    assert "suppressed" in ran.out


def test_what_could_not_be_read_is_said(incident: Incident, run: Run) -> None:
    incident.etc.commit({"nginx/sites-available/shop": "server {\n"})
    ran = run("check", "-C", incident.path, "--strict", "--fail-on", "none")
    assert ran.code == 3
    assert ran.out.count("cannot be read  nginx/sites-available/shop:2:") == 1


def test_a_repository_of_nothing_says_what_to_do(tmp_path: Path, run: Run) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], env=ENVIRONMENT, check=True)
    for arguments in ([], ["--worktree"]):
        ran = run("check", "-C", str(tmp_path), *arguments)
        assert (ran.code, ran.out) == (4, "")
        assert "etckeeper commit" in ran.err
