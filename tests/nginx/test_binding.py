"""Two sockets on one port: what was tried with a running nginx 1.22.1 on Linux."""

import pytest

from driftscan.nginx.binding import clashes
from tests.nginx.trees import state


def found(http: str, stream: str) -> list[tuple[str, str, bool]]:
    text = f"events {{}}\nhttp {{ server {{ {http} }} }}\nstream {{ server {{ {stream} return hi; }} }}"
    return [(str(each.first.address), str(each.second.address), each.shared) for each in clashes(state(text).sockets)]


OTHER = "listen 9;"


@pytest.mark.parametrize(
    ("http", "stream", "clash"),
    [
        ("listen 443;", "listen 443;", ("0.0.0.0:443", "0.0.0.0:443", False)),
        ("listen 443;", "listen 127.0.0.1:443;", ("0.0.0.0:443", "127.0.0.1:443", False)),
        ("listen 127.0.0.1:443;", "listen 443;", ("0.0.0.0:443", "127.0.0.1:443", False)),
        ("listen [::]:443 ipv6only=off;", "listen 443;", ("0.0.0.0:443", "[::]:443", False)),
        ("listen [::1]:443;", "listen [::]:443;", ("[::1]:443", "[::]:443", False)),
        ("listen 443 reuseport;", "listen 443;", ("0.0.0.0:443", "0.0.0.0:443", False)),
        ("listen 443 reuseport;", "listen 443 reuseport;", ("0.0.0.0:443", "0.0.0.0:443", True)),
        ("listen unix:/run/x;", "listen unix:/run/x;", ("unix:/run/x", "unix:/run/x", False)),
        ("listen localhost:443;", "listen 127.0.0.1:443;", ("127.0.0.1:443", "127.0.0.1:443", False)),
        ("listen 443; listen [::]:443 ipv6only=off;", OTHER, ("0.0.0.0:443", "[::]:443", False)),
        ("listen 443; listen 127.0.0.1:443 bind;", OTHER, ("0.0.0.0:443", "127.0.0.1:443", False)),
        ("listen 443; listen 127.0.0.1:443 reuseport;", OTHER, ("0.0.0.0:443", "127.0.0.1:443", False)),
    ],
)
def test_the_second_of_two_is_refused_or_takes_connections_away(
    http: str, stream: str, clash: tuple[str, str, bool]
) -> None:
    assert found(http, stream) == [clash]


@pytest.mark.parametrize(
    ("http", "stream"),
    [
        ("listen 127.0.0.1:443;", "listen 127.0.0.2:443;"),
        ("listen [::]:443;", "listen 443;"),
        ("listen 443;", "listen 8443;"),
        ("listen 443;", "listen 443 udp;"),
        ("listen 443 reuseport;", "listen 127.0.0.1:443 reuseport;"),
        ("listen 443; listen 127.0.0.1:443;", OTHER),
        ("listen [::]:443; listen [::1]:443;", OTHER),
        ("listen unix:/run/x;", "listen unix:/run/y;"),
    ],
)
def test_both_are_bound_or_one_of_them_need_not_be(http: str, stream: str) -> None:
    assert found(http, stream) == []
