import pytest

from driftscan.nginx.alt_svc import Alternative, alternatives


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('h3=":443"; ma=86400', [Alternative("h3", "", 443)]),
        ('h3-29=":443", h3=":8443"; ma=1', [Alternative("h3-29", "", 443), Alternative("h3", "", 8443)]),
        ('h3=":$server_port"', [Alternative("h3", "", 9443)]),
        ('h2="alt.example:443"', [Alternative("h2", "alt.example", 443)]),
        ('h3=":$other"', []),
        ('h3=":123456"', []),
        ("clear", []),
        ("", []),
        ("h3=:443", []),
    ],
)
def test_alternatives(value: str, expected: list[Alternative]) -> None:
    assert list(alternatives(value, 9443)) == expected


def test_only_h3_and_its_drafts_are_http3() -> None:
    assert [Alternative(name, "", 443).is_http3 for name in ("h3", "h3-29", "h2", "h30")] == [True, True, False, False]
