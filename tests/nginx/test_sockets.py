import pytest

from driftscan.nginx.directives.base import Family
from driftscan.nginx.listen import Address, Transport
from driftscan.nginx.sockets import ANY_IPV4, Socket, covering, is_specific, reached, takes_ipv4
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


# ---------------------------------------------------------------------- which socket takes a connection


@pytest.mark.parametrize(
    ("listens", "host", "taken_by"),
    [
        ("listen 443;", "203.0.113.5", "0.0.0.0:443"),
        ("listen 443; listen 203.0.113.5:443;", "203.0.113.5", "203.0.113.5:443"),
        ("listen 443; listen 203.0.113.5:443;", "203.0.113.6", "0.0.0.0:443"),
        ("listen 203.0.113.5:443;", "203.0.113.6", None),
        ("listen 80;", "203.0.113.5", None),
        ("listen 443;", "[2001:db8::1]", None),
        ("listen [::]:443;", "[2001:db8::1]", "[::]:443"),
        ("listen [::]:443; listen [2001:db8::1]:443;", "[2001:db8::1]", "[2001:db8::1]:443"),
        ("listen [::]:443;", "203.0.113.5", None),
        ("listen [::]:443 ipv6only=on;", "203.0.113.5", None),
        ("listen [::]:443 ipv6only=off;", "203.0.113.5", "[::]:443"),
        ("listen [::]:443 ipv6only=off; listen 203.0.113.5:443;", "203.0.113.5", "203.0.113.5:443"),
        ("listen [::]:443 ipv6only=off; listen 443;", "203.0.113.5", "0.0.0.0:443"),
        ("listen [2001:db8::1]:443 ipv6only=off;", "203.0.113.5", None),
        ("listen 443 quic;", "203.0.113.5", None),
        ("listen unix:/run/x; listen 443;", "unix:/run/x", None),
    ],
)
def test_a_connection_is_taken_by_its_own_address_or_else_by_the_wildcard(
    listens: str, host: str, taken_by: str | None
) -> None:
    found = reached(sockets(listens).values(), host, 443)
    assert (found and str(found.address)) == taken_by


def test_a_unix_socket_is_reached_by_its_path_alone() -> None:
    found = sockets("listen unix:/run/x;", "listen unix:/run/y;").values()
    taken = reached(found, "unix:/run/y", 0)
    assert taken is not None
    assert str(taken.address) == "unix:/run/y"
    assert reached(found, "unix:/run/z", 0) is None
    assert reached(found, ANY_IPV4, 0) is None


def test_each_transport_has_connections_of_its_own() -> None:
    found = sockets("listen 443 ssl;", "listen 203.0.113.5:443 quic;", nginx="1.25.0").values()
    tcp, quic = (reached(found, "203.0.113.5", 443, transport) for transport in (Transport.TCP, Transport.QUIC))
    assert [str(taken and taken.address) for taken in (tcp, quic)] == ["0.0.0.0:443", "203.0.113.5:443 (quic)"]
    assert reached(found, "203.0.113.6", 443, Transport.QUIC) is None


@pytest.mark.parametrize(
    ("listens", "nginx", "both"),
    [
        ("listen [::]:443;", "1.3.3", True),
        ("listen [::]:443;", "1.3.4", False),
        ("listen [::]:443 ipv6only=on;", "1.3.3", False),
        ("listen [::]:443 ipv6only=off;", "1.3.4", True),
        ("listen [::]:443; listen [::]:444 ipv6only=off;", "1.22.1", False),
    ],
)
def test_an_ipv6_wildcard_takes_ipv4_where_it_says_so_and_before_1_3_4(listens: str, nginx: str, *, both: bool) -> None:
    assert takes_ipv4(sockets(listens, nginx=nginx)["[::]:443"]) is both


def test_one_listen_of_an_address_says_it_for_all() -> None:
    found = sockets("listen [::]:443;", "listen [::]:443 ipv6only=off;")
    assert takes_ipv4(found["[::]:443"])


@pytest.mark.parametrize(
    ("spelled", "specific"),
    [
        ("0.0.0.0:443", False),
        ("[::]:443", False),
        ("203.0.113.5:443", True),
        ("127.0.0.1:443", True),
        ("[2001:db8::1]:443", True),
        ("shop.example:443", True),
        ("unix:/run/x", False),
    ],
)
def test_one_address_of_the_host_is_specific(spelled: str, *, specific: bool) -> None:
    (socket,) = sockets(f"listen {spelled};").values()
    assert is_specific(socket.address) is specific


@pytest.mark.parametrize(
    ("listens", "host", "covered_by"),
    [
        ("listen 443; listen 203.0.113.5:443;", "203.0.113.5", "0.0.0.0:443"),
        ("listen 443; listen 203.0.113.5:444;", "203.0.113.5", "0.0.0.0:443"),
        ("listen 444; listen 203.0.113.5:443;", "203.0.113.5", None),
        ("listen 443; listen [2001:db8::1]:443;", "[2001:db8::1]", None),
        ("listen [::]:443; listen [2001:db8::1]:443;", "[2001:db8::1]", "[::]:443"),
        ("listen [::]:443; listen 203.0.113.5:443;", "203.0.113.5", None),
        ("listen [::]:443 ipv6only=off; listen 203.0.113.5:443;", "203.0.113.5", "[::]:443"),
        ("listen 443 quic; listen 203.0.113.5:443;", "203.0.113.5", None),
        ("listen 443; listen [::]:443;", ANY_IPV4, None),
        ("listen 443; listen [::]:443 ipv6only=off;", "[::]", None),
        ("listen 443; listen shop.example:443;", "shop.example", "0.0.0.0:443"),
    ],
)
def test_a_specific_address_is_covered_by_the_wildcard_that_would_take_its_connections(
    listens: str, host: str, covered_by: str | None
) -> None:
    found = covering(sockets(listens, nginx="1.25.0").values(), Address(host, 443))
    assert (found and str(found.address)) == covered_by


# ---------------------------------------------------------------------- stream and mail


def test_every_family_has_sockets_of_its_own() -> None:
    found = state(
        "http {\nserver { listen 443 ssl; } }\nstream {\nserver { listen 853 ssl; } server { listen 53 udp; } }\n"
        "mail {\nserver { listen 993 ssl; } }"
    )
    assert {str(socket.address): (socket.family, socket.ssl) for socket in found.sockets} == {
        "0.0.0.0:53 (udp)": (Family.STREAM, False),
        "0.0.0.0:443": (Family.HTTP, True),
        "0.0.0.0:853": (Family.STREAM, True),
        "0.0.0.0:993": (Family.MAIL, True),
    }


@pytest.mark.parametrize(("nginx", "answers"), [("1.25.4", [0, 0, 0]), ("1.25.5", [0, 1, 0])])
def test_servers_of_stream_have_names_since_1_25_5(nginx: str, answers: list[int]) -> None:
    text = "stream {\nserver { listen 1 ssl; server_name a; }\nserver { listen 1 ssl; server_name b; }\n}"
    (socket,) = state(text, nginx).sockets
    assert [number(socket, name) for name in ("a", "b", "c")] == answers


def test_servers_of_mail_have_none_to_ask_for() -> None:
    text = "mail {\nserver { listen 993 ssl; server_name a; }\nserver { listen 993 ssl; server_name b; }\n}"
    (socket,) = state(text, "1.31.4").sockets
    assert [number(socket, name) for name in ("a", "b")] == [0, 0]


@pytest.mark.parametrize(("family", "ssl"), [("mail", True), ("stream", False)])
def test_ssl_on_is_a_directive_of_mail_and_not_of_stream(family: str, *, ssl: bool) -> None:
    (socket,) = state(f"{family} {{ server {{ listen 1; ssl on; }} }}").sockets
    assert socket.ssl is ssl
