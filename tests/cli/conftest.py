"""A history with one incident in it, and the command line as a function."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from driftscan.cli import main
from driftscan.history.commit import CommitId
from tests.etc import EtcHistory, Link

MAIN = "events {}\nhttp {\n    include /etc/nginx/sites-enabled/*;\n}\n"
DEFAULT = """server {
    listen 443 ssl default_server;
    server_name _;
    ssl_certificate ssl/default.crt;
    ssl_certificate_key ssl/default.key;
}
"""
SHOP = """server {
    listen 443 ssl;
    server_name shop.example;
    ssl_certificate ssl/shop.crt;
    ssl_certificate_key ssl/shop.key;
    include snippets/tls.conf;
}
"""
LIKE_THE_SHOP = "    ssl_session_tickets off;\n    ssl_session_cache shared:tls:10m;\n"
"""What mends it: without the cache of the shop, nobody could resume a session any more."""
PACKAGES = """committing changes in /etc after apt run

Package changes:
+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64
+nginx 1.10.3-0ubuntu0.16.04.3 all
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What one call of driftscan did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@dataclass(frozen=True, slots=True)
class Incident:
    """Five commits: installed, unrelated, broken, mended, unrelated."""

    etc: EtcHistory
    installed: CommitId
    unrelated: CommitId
    broken: CommitId
    mended: CommitId
    last: CommitId

    @property
    def path(self) -> str:
        return str(self.etc.path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TZ", "UTC")

    def call(*arguments: str) -> Ran:
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def incident(tmp_path: Path) -> Incident:
    etc = EtcHistory(tmp_path / "etc")
    installed = etc.commit(
        {
            "nginx/nginx.conf": MAIN,
            "nginx/sites-available/default": DEFAULT,
            "nginx/sites-available/shop": SHOP,
            "nginx/sites-enabled/00-default": Link("/etc/nginx/sites-available/default"),
            "nginx/sites-enabled/shop": Link("../sites-available/shop"),
            "nginx/snippets/tls.conf": "ssl_session_cache shared:tls:1m;\n",
        },
        PACKAGES,
        "2026-01-01T12:00:00+00:00",
    )
    unrelated = etc.commit({"motd": "hello\n"}, "daily autocommit", "2026-01-02T06:25:00+00:00")
    broken = etc.commit(
        {"nginx/snippets/tls.conf": "ssl_session_cache shared:tls:10m;\nssl_session_tickets off;\n"},
        "daily autocommit",
        "2026-01-03T06:25:00+00:00",
    )
    mended = etc.commit(
        {"nginx/sites-available/default": DEFAULT.replace("}", f"{LIKE_THE_SHOP}}}")},
        "nginx: no tickets in the default server either",
        "2026-01-03T09:40:00+00:00",
        author=("mina", "mina@host.example"),
    )
    last = etc.commit({"motd": "bye\n"}, "daily autocommit", "2026-01-04T06:25:00+00:00")
    return Incident(etc, installed, unrelated, broken, mended, last)
