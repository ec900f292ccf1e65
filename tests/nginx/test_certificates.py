"""Public certificates, made for the test: what nginx looks at, and nothing made up of what cannot be read."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from driftscan.nginx.certificates import Certificate, CertificateFile, read_certificates

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
DAY = datetime(2026, 1, 1, tzinfo=UTC)
AUTHORITY = ec.generate_private_key(ec.SECP256R1())


def named(*names: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])


def pem(
    subject: x509.Name, key: Key, digest: hashes.SHA256 | hashes.SHA384 | None, *, issuer: x509.Name | None = None
) -> bytes:
    """A certificate, signed by itself or by an authority."""
    signing: Key = key if issuer is None else AUTHORITY
    builder = x509.CertificateBuilder(issuer or subject, subject, key.public_key(), 1, DAY, DAY)
    return builder.sign(signing, digest).public_bytes(serialization.Encoding.PEM)


SHOP = pem(named("shop.example"), ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), issuer=named("Lab CA"))
CA = pem(named("Lab CA"), AUTHORITY, hashes.SHA256())
OF_SHOP = Certificate("shop.example", "EC", 384, "sha384", self_signed=False)
OF_CA = Certificate("Lab CA", "EC", 256, "sha256", self_signed=True)


def test_the_first_certificate_is_the_servers_own_and_the_rest_is_its_chain() -> None:
    assert read_certificates(SHOP + CA) == CertificateFile((OF_SHOP, OF_CA))
    assert read_certificates(CA + SHOP) == CertificateFile((OF_CA, OF_SHOP))


@pytest.mark.parametrize("bits", [1024, 2048])
def test_an_rsa_key_is_as_long_as_it_is(bits: int) -> None:
    (found,) = read_certificates(pem(named("a"), rsa.generate_private_key(65537, bits), hashes.SHA256())).certificates
    assert found == Certificate("a", "RSA", bits, "sha256", self_signed=True)


def test_a_signature_without_a_hash_has_none() -> None:
    (found,) = read_certificates(pem(named("a"), ed25519.Ed25519PrivateKey.generate(), None)).certificates
    assert found == Certificate("a", "Ed25519", 256, None, self_signed=True)


def test_a_certificate_without_a_name_of_its_own_has_none() -> None:
    (found,) = read_certificates(pem(named(), AUTHORITY, hashes.SHA256())).certificates
    assert found.common_name is None


def test_of_several_names_the_first_is_taken() -> None:
    (found,) = read_certificates(pem(named("a", "b"), AUTHORITY, hashes.SHA256())).certificates
    assert found.common_name == "a"


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


def test_a_certificate_that_cannot_be_read_is_left_out_and_said_so() -> None:
    assert read_certificates(BROKEN) == CertificateFile((), complete=False)
    assert read_certificates(BROKEN + CA) == CertificateFile((OF_CA,), complete=False)


def test_a_key_in_the_same_file_is_passed_over() -> None:
    key = AUTHORITY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert read_certificates(key + CA) == CertificateFile((OF_CA,))
