"""No secret of a host is in anything that driftscan writes about it."""

import base64
import html
import json
import urllib.parse
from collections.abc import Callable

import pytest

from tests.canary.canaries import Canaries
from tests.canary.host import build
from tests.canary.outputs import Host, hooked, printed, written

PLACES = (printed, written, hooked)
WORDS = (b"shop.example", b"inline.example", b"nginx/", b"ssl_session_tickets")


@pytest.fixture(scope="module")
def secret() -> Canaries:
    return Canaries()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, secret: Canaries) -> Host:
    top = tmp_path_factory.mktemp("canary")
    etc = build(top / "etc", secret)
    command = top / "mail"
    command.write_text(f'#!/bin/sh\ncat >> {top}/mailed\necho "$DRIFTSCAN_REPORT" >> {top}/mailed\n')
    command.chmod(0o755)
    settings = top / "driftscan.toml"
    settings.write_text(
        f'[host]\ndirectory = "{etc.path}"\n[hook]\nstate = "{top}/state"\nnotify = "low"\n'
        f'textfile = "{top}/metrics.prom"\n'
        f'command = ["{command}", "--password={secret("settings option")}"]\n'
    )
    settings.chmod(0o600)
    return Host(etc, top, settings, top / "state")


@pytest.fixture(scope="module")
def outputs(host: Host) -> dict[str, bytes]:
    return {name: output for place in PLACES for name, output in place(host)}


def test_no_secret_is_in_anything_that_is_written(outputs: dict[str, bytes], secret: Canaries) -> None:
    assert {name: found for name, output in outputs.items() if (found := secret.found_in(output))} == {}


def test_everything_that_is_written_speaks_of_this_host(outputs: dict[str, bytes]) -> None:
    """An output that says nothing would hide nothing."""
    names = [
        name for name in outputs if name.startswith(("log", "show", "check", "effective", "blame", "report", "state 2"))
    ]
    assert len(names) > 20
    silent = {name for name in names if not any(word in outputs[name] for word in WORDS)}
    assert silent == set()
    assert all(outputs[name] for name in ("command", "hook run 1", "state events.ndjson", "state gate", "textfile"))


@pytest.mark.parametrize(
    "escape",
    [
        str,
        json.dumps,
        html.escape,
        urllib.parse.quote,
        lambda word: word.encode().hex(),
        lambda word: base64.b64encode(f"x{word}yz".encode()).decode(),
        lambda word: f"{word[:9]}\n    {word[9:]}",
        lambda word: f"{word[:9]}<wbr>{word[9:]}",
    ],
)
def test_a_secret_would_be_found(secret: Canaries, escape: Callable[[str], str]) -> None:
    planted = f"before {escape(secret('planted'))} after".encode()
    assert secret.found_in(planted) == ["planted"]
    assert secret.found_in(b"before after") == []


def test_what_is_no_secret_is_shown(outputs: dict[str, bytes]) -> None:
    page = outputs["report html"]
    for line in (b"ssl_protocols TLSv1.2 TLSv1.3;", b"proxy_ssl_verify", b"ssl_session_tickets", b"passphrase.example"):
        assert line in page
