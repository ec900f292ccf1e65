"""openssl.cnf: the way from `openssl_conf` to the commands that every context begins with."""

from collections.abc import Mapping

import pytest

from driftscan.host.openssl_cnf import (
    Include,
    Item,
    Section,
    Setting,
    SystemDefaults,
    parse_openssl_cnf,
    system_defaults,
)
from driftscan.host.value import Value
from driftscan.nginx.config import Location

PATH = "ssl/openssl.cnf"


def at(line: int, path: str = PATH) -> Location:
    return Location(path, line)


def items(text: str, path: str = PATH) -> tuple[Item, ...]:
    return parse_openssl_cnf(path, text.encode())


def defaults(text: str, files: Mapping[str, str] | None = None) -> SystemDefaults:
    def included(name: str) -> tuple[tuple[Item, ...], ...] | None:
        found = (files or {}).get(name)
        return None if found is None else (items(found, name),)

    return system_defaults(PATH, items(text), included)


WAY = """\
openssl_conf = openssl_init
[openssl_init]
ssl_conf = ssl_sect
[ssl_sect]
system_default = system_default_sect
[system_default_sect]
"""


def test_the_commands_at_the_end_of_the_way() -> None:
    assert defaults(WAY + "MinProtocol = TLSv1.2\nCipherString = DEFAULT@SECLEVEL=2\n") == SystemDefaults(
        PATH, {"minprotocol": Value("TLSv1.2", at(7)), "cipherstring": Value("DEFAULT@SECLEVEL=2", at(8))}
    )


@pytest.mark.parametrize("line", [1, 3, 5])
def test_a_way_that_is_broken_off_leads_nowhere(line: int) -> None:
    lines = (WAY + "MinProtocol = TLSv1.2\n").splitlines()
    assert defaults("\n".join([*lines[: line - 1], "", *lines[line:]])).commands == {}


def test_a_section_that_nobody_refers_to_says_nothing() -> None:
    assert defaults("[system_default_sect]\nMinProtocol = TLSv1.2").commands == {}


def test_nginx_has_a_section_of_its_own_where_the_file_says_so() -> None:
    text = "nginx = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = own\n[own]\nGroups = P-256"
    assert defaults(text).nginx == {"groups": Value("P-256", at(7))}
    assert defaults(text).commands == {}


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("a = b", "a", "b"),
        ("a=b # remark", "a", "b"),
        ('a = "b # c"', "a", "b # c"),
        (r"a = b\#c", "a", "b#c"),
        (r"a = b\\", "a", "b\\"),
        ("a = 'it\"s'", "a", 'it"s'),
        ("a =", "a", ""),
        ("s::a = b", "s::a", "b"),
        ("a = $b", "a", "$b"),
    ],
)
def test_a_setting(line: str, name: str, text: str) -> None:
    assert items(line) == (Setting(name, Value(text, at(1))),)


def test_a_backslash_joins_lines() -> None:
    assert items("a = b\\\nc\nd = e") == (Setting("a", Value("bc", at(1))), Setting("d", Value("e", at(3))))
    assert items("a = b\\") == (Setting("a", Value("b", at(1))),)


@pytest.mark.parametrize("line", [".include /etc/x.cnf", ".include = /etc/x.cnf", '.include = "/etc/x.cnf"'])
def test_an_include(line: str) -> None:
    assert items(line) == (Include(Value("/etc/x.cnf", at(1))),)


@pytest.mark.parametrize("line", ["", "# remark", "nothing", ".pragma = dollarid:on", "[ open"])
def test_what_says_nothing(line: str) -> None:
    assert items(line) == ()


def test_a_section() -> None:
    assert items("[ a b ] # remark") == (Section("a b"),)


def test_the_last_setting_of_a_name_counts() -> None:
    assert defaults(WAY + "Groups = P-256\nGroups = X25519").commands == {"groups": Value("X25519", at(8))}


def test_numbers_before_a_command_are_no_part_of_it_and_options_add_up() -> None:
    found = defaults(WAY + "1.Options = -SessionTicket\n2.Options = ServerPreference\n1.Groups = P-256").commands
    assert found == {"options": Value("-SessionTicket,ServerPreference", at(8)), "groups": Value("P-256", at(9))}


def test_a_setting_may_name_the_section_it_belongs_to() -> None:
    assert defaults(WAY + "[x]\nsystem_default_sect::Groups = P-256").commands == {"groups": Value("P-256", at(8))}


def test_an_included_file_is_read_as_if_it_stood_there() -> None:
    found = defaults(WAY + ".include /etc/own.cnf\nGroups = P-256", {"/etc/own.cnf": "MinProtocol = TLSv1\n"})
    assert found.commands == {
        "minprotocol": Value("TLSv1", at(1, "/etc/own.cnf")),
        "groups": Value("P-256", at(8)),
    }
    assert found.unread == ()


def test_an_include_that_is_not_at_hand_is_told() -> None:
    assert defaults(WAY + ".include /usr/share/own.cnf").unread == (Value("/usr/share/own.cnf", at(7)),)


def test_a_circle_of_includes_comes_to_an_end() -> None:
    found = defaults(".include /etc/a", {"/etc/a": ".include /etc/a"})
    assert (found.commands, len(found.unread)) == ({}, 1)


@pytest.mark.parametrize(
    "data", [b"\0\xff" * 1000, b"[" * 100_000, b"a = " + b'"' * 100_000, b"\\\n" * 10_000, b"=" * 2**21]
)
def test_hostile_bytes_are_read_all_the_same(data: bytes) -> None:
    assert system_defaults(PATH, parse_openssl_cnf(PATH, data), lambda _: None).commands == {}
