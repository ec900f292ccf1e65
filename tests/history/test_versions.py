import pytest

from driftscan.errors import DriftscanError
from driftscan.history.versions import Library, NginxVersion


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.22.1", (1, 22, 1)),
        (" 1.4 ", (1, 4, 0)),
        ("1:1.22.1-9+deb12u1", (1, 22, 1)),
        ("1.18.0-6ubuntu14.4", (1, 18, 0)),
        ("1.26.2_5,3", (1, 26, 2)),
        ("1.20.1-16.el9_4.1", (1, 20, 1)),
        ("1.28.0-1~bookworm", (1, 28, 0)),
    ],
)
def test_an_nginx_version_is_read_out_of_a_package_version(text: str, version: tuple[int, int, int]) -> None:
    assert NginxVersion.parse(text) == NginxVersion(*version)


@pytest.mark.parametrize("text", ["", "nginx", "1", "v1.2.3", "1.21.4.1", "1.2.3.4-1"])
def test_what_is_no_nginx_version_is_refused(text: str) -> None:
    with pytest.raises(DriftscanError) as caught:
        NginxVersion.parse(text)
    assert str(caught.value) == f"{text!r} is not an nginx version; write it like 1.22.1"


def test_nginx_versions_are_ordered_by_number() -> None:
    texts = ["1.30.0", "1.9.5", "1.10.0", "1.9.15"]
    assert [str(each) for each in sorted(map(NginxVersion.parse, texts))] == ["1.9.5", "1.9.15", "1.10.0", "1.30.0"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.0.2g", "OpenSSL 1.0.2g"),
        ("OpenSSL 3.0.13", "OpenSSL 3.0.13"),
        ("openssl 1.0.2k-fips", "OpenSSL 1.0.2k"),
        ("1.0.2g-1ubuntu4.15", "OpenSSL 1.0.2g"),
        ("1.0.2zh", "OpenSSL 1.0.2zh"),
        ("1:3.0.7-27.el9", "OpenSSL 3.0.7"),
        ("1.1.1.k-1", "OpenSSL 1.1.1k"),
        ("1.1.0beta1", "OpenSSL 1.1.0"),
        ("3.0", "OpenSSL 3.0.0"),
        ("LibreSSL 4.3.2", "LibreSSL 4.3.2"),
        ("libressl-3.8.2", "LibreSSL 3.8.2"),
        ("BoringSSL", "BoringSSL"),
    ],
)
def test_a_library_is_read_as_people_and_packages_write_it(text: str, shown: str) -> None:
    assert str(Library.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "openssl", "LibreSSL", "GnuTLS 3.7", "3", "abc"])
def test_what_is_no_library_is_refused(text: str) -> None:
    with pytest.raises(DriftscanError) as caught:
        Library.parse(text)
    assert str(caught.value) == f"{text!r} is not a TLS library version; write it like 3.0.13 or 'LibreSSL 3.8.2'"


@pytest.mark.parametrize(
    ("library", "since", "expected"),
    [
        ("1.0.2l", "1.0.2l", True),
        ("1.0.2k", "1.0.2l", False),
        ("1.0.2", "1.0.2a", False),
        ("1.0.2za", "1.0.2u", True),
        ("1.1.0", "1.0.2l", True),
        ("1.0.1u", "1.0.2", False),
        ("3.0.2", "1.1.1", True),
        ("LibreSSL 3.8.2", "1.0.2", False),
        ("BoringSSL", "1.0.2", False),
    ],
)
def test_a_fact_of_openssl_begins_at_a_version(library: str, since: str, expected: bool) -> None:
    assert Library.parse(library).is_openssl_since(since) is expected
