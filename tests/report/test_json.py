"""JSON documents: they keep to the published schema, and say exactly what happened."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from driftscan.drift.scan import Outcome, compare_states
from driftscan.patterns.catalogue import catalogue
from driftscan.report import html, schema, text
from driftscan.report import json as documents
from driftscan.report.rows import Request
from driftscan.report.view import build
from tests.etc import EtcHistory
from tests.report import incident


@pytest.fixture(scope="module")
def log(scanned: tuple[Outcome, Request]) -> Any:  # noqa: ANN401 - JSON
    return json.loads(documents.log(*scanned))


def valid(document: str) -> Any:  # noqa: ANN401 - JSON
    """The document, which must be what the published schema says."""
    found = json.loads(document)
    jsonschema.validate(found, json.loads(schema.FILE.read_text("utf-8")))
    return found


def test_the_published_schema_is_current() -> None:
    for file, current in ((schema.FILE, schema.schema()), (schema.EVENT_FILE, schema.event_schema())):
        assert file.read_text("utf-8") == schema.text(current), "run: python -m driftscan.report.schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema())


def test_the_schema_can_say_no(scanned: tuple[Outcome, Request]) -> None:
    document = json.loads(documents.log(*scanned))
    document["steps"][0]["findings"][0]["state"] = "mended"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema.schema())


def test_every_document_of_the_incident_is_valid(scanned: tuple[Outcome, Request]) -> None:
    outcome, _ = scanned
    assert outcome.state is not None
    compared = compare_states(outcome.state, outcome.state, tuple(entry.matcher for entry in catalogue()))
    found = [
        valid(documents.log(*scanned)),
        valid(documents.effective(outcome.state)),
        valid(documents.comparison(compared, "a", "b")),
        valid(documents.patterns(catalogue())),
    ]
    assert {document["schema"] for document in found} == {"driftscan/1"}


def test_a_hostile_history_is_valid_json_that_acts_on_nothing(hostile_scanned: tuple[Outcome, Request]) -> None:
    outcome, _ = hostile_scanned
    assert outcome.state is not None
    for document in (documents.log(*hostile_scanned), documents.effective(outcome.state)):
        valid(document)
        document.encode("utf-8")
        assert [character for character in document if not character.isprintable() and character != "\n"] == []


def test_what_was_hostile_can_be_read_back(hostile_scanned: tuple[Outcome, Request]) -> None:
    found = json.loads(documents.log(*hostile_scanned))
    assert found["steps"][1]["commit"]["subject"] == (
        "<script>alert(1)</script><img src=x onerror=alert(2)>'\"& \x1b]0;owned\x07\x1b[2J \u202eevil\u2066 \u2028\x9b"
    )


def test_bytes_that_are_no_unicode_stand_there_as_text(hostile_scanned: tuple[Outcome, Request]) -> None:
    found = json.loads(documents.log(*hostile_scanned))
    assert found["gaps"][0]["path"] == "nginx/conf.d/<b>\\xe9\x1b[31m'\".conf"


def test_the_same_history_is_the_same_bytes(scanned: tuple[Outcome, Request], tmp_path: Path) -> None:
    incident.build(tmp_path)
    assert documents.log(*incident.scan(tmp_path)) == documents.log(*scanned)


def test_the_head_of_a_log(log: Any) -> None:  # noqa: ANN401 - JSON
    assert {name: log[name] for name in ("schema", "repository", "range", "open", "gaps", "version")} == {
        "schema": "driftscan/1",
        "repository": {"path": "/etc", "head": log["steps"][0]["commit"]["id"]},
        "range": {
            "description": "the whole history",
            "since": None,
            "until": None,
            "commits": 4,
            "read": 4,
            "steps": 3,
            "shallow": False,
            "filters": [],
        },
        "open": [],
        "gaps": [],
        "version": "0.1.0",
    }


def test_a_commit_says_how_old_its_change_may_be(log: Any) -> None:  # noqa: ANN401 - JSON
    commit = log["steps"][1]["commit"]
    assert commit == {
        "id": commit["id"],
        "parents": [log["steps"][2]["commit"]["id"]],
        "author": {"name": "root", "email": "root@host.example"},
        "committer": {"name": "root", "email": "root@host.example"},
        "authored": "2019-07-13T03:17:02+09:00",
        "committed": "2019-07-13T03:17:02+09:00",
        "subject": "daily autocommit",
        "made_by": "daily",
        "command": None,
        "person": None,
        "not_before": "2019-06-18T06:31:47+09:00",
    }


def test_a_platform_says_how_it_is_known(log: Any) -> None:  # noqa: ANN401 - JSON
    assert log["steps"][1]["platform"] == {
        "nginx": {
            "version": "1.10.3",
            "family": "nginx",
            "evidence": "package",
            "source": "nginx-core 1.10.3-0ubuntu0.16.04.3 in commit ba6e4e128046",
        },
        "openssl": {
            "version": "1.0.2g",
            "family": "OpenSSL",
            "evidence": "package",
            "source": "libssl1.0.0 1.0.2g-1ubuntu4.15 in commit ba6e4e128046",
        },
        "certbot": None,
    }


BLOG = {
    "type": "server",
    "name": "blog.example.jp",
    "names": ["blog.example.jp", "www.blog.example.jp"],
    "sockets": ["0.0.0.0:443"],
    "at": {"path": "nginx/conf.d/blog.conf", "line": 1},
}


def test_a_change_of_a_setting(log: Any) -> None:  # noqa: ANN401 - JSON
    assert log["steps"][1]["changes"][0] == {
        "kind": "setting",
        "scope": "in-force",
        "subject": {"type": "endpoint", "socket": "0.0.0.0:443", "name": "blog.example.jp", "server": BLOG},
        "directive": "ssl_session_tickets",
        "before": {
            "value": "on",
            "origin": "default",
            "at": None,
            "more_at": [],
            "decided_by": "default server and SNI server blog.example.jp:443",
            "split": None,
        },
        "after": {
            "value": "off (default server: on)",
            "origin": "explicit",
            "at": {"path": "letsencrypt/options-ssl-nginx.conf", "line": 2},
            "more_at": [],
            "decided_by": "default server and SNI server blog.example.jp:443",
            "split": {"sni_server": "off", "default_server": "on"},
        },
        "effect": "in-force",
        "reason": None,
        "by_upgrade": False,
    }


def test_a_finding(log: Any) -> None:  # noqa: ANN401 - JSON
    finding = log["steps"][1]["findings"][0]
    assert {name: finding[name] for name in finding if name not in {"remedy", "references", "visitors"}} == {
        "pattern": "session-tickets-mismatch",
        "state": "introduced",
        "severity": "critical",
        "certainty": "certain",
        "certainty_note": "",
        "title": "Session tickets are off in a server while the socket's default server has them on",
        "subjects": [BLOG],
        "evidence": [
            {"path": "letsencrypt/options-ssl-nginx.conf", "line": 2},
            {"path": "nginx/conf.d/000-default.conf", "line": 2},
        ],
        "fingerprint": "e1ed27dd4808",
        "because": "blog.example.jp:443 has session tickets off, but the default server of its socket, _:443, has "
        "them on: with OpenSSL 1.0.2g, browsers cannot connect.",
        "introduced": {
            "commit": log["steps"][1]["commit"]["id"],
            "committed": "2019-07-13T03:17:02+09:00",
            "not_before": "2019-06-18T06:31:47+09:00",
        },
        "resolved": {
            "commit": log["steps"][0]["commit"]["id"],
            "committed": "2019-07-13T10:48:30+09:00",
            "not_before": None,
        },
        "times": 1,
        "patch": None,
        "patch_brings": [],
    }


def test_every_kind_of_change_is_valid(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path)
    head = "events {} http { include /etc/nginx/conf.d/*.conf; }"
    server = "server {{ listen {listen}; server_name {names}; ssl_certificate a; }}"
    etc.commit({"nginx/nginx.conf": head})
    etc.commit({"nginx/conf.d/b.conf": server.format(listen="443 ssl", names="b.example c.example")})
    etc.commit({"nginx/conf.d/a.conf": server.format(listen="443 ssl", names="a.example")})
    etc.commit({"nginx/conf.d/b.conf": server.format(listen="443 ssl", names="b.example d.example")})
    etc.commit({"nginx/conf.d/a.conf": server.format(listen="443 ssl", names="a.example b.example")})
    etc.commit({"nginx/conf.d/b.conf": None})
    etc.commit({"nginx/conf.d/a.conf": server.format(listen="443", names="a.example b.example")})
    etc.commit({"nginx/conf.d/d.conf": server.format(listen="8443 ssl", names="d.example")})
    etc.commit({"nginx/conf.d/c.conf": server.format(listen="192.0.2.1:8443", names="a.example")})
    etc.commit({"nginx/conf.d/c.conf": None})
    etc.commit({"nginx/conf.d/c.conf": "server { listen"})
    outcome, request = incident.scan(tmp_path)
    document = valid(documents.log(outcome, request))
    assert {change["kind"] for step in document["steps"] for change in step["changes"]} == {
        "socket-added",
        "socket-removed",
        "server-added",
        "server-removed",
        "server-renamed",
        "default-server",
        "name-moved",
        "address-taken",
        "address-released",
        "load",
    }
    assert document["steps"][0]["gaps"] == [
        {
            "kind": "opened",
            "path": "nginx/conf.d/c.conf",
            "reason": 'unexpected end of file, expecting ";" or "}"',
            "cause": "unparsable",
            "at": {"path": "nginx/conf.d/c.conf", "line": 1},
            "remembered": True,
        }
    ]
    told = text.log(build(outcome, request))
    for label in ("TLS socket added", "TLS socket removed", "names changed", "default server", "name moved"):
        assert f"\n  {label}" in told


def test_effective_has_every_directive_of_that_nginx_with_its_origin(scanned: tuple[Outcome, Request]) -> None:
    state = scanned[0].state
    assert state is not None
    document = json.loads(documents.effective(state))
    blog = next(endpoint for endpoint in document["endpoints"] if endpoint["name"] == "blog.example.jp")
    assert (document["load"], document["sockets"], blog["server"]) == (
        {
            "ok": True,
            "messages": [],
            "doubts": [],
            "granted": [
                f"/etc/ssl/{name}.{suffix}"
                for name in ("default", "blog.example.jp", "shop.example.jp")
                for suffix in ("pem", "key")
            ],
        },
        [
            {
                "address": "0.0.0.0:443",
                "ssl": True,
                "http2": False,
                "proxy_protocol": False,
                "default_server": "_:443",
                "explicit": True,
                "at": {"path": "nginx/conf.d/000-default.conf", "line": 2},
            }
        ],
        BLOG,
    )
    assert blog["settings"]["ssl_protocols"] == {
        "value": ["TLSv1", "TLSv1.1", "TLSv1.2"],
        "origin": "default",
        "at": None,
        "more_at": [],
        "decided_by": "default server _:443",
        "split": None,
        "reason": None,
    }
    assert ("ssl" in blog["settings"], "ssl_early_data" in blog["settings"]) == (True, False)


def test_effective_knows_nothing_of_what_a_gap_hides(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path)
    etc.commit(
        {
            "nginx/nginx.conf": "events {} http { include broken; server { listen 443 ssl; ssl_certificate a; } }",
            "nginx/broken": "ssl_protocols {",
        }
    )
    state = incident.scan(tmp_path)[0].state
    assert state is not None
    settings = valid(documents.effective(state))["endpoints"][0]["settings"]
    assert [settings["ssl_protocols"][name] for name in ("value", "origin", "at")] == [None, "unknown", None]


def test_every_finding_is_in_every_format(
    scanned: tuple[Outcome, Request], hostile_scanned: tuple[Outcome, Request]
) -> None:
    for outcome, request in (scanned, hostile_scanned):
        document = json.loads(documents.log(outcome, request))
        marks = {finding["fingerprint"] for step in document["steps"] for finding in step["findings"]}
        marks |= {finding["fingerprint"] for finding in document["open"]}
        report = build(outcome, request)
        assert marks
        assert [mark for mark in marks if f"[{mark}]" not in text.log(report)] == []
        assert [mark for mark in marks if f'id="f-{mark}"' not in html.render(report)] == []


def test_a_step_alone_keeps_the_fingerprints(scanned: tuple[Outcome, Request], log: Any) -> None:  # noqa: ANN401 - JSON
    outcome, request = scanned
    alone = json.loads(documents.log(replace(outcome, steps=outcome.steps[1:2]), request))
    assert [finding["fingerprint"] for finding in alone["steps"][0]["findings"]] == [
        finding["fingerprint"] for finding in log["steps"][1]["findings"]
    ]
