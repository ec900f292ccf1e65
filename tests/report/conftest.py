from pathlib import Path

import pytest

from driftscan.drift.scan import Outcome
from driftscan.report.pages import Report
from driftscan.report.rows import Request
from driftscan.report.view import build
from tests.report import hostile, incident


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Request]:
    path: Path = tmp_path_factory.mktemp("incident") / "etc"
    incident.build(path)
    return incident.scan(path)


@pytest.fixture(scope="session")
def report(scanned: tuple[Outcome, Request]) -> Report:
    return build(*scanned)


@pytest.fixture(scope="session")
def hostile_scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Request]:
    path: Path = tmp_path_factory.mktemp("hostile") / "etc"
    hostile.build(path)
    return incident.scan(path)


@pytest.fixture(scope="session")
def hostile_report(hostile_scanned: tuple[Outcome, Request]) -> Report:
    return build(*hostile_scanned)
