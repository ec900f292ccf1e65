"""SARIF: what section 3 of the standard asks of a log, in our own words, and that everything found is in it."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import msgspec
import pytest

from driftscan.drift.findings import (
    Certainty,
    Finding,
    FindingEvent,
    FindingState,
    Fingerprint,
    Hit,
    PatternId,
    Severity,
)
from driftscan.drift.scan import Outcome
from driftscan.drift.subjects import ConfigurationSubject
from driftscan.nginx.config import Location
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.report import markdown, sarif, sarif_log
from driftscan.report.rows import Request
from driftscan.report.sarif_lives import Origin
from driftscan.report.sarif_places import message, place
from driftscan.site.decided import Decided, Suppressed
from tests.etc import EtcHistory
from tests.report import hostile, incident
from tests.report.states import TODAY, checked, decision

SCHEMA = "DRIFTSCAN_SARIF_SCHEMA"


@dataclass(frozen=True, slots=True)
class Logs:
    """Logs of histories and states by name, as text."""

    texts: dict[str, str]

    @property
    def read(self) -> dict[str, Any]:
        return {name: json.loads(text) for name, text in self.texts.items()}


@pytest.fixture(scope="module")
def logs(
    scanned: tuple[Outcome, Request],
    hostile_scanned: tuple[Outcome, Request],
    tmp_path_factory: pytest.TempPathFactory,
) -> Logs:
    path = tmp_path_factory.mktemp("sarif")
    etc = incident.build(path / "incident")
    broken = etc.git("rev-parse", "HEAD~1").strip()
    hostile.build(path / "hostile")
    EtcHistory(path / "quiet").commit({"motd": "hello"})
    return Logs(
        {
            "history": sarif.log(*scanned),
            "hostile history": sarif.log(*hostile_scanned),
            "quiet history": sarif.log(*incident.scan(path / "quiet")),
            "state": sarif.check(*checked(path / "incident", broken)),
            "suppressed": sarif.check(*checked(path / "incident", broken, decision("*"))),
            "hostile state": sarif.check(*checked(path / "hostile", "HEAD")),
            "hostile decision": sarif.check(
                *checked(path / "hostile", "HEAD", replace(decision("*"), reason=hostile.BIDI + hostile.ESCAPE))
            ),
        }
    )


def results(log: Any) -> list[Any]:  # noqa: ANN401 - JSON
    (run,) = log["runs"]
    found: list[Any] = run["results"]
    return found


def objects(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Every object in it."""
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from objects(inner)


def test_every_log_is_valid_by_the_schema_of_the_standard(logs: Logs) -> None:
    if SCHEMA not in os.environ:
        pytest.skip(f"the schema is not ours to keep; name a copy of OASIS's sarif-schema-2.1.0.json in {SCHEMA}")
    schema = json.loads(Path(os.environ[SCHEMA]).read_text("utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    validator = kind(schema, format_checker=kind.FORMAT_CHECKER)
    for name, log in logs.read.items():
        assert [(name, error.message) for error in validator.iter_errors(log)] == []
    broken = json.loads(logs.texts["history"])
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator.is_valid(broken), "a schema that accepts everything proves nothing"


def test_every_log_reads_back_as_the_types_it_is_made_of(logs: Logs) -> None:
    """No member that is not the standard's: each of ours is in a type, and each type names its section."""
    for text in logs.texts.values():
        found = msgspec.json.decode(text, type=sarif_log.Log, strict=True)
        again = json.loads(msgspec.json.encode(found))
        assert again == json.loads(text)


def test_nothing_is_null_and_no_list_is_empty_for_nothing(logs: Logs) -> None:
    for log in logs.read.values():
        for found in objects(log):
            assert None not in found.values()
            assert [name for name, value in found.items() if value == [] and name not in {"results", "rules"}] == []


def test_the_head_of_every_log(logs: Logs) -> None:
    for name, log in logs.read.items():
        assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
        run = log["runs"][0]
        assert run["tool"]["driver"]["name"] == "driftscan"
        assert run["invocations"][0]["executionSuccessful"] is True
        assert run["originalUriBaseIds"] == {"ETC": {"uri": "file:///etc/"}}
        assert run["columnKind"] == "unicodeCodePoints"
        assert run["automationDetails"]["id"] == f"driftscan/{'history' if 'history' in name else 'state'}/"


def test_every_result_belongs_to_its_rule(logs: Logs) -> None:
    for name, log in logs.read.items():
        rules = log["runs"][0]["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
        assert {result["ruleId"] for result in results(log)} == {rule["id"] for rule in rules}, name
        for result in results(log):
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.id)
def test_a_rule_has_what_code_scanning_shows(entry: KnownBreakage) -> None:
    hit = Hit(ConfigurationSubject("nginx/nginx.conf"), (), ())
    found = Finding(entry.id, hit, Severity.LOW, Certainty.CERTAIN, Fingerprint("0" * 12), entry)
    rule = sarif._rule(found)
    assert rule.id == entry.id
    for described in (rule.short_description, rule.full_description):
        assert described is not None
        assert 0 < len(described.text) <= 1024
    assert rule.help is not None
    assert rule.help.text.splitlines()[0].endswith(f"  {entry.id}")
    assert rule.help.markdown == markdown.entry(entry)
    assert rule.help_uri is not None
    assert rule.help_uri.startswith("https://")
    assert rule.properties is not None
    assert "security" in rule.properties.tags
    assert len(rule.properties.tags) == len(set(rule.properties.tags)) <= 10


def test_a_finding_that_no_entry_explains_has_a_rule_all_the_same() -> None:
    hit = Hit(ConfigurationSubject("nginx/nginx.conf"), (), ())
    found = Finding(PatternId("site-gone"), hit, Severity.LOW, Certainty.CERTAIN, Fingerprint("0" * 12))
    assert sarif._rule(found) == sarif_log.ReportingDescriptor("site-gone")


def test_severity_is_level_rank_and_security_severity() -> None:
    known = [(str(severity), sarif.LEVELS[severity], sarif.RANKS[severity]) for severity in Severity]
    assert [(word, level) for word, level, _ in known] == [
        ("low", "note"),
        ("medium", "warning"),
        ("high", "error"),
        ("critical", "error"),
    ]
    # From which number on GitHub says which word.
    bands = {"low": (0.1, 4.0), "medium": (4.0, 7.0), "high": (7.0, 9.0), "critical": (9.0, 10.1)}
    assert [word for word, _, rank in known if not bands[word][0] <= rank / 10 < bands[word][1]] == []


def test_the_worst_comes_first_and_what_is_open_before_what_is_over(scanned: tuple[Outcome, Request]) -> None:
    outcome, request = scanned
    step = next(step for step in outcome.steps if step.findings)
    past = step.findings[0].life
    events, still = [], []
    for number, severity in enumerate([Severity.LOW, Severity.CRITICAL, Severity.MEDIUM, Severity.HIGH]):
        finding = replace(past.finding, severity=severity, fingerprint=Fingerprint(f"{number:012d}"))
        events.append(FindingEvent(FindingState.RESOLVED, replace(past, finding=finding, resolved=outcome.last)))
        other = replace(finding, fingerprint=Fingerprint(f"a{number:011d}"))
        still.append(replace(past, finding=other, resolved=None))
    made = replace(outcome, steps=(replace(step, findings=tuple(events)),), open=tuple(still))
    told = [
        (one["level"], one["rank"], one["properties"]["state"]) for one in results(json.loads(sarif.log(made, request)))
    ]
    assert told == [
        (level, rank, state)
        for level, rank in (("error", 95.0), ("error", 80.0), ("warning", 55.0), ("note", 25.0))
        for state in ("open", "resolved")
    ]


def test_places_are_regions_of_files_below_a_known_base(logs: Logs) -> None:
    seen = 0
    for log in logs.read.values():
        for found in objects(log):
            if "startLine" in found:
                seen += 1
                start = (found["startLine"], found.get("startColumn", 1))
                assert min(start) >= 1
                assert start <= (found.get("endLine", found["startLine"]), found.get("endColumn", 10**6))
            if "uriBaseId" in found:
                assert found["uriBaseId"] in log["runs"][0]["originalUriBaseIds"]
    assert seen > 10


def test_addresses_are_plain_ascii_and_relative_to_their_base(logs: Logs) -> None:
    for log in logs.read.values():
        for found in objects(log):
            uri = found.get("uri", "x")
            assert re.fullmatch(r"[A-Za-z0-9._~/%:-]+", uri), uri
            parts = urlsplit(uri)
            assert (parts.scheme, uri.startswith("/")) == (
                ("", False) if "uriBaseId" in found else (parts.scheme, False)
            )
            if "uriBaseId" not in found and uri != "x":
                assert parts.scheme == "file"


@pytest.mark.parametrize("path", ["nginx/a b#c?d%e.conf", "nginx/\udce9\udcff.conf", "nginx/é|`\x1b.conf", "a:b"])
def test_an_address_is_the_bytes_of_the_name(path: str) -> None:
    found = place(Location(path, 3)).artifact_location
    assert found.uri is not None
    assert unquote_to_bytes(found.uri) == path.encode("utf-8", "surrogateescape")
    assert (urlsplit(found.uri).scheme, urlsplit(found.uri).query, urlsplit(found.uri).fragment) == ("", "", "")


def test_a_file_outside_of_the_tree_is_no_relative_address() -> None:
    found = place(Location("/usr/share/nginx/modules.conf", 1)).artifact_location
    assert (found.uri, found.uri_base_id) == ("file:///usr/share/nginx/modules.conf", None)


def test_the_deciding_line_comes_first_and_the_others_are_numbered(logs: Logs) -> None:
    result = results(logs.read["history"])[0]
    (decides,) = result["locations"]
    (other,) = result["relatedLocations"]
    assert decides["physicalLocation"]["artifactLocation"]["uri"] == "letsencrypt/options-ssl-nginx.conf"
    assert (other["id"], other["physicalLocation"]["region"]["startLine"]) == (1, 2)
    assert all(result["locations"] for log in logs.read.values() for result in results(log)), "GitHub asks for one"


def test_a_result_has_its_fingerprint(logs: Logs) -> None:
    for log in logs.read.values():
        for result in results(log):
            mark = result["partialFingerprints"]["driftscan/1"]
            assert re.fullmatch("[0-9a-f]{12}", mark)
            assert result["properties"]["fingerprint"] == mark


def test_what_is_resolved_is_absent_and_what_came_is_new(scanned: tuple[Outcome, Request], tmp_path: Path) -> None:
    assert {result["baselineState"] for result in results(json.loads(sarif.log(*scanned)))} == {"absent"}
    etc = incident.build(tmp_path)
    etc.git("reset", "--quiet", "--soft", "HEAD~1")
    outcome, request = incident.scan(tmp_path)
    assert {result["baselineState"] for result in results(json.loads(sarif.log(outcome, request)))} == {"new"}
    old = [replace(life, introduced=None) for life in outcome.open]
    only = replace(outcome, steps=(), open=tuple(old))
    assert {result["baselineState"] for result in results(json.loads(sarif.log(only, request)))} == {"unchanged"}


def test_what_came_by_itself_is_new_when_that_was_in_the_range(scanned: tuple[Outcome, Request]) -> None:
    outcome, request = scanned
    assert outcome.last is not None
    life = next(event.life for step in outcome.steps for event in step.findings)
    states = []
    for ago in (timedelta(days=1), timedelta(days=-1)):
        hit = replace(life.finding.hit, since=outcome.last.committed + ago)
        came = replace(life, introduced=None, resolved=None, finding=replace(life.finding, hit=hit))
        log = sarif.log(replace(outcome, steps=(), open=(came,), start=outcome.last), request)
        states.append(results(json.loads(log))[0]["baselineState"])
    assert states == ["new", "unchanged"]


def test_a_finding_that_came_back_has_two_results(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    etc.commit({incident.DEFAULT: incident.DEFAULT_SERVER}, "back again", "2019-08-01T00:00:00+00:00")
    found = results(json.loads(sarif.log(*incident.scan(tmp_path))))
    blog = [one for one in found if one["partialFingerprints"]["driftscan/1"] == "e1ed27dd4808"]
    assert [(one["baselineState"], one["properties"]["times"]) for one in blog] == [("new", 2), ("absent", 1)]


def test_what_a_commit_did_not_bring_was_there_before_it(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    broken = etc.git("rev-parse", "HEAD~1").strip()
    found, origin = checked(tmp_path, broken)
    assert {result["baselineState"] for result in results(json.loads(sarif.check(found, origin)))} == {"new"}
    lives = tuple(replace(life, introduced=None) for life in found.decided.open)
    known = replace(found, decided=Decided(lives))
    assert {result["baselineState"] for result in results(json.loads(sarif.check(known, origin)))} == {"unchanged"}
    nowhere = json.loads(sarif.check(known, Origin("/srv/copy")))
    assert [result for result in results(nowhere) if "baselineState" in result] == []
    assert "versionControlProvenance" not in nowhere["runs"][0]
    assert nowhere["runs"][0]["originalUriBaseIds"]["ETC"]["uri"] == "file:///srv/copy/"
    marks = frozenset(life.finding.fingerprint for life in lives)
    unsaved = json.loads(sarif.check(replace(known, uncommitted=marks), Origin("/etc", "/etc")))
    assert {result["baselineState"] for result in results(unsaved)} == {"new"}
    assert "revisionId" not in unsaved["runs"][0]["versionControlProvenance"][0]


def test_a_suppressed_result_says_where_that_was_decided(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    broken = etc.git("rev-parse", "HEAD~1").strip()
    comment = decision("*", "blog.*", lines=frozenset({Location(incident.OPTIONS, 2)}))
    found = results(json.loads(sarif.check(*checked(tmp_path, broken, decision("*", "shop.*"), comment))))
    told = {one["properties"]["subjects"][0]: one["suppressions"] for one in found}
    assert {name: by[0]["kind"] for name, by in told.items()} == {
        "shop.example.jp:443": "external",
        "blog.example.jp:443": "inSource",
    }
    (by,) = told["shop.example.jp:443"]
    assert (by["status"], by["justification"]) == ("accepted", "known | <b>bad</b> @mina #1 (mina), until 2027-01-31")
    assert by["location"]["physicalLocation"]["artifactLocation"]["uri"] == "driftscan/suppressions.toml"


def test_a_suppression_that_is_over_is_a_note(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    broken = etc.git("rev-parse", "HEAD~1").strip()
    log = json.loads(sarif.check(*checked(tmp_path, broken, decision("*", until=TODAY - timedelta(days=1)))))
    (note,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "note"
    assert [result for result in results(log) if "suppressions" in result] == []


def test_a_history_tells_what_is_suppressed(scanned: tuple[Outcome, Request]) -> None:
    outcome, request = scanned
    life = replace(next(event.life for step in outcome.steps for event in step.findings), resolved=None)
    aside = Decided(suppressed=(Suppressed(life, decision("*")),))
    log = json.loads(sarif.log(replace(outcome, steps=()), replace(request, decided=aside)))
    (result,) = results(log)
    assert (result["properties"]["state"], len(result["suppressions"])) == ("open", 1)


def test_gaps_are_warnings_of_a_run_that_succeeded(logs: Logs) -> None:
    (invocation,) = logs.read["hostile history"]["runs"][0]["invocations"]
    (gap,) = invocation["toolExecutionNotifications"]
    assert (gap["level"], gap["properties"]) == ("warning", {"cause": "unparsable", "remembered": True})
    assert gap["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("nginx/conf.d/%3Cb%3E%E9%1B")


def test_a_message_says_why_who_how_sure_and_since_when(logs: Logs) -> None:
    (text,) = {
        result["message"]["text"]
        for result in results(logs.read["history"])
        if result["properties"]["subjects"] == ["blog.example.jp:443"]
    }
    for part in (
        "has session tickets off",
        "It hits everybody who asks for blog.example.jp:443",
        "Introduced by commit",
    ):
        assert part in text
    assert text.endswith("Resolved by commit 9ff626df of 2019-07-13 10:48 +0900.")
    unsure = [one for one in results(logs.read["hostile history"]) if one["properties"]["certaintyNote"]]
    assert unsure
    assert all("It holds only if" in one["message"]["text"] for one in unsure)


def test_text_of_a_message_is_no_placeholder_and_no_link() -> None:
    told = message("server {0} says [emerg] [x](1) {").text
    assert told == "server {{0}} says [emerg] \\[x\\](1) {{"


def test_nothing_of_a_hostile_history_acts_on_a_terminal(logs: Logs) -> None:
    for text in logs.texts.values():
        text.encode("utf-8")
        assert [character for character in text if not character.isprintable() and character != "\n"] == []
