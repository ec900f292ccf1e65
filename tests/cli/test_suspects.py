"""`driftscan suspects` and what `--symptom` makes of it."""

import json

import jsonschema  # type: ignore[import-untyped]

from driftscan.report import schema
from tests.cli.conftest import Incident, Run

AT = ("--at", "2026-01-03T09:00:00+00:00")


def test_the_cause_is_first_with_every_reason(incident: Incident, run: Run) -> None:
    done = run("suspects", "-C", incident.path, *AT, "--symptom", "ERR_SSL_PROTOCOL_ERROR", "--server", "shop.example")
    assert done.code == 0
    assert done.err.splitlines() == ["incident: 2026-01-03 09:00:00 +0000; range: all commits"]
    first, _, rest = done.out.partition("\n\n")
    assert first.startswith(f"1.  2026-01-03 06:25 +0000  {incident.broken[:8]}  daily autocommit")
    assert "CRITICAL  session-tickets-mismatch" in first
    said = " ".join(first.split())
    assert "why: explains the symptom, and is critical; hits shop.example:443; came 2 h 35 min before it" in said
    assert "remedy: Write `ssl_session_tickets off;` in the default server" in said
    assert "session-tickets-mismatch" not in rest


def test_the_same_as_json(incident: Incident, run: Run) -> None:
    done = run("suspects", "-C", incident.path, *AT, "--format", "json")
    document = json.loads(done.out)
    jsonschema.validate(document, schema.schema())
    first = document["suspects"][0]
    assert (document["schema"], document["at"], document["symptom"]) == ("driftscan/1", AT[1], None)
    assert (first["rank"], first["commit"], first["pattern"]) == (1, incident.broken, "session-tickets-mismatch")
    assert first["not_before"] == "2026-01-02T06:25:00+00:00"


def test_after_it_was_mended_it_is_no_suspect(incident: Incident, run: Run) -> None:
    done = run("suspects", "-C", incident.path, "--at", "2026-01-05")
    assert "session-tickets-mismatch" not in done.out


def test_a_symptom_that_nothing_shows_is_said(incident: Incident, run: Run) -> None:
    done = run("suspects", "-C", incident.path, *AT, "--symptom", "my cat is on the keyboard")
    assert "no known breakage shows that symptom; ranked by the rest" in done.err
    assert "session-tickets-mismatch" in done.out


def test_a_moment_that_is_none_is_refused(incident: Incident, run: Run) -> None:
    done = run("suspects", "-C", incident.path, "--at", "yesteday")
    assert done.code == 2
    assert "yesteday" in done.err


def test_before_everything_there_is_nothing(incident: Incident, run: Run) -> None:
    done = run("suspects", "-C", incident.path, "--at", "2025-01-01")
    assert (done.code, done.out) == (0, "Nothing that was committed up to then changed anything that visitors meet.\n")
