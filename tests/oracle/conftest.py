import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import unavailable
from tests.oracle import pki
from tests.oracle.server import Certificates, Host, host


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        unavailable("openssl", "`apt-get install openssl`")
    return Certificates.make(tmp_path_factory.mktemp("pki"), "a", "b", "c", "d", "shared")


@pytest.fixture
def nginx(certificates: Certificates) -> Iterator[Host]:
    with host(certificates) as prepared:
        yield prepared


@pytest.fixture(scope="session")
def made_pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that recorded configurations name."""
    if shutil.which("openssl") is None:
        unavailable("openssl", "`apt-get install openssl`")
    directory = tmp_path_factory.mktemp("made")
    pki.make(directory)
    return directory


@pytest.fixture
def announce(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Show people a text, whether the test passes or not.

    A worker of pytest-xdist has no terminal of its own, but the standard error of the one that started it.
    """

    def show(text: str) -> None:
        with capfd.disabled():
            print(f"\n{text}", file=sys.stderr, flush=True)

    return show
