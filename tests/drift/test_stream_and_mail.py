"""Servers of stream and mail: the same changes as those of http, by the rules of their own family."""

import pytest

from driftscan.drift.changes import Change, Scope, SettingChanged, Side
from driftscan.drift.compare import compare
from driftscan.drift.subjects import ServerSubject
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Explicit, Origin
from driftscan.nginx.directives.values import Protocol
from tests.drift.trees import CERTIFIED, MAIN, address, default, endpoint, platform, server, state
from tests.drift.walks import in_words

NEW = frozenset({Protocol.TLS13})
BOTH = NEW | {Protocol.TLS12}
EVER = BOTH | {Protocol.TLS10, Protocol.TLS11}


def stream(*servers: str) -> str:
    """Servers of stream, one a line from line 3 on, that have a certificate and do something."""
    inside = (f"server {{ proxy_pass 127.0.0.1:9; {lines} }}" for lines in servers)
    return "\n".join(["events {}", f"stream {{ {CERTIFIED}", *inside, "}", ""])


def mail(*servers: str) -> str:
    """Servers of mail, one a line from line 3 on."""
    inside = (f"server {{ {lines} }}" for lines in servers)
    return "\n".join(["events {}", f"mail {{ auth_http 127.0.0.1:9; {CERTIFIED}", *inside, "}", ""])


def changes(before: str, after: str, nginx: str = "1.24.0") -> tuple[Change, ...]:
    return compare(state(before, platform(nginx)), state(after, platform(nginx))).changes


def words(before: str, after: str, nginx: str = "1.24.0") -> list[str]:
    return list(map(in_words, changes(before, after, nginx)))


def explicit(line: int) -> Explicit:
    return Explicit((Location(MAIN, line),))


def met(name: str, at: ServerSubject, was: tuple[object, Origin], now: tuple[object, Origin]) -> tuple[Change, ...]:
    """A setting of the only server of port 853 or 993, as clients meet it and as it is configured."""
    (port,) = {socket.port for socket in at.sockets}
    sides = [[Side(*side, decider, at) for side in (was, now)] for decider in (Decider.DEFAULT_SERVER, None)]
    return (
        SettingChanged(Scope.IN_FORCE, endpoint("", at, port=port), name, sides[0][0], sides[0][1], in_force=True),
        SettingChanged(Scope.CONFIGURED, at, name, sides[1][0], sides[1][1], in_force=True),
    )


# ---------------------------------------------------------------------- stream


def test_a_setting_of_a_stream_server_is_met_by_its_clients() -> None:
    was, now = (EVER, default()), (NEW, explicit(3))
    assert changes(stream("listen 853 ssl;"), stream("listen 853 ssl; ssl_protocols TLSv1.3;")) == met(
        "ssl_protocols", server("", 3, port=853), was, now
    )


def test_a_stream_server_of_udp_has_no_tls() -> None:
    assert changes(stream("listen 53 udp;"), stream("listen 53 udp; ssl_protocols TLSv1.3;")) == ()


def test_a_stream_server_is_no_http_server_of_the_same_address() -> None:
    http = f"events {{}}\nhttp {{ {CERTIFIED}\nserver {{ listen 853 ssl; }}\n}}\n"
    found = words(http, stream("listen 853 ssl;"))
    assert found == ["DefaultServerChanged 0.0.0.0:853", "ServerAdded (no name):853", "ServerRemoved (no name):853"]


def test_alpn_is_a_setting_of_stream() -> None:
    before, after = stream("listen 853 ssl;"), stream("listen 853 ssl; ssl_alpn dot;")
    assert changes(before, after) == met(
        "ssl_alpn", server("", 3, port=853), (None, default()), (("dot",), explicit(3))
    )


NAMED = ("listen 853 ssl; server_name a.example;", "listen 853 ssl; server_name b.example;")


@pytest.mark.parametrize(
    ("nginx", "line", "expected"),
    [
        (
            "1.26.3",
            "ssl_ciphers AES256;",
            ["SettingChanged b.example on 0.0.0.0:853 ssl_ciphers", "SettingChanged b.example:853 ssl_ciphers"],
        ),
        ("1.26.3", "ssl_protocols TLSv1.3;", ["SettingChanged b.example:853 ssl_protocols"]),
        (
            "1.29.2",
            "ssl_protocols TLSv1.3;",
            ["SettingChanged b.example on 0.0.0.0:853 ssl_protocols", "SettingChanged b.example:853 ssl_protocols"],
        ),
    ],
)
def test_stream_servers_with_names_are_chosen_as_those_of_http(nginx: str, line: str, expected: list[str]) -> None:
    first, second = NAMED
    assert words(stream(first, second), stream(first, second + line), nginx) == expected


def test_a_stream_server_with_another_name_comes_and_goes() -> None:
    assert words(stream(NAMED[0]), stream(*NAMED), "1.26.3") == ["ServerAdded b.example:853"]
    assert words(stream(*NAMED), stream(NAMED[0]), "1.26.3") == ["ServerRemoved b.example:853"]


def test_before_1_25_5_two_stream_servers_have_no_address_in_common() -> None:
    one, two = "listen 853 ssl;", "listen 853 ssl; ssl_ciphers AES256;"
    says = '[emerg] duplicate "0.0.0.0:853" address and port pair in nginx/nginx.conf:4'
    assert words(stream(one), stream(one, two), "1.25.4") == [f"LoadChanged {MAIN}: loads -> {says}"]


def test_names_of_stream_servers_begin_to_count_with_the_release() -> None:
    before, after = (state(stream(*NAMED), platform(nginx)) for nginx in ("1.24.0", "1.26.3"))
    says = '[emerg] "server_name" directive is not allowed here in nginx/nginx.conf:3'
    assert list(map(in_words, compare(before, after).changes)) == [
        f"LoadChanged {MAIN}: {says} -> loads",
        "ServerAdded b.example:853",
    ]


def test_one_address_is_taken_from_stream_servers_too() -> None:
    vpn = "listen 203.0.113.5:853 ssl;"
    assert words(stream("listen 853 ssl;"), stream("listen 853 ssl;", vpn)) == [
        "SocketAdded 203.0.113.5:853",
        "AddressTaken 203.0.113.5:853",
        "ServerAdded (no name):853",
    ]


# ---------------------------------------------------------------------- mail


def test_a_setting_of_a_mail_server_is_met_by_its_clients() -> None:
    was, now = (EVER, default()), (NEW, explicit(3))
    assert changes(mail("listen 993 ssl;"), mail("listen 993 ssl; ssl_protocols TLSv1.3;")) == met(
        "ssl_protocols", server("", 3, port=993), was, now
    )


def test_the_name_of_a_mail_server_is_what_it_greets_with_and_nothing_to_ask_for() -> None:
    before, after = (mail(f"listen 993 ssl; server_name {name}.example;") for name in ("imap", "mail"))
    assert changes(before, after) == ()


@pytest.mark.parametrize("starttls", ["on", "only"])
def test_what_clients_meet_after_starttls_is_told(starttls: str) -> None:
    line = f"listen 143; starttls {starttls};"
    imap = ServerSubject("", ("",), (), Location(MAIN, 3))
    sides = Side(EVER, default(), None, imap), Side(NEW, explicit(3), None, imap)
    assert changes(mail(line), mail(f"{line} ssl_protocols TLSv1.3;")) == (
        SettingChanged(Scope.CONFIGURED, imap, "ssl_protocols", *sides, in_force=True),
    )


def test_starttls_itself_is_told_and_not_everything_that_begins_with_it() -> None:
    plain, tls = mail("listen 143; ssl_protocols TLSv1.2;"), mail("listen 143; starttls on; ssl_protocols TLSv1.3;")
    imap = ServerSubject("", ("",), (), Location(MAIN, 3))
    off, on = Side("off", default(), None, imap), Side("on", explicit(3), None, imap)
    assert changes(plain, tls) == (SettingChanged(Scope.CONFIGURED, imap, "starttls", off, on, in_force=True),)
    assert changes(tls, plain) == (SettingChanged(Scope.CONFIGURED, imap, "starttls", on, off, in_force=True),)


def test_a_mail_server_without_any_tls_is_nobodys_business() -> None:
    assert changes(mail("listen 143;"), mail("listen 143; ssl_protocols TLSv1.3; starttls off;")) == ()


def test_what_the_block_around_says_is_inherited() -> None:
    for before in (stream("listen 993 ssl;"), mail("listen 993 ssl;")):
        after = before.replace(CERTIFIED, f"{CERTIFIED} ssl_session_timeout 1h;")
        assert words(before, after) == [
            "SettingChanged any other name on 0.0.0.0:993 ssl_session_timeout",
            "SettingChanged (no name):993 ssl_session_timeout",
        ]


def test_both_families_stand_side_by_side() -> None:
    both = stream("listen 853 ssl;") + mail("listen 993 ssl;").removeprefix("events {}\n")
    found = words(both, both.replace("listen 853 ssl;", "listen 853 ssl; ssl_ciphers AES256;"))
    assert found == [
        "SettingChanged any other name on 0.0.0.0:853 ssl_ciphers",
        "SettingChanged (no name):853 ssl_ciphers",
    ]
    assert {found.at: found.family.value for found in state(both).servers} == {
        Location(MAIN, 3): "stream",
        Location(MAIN, 6): "mail",
    }
    assert [str(socket) for socket in state(both).tls_sockets] == [str(address(853)), str(address(993))]
