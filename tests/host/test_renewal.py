"""certbot's renewal files, as certbot's own reader takes them."""

import pytest

from driftscan.host.renewal import Renewal, parse_renewal
from driftscan.host.value import Value
from driftscan.nginx.config import Location

PATH = "letsencrypt/renewal/shop.example.conf"


def read(text: str | bytes) -> Renewal:
    return parse_renewal(PATH, text.encode() if isinstance(text, str) else text)


def value(text: str, line: int) -> Value:
    return Value(text, Location(PATH, line))


WHOLE = """\
# renew_before_expiry = 30 days
version = 2.1.0
fullchain = /etc/letsencrypt/live/shop.example/fullchain.pem

# Options used in the renewal process
[renewalparams]
account = 0123456789abcdef
authenticator = webroot
webroot_path = /var/www/html,
server = https://acme-v02.api.letsencrypt.org/directory
[[webroot_map]]
shop.example = /var/www/html
www.shop.example = /srv/www
[acme_renewal_info]
ari_retry_after = 2026-01-01T00:00:00
"""


def test_a_whole_file() -> None:
    assert read(WHOLE) == Renewal(
        "shop.example",
        PATH,
        {
            "version": value("2.1.0", 2),
            "fullchain": value("/etc/letsencrypt/live/shop.example/fullchain.pem", 3),
        },
        {
            "account": value("0123456789abcdef", 7),
            "authenticator": value("webroot", 8),
            "webroot_path": value("/var/www/html", 9),
            "server": value("https://acme-v02.api.letsencrypt.org/directory", 10),
        },
        {"shop.example": value("/var/www/html", 12), "www.shop.example": value("/srv/www", 13)},
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("key = plain", "plain"),
        ("key=plain", "plain"),
        ("  key  =  plain  ", "plain"),
        ('key = "with, a comma"', "with, a comma"),
        ("key = 'quoted' # remark", "quoted"),
        ("key = plain # remark", "plain"),
        ("key = no#remark", "no#remark"),
        ("key = one,", "one"),
        ("key = one, two", "one, two"),
        ('key = "one", two,', "one, two"),
        ("key =", ""),
        ("key = # remark", ""),
        ("key = a = b", "a = b"),
        ("'key' = plain", "plain"),
        ('key = "left open', '"left open'),
        ("key = '''in three'''", "in three"),
        ("key = plain\r", "plain"),
    ],
)
def test_a_value(line: str, text: str) -> None:
    assert read(line).top == {"key": value(text, 1)}


def test_a_value_of_several_lines_counts_from_its_first() -> None:
    found = read("hook = '''first\n[second]\nthird'''\nafter = 1")
    assert found.top == {"hook": value("first\n[second]\nthird", 1), "after": value("1", 4)}


def test_the_first_of_two_keys_counts() -> None:
    assert read("key = one\nkey = two").top == {"key": value("one", 1)}


@pytest.mark.parametrize(
    "text",
    ["[other]\nkey = 1", "[[webroot_map]]\nkey = 1", "[renewalparams\nkey = 1", "[other]\n[[webroot_map]]\nk = 1"],
)
def test_what_stands_in_another_section_is_left_alone(text: str) -> None:
    assert read(f"{text}\nkey = 1") == Renewal("shop.example", PATH)


def test_a_section_within_a_section_ends_with_the_next_one() -> None:
    found = read("[renewalparams]\n[[webroot_map]]\na = /a\n[[other]]\nb = /b\n[renewalparams]\nc = d")
    assert (found.params, found.webroots) == ({"c": value("d", 7)}, {"a": value("/a", 3)})


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"[" * 10_000, b"=\n" * 1000 + b"\xff = \xfe", b"k = '''never closed"]
)
def test_hostile_bytes_are_read_all_the_same(data: bytes) -> None:
    assert read(data).name == "shop.example"


def test_a_file_beyond_all_measure_is_not_read() -> None:
    assert read(b"key = 1\n" + b"#" * 2**20) == Renewal("shop.example", PATH)
