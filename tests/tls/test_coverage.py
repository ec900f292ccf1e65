"""Which certificate is sent, and which names it is for."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from driftscan.drift.state import State
from driftscan.nginx.certificates import Certificate
from driftscan.tls.coverage import (
    certificate_paths,
    covers,
    covers_some,
    differ,
    is_host,
    is_internal,
    lacking,
    listed,
    misnamed,
    names_of,
    own_certificate,
    sent_by,
    suits,
    trusted_names,
)
from tests.certificates import expand
from tests.etc import FIRST_DAY
from tests.nginx.trees import MAIN, meet, state

EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def pem(*names: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = EC) -> bytes:
    """A certificate for these names, signed by itself."""
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "common.example")])
    until = FIRST_DAY.replace(year=2046)
    builder = x509.CertificateBuilder(who, who, key.public_key(), 1, FIRST_DAY, until)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def certificate(*names: str) -> Certificate:
    return Certificate("common.example", "EC", 256, "sha256", self_signed=False, names=names)


COVERED = [
    ("shop.example.com", "shop.example.com"),
    ("shop.example.com", "Shop.Example.COM"),
    ("*.example.com", "shop.example.com"),
    ("xn--bcher-kva.example.com", "xn--bcher-kva.example.com"),
]
NOT_COVERED = [
    ("shop.example.com", "www.shop.example.com"),
    ("*.example.com", "example.com"),
    ("*.example.com", "a.b.example.com"),
    ("*.example.com", "example.com.evil.org"),
    ("*.com", "example.com"),
    ("*", "example"),
    ("f*.example.com", "foo.example.com"),
    ("www.*.com", "www.example.com"),
    ("common.example.org", "common.example"),
]


@pytest.mark.parametrize(("presented", "wanted"), COVERED)
def test_a_certificate_covers_its_names_and_one_label_for_a_star(presented: str, wanted: str) -> None:
    assert covers(certificate("other.example.com", presented), wanted)


@pytest.mark.parametrize(("presented", "wanted"), NOT_COVERED)
def test_a_certificate_covers_nothing_else(presented: str, wanted: str) -> None:
    assert not covers(certificate(presented), wanted)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    ("presented", "wanted", "fits"),
    [
        *((*pair, True) for pair in COVERED),
        # OpenSSL alone still lets a star be a part of a label.
        *((*pair, False) for pair in NOT_COVERED if pair[0] != "f*.example.com"),
    ],
)
def test_openssl_says_the_same(tmp_path: Path, presented: str, wanted: str, fits: bool) -> None:
    file = tmp_path / "a.pem"
    file.write_bytes(pem(presented))
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-checkhost", wanted, "-in", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("does match" in said.stdout) is fits


def test_a_star_stands_for_an_underscore_too_as_browsers_have_it_and_openssl_has_not() -> None:
    assert covers(certificate("*.example.com"), "_under.example.com")


def test_the_common_name_covers_nothing() -> None:
    assert not covers(certificate(), "common.example")


def test_a_name_that_stands_for_many_is_covered_by_the_same_star() -> None:
    star = certificate("*.example.com")
    assert covers(star, "*.example.com")
    assert not covers(star, "*.shop.example.com")
    assert not covers(certificate("*.com"), "*.com")
    assert not covers(certificate("a.example.com"), "*.example.com")


def test_a_name_that_begins_with_a_dot_needs_the_star_and_the_name_itself() -> None:
    assert covers(certificate("*.example.com", "example.com"), ".example.com")
    assert not covers(certificate("*.example.com"), ".example.com")
    assert not covers(certificate("example.com"), ".example.com")


@pytest.mark.parametrize(
    ("presented", "wanted"),
    [
        ("a.example.com", "*.example.com"),
        ("*.a.example.com", "*.example.com"),
        ("*.example.com", ".example.com"),
        ("example.com", ".example.com"),
        ("shop.example.com", "shop.example.com"),
    ],
)
def test_a_certificate_may_cover_some_of_the_names_that_a_name_stands_for(presented: str, wanted: str) -> None:
    assert covers_some(certificate(presented), wanted)


@pytest.mark.parametrize(
    ("presented", "wanted"),
    [("example.com", "*.example.com"), ("an-example.com", ".example.com"), ("a.b.org", "b.org"), ("a", "~a")],
)
def test_a_certificate_covers_none_of_other_names(presented: str, wanted: str) -> None:
    assert not covers_some(certificate(presented), wanted)


NO_HOSTS = [
    "",
    "_",
    "~^www",
    "www.*",
    "203.0.113.5",
    "2001:db8::1",
    "[2001:db8::1]",
    "$hostname",
    "https://a.example",
    "-",
]


@pytest.mark.parametrize("name", NO_HOSTS)
def test_what_no_client_can_ask_for_is_no_host(name: str) -> None:
    assert not is_host(name)
    assert not covers(certificate(name, "*.0.113.5"), name)


def test_a_host_is_internal_by_its_last_label_or_for_want_of_another() -> None:
    assert [
        name for name in ("localhost", "nas", "a.lan", "b.home.arpa", "c.local", "*.internal") if not is_internal(name)
    ] == []
    assert [name for name in ("shop.example", "lan.example", "a.arpa") if is_internal(name)] == []


# ---------------------------------------------------------------------- what an endpoint sends


def site(default: str, selected: str = "", **files: bytes) -> State:
    """A default server, a second one for shop.example, and certificates beside the main file."""
    text = f"""http {{
        server {{ listen 443 ssl; server_name main.example; {default} }}
        server {{ listen 443 ssl; server_name shop.example *.wild.example; {selected} }}
    }}"""
    return state({MAIN: text, **{f"nginx/{name}.pem": data for name, data in files.items()}})


def own(name: str) -> str:
    return f"ssl_certificate {name}.pem; ssl_certificate_key {name}.key;"


def sent(found: State, name: str = "shop.example") -> tuple[str, ...] | None:
    files = sent_by(meet(found, name), found.config.named)
    return None if files is None else tuple(file.host_path for file in files)


def test_a_server_sends_its_own_certificate() -> None:
    found = site(own("a"), own("b"), a=pem("main.example"), b=pem("shop.example"))
    assert sent(found) == ("/etc/nginx/b.pem",)
    assert sent(found, "main.example") == sent(found, "unknown.example") == ("/etc/nginx/a.pem",)


def test_a_server_without_a_certificate_sends_the_default_servers() -> None:
    found = site(own("a"), "", a=pem("main.example"))
    assert sent(found) == ("/etc/nginx/a.pem",)
    assert [file.host_path for file in lacking(meet(found, "shop.example"), found) or ()] == ["/etc/nginx/a.pem"]


def test_a_certificate_that_covers_the_name_lacks_nothing() -> None:
    found = site(own("a"), "", a=pem("main.example", "shop.example"))
    assert lacking(meet(found, "shop.example"), found) == ()


def test_a_server_that_rejects_handshakes_sends_none_and_so_none_that_suits() -> None:
    found = site(own("a"), own("b") + "ssl_reject_handshake on;", a=pem("main.example"), b=pem("shop.example"))
    assert sent(found) == ()
    assert not suits(meet(found, "shop.example"), found)


def test_a_certificate_suits_when_it_is_known_to_be_for_the_name() -> None:
    found = site(own("a"), own("b"), a=pem("main.example"), b=pem("other.example"))
    assert [suits(meet(found, name), found) for name in ("main.example", "shop.example", "")] == [True, False, False]
    assert not suits(meet(site(own("a"), own("b")), "shop.example"), found)


def test_a_server_without_a_certificate_sends_none_where_the_default_server_rejects() -> None:
    assert sent(site("ssl_reject_handshake on;", "")) == ()


def test_what_is_not_in_the_tree_is_not_known_but_its_path_is() -> None:
    found = site(own("a"), own("b"), a=pem("main.example"))
    assert certificate_paths(meet(found, "shop.example")) == ("/etc/nginx/b.pem",)
    assert sent(found) is None
    assert lacking(meet(found, "shop.example"), found) is None


def test_a_file_that_moved_with_its_directory_is_likely_to_be_the_same() -> None:
    live = ("/etc/letsencrypt/live/shop.example/fullchain.pem",)
    assert not differ(live, live)
    assert not differ(live, ("/etc/ssl/shop.example/fullchain.pem",))
    assert differ(live, ("/etc/letsencrypt/live/main.example/fullchain.pem",))
    assert differ(live, (*live, "/etc/ssl/shop.pem"))


@pytest.mark.parametrize("data", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_that_holds_no_certificate_that_can_be_read_is_not_known(data: bytes) -> None:
    assert sent(site(own("a"), own("b"), a=pem("main.example"), b=data)) is None


def test_a_file_with_a_certificate_that_cannot_be_read_is_not_known() -> None:
    found = site(own("a"), own("b"), a=pem("main.example"), b=pem("shop.example"))
    file = found.config.named["/etc/nginx/b.pem"]
    assert file.certificates is not None
    assert own_certificate(file) == file.certificates.certificates[0]
    assert own_certificate(replace(file, certificates=replace(file.certificates, complete=False))) is None


def test_of_two_certificates_with_keys_of_one_type_the_last_is_sent() -> None:
    both = own("b") + own("c")
    found = site(own("a"), both, a=pem("main.example"), b=pem("shop.example"), c=pem("other.example"))
    assert sent(found) == ("/etc/nginx/c.pem",)
    found = site(own("a"), both, a=pem("main.example"), b=pem("shop.example"), c=pem("other.example", key=RSA))
    assert sent(found) == ("/etc/nginx/b.pem", "/etc/nginx/c.pem")
    assert [file.host_path for file in lacking(meet(found, "shop.example"), found) or ()] == ["/etc/nginx/c.pem"]


def test_the_name_may_be_a_part_of_the_path() -> None:
    files = {"a": pem("main.example"), "shop.example": pem("shop.example")}
    found = site(own("a"), own("/etc/nginx/$ssl_server_name"), **files)
    assert sent(found) == ("/etc/nginx/shop.example.pem",)
    assert certificate_paths(meet(found, "x.wild.example")) == ("/etc/nginx/x.wild.example.pem",)


@pytest.mark.parametrize("path", ["$remote_addr", "$ssl_server_name", "data:x"])
def test_a_certificate_that_is_no_file_of_a_known_name_leaves_the_path_open(path: str) -> None:
    found = site(own("a"), own(path), a=pem("main.example"))
    assert certificate_paths(meet(found, "shop.example")) is None
    assert sent(found) is None


def test_a_name_that_stands_for_many_leaves_the_path_open() -> None:
    found = site(own("a"), own("$ssl_server_name"), a=pem("main.example"))
    assert certificate_paths(found.endpoints[meet(found, "").socket.address, "*.wild.example"]) is None


def test_a_name_that_is_no_host_lacks_nothing_that_could_be_told() -> None:
    found = site(own("a"), own("b"), a=pem("main.example"), b=pem("shop.example"))
    assert lacking(meet(found, ""), found) is None


def test_a_certificate_that_may_stand_in_an_unread_file_is_not_known() -> None:
    found = site(own("a"), "include /srv/elsewhere.conf;", a=pem("main.example"))
    assert certificate_paths(meet(found, "shop.example")) is None


# ---------------------------------------------------------------------- in a sentence


def test_the_names_of_several_files_are_told_once_each() -> None:
    data = {"a": pem("main.example", "b.example"), "b": pem("b.example", "*.c.example")}
    found = site(own("a"), own("b"), **data)
    assert names_of(found.config.named.values()) == ("main.example", "b.example", "*.c.example")


def test_a_certificate_that_has_signed_itself_is_not_refused_for_its_names() -> None:
    chained = expand("@certificate names: other.example\n").encode()
    found = site(own("a"), own("b"), a=pem("other.example"), b=chained)
    assert misnamed(meet(found, "main.example"), found) == ()
    assert [file.host_path for file in misnamed(meet(found, "shop.example"), found)] == ["/etc/nginx/b.pem"]
    assert trusted_names(meet(found, "shop.example"), found) == ("other.example",)


def test_the_names_of_a_certificate_that_has_signed_itself_are_nobody_s() -> None:
    found = site(own("a"), own("b"), a=pem("main.example"))
    assert trusted_names(meet(found, "main.example"), found) == ()
    assert trusted_names(meet(found, "shop.example"), found) == ()


def test_a_list_of_names_counts_its_tail() -> None:
    assert [listed("abcde"[:n]) for n in range(6)] == [
        "no name",
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and d",
        "a, b, c and 2 more",
    ]
