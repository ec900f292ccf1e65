"""A listen on one address takes its connections away from the servers of all addresses, and gives them back."""

import pytest

from driftscan.drift.changes import AddressReleased, AddressTaken, Change, ServerAdded, SocketAdded, SocketRemoved
from driftscan.drift.compare import compare
from driftscan.drift.query import Query, select
from driftscan.drift.subjects import SocketSubject
from driftscan.nginx.listen import Address, Transport
from tests.drift.trees import ANY6, MAIN, Files, address, http, platform, state
from tests.drift.walks import told, walk
from tests.etc import EtcHistory

ONE, ONE6 = "203.0.113.5", "[2001:db8::1]"
SHOP = "server { listen 443 ssl default_server; server_name shop.example; }"
WIKI = "server { listen 443 ssl; server_name wiki.example *.wiki.example; }"
VPN = f"server {{ listen {ONE}:443 ssl; server_name vpn.example; }}"
BOTH = (SHOP, WIKI)


def changes(before: Files | str, after: Files | str, nginx: str = "1.24.0") -> list[Change]:
    """What changes of addresses: taken, released, and TLS sockets that come and go."""
    kinds = AddressTaken | AddressReleased | SocketAdded | SocketRemoved
    found = compare(state(before, platform(nginx)), state(after, platform(nginx))).changes
    return [change for change in found if isinstance(change, kinds)]


def on(host: str, port: int = 443) -> SocketSubject:
    return SocketSubject(address(port, host))


EVERYWHERE = SocketSubject(address())


def test_a_server_on_one_address_takes_all_names_with_it() -> None:
    before, after = http(*BOTH), http(*BOTH, VPN)
    names = ("shop.example", "wiki.example", "*.wiki.example", "")
    assert changes(before, after) == [SocketAdded(on(ONE)), AddressTaken(on(ONE), EVERYWHERE, names, tls=True)]
    assert changes(after, before) == [
        SocketRemoved(on(ONE), still_listening=False),
        AddressReleased(on(ONE), EVERYWHERE, names),
    ]


def test_the_line_that_takes_it_stands_in_any_file(etc: EtcHistory) -> None:
    main = "events {}\nhttp { ssl_certificate /c.pem; ssl_certificate_key /c.key; include sites/*; }\n"
    etc.commit({MAIN: main, "nginx/sites/shop": SHOP})
    taken = etc.commit({"nginx/sites/vpn": VPN})
    released = etc.commit({"nginx/sites/vpn": None})
    outcome = walk(etc)
    assert [(step.commit.id, told(step)) for step in outcome.steps] == [
        (taken, ["SocketAdded 203.0.113.5:443", "AddressTaken 203.0.113.5:443", "ServerAdded vpn.example:443"]),
        (
            released,
            ["SocketRemoved 203.0.113.5:443", "AddressReleased 203.0.113.5:443", "ServerRemoved vpn.example:443"],
        ),
    ]


def test_names_that_the_same_server_answers_there_are_not_lost() -> None:
    """The shop listens on both, and is the default server of both; the wiki is lost on the one address."""
    both = SHOP.replace("443 ssl", f"443 ssl default_server; listen {ONE}:443 ssl", 1)
    assert changes(http(*BOTH), http(both, WIKI)) == [
        SocketAdded(on(ONE)),
        AddressTaken(on(ONE), EVERYWHERE, ("wiki.example", "*.wiki.example"), tls=True),
    ]


def test_another_default_server_is_lost_for_every_other_name() -> None:
    listening = f"listen 443 ssl; listen {ONE}:443 ssl;"
    shop, wiki = (server.replace("listen 443 ssl default_server;", listening) for server in BOTH)
    wiki = wiki.replace("listen 443 ssl;", listening)
    assert changes(http(*BOTH), http(wiki, shop.replace("443 ssl;", "443 ssl default_server;", 1))) == [
        SocketAdded(on(ONE)),
        AddressTaken(on(ONE), EVERYWHERE, ("",), tls=True),
    ]


def test_the_same_servers_on_both_answer_as_before() -> None:
    after = [server.replace("listen 443 ssl", f"listen {ONE}:443 ssl; listen 443 ssl") for server in BOTH]
    assert changes(http(*BOTH), http(*after)) == [SocketAdded(on(ONE))]
    assert changes(http(*after), http(*BOTH)) == [SocketRemoved(on(ONE), still_listening=False)]


def test_moving_all_servers_to_one_address_takes_it_from_nobody() -> None:
    after = [server.replace("listen 443 ssl", f"listen {ONE}:443 ssl") for server in BOTH]
    assert changes(http(*BOTH), http(*after)) == [
        SocketRemoved(EVERYWHERE, still_listening=False),
        SocketAdded(on(ONE)),
    ]


@pytest.mark.parametrize("name", ["vpn.example", "shop.example"])
def test_plain_http_on_one_address_takes_tls_away(name: str) -> None:
    plain = f"server {{ listen {ONE}:443; server_name {name}; }}"
    names = ("shop.example", "")
    assert changes(http(SHOP), http(SHOP, plain)) == [AddressTaken(on(ONE), EVERYWHERE, names, tls=False)]
    assert changes(http(SHOP, plain), http(SHOP)) == [AddressReleased(on(ONE), EVERYWHERE, names)]


def test_the_same_server_without_tls_on_one_address_takes_tls_away_too() -> None:
    after = SHOP.replace("listen 443", f"listen {ONE}:443; listen 443")
    assert changes(http(SHOP), http(after)) == [
        AddressTaken(on(ONE), EVERYWHERE, ("shop.example", ""), tls=False),
    ]


def test_tls_on_one_address_takes_nothing_from_a_plain_wildcard() -> None:
    plain = "server { listen 443; server_name shop.example; }"
    assert changes(http(plain), http(plain, VPN)) == [SocketAdded(on(ONE))]


@pytest.mark.parametrize(
    ("listen", "taken_from"),
    [
        ("[::]:443 ssl", on(ANY6)),
        ("[::]:443 ssl ipv6only=off", on(ANY6)),
        ("443 ssl", None),
        ("[2001:db8::2]:443 ssl", None),
        ("[::]:8443 ssl", None),
    ],
)
def test_an_ipv6_address_is_taken_from_the_ipv6_wildcard(listen: str, taken_from: SocketSubject | None) -> None:
    shop = f"server {{ listen {listen}; server_name shop.example; }}"
    vpn = VPN.replace(ONE, ONE6)
    expected: list[Change] = [SocketAdded(on(ONE6))]
    if taken_from is not None:
        expected.append(AddressTaken(on(ONE6), taken_from, ("shop.example", ""), tls=True))
    assert changes(http(shop), http(shop, vpn)) == expected


@pytest.mark.parametrize(
    ("listen", "taken_from"),
    [
        ("[::]:443 ssl ipv6only=off", on(ANY6)),
        ("[::]:443 ssl ipv6only=on", None),
        ("[::]:443 ssl", None),
        ("443 ssl; listen [::]:443 ssl ipv6only=on", EVERYWHERE),
    ],
)
def test_an_ipv4_address_is_taken_from_whatever_wildcard_takes_ipv4(
    listen: str, taken_from: SocketSubject | None
) -> None:
    shop = f"server {{ listen {listen}; server_name shop.example; }}"
    expected: list[Change] = [SocketAdded(on(ONE))]
    if taken_from is not None:
        expected.append(AddressTaken(on(ONE), taken_from, ("shop.example", ""), tls=True))
    assert changes(http(shop), http(shop, VPN)) == expected


def test_quic_is_taken_from_quic_alone() -> None:
    shop = "server { listen 443 quic; listen 443 ssl; server_name shop.example; }"
    vpn = f"server {{ listen {ONE}:443 quic; server_name vpn.example; }}"
    one, every = (SocketSubject(Address(host, 443, Transport.QUIC)) for host in (ONE, address().host))
    assert changes(http(shop), http(shop, vpn), "1.26.3") == [
        SocketAdded(one),
        AddressTaken(one, every, ("shop.example", ""), tls=True),
    ]


def test_a_wildcard_and_an_address_that_come_together_take_nothing() -> None:
    other = "server { listen 8443 ssl; }"
    assert changes(http(other), http(other, SHOP, VPN)) == [SocketAdded(EVERYWHERE), SocketAdded(on(ONE))]


def test_a_new_server_on_an_address_that_was_taken_already_takes_nothing_more() -> None:
    more = f"server {{ listen {ONE}:443 ssl; server_name more.example; }}"
    found = compare(state(http(SHOP, VPN)), state(http(SHOP, VPN, more))).changes
    assert [type(change) for change in found] == [ServerAdded]


@pytest.mark.parametrize("same", [True, False])
def test_a_server_with_a_regular_expression_is_known_by_it(*, same: bool) -> None:
    first = SHOP.replace("443 ssl", f"443 ssl default_server; listen {ONE}:443 ssl", 1)
    expression = "server { listen 443 ssl; server_name ~^(?:a|b)\\.test$; }"
    there = expression.replace("443 ssl;", f"443 ssl; listen {ONE}:443 ssl;") if same else expression
    taken = AddressTaken(on(ONE), EVERYWHERE, ("~^(?:a|b)\\.test$",), tls=True)
    assert changes(http(SHOP, expression), http(first, there)) == [SocketAdded(on(ONE)), *([] if same else [taken])]


def test_names_that_nobody_can_ask_for_are_not_lost() -> None:
    first = SHOP.replace("443 ssl", f"443 ssl default_server; listen {ONE}:443 ssl", 1)
    other = "server { listen 443 ssl; server_name _; }"
    assert changes(http(SHOP, other), http(first, other)) == [SocketAdded(on(ONE))]


def test_a_host_name_is_one_address() -> None:
    vpn = VPN.replace(ONE, "vpn.internal")
    assert changes(http(SHOP), http(SHOP, vpn))[1:] == [
        AddressTaken(on("vpn.internal"), EVERYWHERE, ("shop.example", ""), tls=True)
    ]


def test_a_file_that_was_not_read_before_may_have_taken_it_already() -> None:
    main = "events {}\nhttp { ssl_certificate /c.pem; ssl_certificate_key /c.key; include sites/*; }\n"
    light = {MAIN: main, "nginx/sites/a": SHOP, "nginx/sites/vpn": VPN}
    dark = {**light, "nginx/sites/vpn": VPN.removesuffix("}")}
    assert changes(dark, light) == changes(light, dark) == []


def test_it_is_found_by_the_names_that_it_takes(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(*BOTH)})
    etc.commit({MAIN: http(*BOTH, VPN)})
    outcome = walk(etc)
    assert [told(step) for step in select(outcome, Query(server="*.wiki.example")).steps] == [
        ["AddressTaken 203.0.113.5:443"]
    ]
    assert select(outcome, Query(server="other.example")).steps == ()
