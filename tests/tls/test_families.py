"""Which sockets stand beside each other for IPv4 and IPv6."""

import pytest

from driftscan.tls.families import twin, twins
from tests.nginx.trees import state


def pairs(listens: str, nginx: str = "1.22.1") -> list[tuple[str, str]]:
    found = state(f"http {{ server {{ {listens} }} }}", nginx)
    return [(str(ipv4.address), str(ipv6.address)) for ipv4, ipv6 in twins(found.sockets)]


def test_two_wildcards_of_one_port_are_twins() -> None:
    assert pairs("listen 443 ssl; listen [::]:443 ssl; listen 80;") == [("0.0.0.0:443", "[::]:443")]


@pytest.mark.parametrize(
    "listens",
    [
        "listen 443 ssl;",
        "listen [::]:443 ssl;",
        "listen 443 ssl; listen [::]:8443 ssl;",
        "listen 203.0.113.5:443 ssl; listen [2001:db8::5]:443 ssl;",
        "listen 443 quic; listen [::]:443 ssl;",
        "listen [::]:443 ssl ipv6only=off; listen 443 ssl;",
    ],
)
def test_others_are_not(listens: str) -> None:
    assert pairs(listens) == []


def test_before_nginx_1_3_4_the_system_decides_whether_there_are_two() -> None:
    assert pairs("listen 443 ssl; listen [::]:443 ssl;", "1.3.3") == []
    assert pairs("listen 443 ssl; listen [::]:443 ssl ipv6only=on;", "1.3.3") == [("0.0.0.0:443", "[::]:443")]


def test_each_is_the_others_twin() -> None:
    sockets = state("http { server { listen 443 ssl; listen [::]:443 ssl; listen 80; } }").sockets
    assert [None if (other := twin(sockets, socket)) is None else str(other.address) for socket in sockets] == [
        None,
        "[::]:443",
        "0.0.0.0:443",
    ]
