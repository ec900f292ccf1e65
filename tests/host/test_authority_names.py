"""Which entry of ca-certificates.conf a file in the store comes from."""

import pytest

from driftscan.host.authority_names import entry_for, in_store

ENTRIES = (
    "mozilla/ISRG_Root_X1.crt",
    "mozilla/NetLock_Arany_=Class_Gold=_Főtanúsítvány.crt",
    "local/Our CA (2024).crt",
)


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/etc/ssl/certs/ISRG_Root_X1.pem", "mozilla/ISRG_Root_X1.crt"),
        ("/etc/ssl/certs/ca-cert-ISRG_Root_X1.pem", "mozilla/ISRG_Root_X1.crt"),
        ("/etc/ssl/certs/Our_CA_=2024=.pem", "local/Our CA (2024).crt"),
        ("/etc/ssl/certs/ca-certificates.crt", None),
        ("/etc/nginx/ISRG_Root_X1.pem", None),
    ],
)
def test_a_file_of_the_store_comes_from_its_entry(path: str, entry: str | None) -> None:
    assert entry_for(path, ENTRIES) == entry


def test_what_the_system_manages_is_told_from_files_of_ones_own() -> None:
    assert in_store("/etc/ssl/certs/a.pem")
    assert in_store("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")
    assert not in_store("/etc/ssl/own.pem")
    assert not in_store("/etc/ssl/certsother/a.pem")
