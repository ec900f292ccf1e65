"""Whole documents, compared to the last character."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.report.goldens import CURE, EXPECTED, documents

NAMES = (
    *("incident.html", "incident.json", "incident.md", "incident.sarif"),
    *("check.json", "check.md", "check.sarif", "check.txt", "check.xml"),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return documents(tmp_path_factory.mktemp("golden") / "etc")


@pytest.mark.parametrize("name", NAMES)
def test_the_incident_is_told_as_it_was(name: str, written: Mapping[str, str]) -> None:
    assert written[name] == (EXPECTED / name).read_text("utf-8"), CURE


def test_every_document_is_kept(written: Mapping[str, str]) -> None:
    assert set(written) == set(NAMES)


def test_the_same_history_is_the_same_bytes(written: Mapping[str, str], tmp_path: Path) -> None:
    assert documents(tmp_path / "etc") == written
