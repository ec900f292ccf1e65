"""Who may read a key, by what etckeeper keeps of modes."""

import pytest

from driftscan.evidence.private_keys import private_keys, unreadable_by_workers
from tests.certificates import expand
from tests.drift.hosts import SITE, host
from tests.etc import Link
from tests.nginx.trees import Files

KEY = "letsencrypt/archive/shop.example/privkey1.pem"
OPEN = {".": "0755", "letsencrypt": "0755", "letsencrypt/archive": "0755", "letsencrypt/archive/shop.example": "0755"}


def modes(listed: dict[str, str], *owners: str) -> Files:
    """An `.etckeeper` that has these modes."""
    lines = [f"maybe chmod {mode} './{path}'".replace("'./.'", "'.'") for path, mode in listed.items()]
    return {".etckeeper": "\n".join([*owners, *lines, ""])}


@pytest.mark.parametrize(
    ("listed", "readable"),
    [
        ({**OPEN, KEY: "0644"}, True),
        ({**OPEN, KEY: "0604"}, True),
        ({**OPEN, KEY: "0600"}, False),
        ({**OPEN, KEY: "0640"}, False),
        ({**OPEN, KEY: "0644", "letsencrypt/archive": "0700"}, False),
        ({**OPEN, KEY: "0644", "letsencrypt/archive": "0711"}, True),
        ({**OPEN}, False),
        ({KEY: "0644"}, False),
        ({}, False),
    ],
)
def test_a_key_is_readable_by_all_when_it_and_the_way_to_it_are(listed: dict[str, str], readable: bool) -> None:
    (key,) = private_keys(host(files=modes(listed)))
    assert (key.path, key.readable_by_all) == (KEY, readable)


def test_a_key_of_two_servers_is_one_key() -> None:
    second = SITE.replace("shop.example;", "www.shop.example;").replace("listen 80", "listen 8080")
    (key,) = private_keys(host(SITE + second))
    assert [server.name for server in key.servers] == ["shop.example", "www.shop.example"]


@pytest.mark.parametrize("site", [SITE.replace("listen 443 ssl", "listen 443"), SITE.replace("/etc/", "/srv/")])
def test_keys_of_plain_servers_and_outside_the_tree_are_none(site: str) -> None:
    assert list(private_keys(host(site))) == []


def test_a_certificate_that_has_signed_itself_matters_to_nobody() -> None:
    pem = expand("@certificate names: shop.example; self-signed\n")
    (key,) = private_keys(host(files={"letsencrypt/archive/shop.example/fullchain1.pem": pem}))
    assert not key.matters


# ------------------------------------------------------------------ workers

BY_NAME = """server {
    listen 443 ssl; server_name shop.example www.shop.example *.shop.example;
    ssl_certificate /etc/keys/$ssl_server_name.pem; ssl_certificate_key /etc/keys/$ssl_server_name.key;
}"""
KEYS: Files = {"keys/shop.example.key": "a key", "keys/www.shop.example.key": Link("shop.example.key")}


@pytest.mark.parametrize(
    ("listed", "owners", "obstacle"),
    [
        ({".": "0755", "keys": "0755", "keys/shop.example.key": "0600"}, (), "keys/shop.example.key"),
        ({".": "0755", "keys": "0700", "keys/shop.example.key": "0644"}, (), "keys"),
        ({".": "0755", "keys": "0755", "keys/shop.example.key": "0640"}, (), None),
        ({".": "0755", "keys": "0755", "keys/shop.example.key": "0644"}, (), None),
        ({".": "0755", "keys/shop.example.key": "0600"}, ("maybe chown 'www-data' './keys/shop.example.key'",), None),
        ({}, (), None),
    ],
)
def test_what_is_in_the_way_of_a_worker(listed: dict[str, str], owners: tuple[str, ...], obstacle: str | None) -> None:
    state = host(BY_NAME, {**KEYS, **modes(listed, *owners)})
    found = unreadable_by_workers(state.servers[0], state)
    wanted = {} if obstacle is None else dict.fromkeys(("shop.example", "www.shop.example"), obstacle)
    assert {name: refused.obstacle for name, refused in found.items()} == wanted
