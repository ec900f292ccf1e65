import pytest

from driftscan.nginx.sockets import Socket
from tests.nginx.trees import line, state


def sockets(*servers: str, nginx: str = "1.22.1") -> dict[str, Socket]:
    """The sockets of an http block, one server a line from line 2 on, by address."""
    text = "\n".join(["http {", *(f"server {{ {server} }}" for server in servers), "}"])
    return {str(socket.address): socket for socket in state(text, nginx).sockets}


def number(socket: Socket, sni: str | None = None) -> int:
    """Which server, counted from 0, answers a name; without one, the default server."""
    return socket.select(sni).at.line - 2


def test_every_spelling_of_any_address_is_one_socket_and_v6_is_another() -> None:
    found = sockets("listen 443;", "listen *:443;", "listen 0.0.0.0:443; listen [::]:443;", "listen 127.0.0.1:443;")
    assert {address: len(socket.servers) for address, socket in found.items()} == {
        "0.0.0.0:443": 3,
        "127.0.0.1:443": 1,
        "[::]:443": 1,
    }
    assert [number(socket) for socket in found.values()] == [0, 3, 2]


def test_flags_are_ored_over_all_servers_of_a_socket() -> None:
    found = sockets("listen 443 ssl; listen 80;", "listen 443 http2;", "listen 443;", "listen 80 proxy_protocol;")
    flags = {address: (at.ssl, at.http2, at.proxy_protocol) for address, at in found.items()}
    assert flags == {"0.0.0.0:443": (True, True, False), "0.0.0.0:80": (False, False, True)}
    assert [listen.at for listen in found["0.0.0.0:443"].ssl_from] == [line(2)]


def test_the_first_listen_makes_the_default_server_unless_one_says_so() -> None:
    assert [number(socket) for socket in sockets("listen 1;", "listen 1; listen 2;", "listen 2;").values()] == [0, 1]
    (explicit,) = sockets("listen 1;", "listen 1 default_server;", "listen 1;").values()
    assert number(explicit) == 1
    assert explicit.explicit_default is explicit.listens[1][1]
    (old,) = sockets("listen 1;", "listen 1 default;").values()
    assert number(old) == 1


def test_an_implicit_listen_counts_like_any_other() -> None:
    (socket,) = sockets("server_name a;", "listen 80;").values()
    assert (str(socket.address), number(socket), socket.explicit_default) == ("0.0.0.0:80", 0, None)
    assert socket.listens[0][1].at == line(2)


def test_a_listen_that_is_refused_is_no_reason_for_port_80() -> None:
    found = state("http {\nserver { listen 127.0.0.1:99999; }\n}")
    assert found.sockets == ()
    assert [(gap.reason, gap.at) for gap in found.gaps] == [
        ('invalid port in "127.0.0.1:99999" of the "listen" directive', line(2))
    ]


def test_the_same_address_twice_in_one_server_counts_once() -> None:
    (socket,) = sockets("listen 1; listen *:1 ssl;").values()
    assert len(socket.listens) == 1


def test_names_select_a_server_of_the_socket_only() -> None:
    found = sockets("listen 1; server_name a;", "listen 1; listen 2; server_name b;", "listen 2; server_name a;")
    one, two = found.values()
    assert [number(one, name) for name in ("a", "b", "c", "", None)] == [0, 1, 0, 0, 0]
    assert [number(two, name) for name in ("a", "b", "c", "", None)] == [2, 1, 1, 1, 1]


def test_the_first_server_keeps_a_name_even_against_the_default_server() -> None:
    (socket,) = sockets("listen 1; server_name a;", "listen 1 default_server; server_name a;").values()
    assert (number(socket, "a"), number(socket, "x")) == (0, 1)


def test_a_single_server_answers_every_name() -> None:
    (socket,) = sockets("listen 1; server_name a;").values()
    assert socket.select("b") is socket.default


def test_the_listen_of_a_server_is_the_line_that_brought_it() -> None:
    (socket,) = sockets("listen 1;", "listen *:1 ssl;").values()
    assert [socket.listen_of(server).at for server in socket.servers] == [line(2), line(3)]


@pytest.mark.parametrize(
    ("servers", "nginx", "ssl"),
    [
        (("listen 1; ssl on;", "listen 1;"), "1.22.1", True),
        (("listen 1; ssl on;", "listen 1;"), "1.25.0", True),
        (("listen 1; ssl on;", "listen 1;"), "1.25.1", False),
        (("listen 1;", "listen 1; ssl on;"), "1.22.1", False),
        (("listen 1;", "listen 1 default_server; ssl on;"), "1.22.1", True),
        (("listen 1 ssl; ssl off;",), "1.22.1", True),
    ],
)
def test_ssl_on_counts_in_the_default_server_until_1_25(servers: tuple[str, ...], nginx: str, ssl: bool) -> None:
    (socket,) = sockets(*servers, nginx=nginx).values()
    assert socket.ssl is ssl


def test_ssl_on_has_no_say_over_quic() -> None:
    tcp, quic = sockets("listen 1 quic; listen 1; ssl on;", nginx="1.25.0").values()
    assert [(str(at.address), at.ssl_on, at.ssl) for at in (tcp, quic)] == [
        ("0.0.0.0:1 (quic)", False, True),
        ("0.0.0.0:1", True, True),
    ]


def test_sockets_are_listed_by_address() -> None:
    found = sockets("listen unix:/b;", "listen [::]:443;", "listen 10443; listen 443;")
    assert list(found) == ["0.0.0.0:443", "0.0.0.0:10443", "[::]:443", "unix:/b"]
