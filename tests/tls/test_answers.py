"""Who answers for a name at an address, whether a server has it or not."""

import pytest

from driftscan.nginx.listen import Address
from driftscan.tls.answers import answer, is_loopback, sample
from tests.nginx.trees import state

TEXT = r"""http {
    ssl_certificate a.pem; ssl_certificate_key a.key;
    server { listen 443 ssl default_server; server_name main.example; }
    server { listen 443 ssl; server_name shop.example *.wild.example .dot.example; }
    server { listen 203.0.113.5:443 ssl; server_name single.example; }
    server { listen 80; server_name plain.example; }
    server { listen 8443 ssl; server_name a.example; }
    server { listen 8443 ssl; server_name ~^(?<x>a++)$; }
}"""
ANY = "0.0.0.0"  # noqa: S104 - data, nothing binds here


def met(host: str, port: int, name: str) -> tuple[str, str, bool] | None:
    """The name it stands for, the server that answers, and whether that has the name."""
    found = answer(state(TEXT).sockets, Address(host, port), name)
    return None if found is None else (found.at.name, found.at.server.name, found.claimed)


@pytest.mark.parametrize("name", ["shop.example", "*.wild.example", ".dot.example", "x.dot.example"])
def test_a_server_that_has_the_name_answers_for_it(name: str) -> None:
    assert met(ANY, 443, name) == (name, "shop.example", True)


@pytest.mark.parametrize("name", ["gone.example", "*.gone.example", "", "wild.example"])
def test_the_default_server_answers_for_any_other(name: str) -> None:
    assert met(ANY, 443, name) == (name, "main.example", False)


def test_a_server_on_the_one_address_answers_there_for_every_name() -> None:
    assert met("203.0.113.5", 443, "shop.example") == ("shop.example", "single.example", False)
    assert met("203.0.113.6", 443, "shop.example") == ("shop.example", "shop.example", True)


@pytest.mark.parametrize(("host", "port"), [(ANY, 80), (ANY, 81), ("[::]", 443)])
def test_nobody_answers_without_tls(host: str, port: int) -> None:
    assert met(host, port, "shop.example") is None


def test_nobody_is_named_where_a_regular_expression_may_match() -> None:
    assert met(ANY, 8443, "aa") is None
    assert met(ANY, 8443, "a.example") == ("a.example", "a.example", True)


def test_a_name_that_stands_for_many_has_one_of_them_as_sample() -> None:
    assert [sample(name) for name in ("a.b", "*.a.b", ".a.b", "")] == ["a.b", "x.a.b", "a.b", ""]


def test_an_address_of_the_host_alone() -> None:
    alone = [Address("127.0.0.1", 443), Address("[::1]", 443), Address("unix:/run/x.sock", 0)]
    others = [Address(ANY, 443), Address("[::]", 443), Address("203.0.113.5", 443), Address("shop.example", 443)]
    assert [is_loopback(address) for address in (*alone, *others)] == [True] * 3 + [False] * 4
