"""Public certificates as far as nginx looks at them when it loads one. The only import of cryptography.

ngx_ssl_load_certificate reads the first certificate of a PEM file as the server's own and the rest as its chain.
A file that any directive names as a private key is never opened, not even where it holds a certificate as well.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_PEM = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\s.*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate: what OpenSSL judges it by."""

    common_name: str | None
    key_type: str
    """`RSA`, `EC`, `Ed25519`, or what else cryptography calls it."""
    key_bits: int
    digest: str | None
    """The hash of its signature (`sha256`); `None` for signatures without one."""
    self_signed: bool


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """What a file of certificates holds, the server's own first; empty where OpenSSL finds no certificate in it."""

    certificates: tuple[Certificate, ...]
    complete: bool = True
    """Every certificate in it could be read."""


def read_certificates(data: bytes) -> CertificateFile:
    """The certificates of a PEM file."""
    from cryptography import x509  # noqa: PLC0415 - slow, and not every configuration has one

    found: list[Certificate] = []
    complete = True
    for block in _PEM.findall(data):
        try:
            found.append(_read(x509.load_pem_x509_certificate(block.replace(b"TRUSTED ", b"").replace(b"X509 ", b""))))
        except Exception:  # hostile bytes: the library raises whatever its parsers raise
            complete = False
    return CertificateFile(tuple(found), complete)


def _read(certificate: "x509.Certificate") -> Certificate:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see above
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    key = certificate.public_key()
    kind = type(key).__name__.removesuffix("PublicKey").lstrip("_")
    try:
        algorithm = certificate.signature_hash_algorithm
        digest = None if algorithm is None else algorithm.name
    except UnsupportedAlgorithm:
        digest = None
    return Certificate(
        str(names[0].value) if names else None,
        {"EllipticCurve": "EC"}.get(kind, kind),
        int(getattr(key, "key_size", 256)),
        digest,
        certificate.subject == certificate.issuer,
    )
