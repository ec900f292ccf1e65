from dataclasses import replace

import pytest

from driftscan.evidence.certbot_looked import has_the_ticket_fix
from driftscan.history.certbot import OPTIONS
from driftscan.history.platform import Evidence, Known
from driftscan.nginx.config import Location
from tests.nginx.trees import MAIN, state


@pytest.mark.parametrize(
    ("certbot", "path", "expected"),
    [
        ("0.36.0", OPTIONS, False),
        ("0.39.0", OPTIONS, True),
        ("2.1.0", OPTIONS, True),
        ("0.39.0 to 1.1.0", OPTIONS, True),
        ("0.37.0 to 0.37.1 or 1.2.0 to 1.27.0", OPTIONS, False),
        ("2.1.0", "nginx/snippets/tls.conf", False),
        (None, OPTIONS, False),
    ],
)
def test_which_certbot_looks_at_the_library_first(certbot: str | None, path: str, expected: bool) -> None:
    found = state({MAIN: "http {}"})
    known = None if certbot is None else Known(certbot, Evidence.CERTBOT, "")
    found = replace(found, platform=replace(found.platform, certbot=known))
    assert has_the_ticket_fix(found, [Location(path, 1)]) is expected
