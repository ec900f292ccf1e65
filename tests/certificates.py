"""Certificates and keys of case files: one line says what matters, and becomes PEM.

    @certificate names: shop.example, www.shop.example; issuer: R11; until: 2026-04-01
    @key ec256
    @dhparam 1024

Words of `@certificate`, separated by semicolons; a word without a value is a flag:

    names       DNS names and addresses (subjectAltName); the first is the common name too
    cn          the common name, when it is another one, or there are no names; or `Let's Encrypt / R11`, with the
                organization in front
    issuer      the name of who signs it, written as `cn` is (default `Lab Issuing CA`)
    self-signed flag: it has signed itself
    authority   flag: it may sign others
    key         rsa1024, rsa2048, rsa4096, ec256, ec384 or ed25519 (default ec256; for an authority the one that signs)
    key-id      1 or 2: another key of the same kind (default 1); the same kind and number are the same key
    from, until ISO 8601 (default 2025-12-01 and 2026-06-01), UTC
    signature   sha256, sha384, sha1 or md5 (default sha256)
    purposes    server and client, separated by commas, or `any` (default server)
    issuer-url  where its issuer is found, or `none` (default http://ca.example/i.crt unless self-signed)
    ocsp        where its status is asked for (default none)
    must-staple flag: it demands stapling
    unlogged    flag: no public log has it; so it is without this flag for authorities and what is self-signed

`@key KIND` and `@key KIND N` are the private key of the certificates with that `key` and `key-id`. All authorities sign
with one RSA key, so that the signatures are the same everywhere; only what an EC key signs itself is not.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

LINE: Final = re.compile(r"^@(certificate|key|dhparam)[ \t]+(.*)\n", re.MULTILINE)
VALUES: Final = frozenset(
    {"names", "cn", "issuer", "key", "key-id", "from", "until", "signature", "purposes", "issuer-url", "ocsp"}
)
FLAGS: Final = frozenset({"self-signed", "authority", "must-staple", "unlogged"})
_PURPOSES: Final = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
_RSA_PRIMES: Final = {
    (1024, 1): (2, 236),
    (1024, 2): (140, 504),
    (2048, 1): (636, 630),
    (2048, 2): (1518, 372),
    (2048, 3): (1810, 890),
    (4096, 1): (1258, 570),
    (4096, 2): (784, 30),
}
"""How far after two fixed numbers the next primes are, so that no test has to look for them."""
_AUTHORITY: Final = ("rsa2048", 3)
"""The key that every authority signs with."""


def expand(text: str) -> str:
    """A body of a case file with PEM in place of its lines.

    Raises:
        ValueError: a line breaks the grammar.
    """
    return LINE.sub(lambda line: _WRITE[line[1]](line[2].strip()), text)


@cache
def certificate(line: str) -> str:
    """The certificate that the words describe, as PEM."""
    said = _words(line)
    common = said.get("cn") or said.get("names", "").partition(",")[0]
    if not common:
        raise ValueError(f"a certificate needs names or cn: {line}")
    kind, number = _AUTHORITY if "authority" in said and "key" not in said else (said.get("key", "ec256"), 1)
    key = private_key(kind, int(said.get("key-id", number)))
    own = "self-signed" in said
    subject = _name(common)
    builder = x509.CertificateBuilder(
        subject if own else _name(said.get("issuer", "Lab Issuing CA")),
        subject,
        key.public_key(),
        # Each certificate has a number of its own, and the same one everywhere.
        int.from_bytes(sha256(line.encode()).digest()[:16]) >> 1 | 1,
        _moment(said.get("from", "2025-12-01")),
        _moment(said.get("until", "2026-06-01")),
    )
    authority = "authority" in said
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    for extension in _extensions(said, issued=not own, leaf=not authority):
        builder = builder.add_extension(extension, critical=False)
    return _signed(builder, key if own else private_key(*_AUTHORITY), said.get("signature", "sha256"))


@cache
def private_key(kind: str, number: int) -> Key:
    """A key of a kind; the same number gives the same key, always and everywhere."""
    match kind:
        case "rsa1024" | "rsa2048" | "rsa4096" if (int(kind[3:]), number) in _RSA_PRIMES:
            return _rsa(int(kind[3:]), number)
        case "ec256" | "ec384" if number > 0:
            curve = ec.SECP256R1() if kind == "ec256" else ec.SECP384R1()
            return ec.derive_private_key(1_000_000 + number, curve)
        case "ed25519" if number > 0:
            return ed25519.Ed25519PrivateKey.from_private_bytes(sha256(f"{kind} {number}".encode()).digest())
    raise ValueError(f"there is no key {kind} {number}")


def key(line: str) -> str:
    """A private key as PEM."""
    kind, _, number = line.partition(" ")
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return private_key(kind, int(number or 1)).private_bytes(encoding, form, serialization.NoEncryption()).decode()


def dhparam(line: str) -> str:
    """Parameters of Diffie-Hellman whose prime has so many bits, as PEM. Nobody checks whether it is a prime."""
    prime = _number(f"dh{line}", int(line))
    integers = _der(0x02, prime.to_bytes(prime.bit_length() // 8 + 1)) + _der(0x02, b"\x02")
    text = b64encode(_der(0x30, integers)).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN DH PARAMETERS-----", *lines, "-----END DH PARAMETERS-----", ""])


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    long = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, size] if size < 128 else [tag, 128 + len(long), *long]) + content


_WRITE: Final[dict[str, Callable[[str], str]]] = {"certificate": certificate, "key": key, "dhparam": dhparam}


def _words(line: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for part in filter(None, map(str.strip, line.split(";"))):
        word, colon, value = (piece.strip() for piece in part.partition(":"))
        if word not in (VALUES if colon else FLAGS) or word in said:
            raise ValueError(f"a certificate has no word {part!r}, or has it twice: {line}")
        said[word] = value
    return said


def _name(text: str) -> x509.Name:
    organization, slash, common = text.rpartition(" / ")
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if slash else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _purpose(word: str) -> x509.ObjectIdentifier:
    if word not in _PURPOSES:
        raise ValueError(f"a certificate is for server, client or any, not {word}")
    return _PURPOSES[word]


def _extensions(said: dict[str, str], *, issued: bool, leaf: bool) -> list[x509.ExtensionType]:
    found: list[x509.ExtensionType] = []
    if "names" in said:
        found.append(x509.SubjectAlternativeName([_alternative(name.strip()) for name in said["names"].split(",")]))
    purposes = said.get("purposes", "server" if leaf else "any")
    if purposes != "any":
        found.append(x509.ExtendedKeyUsage([_purpose(purpose.strip()) for purpose in purposes.split(",")]))
    authority = "http://ca.example/i.crt" if issued else "none"
    urls = (
        (AuthorityInformationAccessOID.OCSP, said.get("ocsp", "none")),
        (AuthorityInformationAccessOID.CA_ISSUERS, said.get("issuer-url", authority)),
    )
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in urls if url != "none"
    ]
    if access:
        found.append(x509.AuthorityInformationAccess(access))
    if "must-staple" in said:
        found.append(x509.TLSFeature([x509.TLSFeatureType.status_request]))
    if issued and leaf and "unlogged" not in said:
        found.append(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), _TIMESTAMPS))
    return found


def _timestamps() -> bytes:
    """One timestamp of a log that does not exist (RFC 6962, section 3.3), as an extension holds it."""
    signature = bytes([4, 3, 0, 8]) + bytes(8)
    timestamp = bytes(1 + 32) + int(datetime(2025, 12, 1, tzinfo=UTC).timestamp() * 1000).to_bytes(8) + bytes(2)
    entry = timestamp + signature
    listed = len(entry).to_bytes(2) + entry
    held = len(listed).to_bytes(2) + listed
    return bytes([4, len(held)]) + held


_TIMESTAMPS: Final = _timestamps()


def _signed(builder: x509.CertificateBuilder, signer: Key, digest: str) -> str:
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return builder.sign(signer, None).public_bytes(serialization.Encoding.PEM).decode()
    if digest in _WEAK:
        if not isinstance(signer, rsa.RSAPrivateKey):
            raise ValueError(f"only RSA keys sign with {digest} here")
        return _weakly_signed(builder, signer, digest)
    if digest not in _STRONG:
        raise ValueError(f"nobody signs with {digest} here")
    return builder.sign(signer, _STRONG[digest]).public_bytes(serialization.Encoding.PEM).decode()


_SHA256_WITH_RSA: Final = bytes.fromhex("06092a864886f70d01010b")
_STRONG: Final[dict[str, hashes.SHA256 | hashes.SHA384]] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}
_WEAK: Final = {"sha1": (b"\x05", hashes.SHA1()), "md5": (b"\x04", hashes.MD5())}  # noqa: S303 - what is warned of
"""By digest: the last byte of its object identifier with RSA, which differs from that of SHA-256 in nothing else."""


def _weakly_signed(builder: x509.CertificateBuilder, signer: rsa.RSAPrivateKey, digest: str) -> str:
    """A certificate as cryptography would not make it any more."""
    last, algorithm = _WEAK[digest]
    strong = builder.sign(signer, hashes.SHA256())
    content = strong.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA256_WITH_RSA[:-1] + last)
    signature = signer.sign(content, padding.PKCS1v15(), algorithm)
    whole = strong.public_bytes(serialization.Encoding.DER)
    whole = whole.replace(strong.tbs_certificate_bytes, content).replace(strong.signature, signature)
    whole = whole.replace(_SHA256_WITH_RSA, _SHA256_WITH_RSA[:-1] + last)
    return x509.load_der_x509_certificate(whole).public_bytes(serialization.Encoding.PEM).decode()


def _rsa(bits: int, number: int) -> rsa.RSAPrivateKey:
    p, q = (
        _number(f"rsa{bits} {number} {letter}", bits // 2) + offset
        for letter, offset in zip("pq", _RSA_PRIMES[bits, number], strict=True)
    )
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    exponents = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    # They are right: looking for primes again would take longer than everything else here.
    return rsa.RSAPrivateNumbers(p, q, d, *exponents, public).private_key(unsafe_skip_rsa_key_validation=True)


def _number(seed: str, bits: int) -> int:
    """An odd number of so many bits that looks like any other."""
    raw = b"".join(sha256(f"{seed} {part}".encode()).digest() for part in range(bits // 256))
    return int.from_bytes(raw) | 3 << (bits - 2) | 1
