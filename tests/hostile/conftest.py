"""A history as small as it can be, and a file beside it that nobody may see."""

from pathlib import Path

import pytest

from tests.etc import EtcHistory

MAIN = "events {}\nhttp { server { listen 443 ssl; server_name shop.example; } }\n"
SECRET = "c4n4ry-of-another-file"


@pytest.fixture
def victim(tmp_path: Path) -> EtcHistory:
    """Two commits, checked out."""
    etc = EtcHistory(tmp_path / "etc")
    etc.commit({"nginx/nginx.conf": MAIN, ".gitattributes": "* diff=evil filter=evil\n"})
    etc.commit({"nginx/nginx.conf": MAIN.replace("shop", "blog")})
    etc.checkout()
    return etc


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside of the repository."""
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return file
