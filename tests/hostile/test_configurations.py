"""Configurations that want to take for ever: each ends soon, in little memory, with the truth about itself.

The bounds on seconds are many times what it takes; a fault that these were made for takes minutes, or has no end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.redact import LONGEST, redact
from driftscan.history.snapshot import IgnoreRules
from driftscan.nginx.syntax import LARGEST, Broken, parse
from tests.certificates import certificate, key
from tests.hostile.scanner import assert_sound, driftscan

Files = Mapping[str, str | bytes]
MAIN = "nginx/nginx.conf"
SITE = "server { listen 443 ssl; server_name shop.example; %s }\n"


def http(*lines: str) -> str:
    return "\n".join(("events {}", "http { ssl_certificate a.pem; ssl_certificate_key a.key;", *lines, "}"))


@dataclass(frozen=True)
class Attack:
    """A tree, made when it is wanted; what must be told of it, and how long that may take."""

    name: str
    files: Callable[[], Files]
    told: str = ""
    seconds: float = 20
    peak: int = 600


def multiplied(line: str) -> Files:
    """Thirty files of which each includes others, five times."""
    return {MAIN: http("include m00;"), **{f"nginx/m{n:02}": f"{line.format(n + 1)}\n" * 5 for n in range(30)}}


def servers() -> Files:
    return {MAIN: http(*(f"server {{ listen 443 ssl; server_name n{n}.shop.example; }}" for n in range(2000)))}


def names() -> Files:
    return {MAIN: http("server { listen 443 ssl; server_name", *(f"n{n}.shop.example" for n in range(20_000)), ";}")}


def expressions() -> Files:
    return {
        MAIN: http(
            r"server { listen 443 ssl; server_name ~^(a+)+$ ~^(.*)*(.*)*x$ ~(x+x+)+y; }",
            *(f"server {{ listen 443 ssl; server_name {'a' * 50}{n}.shop.example; }}" for n in range(20)),
            SITE % "location ~ ^/((a|a)+)+$ { return 301 https://b; } rewrite ^/(a+)+$ /b last;",
        )
    }


def certified(pem: str) -> Files:
    return {MAIN: http(SITE % "ssl_certificate big.pem; ssl_certificate_key a.key;"), "nginx/big.pem": pem}


def included_by_openssl() -> Files:
    lines = ".include /etc/ssl\n" * 20
    return {MAIN: http(SITE % ""), "ssl/openssl.cnf": lines, **{f"ssl/{n}.cnf": lines for n in range(20)}}


def included() -> Files:
    """Ten thousand files, each named by a line of its own."""
    files = {f"nginx/part{n}": f"server {{ listen 80; server_name n{n}.shop.example; }}\n" for n in range(10_000)}
    return {MAIN: http(*(f"include part{n};" for n in range(10_000))), **files}


def files_of_the_host() -> Files:
    return {
        MAIN: http(SITE % ""),
        "letsencrypt/renewal/a.conf": "a=" + "'" * 1_000_000,
        "letsencrypt/renewal/b.conf": "a=" + "," * 1_000_000,
        "letsencrypt/renewal/c.conf": "a='''\n" + "x\n" * 300_000,
        "resolv.conf": "nameserver " * 90_000,
        "apt/sources.list": "deb [" * 200_000,
        ".etckeeper": "maybe chmod 0644 'nginx/nginx.conf'\n" * 200_000,
    }


def pair() -> dict[str, str]:
    """A certificate that is in order for all names here, and its key."""
    pem = certificate("names: *.shop.example, shop.example; until: 2099-01-01")
    return {"nginx/a.pem": pem, "nginx/a.key": key("ec256")}


ATTACKS = (
    Attack("servers", servers, seconds=60),
    Attack("names", names, seconds=60),
    Attack("ports", lambda: {MAIN: http(SITE.replace("443", "*:1-8000") % "")}, seconds=60),
    Attack("ifs", lambda: {MAIN: http(SITE % ("if ($host = x) { return 301 https://$host; }\n" * 5000))}),
    Attack("regular expressions", expressions),
    Attack("includes of includes", lambda: multiplied("include m{0:02};"), "files are included"),
    Attack("wild includes of includes", lambda: multiplied("include m*;"), "files are included"),
    Attack("stars", lambda: {MAIN: http(f"include {'*' * 60}b;"), "nginx/" + "a" * 200: ""}, "No known breakage"),
    Attack("beginnings", lambda: certified("-----BEGIN CERTIFICATE-----\n" * 700_000)),
    Attack("a chain", lambda: certified(pair()["nginx/a.pem"] * 5000)),
    Attack("one certificate", lambda: certified(f"{BEGIN}\n{'MIN/' * 2_000_000}\n{BEGIN.replace('BEGIN', 'END')}\n")),
    Attack("a blank", lambda: {MAIN: http(SITE % "ssl_dhparam d;"), "nginx/d": DH + "\n" * 2_000_000}),
    Attack("openssl.cnf", included_by_openssl),
    Attack("files of the host", files_of_the_host),
    Attack("lines", lambda: {MAIN: http(SITE % ("add_header X-A b; # c\n" * 100_000))}, seconds=60),
    Attack("depth", lambda: {MAIN: "http {\n" * 10_000 + "}\n" * 10_000}, "nested more than"),
    Attack("includes", included, seconds=60),
    Attack("50 MB", lambda: {MAIN: http("include big;"), "nginx/big": b"a b;\n" * 10_000_000}, "is not read"),
)
BEGIN = "-----BEGIN CERTIFICATE-----"
DH = "-----BEGIN DH PARAMETERS-----"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_it_ends_soon(tmp_path: Path, attack: Attack) -> None:
    for path, content in {**pair(), **attack.files()}.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = driftscan("check", tmp_path)
    assert_sound(ran, 0, 1)
    assert attack.told in ran.out
    assert (ran.seconds < attack.seconds, ran.peak < attack.peak) == (True, True), (ran.seconds, ran.peak)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a_by_lua_block " + b"{" * 300_000, 'unexpected "{"'),
        (b"a {{" * 300_000, 'unexpected "{"'),
        (b"a {" * 300_000, "blocks nested more than 64 deep"),
        (b"a '" + b"x" * 1_000_000, "probably missing terminating"),
        (b"\\" * 1_000_000, "too long parameter"),
        (b"${" * 300_000, "too long parameter"),
        (b"a \0;", "NUL"),
        (b" " * (LARGEST + 1), "is not read"),
    ],
)
def test_bytes_that_are_no_configuration(data: bytes, reason: str) -> None:
    found = parse(data)
    assert isinstance(found, Broken)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("rule", "is_ignored"),
    [
        ("*.pem", True),
        ("*.conf", False),
        ("a*" * 40 + "b", True),  # it cannot be told in a lifetime
        ("**/" * 40 + "b", True),
        ("[s-e]*", True),  # pathspec lets the error of `re` through
        ("[[b]*", False),  # of which `re` warns on the terminal
    ],
)
def test_rules_of_gitignore_that_take_for_ever(rule: str, *, is_ignored: bool) -> None:
    entries = {".gitignore": Entry(Kind.FILE, BlobId("1" * 40))}
    assert IgnoreRules().is_ignored("ssl/" + "a" * 200 + ".pem", entries, lambda _: rule.encode()) is is_ignored


def test_a_path_that_no_host_can_have_may_be_ignored() -> None:
    entries = {".gitignore": Entry(Kind.FILE, BlobId("1" * 40))}
    assert IgnoreRules().is_ignored("a" * 256, entries, lambda _: b"b")


def test_a_command_line_without_an_end_is_cut_and_shows_no_secret() -> None:
    shown = redact("apt install " + "x-" * LONGEST + " --password=hunter2 " + "eyJ-" * 1_000_000)
    assert len(shown) < 2 * LONGEST
    assert shown.endswith("[cut]")
    assert "hunter2" not in shown
