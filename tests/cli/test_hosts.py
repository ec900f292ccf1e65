"""A report says which host it is about, where the history does."""

from pathlib import Path

import pytest

from driftscan.cli import main
from tests.etc import EtcHistory

CONF = "events {} http { server { listen 443 ssl; ssl_certificate a.pem; } }"


def written(tmp_path: Path, name: bytes | None) -> str:
    etc = EtcHistory(tmp_path / "etc")
    etc.commit({"nginx/nginx.conf": CONF} | ({} if name is None else {"hostname": name}))
    assert (
        main(["report", "-q", "-C", str(etc.path), "-o", str(tmp_path / "a.html"), "-o", str(tmp_path / "a.md")]) == 0
    )
    return (tmp_path / "a.md").read_text("utf-8").partition("\n")[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"web1.example\n", "`web1.example`, "),
        (b"# of the rack\n\n  web1\nweb2\n", "`web1`, "),
        (b"\x1b[31m<b>\xff\n", "`\\x1b[31m<b>\\xff`, "),
        (b"\n", ""),
        (None, ""),
    ],
)
def test_the_title_names_the_host(tmp_path: Path, name: bytes | None, said: str) -> None:
    assert written(tmp_path, name) == f"# TLS history of {said}`{tmp_path}/etc`: all commits"


def test_a_name_has_an_end(tmp_path: Path) -> None:
    assert f"`{'x' * 253}`, " in written(tmp_path, b"x" * 100_000)


def test_the_page_escapes_it(tmp_path: Path) -> None:
    written(tmp_path, b"<script>alert(1)</script>\n")
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<h1>TLS history of &lt;script&gt;alert(1)&lt;/script&gt;, <span" in page
