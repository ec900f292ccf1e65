"""What all tests share: Hypothesis profiles, and tools that may not be there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from driftscan.configuration.keys import KEYS
from driftscan.configuration.read import VARIABLE
from tests.etc import EtcHistory

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

CURES = {
    "nginx": "apt-get install nginx",
    "etckeeper": "apt-get install etckeeper",
    "chromium": "apt-get install chromium",
}
MARKERS = {"nginx": "nginx", "etckeeper": "etckeeper", "browser": "chromium"}
"""The program behind each marker."""


def unavailable(what: str, cure: str) -> None:
    """Skip the test with its cure; on CI, where everything must be there, fail it."""
    reason = f"{what} is not here; {cure}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _needed_program(request: pytest.FixtureRequest) -> None:
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    for marker, program in MARKERS.items():
        if request.node.get_closest_marker(marker) and shutil.which(program, path=search) is None:
            unavailable(program, f"`{CURES[program]}`")


@pytest.fixture(autouse=True, scope="session")
def _settings_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """How the machine sets driftscan, in /etc/driftscan.toml or in variables, is no part of any test."""
    empty = tmp_path_factory.mktemp("settings") / "driftscan.toml"
    empty.touch(0o600)
    with pytest.MonkeyPatch.context() as patch:
        for key in KEYS.values():
            patch.delenv(key.variable, raising=False)
        patch.setenv(VARIABLE, str(empty))
        yield


@pytest.fixture
def etc(tmp_path: Path) -> EtcHistory:
    return EtcHistory(tmp_path / "etc")
