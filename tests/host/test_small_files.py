"""Files of one line each: hosts, resolv.conf, ca-certificates.conf, etckeeper.conf, the policy's name."""

import pytest

from driftscan.host.authorities import Authorities, parse_authorities
from driftscan.host.crypto_policy import parse_policy
from driftscan.host.etckeeper import parse_push_remote
from driftscan.host.resolver import parse_hosts, parse_resolv_conf
from driftscan.host.value import Value
from driftscan.nginx.config import Location

PATH = "some/file"
KEYWORDS = b"nameserver\n!\n#\nPUSH_REMOTE='\n"
HOSTILE = [b"", b"\0\xff" * 100, b"=" * 1000, b"'\"`$(rm)", b"\n" * 1000, KEYWORDS, b"x" * 2**21]


def value(text: str, line: int) -> Value:
    return Value(text, Location(PATH, line))


def test_hosts_have_several_names_and_names_several_addresses() -> None:
    text = b"127.0.0.1\tlocalhost\n# 10.0.0.1 old\n10.0.0.2 App.internal app # remark\n::1 localhost\n"
    assert parse_hosts(PATH, text) == {
        "localhost": (value("127.0.0.1", 1), value("::1", 4)),
        "app.internal": (value("10.0.0.2", 3),),
        "app": (value("10.0.0.2", 3),),
    }


@pytest.mark.parametrize("line", [b"10.0.0.1", b"nowhere app", b"10.0.0.1 # app", b"10.0.0.999 app"])
def test_a_line_without_address_or_name_gives_no_host(line: bytes) -> None:
    assert parse_hosts(PATH, line) == {}


def test_name_servers_in_order() -> None:
    text = b"# made by hand\nsearch example\nnameserver 10.0.0.1\n nameserver 10.0.0.9\nnameserver fe80::1%eth0\n"
    assert parse_resolv_conf(PATH, text) == (value("10.0.0.1", 3), value("fe80::1%eth0", 5))


@pytest.mark.parametrize("line", [b"nameserver", b"nameserver host", b";nameserver 10.0.0.1", b"nameservers 10.0.0.1"])
def test_what_is_no_name_server(line: bytes) -> None:
    assert parse_resolv_conf(PATH, line) == ()


def test_authorities_are_selected_or_deselected() -> None:
    text = b"# remark\nmozilla/A.crt\n!mozilla/B.crt\n\nmozilla/A.crt\n"
    assert parse_authorities(PATH, text) == Authorities(
        {"mozilla/A.crt": Location(PATH, 2)}, {"mozilla/B.crt": Location(PATH, 3)}
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('PUSH_REMOTE="origin"', value("origin", 1)),
        ("PUSH_REMOTE=origin # to the other host", value("origin", 1)),
        ("export PUSH_REMOTE='origin  backup'", value("origin backup", 1)),
        ('PUSH_REMOTE=""\nPUSH_REMOTE=backup', value("backup", 2)),
        ('PUSH_REMOTE=backup\nPUSH_REMOTE=""', None),
        ('PUSH_REMOTE=""', None),
        ("PUSH_REMOTE=", None),
        ("PUSH_REMOTE= origin", None),
        ('#PUSH_REMOTE="origin"', None),
        ('OLD_PUSH_REMOTE="origin"', None),
        ('PUSH_REMOTE="origin', None),
        ("VCS=git", None),
    ],
)
def test_where_the_history_is_pushed_to(text: str, found: Value | None) -> None:
    assert parse_push_remote(PATH, text.encode()) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# remark\n\nDEFAULT:SHA1\nFUTURE\n", value("DEFAULT:SHA1", 3)),
        ("default # as it came", value("DEFAULT", 1)),
        ("# DEFAULT", None),
    ],
)
def test_the_policy(text: str, found: Value | None) -> None:
    assert parse_policy(PATH, text.encode()) == found


@pytest.mark.parametrize("data", HOSTILE)
def test_hostile_bytes_give_nothing(data: bytes) -> None:
    assert parse_hosts(PATH, data) == {}
    assert parse_resolv_conf(PATH, data) == ()
    assert parse_push_remote(PATH, data) is None
    parse_authorities(PATH, data)
    parse_policy(PATH, data)
