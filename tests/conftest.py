"""What all tests share: Hypothesis profiles, and tools that may not be there."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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


@pytest.fixture
def etc(tmp_path: Path) -> EtcHistory:
    return EtcHistory(tmp_path / "etc")
