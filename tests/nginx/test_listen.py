import pytest

from driftscan.nginx.config import Directive, Location
from driftscan.nginx.listen import Address, Listen, Transport, implicit, read_listen

AT = Location("nginx/nginx.conf", 7)
ANY = "0.0.0.0"  # noqa: S104 - data, nothing binds here


def listen(*args: str) -> tuple[Listen, ...]:
    return read_listen(Directive("listen", args, AT))


def address(spelled: str, *parameters: str) -> str:
    ((one),) = listen(spelled, *parameters)
    return str(one.address)


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("443", "0.0.0.0:443"),
        ("00443", "0.0.0.0:443"),
        ("*:443", "0.0.0.0:443"),
        ("0.0.0.0:443", "0.0.0.0:443"),
        ("000.0.0.00:0443", "0.0.0.0:443"),
        ("*", "0.0.0.0:80"),
        ("127.0.0.1", "127.0.0.1:80"),
        ("127.0.0.1:8443", "127.0.0.1:8443"),
        ("127.0.0.01:8443", "127.0.0.1:8443"),
        ("[::]:443", "[::]:443"),
        ("[0:0::0]:443", "[::]:443"),
        ("[::1]", "[::1]:80"),
        ("[2001:DB8:0::1]:443", "[2001:db8::1]:443"),
        ("localhost", "127.0.0.1:80"),
        ("LocalHost:443", "127.0.0.1:443"),
        ("8443x", "8443x:80"),
        ("8440-8441-8442", "8440-8441-8442:80"),
        ("127.1:443", "127.0.0.1:443"),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        ("UNIX:/run/X.sock", "unix:/run/X.sock"),
        ("unix:/run/x:y", "unix:/run/x:y"),
    ],
)
def test_however_it_is_spelled_an_address_is_one(spelled: str, expected: str) -> None:
    assert address(spelled) == expected


def test_a_port_range_is_one_socket_for_each_port() -> None:
    assert [str(one.address) for one in listen("8000-8002", "ssl")] == ["0.0.0.0:8000", "0.0.0.0:8001", "0.0.0.0:8002"]
    assert [str(one.address) for one in listen("[::1]:1-2")] == ["[::1]:1", "[::1]:2"]
    assert [one.address for one in listen("127.0.0.1:65535-65535")] == [Address("127.0.0.1", 65535)]


@pytest.mark.parametrize(
    ("spelled", "reason"),
    [
        ("127.0.0.1:70000", "invalid port"),
        ("127.0.0.1:", "invalid port"),
        ("127.0.0.1:https", "invalid port"),
        ("127.0.0.1:443:1", "invalid port"),
        ("127.0.0.1:1-", "invalid port"),
        ("127.0.0.1:1-65536", "invalid port"),
        ("0", "invalid port"),
        ("65536", "invalid port"),
        ("٤٤٣", "host not found"),
        ("*:٤٤٣", "invalid port"),
        ("[::1]:", "invalid port"),
        ("8443-8441", "invalid port range"),
        ("[::1]8443", "invalid host"),
        ("[::1", "invalid host"),
        ("127.0.0.1:443/x", "invalid host"),
        (":443", "no host"),
        ("", "no host"),
        ("[fe80::1%eth0]:443", "invalid IPv6 address"),
        ("[localhost]:443", "invalid IPv6 address"),
        ("[]:443", "no host"),
        ("300.0.0.1:443", "host not found"),
        ("-1", "host not found"),
        ("unix:", "no path in the unix domain socket"),
    ],
)
def test_what_nginx_refuses_is_refused_in_its_words(spelled: str, reason: str | None) -> None:
    if reason is None:
        assert address(spelled) == f"{spelled}:80"
        return
    with pytest.raises(ValueError, match=r"\S") as refused:
        listen(spelled)
    assert str(refused.value) == f'{reason} in "{spelled}" of the "listen" directive'


def test_a_listen_without_arguments_is_refused() -> None:
    with pytest.raises(ValueError, match=r'^invalid number of arguments in "listen" directive$'):
        listen()


def test_parameters_are_words_of_their_own_and_case_sensitive() -> None:
    (one,) = listen("443", "ssl", "http2", "default_server", "proxy_protocol")
    assert (one.ssl, one.http2, one.default_server, one.proxy_protocol) == (True, True, True, True)
    (one,) = listen("443", "SSL", "http2=x", "defaults")
    assert (one.ssl, one.http2, one.default_server, one.proxy_protocol) == (False, False, False, False)
    (one,) = listen("443", "default")
    assert one == Listen(Address(ANY, 443), ("default",), AT)
    assert one.default_server


def test_quic_is_another_transport_that_is_always_tls() -> None:
    (one,) = listen("443", "quic", "reuseport")
    assert one.ssl
    assert one.address == Address(ANY, 443, Transport.QUIC)
    assert str(one.address) == "0.0.0.0:443 (quic)"


def test_a_server_without_listen_is_on_port_80() -> None:
    assert implicit(AT) == Listen(Address(ANY, 80), (), AT)
