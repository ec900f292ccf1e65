import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import unavailable
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
