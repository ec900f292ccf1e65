"""What is said of this host holds for its own directory, and for no other."""

from pathlib import Path

import pytest

from driftscan.configuration.host import Facts, facts_of
from driftscan.configuration.read import Configured, load
from driftscan.history.observe import Options
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.includes import Layout
from tests.configuration.conftest import Write


@pytest.fixture
def here(tmp_path: Path) -> Path:
    path = tmp_path / "here"
    path.mkdir()
    return path


@pytest.fixture
def configured(write: Write, here: Path) -> Configured:
    text = f'[host]\ndirectory = "{here}"\nroot = "/srv/etc"\nconf = ["a.conf", "a.conf"]\nopenssl_version = "3.0.13"\n'
    return load(write(text), {"DRIFTSCAN_HOST_NGINX_VERSION": "1.22.1"})


def test_it_holds_for_the_directory_with_the_places_where_it_is_said(configured: Configured, here: Path) -> None:
    assert facts_of(here, configured) == Facts(
        Layout("/srv/etc", ("a.conf",)),
        Options(
            NginxVersion(1, 22, 1),
            Library.parse("3.0.13"),
            "DRIFTSCAN_HOST_NGINX_VERSION",
            configured.sources["host.openssl_version"],
        ),
        root_given=True,
    )
    assert configured.sources["host.openssl_version"].endswith("driftscan.toml:5")


def test_it_holds_by_whatever_way_one_comes_there(configured: Configured, here: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(here)
    assert facts_of(link, configured) == facts_of(here, configured) != Facts()


def test_it_holds_for_no_other_directory(configured: Configured, here: Path, tmp_path: Path) -> None:
    copy = here / "etc"
    copy.mkdir()
    for other in (tmp_path, copy, tmp_path / "nowhere", Path("/etc")):
        assert facts_of(other, configured) == Facts()


def test_a_host_that_is_not_there_is_none(write: Write, tmp_path: Path) -> None:
    missing = load(write(f'[host]\ndirectory = "{tmp_path}/gone"\nroot = "/x"\n'), {})
    assert facts_of(tmp_path / "gone", missing) == Facts()


def test_a_root_that_is_left_to_its_default_is_not_given(write: Write, here: Path) -> None:
    found = facts_of(here, load(write(f'[host]\ndirectory = "{here}"\n'), {}))
    assert found == Facts()
