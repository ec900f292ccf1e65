import json
import subprocess
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import pytest

from driftscan.drift.findings import Severity
from driftscan.history.repository import Repository
from driftscan.report import schema
from driftscan.report.check import Baseline
from tests import certificates
from tests.cli.conftest import DEFAULT, Incident, Ran, Run
from tests.etc import ENVIRONMENT
from tests.printed import dump
from tests.report.states import checked

TICKETS = "session-tickets-mismatch"
OLD = ("--nginx-version", "1.10.3", "--openssl-version", "1.0.2g")
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


# ---------------------------------------------------------------------- against a baseline


def live_worktree(incident: Incident) -> str:
    """Make a work tree of the broken state with its certificates; the name of its commit as a baseline."""
    incident.etc.git("reset", "--quiet", "--hard", incident.broken)
    lines = {"crt": "@certificate names: shop.example; until: 2099-01-01; key: rsa2048\n", "key": "@key rsa2048\n"}
    pairs = {
        f"nginx/ssl/{name}.{suffix}": certificates.expand(line)
        for name in ("default", "shop")
        for suffix, line in lines.items()
    }
    commit = incident.etc.commit(pairs, "certificates")
    incident.etc.checkout()
    return f"{commit[:12]} (HEAD)"


def broken_worktree(incident: Incident) -> str:
    """Make a work tree that is wrong as its commit is, and in one more way."""
    name = live_worktree(incident)
    default = Path(incident.path) / "nginx/sites-available/default"
    default.write_text(DEFAULT.replace("}", "    ssl_protocols SSLv3 TLSv1.2;\n}"))
    return name


def worktree(incident: Incident, run: Run, *arguments: str) -> Ran:
    return run("check", "-C", incident.path, "--worktree", *arguments)


def test_what_was_wrong_in_the_baseline_does_not_count(incident: Incident, run: Run) -> None:
    name = live_worktree(incident)
    ran = worktree(incident, run, "--baseline", "HEAD", "--fail-on", "low")
    known = len(json.loads(worktree(incident, run, "--format", "json").out)["open"])
    assert (ran.code, ran.err) == (0, f"range: {incident.path} (work tree), against {name}\n")
    assert ran.out.splitlines()[1] == "No known breakage is new."
    assert f"{known} findings were there in {name} already." in " ".join(ran.out.split())
    assert TICKETS not in ran.out


def test_what_is_new_against_the_baseline_counts_and_is_told(incident: Incident, run: Run) -> None:
    broken_worktree(incident)
    before = set(patterns(run("check", "-C", incident.path, "--format", "json").out))
    now = set(patterns(worktree(incident, run, "--format", "json").out))
    (new,) = now - before
    assert before <= now
    ran = worktree(incident, run, "--baseline", "HEAD", "--fail-on", "low")
    assert ran.code == 1
    assert ran.out.splitlines()[1].startswith("1 new finding, worst ")
    assert (ran.out.count(f"  {new}  open"), ran.out.count(TICKETS)) == (1, 0)


def test_the_document_marks_every_finding(incident: Incident, run: Run) -> None:
    name = broken_worktree(incident)
    ran = worktree(incident, run, "--baseline", "HEAD", "--format", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, schema.schema())
    marks = {finding["pattern"]: finding["baseline"] for finding in document["open"]}
    assert document["baseline"] == name
    assert marks.pop(TICKETS) == "unchanged"
    assert set(marks.values()) == {"new", "unchanged"}
    without = json.loads(worktree(incident, run, "--format", "json").out)
    assert "baseline" not in without
    assert all("baseline" not in finding for finding in without["open"])


def test_sarif_says_it_in_its_own_words(incident: Incident, run: Run) -> None:
    broken_worktree(incident)
    for baseline, state in (("HEAD", "unchanged"), (incident.installed, "new")):
        told = json.loads(worktree(incident, run, "--baseline", baseline, "--format", "sarif").out)
        results = {result["ruleId"]: result["baselineState"] for result in told["runs"][0]["results"]}
        assert ("new" in results.values(), results[TICKETS]) == (True, state)


def test_junit_fails_what_is_new_only(incident: Incident, run: Run) -> None:
    broken_worktree(incident)
    told = worktree(incident, run, "--baseline", "HEAD", "--fail-on", "low", "--format", "junit").out
    cases = list(ET.fromstring(told).iter("testcase"))  # noqa: S314 - driftscan's own
    of_tickets = [case for case in cases if case.attrib["name"].startswith(TICKETS)]
    assert sum(case.find("failure") is not None for case in cases) == 1
    assert [case.attrib["name"] for case in of_tickets] == [f"{TICKETS}: shop.example:443"]
    (skipped,) = of_tickets[0]
    assert (skipped.tag, skipped.attrib["message"].partition(":")[0]) == (
        "skipped",
        "was there in the baseline already",
    )


def test_markdown_lists_what_is_new(incident: Incident, run: Run) -> None:
    broken_worktree(incident)
    told = worktree(incident, run, "--baseline", "HEAD", "--format", "md").out
    assert "already" in told
    assert (told.count("- [ ]"), TICKETS in told) == (1, False)


def test_what_got_worse_is_new(incident: Incident) -> None:
    found, _ = checked(incident.etc.path, incident.broken)
    life = next(life for life in found.decided.open if life.finding.pattern == TICKETS)
    told = [
        Baseline("it", {life.finding.fingerprint: severity}).news_of(life)
        for severity in (Severity.LOW, Severity.HIGH, Severity.CRITICAL)
    ]
    assert told == ["new", "new", "unchanged"]
    assert Baseline("it", {}).news_of(life) == "new"


@pytest.mark.parametrize("state", ["revision", "directory", "dump"])
@pytest.mark.parametrize("baseline", ["revision", "directory", "dump"])
def test_a_state_has_nothing_new_against_itself(
    state: str, baseline: str, incident: Incident, run: Run, tmp_path: Path
) -> None:
    incident.etc.git("reset", "--quiet", "--hard", incident.broken)
    with Repository.open(incident.etc.path) as repository:
        (tmp_path / "dump").write_bytes(dump(repository.tree(repository.resolve("HEAD"))))
    names = {"revision": "HEAD", "directory": incident.path, "dump": str(tmp_path / "dump")}
    ran = run("check", "-C", incident.path, names[state], "--baseline", names[baseline], "--fail-on", "low")
    # Certificates are not committed here. A history may leave them out, and a directory is all there is.
    missing = state == "directory" and baseline != "directory"
    assert ran.code == int(missing), ran.out
    assert ("No known breakage is new." in ran.out) is not missing


def test_what_the_site_has_decided_holds_for_a_dump_too(incident: Incident, run: Run, tmp_path: Path) -> None:
    decision = f'[[suppress]]\npattern = "{TICKETS}"\nuntil = 2999-01-01\nowner = "mina"\nreason = "known"\n'
    incident.etc.commit({"driftscan/suppressions.toml": decision})
    with Repository.open(incident.etc.path) as repository:
        (tmp_path / "dump").write_bytes(dump(repository.tree(incident.broken)))
    arguments = ("check", "-C", incident.path, str(tmp_path / "dump"), "--format", "json", *OLD)
    assert TICKETS in patterns(run(*arguments).out)
    against = json.loads(run(*arguments, "--baseline", "HEAD").out)
    assert TICKETS not in {finding["pattern"] for finding in against["open"]}
    assert [aside["finding"]["baseline"] for aside in against["suppressed"]] == ["new"]


def test_standard_input_is_no_state_and_its_baseline_at_once(run: Run) -> None:
    ran = run("check", "-", "--baseline", "-")
    assert (ran.code, ran.out) == (2, "")
    assert "write the other one into a file" in ran.err
