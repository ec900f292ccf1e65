"""Paths among certbot's files, and its servers for trials."""

import pytest

from driftscan.host.certbot_files import CertbotFile, certbot_file, duplicates, in_live, is_staging


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("letsencrypt/live/shop.example/fullchain.pem", CertbotFile("shop.example", "fullchain", None)),
        ("letsencrypt/live/shop.example-0001/privkey.pem", CertbotFile("shop.example-0001", "privkey", None)),
        ("letsencrypt/archive/shop.example/cert12.pem", CertbotFile("shop.example", "cert", 12)),
        ("letsencrypt/live/shop.example/fullchain7.pem", None),
        ("letsencrypt/archive/shop.example/fullchain.pem", None),
        ("letsencrypt/live/shop.example/other.pem", None),
        ("letsencrypt/live/fullchain.pem", None),
        ("letsencrypt/csr/0001_csr-certbot.pem", None),
        ("nginx/letsencrypt/live/shop.example/cert.pem", None),
        (None, None),
    ],
)
def test_a_path_is_what_certbot_makes_of_it(path: str | None, file: CertbotFile | None) -> None:
    assert certbot_file(path) == file


def test_the_newest_file_is_always_in_live() -> None:
    assert certbot_file(in_live("shop.example", "chain")) == CertbotFile("shop.example", "chain", None)


@pytest.mark.parametrize(
    ("name", "first"),
    [("shop.example-0001", "shop.example"), ("shop.example", "shop.example"), ("shop-1.example", "shop-1.example")],
)
def test_a_second_lineage_has_a_number_behind_its_name(name: str, first: str) -> None:
    assert duplicates(name) == first


@pytest.mark.parametrize(
    ("server", "staging"),
    [
        ("https://acme-staging-v02.api.letsencrypt.org/directory", True),
        ("https://acme-staging.api.letsencrypt.org/directory", True),
        ("https://acme-v02.api.letsencrypt.org/directory", False),
        ("https://acme.example/staging", False),
    ],
)
def test_a_server_may_be_for_trials(server: str, staging: bool) -> None:
    assert is_staging(server) is staging
