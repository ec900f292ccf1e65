"""Every finding is in every format: whoever reads only one of them misses nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from driftscan.drift.findings import Severity
from driftscan.drift.scan import Outcome
from driftscan.patterns.catalogue import catalogue
from driftscan.report import checklist, html, junit, postmortem, sarif, text
from driftscan.report import json as documents
from driftscan.report.check import Checked, build_check
from driftscan.report.rows import Request
from driftscan.report.sarif_lives import Origin
from driftscan.report.sarif_places import message
from driftscan.report.view import build
from tests.corpus.conftest import Corpora, corpora
from tests.report import hostile, incident
from tests.report.states import checked, decision

__all__ = ["corpora"]  # the fixture of the corpora's own tests


def findings(document: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """Every finding of a JSON document, of its steps, at its end, and set aside."""
    return [
        *(finding for step in document.get("steps", ()) for finding in step["findings"]),
        *document["open"],
        *(aside["finding"] for aside in document["suppressed"]),
    ]


def missing(found: list[Any], told: Mapping[str, str]) -> list[tuple[str, str]]:
    marks = {finding["fingerprint"] for finding in found}
    return [(form, mark) for form, written in told.items() for mark in sorted(marks) if mark not in written]


def require_history(outcome: Outcome, request: Request) -> int:
    page = build(outcome, request)
    found = findings(json.loads(documents.log(outcome, request)))
    log = sarif.log(outcome, request)
    told = {"html": html.render(page), "md": postmortem.render(page), "sarif": log}
    assert missing(found, told) == []
    results = json.loads(log)["runs"][0]["results"]
    assert {result["partialFingerprints"]["driftscan/1"] for result in results} == {one["fingerprint"] for one in found}
    # What is open is told by every format as it is now, and not as it was when it came.
    for one in json.loads(documents.log(outcome, request))["open"]:
        (still,) = [
            result
            for result in results
            if result["properties"]["fingerprint"] == one["fingerprint"] and result["properties"]["state"] == "open"
        ]
        assert still["properties"]["severity"] == one["severity"]
        assert still["message"]["text"].startswith(message(one["because"]).text)
    return len(found)


def require_state(state: Checked, origin: Origin) -> int:
    page = build_check(state, show_suppressed=True)
    found = findings(json.loads(documents.check(state)))
    told = {
        "text": text.check(page),
        "md": checklist.render(page),
        "sarif": sarif.check(state, origin),
        "junit": junit.render(page, catalogue(), Severity.HIGH),
    }
    assert missing(found, told) == []
    return len(found)


def test_every_finding_of_a_history(scanned: tuple[Outcome, Request], hostile_scanned: tuple[Outcome, Request]) -> None:
    assert min(require_history(*scanned), require_history(*hostile_scanned)) > 0


@pytest.mark.parametrize("suppressed", [False, True])
def test_every_finding_of_a_state(tmp_path: Path, *, suppressed: bool) -> None:
    decisions = [decision("*")] if suppressed else []
    broken = incident.build(tmp_path / "incident").git("rev-parse", "HEAD~1").strip()
    hostile.build(tmp_path / "hostile")
    assert require_state(*checked(tmp_path / "incident", broken, *decisions)) > 0
    assert require_state(*checked(tmp_path / "hostile", "HEAD~1", *decisions)) > 0
    assert require_state(*checked(tmp_path / "hostile", "HEAD", *decisions)) > 0


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["envs", "vps", "h5bp"])
def test_every_finding_of_a_real_history(name: str, corpora: Corpora) -> None:
    path = corpora.clone(name).path
    assert require_history(*incident.scan(path)) > 0
    require_state(*checked(path, "HEAD"))


def test_what_is_missing_is_noticed(scanned: tuple[Outcome, Request]) -> None:
    found = findings(json.loads(documents.log(*scanned)))
    assert missing(found, {"md": "nothing"}) == [("md", "960540dde214"), ("md", "e1ed27dd4808")]
