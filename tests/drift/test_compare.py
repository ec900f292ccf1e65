"""Each kind of change with its exact values, and all the edits that are none."""

import pytest

from driftscan.drift.changes import (
    Change,
    DefaultServerChanged,
    NameMoved,
    Scope,
    ServerAdded,
    ServerRemoved,
    ServerRenamed,
    SettingChanged,
    Side,
    SocketAdded,
    SocketRemoved,
)
from driftscan.drift.compare import compare
from driftscan.drift.subjects import ServerSubject, SocketSubject
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Explicit, Inherited, Origin
from driftscan.nginx.directives.hsts import Hsts, Policy
from driftscan.nginx.directives.session_cache import SessionCache, Zone
from driftscan.nginx.directives.values import Measure, Protocol
from driftscan.tls.endpoints import Split
from tests.drift.trees import ANY4, ANY6, MAIN, Files, address, default, endpoint, http, platform, server, state
from tests.drift.walks import in_words
from tests.etc import Link

SHOP = "server { listen 443 ssl; server_name shop.example; }"
CATCH_ALL = "server { listen 443 ssl default_server; }"
CERTIFICATE = "ssl_certificate /c.pem; ssl_certificate_key /c.key;"
NEW = frozenset({Protocol.TLS13})
BOTH = frozenset({Protocol.TLS12, Protocol.TLS13})
USUAL = BOTH | {Protocol.TLS10, Protocol.TLS11}


def changes(before: Files | str, after: Files | str, nginx: str = "1.24.0") -> tuple[Change, ...]:
    return compare(state(before, platform(nginx)), state(after, platform(nginx))).changes


def explicit(*lines: int, path: str = MAIN) -> Explicit:
    return Explicit(tuple(Location(path, line) for line in lines))


def configured(subject: ServerSubject, name: str, was: object, now: object, *origins: Origin) -> SettingChanged:
    sides = Side(was, origins[0], None, subject), Side(now, origins[1], None, subject)
    return SettingChanged(Scope.CONFIGURED, subject, name, *sides, in_force=True)


# ---------------------------------------------------------------------- settings


def test_a_setting_of_the_only_server_is_met_by_every_name_and_by_none() -> None:
    shop = server("shop.example", 3)
    sides = [Side(USUAL, default(), Decider.DEFAULT_SERVER, shop), Side(NEW, explicit(3), Decider.DEFAULT_SERVER, shop)]
    assert changes(http(SHOP), http(SHOP.replace("}", "ssl_protocols TLSv1.3; }"))) == (
        SettingChanged(Scope.IN_FORCE, endpoint("", shop), "ssl_protocols", sides[0], sides[1], in_force=True),
        SettingChanged(
            Scope.IN_FORCE, endpoint("shop.example", shop), "ssl_protocols", sides[0], sides[1], in_force=True
        ),
        configured(shop, "ssl_protocols", USUAL, NEW, default(), explicit(3)),
    )


def test_a_setting_of_the_selected_server_is_met_by_its_names_alone() -> None:
    shop = server("shop.example", 4)
    old, new = http(CATCH_ALL, SHOP), http(CATCH_ALL, SHOP.replace("}", "ssl_ciphers AES256; }"))
    sides = [
        Side("HIGH:!aNULL:!MD5", default(), Decider.SNI_SERVER, shop),
        Side("AES256", explicit(4), Decider.SNI_SERVER, shop),
    ]
    assert changes(old, new) == (
        SettingChanged(
            Scope.IN_FORCE, endpoint("shop.example", shop), "ssl_ciphers", sides[0], sides[1], in_force=True
        ),
        configured(shop, "ssl_ciphers", "HIGH:!aNULL:!MD5", "AES256", default(), explicit(4)),
    )


def test_a_setting_that_the_default_server_decides_is_met_by_all_and_configured_for_one() -> None:
    catch_all, shop = server("", 3), server("shop.example", 4)
    sides = [Side("auto", default(), Decider.DEFAULT_SERVER, server("", 3))]
    sides += [Side("secp384r1", explicit(3), Decider.DEFAULT_SERVER, server("", 3))]
    assert changes(http(CATCH_ALL, SHOP), http(CATCH_ALL.replace("}", "ssl_ecdh_curve secp384r1; }"), SHOP)) == (
        SettingChanged(Scope.IN_FORCE, endpoint("", catch_all), "ssl_ecdh_curve", sides[0], sides[1], in_force=True),
        SettingChanged(
            Scope.IN_FORCE, endpoint("shop.example", shop), "ssl_ecdh_curve", sides[0], sides[1], in_force=True
        ),
        configured(catch_all, "ssl_ecdh_curve", "auto", "secp384r1", default(), explicit(3)),
    )


def test_what_the_default_server_overrules_is_configured_and_not_in_force() -> None:
    shop = server("shop.example", 4)
    assert changes(http(CATCH_ALL, SHOP), http(CATCH_ALL, SHOP.replace("}", "ssl_protocols TLSv1.3; }"))) == (
        SettingChanged(
            Scope.CONFIGURED,
            shop,
            "ssl_protocols",
            Side(USUAL, default(), None, shop),
            Side(NEW, explicit(4), None, shop),
            in_force=False,
            reason="ssl_protocols is taken from the default server of the socket, whatever other servers say",
        ),
    )


def test_the_same_edit_is_in_force_where_nginx_looks_at_the_name_first() -> None:
    old, new = http(CATCH_ALL, SHOP), http(CATCH_ALL, SHOP.replace("}", "ssl_protocols TLSv1.3; }"))
    found = [change for change in changes(old, new, nginx="1.29.2") if isinstance(change, SettingChanged)]
    assert [(change.scope, str(change.subject), change.in_force) for change in found] == [
        (Scope.IN_FORCE, "shop.example on 0.0.0.0:443", True),
        (Scope.CONFIGURED, "shop.example:443", True),
    ]


def test_a_server_whose_default_server_moved_too_but_elsewhere_does_not_get_its_own() -> None:
    old = http(CATCH_ALL, SHOP)
    new = http(CATCH_ALL.replace("}", "ssl_protocols TLSv1.3; }"), SHOP.replace("}", "ssl_protocols TLSv1.2; }"))
    found = [change for change in changes(old, new) if isinstance(change, SettingChanged)]
    assert [(change.scope.value, str(change.subject), change.in_force) for change in found] == [
        ("in-force", "any other name on 0.0.0.0:443", True),
        ("in-force", "shop.example on 0.0.0.0:443", True),
        ("configured", "(no name):443", True),
        ("configured", "shop.example:443", False),
    ]


def test_a_value_that_two_servers_make_together_says_both() -> None:
    shop = server("shop.example", 4)
    found = changes(http(CATCH_ALL, SHOP), http(CATCH_ALL, SHOP.replace("}", "ssl_session_tickets off; }")))
    who = Decider.TICKETS, shop
    split = Split(sni_server=False, default_server=True, wording="{sni} (default server: {default})")
    assert found == (
        SettingChanged(
            Scope.IN_FORCE,
            endpoint("shop.example", shop),
            "ssl_session_tickets",
            Side(True, default(), *who),
            Side(split, explicit(4), *who),
            in_force=True,
        ),
        configured(shop, "ssl_session_tickets", True, False, default(), explicit(4)),
    )
    assert str(split) == "off (default server: on)"


def test_a_line_in_http_is_inherited_by_all_that_do_not_say_otherwise() -> None:
    strict = "server { listen 443 ssl; server_name b.example; ssl_session_timeout 1h; }"
    found = changes(http("", SHOP, strict), http("ssl_session_timeout 1d;", SHOP, strict))
    shop = server("shop.example", 4)
    who = Decider.DEFAULT_SERVER, shop
    sides = Side(Measure(300, "5m"), default(), *who), Side(Measure(86400, "1d"), Inherited((Location(MAIN, 3),)), *who)
    name = "ssl_session_timeout"
    assert found == (
        SettingChanged(Scope.IN_FORCE, endpoint("", shop), name, *sides, in_force=True),
        SettingChanged(Scope.IN_FORCE, endpoint("b.example", server("b.example", 5)), name, *sides, in_force=True),
        SettingChanged(Scope.IN_FORCE, endpoint("shop.example", shop), name, *sides, in_force=True),
        configured(shop, name, sides[0].value, sides[1].value, sides[0].origin, sides[1].origin),
    )


def test_a_set_of_lines_has_all_of_them_as_its_origin() -> None:
    old = http("server {", "listen 443 ssl;", "ssl_protocols TLSv1.2;", "}")
    new = http("server {", "listen 443 ssl;", "ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.3;", "}")
    (found,) = [
        change
        for change in changes(old, new)
        if isinstance(change, SettingChanged) and not change.subject.key.startswith("endpoint")
    ]
    assert (found.before.value, found.before.origin) == (frozenset({Protocol.TLS12}), explicit(5))
    assert (found.after.value, found.after.origin) == (BOTH, explicit(5, 6))
    assert found.after.decided_by == "configured for this server"


def test_the_session_store_of_the_default_server_is_everybodys() -> None:
    catch_all, shop = server("", 3), server("shop.example", 4)
    found = changes(http(CATCH_ALL, SHOP), http(CATCH_ALL, SHOP.replace("}", "ssl_session_cache shared:shop:1m; }")))
    zone = SessionCache("shared", Zone("shop", 1048576, "1m"))
    assert found == (
        SettingChanged(
            Scope.CONFIGURED,
            shop,
            "ssl_session_cache",
            Side(SessionCache("none"), default(), None, shop),
            Side(zone, explicit(4), None, shop),
            in_force=False,
            reason="sessions are stored by the default server of the socket, whatever other servers say",
        ),
    )
    assert catch_all.at.line == 3


def test_without_a_certificate_the_server_has_no_say_in_the_handshake() -> None:
    old = f"events {{}}\nhttp {{\nserver {{ listen 443 ssl default_server; {CERTIFICATE} }}\n{SHOP}\n}}\n"
    new = old.replace("shop.example;", "shop.example; ssl_ciphers AES256;")
    (found,) = [change for change in changes(old, new) if isinstance(change, SettingChanged)]
    assert (found.scope, found.in_force, found.reason) == (
        Scope.CONFIGURED,
        False,
        "the selected server has no certificate",
    )


def test_losing_the_certificate_changes_everything_that_came_with_it() -> None:
    strict = "server { listen 443 ssl; server_name shop.example; ssl_ciphers AES256; %s }"
    fallback = CATCH_ALL.replace("}", "ssl_certificate /d.pem; ssl_certificate_key /d.key; }")
    old = f"events {{}}\nhttp {{\n{fallback}\n{strict % CERTIFICATE}\n}}\n"
    new = old.replace(CERTIFICATE, "")
    found = [change for change in changes(old, new) if isinstance(change, SettingChanged)]
    assert [(change.scope.value, change.directive, change.after.value) for change in found] == [
        ("in-force", "ssl_certificate", ("/d.pem",)),
        ("in-force", "ssl_certificate_key", ("/d.key",)),
        ("in-force", "ssl_ciphers", "HIGH:!aNULL:!MD5"),
        ("configured", "ssl_certificate", None),
        ("configured", "ssl_certificate_key", None),
    ]


def test_nobody_meets_the_settings_of_a_server_without_a_name_to_ask_for() -> None:
    other = "server { listen 443 ssl; server_name _; }"
    (found,) = changes(http(CATCH_ALL, other), http(CATCH_ALL, other.replace("}", "ssl_ciphers AES256; }")))
    assert isinstance(found, SettingChanged)
    assert (found.in_force, found.reason) == (
        False,
        "no client can ask for this server: it has no name of its own and is not the default server",
    )


def test_hsts_is_a_setting_like_any_other() -> None:
    shop = server("shop.example", 3)
    found = changes(
        http(SHOP), http(SHOP.replace("}", 'add_header Strict-Transport-Security "max-age=60; preload" always; }'))
    )
    policy = Policy(60, include_subdomains=False, preload=True, always=True)
    name = "add_header Strict-Transport-Security"
    assert found[-1] == configured(shop, name, Hsts(None, None), Hsts(policy, policy), default(), explicit(3))
    assert [str(change.subject) for change in found] == [
        "any other name on 0.0.0.0:443",
        "shop.example on 0.0.0.0:443",
        "shop.example:443",
    ]


# ---------------------------------------------------------------------- listen


def test_http2_belongs_to_the_socket_and_its_line_is_the_origin() -> None:
    shop = server("shop.example", 3)
    sides = [Side(False, default(), Decider.HTTP_SERVER, shop), Side(True, explicit(3), Decider.SOCKET, None)]
    assert changes(http(SHOP), http(SHOP.replace("ssl;", "ssl http2;"))) == (
        SettingChanged(Scope.IN_FORCE, endpoint("", shop), "http2", sides[0], sides[1], in_force=True),
        SettingChanged(Scope.IN_FORCE, endpoint("shop.example", shop), "http2", sides[0], sides[1], in_force=True),
        SettingChanged(
            Scope.CONFIGURED,
            shop,
            "listen",
            Side(("0.0.0.0:443 ssl",), explicit(3), None, shop),
            Side(("0.0.0.0:443 ssl http2",), explicit(3), None, shop),
            in_force=True,
        ),
    )


@pytest.mark.parametrize("word", ["ssl", "http2", "proxy_protocol"])
def test_a_word_that_another_server_of_the_socket_still_says_changes_nothing_for_clients(word: str) -> None:
    kept = "server { listen 443 ssl http2 proxy_protocol default_server; }"
    words = {"ssl", "http2", "proxy_protocol"}
    all_of_them, others = (
        "server { listen 443 " + " ".join(sorted(w)) + "; server_name a.example; }" for w in (words, words - {word})
    )
    (found,) = changes(http(kept, all_of_them), http(kept, others))
    assert isinstance(found, SettingChanged)
    assert (found.directive, found.in_force) == ("listen", False)
    assert found.reason == "its sockets are the same, and their options come from all servers on them together"


def test_the_proxy_protocol_is_met_by_every_connection_of_the_socket() -> None:
    name = "listen proxy_protocol"
    found = changes(http(SHOP), http(SHOP.replace("ssl;", "ssl proxy_protocol;")))
    assert found[0] == SettingChanged(
        Scope.IN_FORCE,
        SocketSubject(address()),
        name,
        Side(False, default(), Decider.SOCKET, None),
        Side(True, explicit(3), Decider.SOCKET, None),
        in_force=True,
    )
    assert [(type(change), change.in_force) for change in found if isinstance(change, SettingChanged)] == [
        (SettingChanged, True),
        (SettingChanged, True),
    ]


def test_http2_is_not_lost_from_sight_when_the_default_server_changes_too() -> None:
    old = http("server { listen 443 ssl http2; server_name a.example; }", SHOP)
    new = http(
        "server { listen 443 ssl; server_name n.example; }", "server { listen 443 ssl; server_name a.example; }", SHOP
    )
    found = [change for change in changes(old, new) if isinstance(change, SettingChanged)]
    assert [(str(change.subject), change.before.value, change.after.value) for change in found[:3]] == [
        ("any other name on 0.0.0.0:443", True, False),
        ("a.example on 0.0.0.0:443", True, False),
        ("shop.example on 0.0.0.0:443", True, False),
    ]
    assert all(change.in_force for change in found)


# ---------------------------------------------------------------------- servers and sockets


def test_a_new_server_on_a_known_socket() -> None:
    assert changes(http(CATCH_ALL), http(CATCH_ALL, SHOP)) == (ServerAdded(server("shop.example", 4)),)


def test_a_server_that_goes_away() -> None:
    assert changes(http(CATCH_ALL, SHOP), http(CATCH_ALL)) == (ServerRemoved(server("shop.example", 4)),)


def test_a_server_that_speaks_no_tls_any_more_is_gone_from_tls() -> None:
    plain = SHOP.replace("443 ssl", "80")
    assert changes(http(CATCH_ALL, SHOP), http(CATCH_ALL, plain)) == (ServerRemoved(server("shop.example", 4)),)
    assert changes(http(CATCH_ALL, plain), http(CATCH_ALL, SHOP)) == (ServerAdded(server("shop.example", 4)),)


def test_another_name_for_the_same_server() -> None:
    after = server("shop.example", 3, names=("shop.example", "store.example"))
    assert changes(http(SHOP), http(SHOP.replace("shop.example", "shop.example store.example"))) == (
        ServerRenamed(server("shop.example", 3), after),
    )


def test_a_name_that_goes_over_to_another_server() -> None:
    old = http(CATCH_ALL, "server { listen 443 ssl; server_name a.example x.example; }", SHOP)
    new = http(
        CATCH_ALL,
        "server { listen 443 ssl; server_name a.example; }",
        "server { listen 443 ssl; server_name shop.example x.example; }",
    )
    a_before, a_after = server("a.example", 4, names=("a.example", "x.example")), server("a.example", 4)
    shop_before = server("shop.example", 5)
    shop_after = server("shop.example", 5, names=("shop.example", "x.example"))
    assert changes(old, new) == (
        ServerRenamed(a_before, a_after),
        ServerRenamed(shop_before, shop_after),
        NameMoved(endpoint("x.example", shop_after), a_before, shop_after),
    )


def test_the_order_of_duplicates_decides_who_has_the_name() -> None:
    """Both want `a.example`; the one that comes second answers for it no more, and so for nobody."""
    first = "server { listen 443 ssl; server_name a.example; ssl_ciphers AES256; }"
    second = "server { listen 443 ssl; server_name a.example b.example; }"
    found = changes(http(CATCH_ALL, first, second), http(CATCH_ALL, second, first))
    assert found[:2] == (
        ServerRemoved(server("a.example", 4)),
        NameMoved(
            endpoint("a.example", server("a.example", 4, names=("a.example", "b.example"))),
            server("a.example", 4),
            server("a.example", 4, names=("a.example", "b.example")),
        ),
    )


def test_a_new_first_server_is_the_default_server() -> None:
    assert changes(http(SHOP), http("server { listen 443 ssl; server_name a.example; }", SHOP)) == (
        DefaultServerChanged(
            SocketSubject(address()),
            server("shop.example", 3),
            server("a.example", 3),
            explicit_before=False,
            explicit_after=False,
        ),
        ServerAdded(server("a.example", 3)),
    )


def test_saying_that_the_first_server_is_the_default_server_changes_nothing() -> None:
    first = "server { listen 443 ssl; server_name a.example; }"
    assert changes(http(first, SHOP), http(first.replace("ssl;", "ssl default_server;"), SHOP)) == ()


def test_saying_it_of_another_server_does() -> None:
    first = "server { listen 443 ssl; server_name a.example; }"
    assert changes(http(first, SHOP), http(first, SHOP.replace("ssl;", "ssl default_server;"))) == (
        DefaultServerChanged(
            SocketSubject(address()),
            server("a.example", 3),
            server("shop.example", 4),
            explicit_before=False,
            explicit_after=True,
        ),
    )


def test_a_second_socket_of_a_server() -> None:
    old, new = http(SHOP), http(SHOP.replace("443 ssl;", "443 ssl; listen [::]:443 ssl;"))
    v6 = address(host=ANY6)
    shop = ServerSubject("shop.example", ("shop.example",), (address(host=ANY4), v6), Location(MAIN, 3))
    listen = [("0.0.0.0:443 ssl",), ("0.0.0.0:443 ssl", "[::]:443 ssl")]
    one = server("shop.example", 3)
    sides = [Side(listen[0], explicit(3), None, one), Side(listen[1], explicit(3, 3), None, shop)]
    assert changes(old, new) == (
        SocketAdded(SocketSubject(v6)),
        SettingChanged(Scope.CONFIGURED, shop, "listen", sides[0], sides[1], in_force=True),
    )
    assert changes(new, old) == (
        SocketRemoved(SocketSubject(v6), still_listening=False),
        SettingChanged(Scope.CONFIGURED, one, "listen", sides[1], sides[0], in_force=True),
    )


def test_a_setting_of_a_server_that_moves_to_another_socket_is_met_there() -> None:
    moved = SHOP.replace("443", "8443")
    old, new = http(CATCH_ALL, SHOP.replace("}", "ssl_ciphers X; }")), http(CATCH_ALL, moved)
    (change,) = [c for c in changes(old, new) if isinstance(c, SettingChanged) and c.directive == "ssl_ciphers"]
    assert (change.scope, change.in_force, change.before.value) == (Scope.CONFIGURED, True, "X")
    assert [type(c) for c in changes(http(CATCH_ALL, SHOP), new)] == [SocketAdded, SettingChanged]


def test_a_catch_all_that_gains_a_socket_is_the_same_server() -> None:
    new = CATCH_ALL.replace("default_server;", "default_server; listen [::]:443 ssl;")
    assert [type(change) for change in changes(http(CATCH_ALL, SHOP), http(new, SHOP))] == [SocketAdded, SettingChanged]


@pytest.mark.parametrize(("still", "plain"), [(True, "listen 443;"), (False, "listen 80;")])
def test_a_socket_that_speaks_no_tls_any_more(plain: str, *, still: bool) -> None:
    assert changes(http(SHOP), http(SHOP.replace("listen 443 ssl;", plain))) == (
        SocketRemoved(SocketSubject(address()), still_listening=still),
        ServerRemoved(server("shop.example", 3)),
    )


# ---------------------------------------------------------------------- versions


def test_a_default_that_moved_with_nginx_is_a_change_that_nobody_wrote() -> None:
    before, after = state(http(CATCH_ALL, SHOP), platform("1.22.1")), state(http(CATCH_ALL, SHOP), platform("1.24.0"))
    found = compare(before, after).changes
    assert [(change.scope.value, str(change.subject)) for change in found if isinstance(change, SettingChanged)] == [
        ("in-force", "any other name on 0.0.0.0:443"),
        ("in-force", "shop.example on 0.0.0.0:443"),
        ("configured", "(no name):443"),
        ("configured", "shop.example:443"),
    ]
    for change in found:
        assert isinstance(change, SettingChanged)
        assert change.by_upgrade
        assert (
            change.directive,
            change.before.value,
            change.before.origin,
            change.after.value,
            change.after.origin,
        ) == (
            "ssl_protocols",
            USUAL - {Protocol.TLS13},
            default("1.22.1"),
            USUAL,
            default("1.24.0"),
        )


def test_who_decides_can_change_with_nginx_alone() -> None:
    text = http(CATCH_ALL, SHOP.replace("}", "ssl_protocols TLSv1.3; }"))
    found = compare(state(text, platform("1.28.0")), state(text, platform("1.30.0"))).changes
    shop = server("shop.example", 4)
    assert found == (
        SettingChanged(
            Scope.IN_FORCE,
            endpoint("shop.example", shop),
            "ssl_protocols",
            Side(BOTH, default("1.28.0"), Decider.DEFAULT_SERVER, server("", 3)),
            Side(NEW, explicit(4), Decider.SNI_SERVER, shop),
            in_force=True,
            by_upgrade=True,
        ),
    )


# ---------------------------------------------------------------------- silence

SITES = "events {}\nhttp { ssl_certificate /c.pem; ssl_certificate_key /c.key; include sites/*; }\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(http(SHOP), http("# a comment", SHOP.replace("{", "{ # and one more\n")), id="comments"),
        pytest.param(http(SHOP), http(*SHOP.replace(" ", "\n\t ").split("\n")), id="white space"),
        pytest.param(http(SHOP), http(SHOP.replace("}", "ssl_session_tickets on; }")), id="a default written out"),
        pytest.param(
            http(SHOP.replace("}", "ssl_protocols TLSv1.2 TLSv1.3; }")),
            http(SHOP.replace("}", "ssl_protocols tlsv1.3; ssl_protocols TLSv1.2; }")),
            id="a set in another order",
        ),
        pytest.param(
            http(SHOP.replace("}", "ssl_session_timeout 1440m; }")),
            http(SHOP.replace("}", "ssl_session_timeout 1d; }")),
            id="the same time",
        ),
        pytest.param(
            http("ssl_session_tickets off;", SHOP),
            http(SHOP.replace("}", "ssl_session_tickets off; }")),
            id="from http into the only server",
        ),
        pytest.param(
            http(SHOP.replace("}", "ssl_session_tickets off; ssl_ciphers X; }")),
            {
                MAIN: http(SHOP.replace("}", "include tls.conf; }")),
                "nginx/tls.conf": "ssl_ciphers X;\nssl_session_tickets off;\n",
            },
            id="lines moved into an include",
        ),
        pytest.param(
            {MAIN: SITES, "nginx/sites/a": CATCH_ALL, "nginx/sites/b": SHOP},
            {MAIN: SITES, "nginx/sites/a": CATCH_ALL, "nginx/sites/z": SHOP},
            id="a host in another file",
        ),
        pytest.param(
            {MAIN: SITES, "nginx/sites/b": CATCH_ALL, "nginx/sites/c": SHOP},
            {MAIN: SITES, "nginx/sites/b": CATCH_ALL, "nginx/sites/a": SHOP},
            id="a host before its explicit default server",
        ),
        pytest.param(
            {MAIN: SITES, "nginx/sites/a": SHOP},
            {MAIN: SITES, "nginx/sites/a": Link("../all/shop"), "nginx/all/shop": SHOP},
            id="a file that becomes a link",
        ),
        pytest.param(
            http(SHOP, "server { listen 80; server_name shop.example; ssl_protocols TLSv1; }"),
            http(SHOP, "server { listen 80; server_name other.example; ssl_protocols TLSv1.2; }"),
            id="plain http",
        ),
        pytest.param(
            http(SHOP), http(SHOP, "server { listen 80; return 301 https://$host; }"), id="a new plain server"
        ),
        pytest.param(http(SHOP, "location_of_nothing;"), http(SHOP), id="other directives"),
        pytest.param(
            http(SHOP.replace("443 ssl", "443 ssl backlog=511")), http(SHOP.replace("443", "*:443")), id="listen"
        ),
        pytest.param(
            http(SHOP.replace("}", 'add_header Strict-Transport-Security "max-age=60; preload"; }')),
            http(SHOP.replace("}", 'add_header strict-transport-security "Preload;max-age=60"; }')),
            id="the same policy",
        ),
        pytest.param(
            {MAIN: SITES, "nginx/sites/a": SHOP},
            {MAIN: SITES, "nginx/sites/a": SHOP, "nginx/sites/.a.swp": SHOP.replace("shop", "swp")},
            id="what glob does not match",
        ),
    ],
)
def test_what_no_client_can_tell_apart_is_no_change(before: Files | str, after: Files | str) -> None:
    assert changes(before, after) == ()
    assert changes(after, before) == ()


def test_a_backup_file_that_nginx_reads_is_a_server_that_nobody_reaches() -> None:
    """`sites-enabled/*` matches `shop~`: its server is there, and its names are taken."""
    old = {MAIN: SITES, "nginx/sites/a": CATCH_ALL, "nginx/sites/shop": SHOP}
    new = {**old, "nginx/sites/shop~": SHOP.replace("}", "ssl_protocols TLSv1; }")}
    assert changes(old, new) == changes(new, old) == ()
    edited = {**old, "nginx/sites/shop~": SHOP.replace("}", "ssl_protocols TLSv1.1; }")}
    (found,) = changes(new, edited)
    assert isinstance(found, SettingChanged)
    assert (found.scope, found.in_force) == (Scope.CONFIGURED, False)


# ---------------------------------------------------------------------- what could not be read

BROKEN = "server { listen 443 ssl; server_name shop.example;"
CUT_SHORT = '[emerg] unexpected end of file, expecting "}" in nginx/sites/a:1'


@pytest.mark.parametrize(
    "fixed",
    [
        SHOP,
        SHOP.replace("443 ssl", "8443 ssl"),
        SHOP.replace("ssl;", "ssl default_server http2;"),
        SHOP.replace("}", "ssl_protocols TLSv1.2; ssl_session_tickets off; }"),
    ],
)
def test_a_file_that_cannot_be_read_on_one_side_is_neither_removed_nor_added(fixed: str) -> None:
    known = {MAIN: SITES, "nginx/sites/k": "server { listen 443 ssl; server_name known.example; }"}
    dark, light = {**known, "nginx/sites/a": BROKEN}, {**known, "nginx/sites/a": fixed}
    assert list(map(in_words, changes(dark, light))) == [f"LoadChanged {MAIN}: {CUT_SHORT} -> loads"]
    assert list(map(in_words, changes(light, dark))) == [f"LoadChanged {MAIN}: loads -> {CUT_SHORT}"]


def test_what_the_unread_file_includes_is_not_new_either() -> None:
    dark, light = {MAIN: SITES.removesuffix("}\n"), "nginx/sites/a": SHOP}, {MAIN: SITES, "nginx/sites/a": SHOP}
    refused = '[emerg] unexpected end of file, expecting "}" in nginx/nginx.conf:2'
    assert list(map(in_words, changes(dark, light))) == [f"LoadChanged {MAIN}: {refused} -> loads"]
    assert list(map(in_words, changes(light, dark))) == [f"LoadChanged {MAIN}: loads -> {refused}"]


def test_a_change_in_another_file_is_told_where_both_values_are_known() -> None:
    other = "server {{ listen 444 ssl; server_name b.example; ssl_ciphers {}; {} }}"
    old = {MAIN: SITES, "nginx/sites/a": BROKEN, "nginx/sites/b": other.format("X", "")}
    # What is not written in the server may stand in the broken file, which is included in http.
    new = {**old, "nginx/sites/b": other.format("Y", "ssl_session_tickets off;")}
    assert [
        (change.directive, str(change.subject)) for change in changes(old, new) if isinstance(change, SettingChanged)
    ] == [
        ("ssl_ciphers", "any other name on 0.0.0.0:444"),
        ("ssl_ciphers", "b.example on 0.0.0.0:444"),
        ("ssl_ciphers", "b.example:444"),
    ]


def test_a_value_that_is_refused_is_unknown_and_no_change() -> None:
    refused = SHOP.replace("}", "ssl_protocols TLSv9; }")
    says = '[emerg] invalid value "TLSv9" in nginx/nginx.conf:3'
    assert list(map(in_words, changes(http(SHOP), http(refused)))) == [f"LoadChanged {MAIN}: loads -> {says}"]
    assert list(map(in_words, changes(http(refused), http(SHOP)))) == [f"LoadChanged {MAIN}: {says} -> loads"]
