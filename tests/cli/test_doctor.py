"""`driftscan doctor`."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from driftscan.demo.build import build
from driftscan.history import gitdir
from driftscan.report import schema
from tests.cli.conftest import Run

HISTORY = [
    "+ ok       repository       {}, 12 commits, kept by user {}",
    "+ ok       etckeeper        keeps it (.etckeeper is in the newest commit)",
    "+ ok       newest commit    375aaeecfe7e of 2019-08-19 03:17 +0900, 41 days ago",
    "+ ok       nginx            6 files read, 5 servers, no gaps",
    "+ ok       nginx version    1.10.3 (package: nginx-core 1.10.3-0ubuntu0.16.04.3 in commit 323d08de3bff)",
    "+ ok       TLS library      OpenSSL 1.0.2g (package: libssl1.0.0 1.0.2g-1ubuntu4.15 in commit 323d08de3bff)",
    "+ ok       certbot          0.37.1 (certbot: letsencrypt/renewal/mail.example.conf in commit 375aaeecfe7e)",
]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    build(tmp_path / "demo")
    return tmp_path / "demo"


def test_the_demo_is_in_order(run: Run, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1569758400")
    found = run("doctor", "-C", str(demo))
    lines = found.out.splitlines()
    assert (found.code, found.err) == (0, "")
    assert [line[:26].split() for line in lines[:4]] == [
        ["+", "ok", name] for name in ("python", "libraries", "git", "settings")
    ]
    assert lines[4:-1] == [HISTORY[0].format(demo, demo.owner()), *HISTORY[1:]]
    assert lines[-1] == "All 11 checks are ok."


def valid(document: str) -> Any:  # noqa: ANN401 - JSON
    found = json.loads(document)
    jsonschema.validate(found, json.loads(schema.FILE.read_text("utf-8")))
    return found


def test_the_document_keeps_to_the_schema(run: Run, demo: Path, tmp_path: Path) -> None:
    found = valid(run("doctor", "-C", str(demo), "--format", "json").out)
    assert found["directory"] == str(demo)
    assert found["works"] is True
    assert found["unexamined"] == []
    assert found["checks"][5] == {
        "about": "etckeeper",
        "verdict": "ok",
        "found": "keeps it (.etckeeper is in the newest commit)",
        "cure": None,
    }
    broken = valid(run("doctor", "-C", str(tmp_path), "--format", "json").out)
    assert broken["works"] is False
    assert broken["checks"][-1]["cure"] == f"etckeeper init -d {tmp_path}"
    assert broken["unexamined"][0] == "etckeeper"


def test_settings_that_are_broken(run: Run, demo: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[hook]\nnotify = 7\n")
    file.chmod(0o600)
    found = run("--config", str(file), "doctor", "-C", str(demo))
    line = f"x fails    settings         {file}:2: hook.notify: 7 is not one of low, medium, high, critical, none"
    assert found.code == 1
    assert line in found.out
    assert f"           cure:            ${{EDITOR:-vi}} +2 {file}" in found.out.splitlines()
    assert found.out.endswith("1 check fails, 10 ok.\n")


def test_a_variable_that_is_none(run: Run, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTSCAN_HOOK_NOTFY", "high")
    found = run("doctor", "-C", str(demo))
    assert found.code == 1
    assert "           cure:            unset DRIFTSCAN_HOOK_NOTFY" in found.out.splitlines()


def test_no_git(run: Run, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = run("doctor", "-C", str(demo))
    assert found.code == 1
    assert re.findall(r"(?m)^x fails +(\w+)", found.out) == ["git", "repository"]
    assert "Not looked at, for want of a repository: " in found.out


def test_somebody_who_is_not_root(run: Run, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> Path:
        raise PermissionError(path)

    monkeypatch.setattr(gitdir, "_entered", denied)
    found = run("doctor", "-C", str(demo))
    said = f"{demo}: permission denied; run driftscan as root (etckeeper keeps /etc/.git to root)"
    assert f"x fails    repository       {said}" in found.out.splitlines()
    assert f"           cure:            sudo driftscan doctor -C {demo}" in found.out.splitlines()
    assert (found.code, found.err) == (1, "")
