"""Public certificates, made for the test: what nginx looks at, and nothing made up of what cannot be read."""

import re
import warnings
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization

from driftscan.nginx.certificates import Certificate, CertificateFile, read_certificates
from tests.certificates import certificate, expand, key, private_key


def pem(line: str) -> bytes:
    return certificate(line).encode()


def read(line: str) -> Certificate:
    (found,) = read_certificates(pem(line)).certificates
    return found


SHOP = pem("names: shop.example; issuer: Lab CA; key: ec384; signature: sha384")
CA = pem("cn: Lab CA; authority; self-signed")
OF_SHOP, OF_CA = (read_certificates(data).certificates[0] for data in (SHOP, CA))


def test_everything_that_clients_judge_a_certificate_by_is_read() -> None:
    found = read(
        "names: Shop.example, *.shop.example, 192.0.2.1, 2001:db8::1; cn: shop; issuer: Let's Encrypt / R11;"
        "key: ec384; from: 2026-01-01; until: 2026-04-01T12:00:00; must-staple; ocsp: http://o.example/;"
        "issuer-url: http://i.example/; purposes: server, client; signature: sha384"
    )
    spki = (
        private_key("ec384", 1)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    assert found == Certificate(
        "shop",
        "EC",
        384,
        "sha384",
        self_signed=False,
        names=("shop.example", "*.shop.example", "192.0.2.1", "2001:db8::1"),
        subject="CN=shop",
        issuer="CN=R11,O=Let's Encrypt",
        issuer_name="R11",
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2026, 4, 1, 12, tzinfo=UTC),
        is_authority=False,
        ocsp=("http://o.example/",),
        issuer_urls=("http://i.example/",),
        must_staple=True,
        purposes=frozenset({"server", "client"}),
        logged=True,
        key_digest=sha256(spki).hexdigest(),
    )


def test_what_a_certificate_does_not_say_is_not_made_up() -> None:
    found = read("cn: Lab CA; authority; self-signed; key: ec256")
    assert found == Certificate(
        "Lab CA",
        "EC",
        256,
        "sha256",
        self_signed=True,
        subject="CN=Lab CA",
        issuer="CN=Lab CA",
        issuer_name="Lab CA",
        not_before=datetime(2025, 12, 1, tzinfo=UTC),
        not_after=datetime(2026, 6, 1, tzinfo=UTC),
        is_authority=True,
        key_digest=found.key_digest,
    )


def test_the_first_certificate_is_the_servers_own_and_the_rest_is_its_chain() -> None:
    assert read_certificates(SHOP + CA) == CertificateFile((OF_SHOP, OF_CA))
    assert read_certificates(CA + SHOP) == CertificateFile((OF_CA, OF_SHOP))


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("rsa1024", ("RSA", 1024)),
        ("rsa2048", ("RSA", 2048)),
        ("rsa4096", ("RSA", 4096)),
        ("ec256", ("EC", 256)),
        ("ec384", ("EC", 384)),
        ("ed25519", ("Ed25519", 256)),
    ],
)
def test_a_key_has_its_type_and_length(kind: str, named: tuple[str, int]) -> None:
    found = read(f"names: a.example; key: {kind}")
    assert (found.key_type, found.key_bits) == named


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha384"])
def test_a_signature_has_its_hash(digest: str) -> None:
    assert read(f"names: a.example; signature: {digest}").digest == digest


def test_a_signature_without_a_hash_has_none() -> None:
    assert read("names: a.example; key: ed25519; self-signed").digest is None


def test_certificates_of_one_key_have_one_digest() -> None:
    first = read("names: a.example; key: rsa2048; until: 2026-03-01")
    renewed = read("names: a.example; key: rsa2048; until: 2026-06-01")
    other = read("names: a.example; key: rsa2048; key-id: 2")
    assert first.key_digest == renewed.key_digest != other.key_digest


def test_only_the_feature_of_stapling_demands_stapling() -> None:
    demanding = "names: a.example; must-staple"
    # 5 is status_request, 17 is status_request_v2.
    der = _der(certificate(demanding)).replace(bytes.fromhex("3003020105"), bytes.fromhex("3003020111"))
    assert read_certificates(_pem(der)).certificates == (replace(read(demanding), must_staple=False),)
    assert read(demanding).must_staple is True


def test_a_certificate_with_an_extension_that_cannot_be_understood_is_there_and_said_to_be_incomplete() -> None:
    # The true of basicConstraints becomes an integer.
    authority = certificate("cn: Lab CA; authority; issuer: Lab Root")
    der = _der(authority).replace(bytes.fromhex("30030101ff"), bytes.fromhex("3003020101"))
    found = read_certificates(_pem(der) + SHOP)
    assert (found.complete, [held.common_name for held in found.certificates]) == (False, ["Lab CA", "shop.example"])
    assert found.certificates[0].is_authority is False


def _der(text: str) -> bytes:
    return b64decode("".join(line for line in text.splitlines() if not line.startswith("-")))


def _pem(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + b64encode(der) + b"\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("header", [b"TRUSTED CERTIFICATE", b"X509 CERTIFICATE"])
def test_openssl_s_other_headers_mean_the_same(header: bytes) -> None:
    assert read_certificates(CA.replace(b"CERTIFICATE", header)) == CertificateFile((OF_CA,))


def test_what_stands_around_a_certificate_is_nobodys_business() -> None:
    text = b"subject=CN = shop.example\r\n" + SHOP.replace(b"\n", b"\r\n") + b"\nthe end"
    assert read_certificates(text) == CertificateFile((OF_SHOP,))


@pytest.mark.parametrize("text", [b"", b"nothing of the kind", SHOP[:200], b"\0\xff"])
def test_a_file_without_a_certificate_has_none_and_all_of_it_was_read(text: bytes) -> None:
    assert read_certificates(text) == CertificateFile(())


BROKEN = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def test_a_certificate_of_the_chain_that_cannot_be_read_is_left_out_and_said_so() -> None:
    assert read_certificates(SHOP + BROKEN + CA) == CertificateFile((OF_SHOP, OF_CA), complete=False)


def test_nothing_passes_for_the_servers_own_where_that_cannot_be_read() -> None:
    assert read_certificates(BROKEN) == CertificateFile((), complete=False)
    assert read_certificates(BROKEN + CA) == CertificateFile((), complete=False)


def test_a_key_in_the_same_file_is_passed_over() -> None:
    assert read_certificates(key("ec256").encode() + CA) == CertificateFile((OF_CA,))


def test_a_certificate_that_bends_the_rules_is_read_in_silence() -> None:
    # A serial number below 0 is against RFC 5280, and cryptography says so.
    serial = bytes.fromhex("0210")
    der = bytearray(_der(certificate("names: a.example")))
    start = der.index(serial) + len(serial)
    der[start : start + 16] = bytes([0x80]) + bytes(15)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert [held.common_name for held in read_certificates(_pem(bytes(der))).certificates] == ["a.example"]
    assert said == []


# ---------------------------------------------------------------------- the lines of case files


def test_a_line_becomes_pem_and_all_others_stay() -> None:
    text = expand("ssl_x;\n@certificate names: a.example\n@key ec256\n@dhparam 1024\n} @key of nothing\n")
    assert re.findall(r"BEGIN ([A-Z ]+)-", text) == ["CERTIFICATE", "PRIVATE KEY", "DH PARAMETERS"]
    assert text.startswith("ssl_x;\n-----BEGIN")
    assert text.endswith("-----\n} @key of nothing\n")


def test_keys_and_certificates_that_authorities_sign_are_the_same_everywhere() -> None:
    text = expand("@certificate names: a.example; key: rsa2048\n@key rsa2048\n@key ec384 2\n@dhparam 2048\n")
    assert sha256(text.encode()).hexdigest()[:12] == "5edf1278c12f"


@pytest.mark.parametrize(
    "line",
    [
        "certificate nonsense",
        "certificate colour: red; names: a",
        "certificate names: a; names: b",
        "certificate key: ec256",
        "certificate names: a; key: rsa3000",
        "certificate names: a; key-id: 9; key: rsa2048",
        "certificate names: a; signature: sha2",
        "certificate names: a; signature: sha1; self-signed",
        "certificate names: a; purposes: mail",
        "certificate names: a; until: soon",
        "key dsa",
        "dhparam many",
    ],
)
def test_a_line_that_breaks_the_grammar_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        expand(f"@{line}\n")
