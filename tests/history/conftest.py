import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.etc import EtcHistory


@pytest.fixture
def etc(tmp_path: Path) -> EtcHistory:
    return EtcHistory(tmp_path / "etc")


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
