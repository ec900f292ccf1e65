"""Public certificates as far as nginx looks at them when it loads one. The only import of cryptography.

ngx_ssl_load_certificate reads the first certificate of a PEM file as the server's own and the rest as its chain.
A file that any directive names as a private key is never opened, not even where it holds a certificate as well.
"""

import hashlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_BEGIN = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\s")
_END = re.compile(rb"-----END (?:TRUSTED |X509 )?CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate: what OpenSSL and clients judge it by."""

    common_name: str | None
    key_type: str
    """`RSA`, `EC`, `Ed25519`, or what else cryptography calls it."""
    key_bits: int
    digest: str | None
    """The hash of its signature (`sha256`); `None` for signatures without one."""
    self_signed: bool
    """Subject and issuer are the same."""
    names: tuple[str, ...] = ()
    """The DNS names and addresses that it is for, in lower case, from subjectAltName: clients look nowhere else."""
    subject: str = ""
    """The whole name, as RFC 4514 writes it."""
    issuer: str = ""
    """The same of who signed it."""
    issuer_name: str = ""
    """Common name of the issuer, or else its organization: what people call it."""
    not_before: datetime | None = None
    not_after: datetime | None = None
    """Aware, in UTC."""
    is_authority: bool = False
    """basicConstraints says that it may sign others."""
    ocsp: tuple[str, ...] = ()
    """Where its status is asked for (authorityInfoAccess)."""
    issuer_urls: tuple[str, ...] = ()
    """Where the certificate of its issuer is found (authorityInfoAccess)."""
    must_staple: bool = False
    """It demands an OCSP response in the handshake (RFC 7633)."""
    purposes: frozenset[str] | None = None
    """`server`, `client`, or the number of another extendedKeyUsage; `None` where it may be used for anything."""
    logged: bool = False
    """It carries timestamps of public logs, so an authority that browsers trust has issued it."""
    key_digest: str = ""
    """SHA-256 of the public key, in hexadecimal: equal for certificates of one key."""


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """What a file of certificates holds, the server's own first; empty where OpenSSL finds no certificate in it."""

    certificates: tuple[Certificate, ...]
    complete: bool = True
    """Every certificate in it could be read, with all of its extensions."""


def read_certificates(data: bytes) -> CertificateFile:
    """The certificates of a PEM file."""
    from cryptography import x509  # noqa: PLC0415 - slow, and not every configuration has one

    found: list[Certificate] = []
    complete = True
    with warnings.catch_warnings():
        # Of certificates that bend the rules cryptography warns on the terminal; here they are only looked at.
        warnings.simplefilter("ignore")
        for number, block in enumerate(_blocks(data)):
            plain = block.replace(b"TRUSTED ", b"").replace(b"X509 ", b"")
            try:
                certificate, whole = _read(x509.load_pem_x509_certificate(plain))
            except Exception:  # hostile bytes: the library raises whatever its parsers raise
                # What follows an unreadable first certificate is not the server's own, and must not pass for it.
                if number == 0:
                    return CertificateFile((), complete=False)
                complete = False
            else:
                found.append(certificate)
                complete = complete and whole
    return CertificateFile(tuple(found), complete)


def _blocks(data: bytes) -> Iterator[bytes]:
    """From each beginning to the first end after it."""
    begin = _BEGIN.search(data)
    while begin is not None and (end := _END.search(data, begin.end())) is not None:
        yield data[begin.start() : end.end()]
        begin = _BEGIN.search(data, end.end())


def _read(certificate: "x509.Certificate") -> tuple[Certificate, bool]:
    """What it says, and whether all of its extensions could be understood."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    key = certificate.public_key()
    kind = type(key).__name__.removesuffix("PublicKey").lstrip("_")
    try:
        algorithm = certificate.signature_hash_algorithm
        digest = None if algorithm is None else algorithm.name
    except UnsupportedAlgorithm:
        digest = None
    seen = _Extensions(certificate)
    read = Certificate(
        str(names[0].value) if names else None,
        {"EllipticCurve": "EC"}.get(kind, kind),
        int(getattr(key, "key_size", 256)),
        digest,
        certificate.subject == certificate.issuer,
        names=seen.names(),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        issuer_name=_called(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_authority=seen.is_authority(),
        ocsp=seen.access("1.3.6.1.5.5.7.48.1"),
        issuer_urls=seen.access("1.3.6.1.5.5.7.48.2"),
        must_staple=seen.must_staple(),
        purposes=seen.purposes(),
        logged=seen.has(_TIMESTAMPS),
        key_digest=hashlib.sha256(
            key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest(),
    )
    return read, seen.complete


def _called(name: "x509.Name") -> str:
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 - see above

    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(kind):
            return str(found[0].value)
    return name.rfc4514_string()


_TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2"
_PURPOSES = {"1.3.6.1.5.5.7.3.1": "server", "1.3.6.1.5.5.7.3.2": "client"}


class _Extensions:
    """The extensions of a certificate, by their numbers; none where one of them cannot be understood.

    OpenSSL loads such a certificate all the same (X509_check_purpose fails only later), so it is not left out.
    """

    def __init__(self, certificate: "x509.Certificate") -> None:
        self.complete = True
        self._by_number: dict[str, x509.ExtensionType] = {}
        try:
            self._by_number = {extension.oid.dotted_string: extension.value for extension in certificate.extensions}
        except Exception:  # as above: what the parsers raise is nobody's promise
            self.complete = False

    def has(self, number: str) -> bool:
        """Whether it is there, whatever it says."""
        return number in self._by_number

    def must_staple(self) -> bool:
        """Whether the TLS feature `status_request` is demanded; the extension may name others only."""
        from cryptography import x509  # noqa: PLC0415 - see above

        found = self._by_number.get("1.3.6.1.5.5.7.1.24")
        return isinstance(found, x509.TLSFeature) and x509.TLSFeatureType.status_request in found

    def names(self) -> tuple[str, ...]:
        """Names and addresses of subjectAltName."""
        from cryptography import x509  # noqa: PLC0415 - see above

        found = self._by_number.get("2.5.29.17")
        if not isinstance(found, x509.SubjectAlternativeName):
            return ()
        dns = (str(name).lower() for name in found.get_values_for_type(x509.DNSName))
        return (*dns, *map(str, found.get_values_for_type(x509.IPAddress)))

    def is_authority(self) -> bool:
        """What basicConstraints says."""
        return bool(getattr(self._by_number.get("2.5.29.19"), "ca", False))

    def access(self, method: str) -> tuple[str, ...]:
        """The addresses of one method of authorityInfoAccess."""
        from cryptography import x509  # noqa: PLC0415 - see above

        found = self._by_number.get("1.3.6.1.5.5.7.1.1")
        if not isinstance(found, x509.AuthorityInformationAccess):
            return ()
        return tuple(str(entry.access_location.value) for entry in found if entry.access_method.dotted_string == method)

    def purposes(self) -> frozenset[str] | None:
        """What extendedKeyUsage allows."""
        from cryptography import x509  # noqa: PLC0415 - see above

        found = self._by_number.get("2.5.29.37")
        if not isinstance(found, x509.ExtendedKeyUsage):
            return None
        return frozenset(_PURPOSES.get(usage.dotted_string, usage.dotted_string) for usage in found)


def is_staging(certificate: Certificate) -> bool:
    """Whether Let's Encrypt's staging issued it, whose roots nobody trusts.

    Its names begin with `(STAGING)` since 2021, and had `Fake LE` in them before.
    """
    return "(STAGING)" in certificate.issuer or "Fake LE" in certificate.issuer


def is_issuers(certificate: Certificate) -> bool:
    """Whether a certificate is one of those between a server's own and its root: it signs others and names nobody."""
    return certificate.is_authority and not certificate.self_signed and not certificate.names
