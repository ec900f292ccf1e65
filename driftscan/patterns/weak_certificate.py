"""A certificate that nginx still loads has a short key, or a signature made with MD5 or SHA-1.

Symptom:
    Some clients refuse it: browsers with ERR_CERT_WEAK_SIGNATURE_ALGORITHM, ERR_CERT_WEAK_KEY or
    SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED, and programs with OpenSSL at security level 2 with `ee key too small`
    or `ca md too weak`. After the next upgrade of the TLS library nginx itself may refuse it and not start.

Cause:
    The certificate is old, made by an appliance or by a script with old defaults: an RSA key below 2048 bits, or a
    signature with SHA-1 or MD5. No public authority has issued such certificates since 2016. OpenSSL judges them by
    its security level, which distributions have raised, and which `@SECLEVEL=0` or `1` in `ssl_ciphers` lowers again.

Before:
    # /etc/nginx/shop.pem has an RSA key of 2048 bits.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

After:
    # /etc/nginx/shop.pem has an RSA key of 1024 bits.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

Remedy:
    Have the certificate issued again, with a new key (RSA of 2048 bits or more, or ECDSA on P-256) and a signature with
    SHA-256, and reload nginx. Lowering the security level only hides it.

References:
    https://cabforum.org/working-groups/server/baseline-requirements/documents/
    https://docs.openssl.org/3.0/man3/SSL_CTX_get_security_level/
    https://github.com/wmnnd/nginx-certbot/pull/85
    https://github.com/nginx/nginx/commit/ce5996cdd1b2e150f645efbc337e5a681dbe241c
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.evidence.served import Served, served, tell
from driftscan.nginx.certificates import Certificate
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.HIGH,
    messages={
        "key": "{file}, sent by {servers}, has an RSA key of {bits} bits; 2048 is the least that clients should take.",
        "signature": "{file}, sent by {servers}, is signed with {digest}, which no current client takes.",
        "chain": "{file}, sent by {servers}, has a certificate of {link} in its chain that is signed with {digest}.",
    },
    visitors={
        "": "current browsers, and programs with OpenSSL at security level 2, as on Debian and Ubuntu",
        "key": "programs with OpenSSL at security level 2, as on Debian and Ubuntu, and everybody whom somebody may "
        "listen to",
    },
    remedies={
        "": "Have the certificate in {file} issued again, signed with SHA-256, and reload nginx.",
        "key": "Have the certificate in {file} issued again for a new key, RSA of 2048 bits or ECDSA on P-256, and "
        "reload nginx.",
        "chain": "Replace the certificate of {link} in {file} by the one that its authority signs today, and reload "
        "nginx.",
    },
    symptoms=(
        "ERR_CERT_WEAK_SIGNATURE_ALGORITHM",
        "NET::ERR_CERT_WEAK_KEY",
        "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
        "SSL routines::ee key too small",
        "SSL routines::ca md too weak",
        "SSL certificate problem: EE certificate key too weak",
        "SSL certificate problem: CA signature digest algorithm too weak",
        "Algorithm constraints check failed",
    ),
    affects="every nginx; OpenSSL 1.1.0 and later refuse to load it at higher security levels",
    also=("weak-certificate-key-or-signature",),
)

_LEAST_BITS = 2048


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each weak file that is sent; what nginx refuses to load is told by that."""
    for held in served(state):
        found = _weakness(held)
        if found is not None and (state.load.refusal is None or state.load.refusal.at not in held.places):
            yield _hit(state, held, *found)


def _weakness(held: Served) -> tuple[str, Certificate] | None:
    """The variant, and the certificate that it is about."""
    if held.own.key_type == "RSA" and held.own.key_bits < _LEAST_BITS:
        return "key", held.own
    if _weakly_signed(held.own):
        return "signature", held.own
    return next((("chain", link) for link in held.chain if _weakly_signed(link)), None)


def _weakly_signed(certificate: Certificate) -> bool:
    # A root is trusted for itself: nobody checks its signature.
    return certificate.digest in {"md5", "sha1"} and not certificate.self_signed


_REFUSED_SINCE = {
    "md5": datetime(2009, 1, 1, tzinfo=UTC),
    "sha1": datetime(2017, 1, 25, tzinfo=UTC),
    "key": datetime(2014, 1, 1, tzinfo=UTC),
}
"""When it ceased to be ordinary: the forged MD5 authority was shown in December 2008, Chrome 56 and Firefox 51 refuse
SHA-1, and the Baseline Requirements let no RSA key below 2048 bits live into 2014."""


def _severity(held: Served, certificate: Certificate, variant: str, when: datetime | None) -> Severity:
    """Who takes a certificate that nobody vouches for has other troubles."""
    ordinary = when is not None and when < _REFUSED_SINCE["key" if variant == "key" else certificate.digest or ""]
    if held.own.self_signed or ordinary:
        return Severity.LOW
    return Severity.HIGH if held.is_public else Severity.MEDIUM


_SHOWN = {"md5": "MD5", "sha1": "SHA-1"}


def _hit(state: State, held: Served, variant: str, certificate: Certificate) -> Hit:
    facts = [("file", held.file.host_path), ("servers", tell(held.servers, state))]
    if variant == "key":
        facts.append(("bits", str(certificate.key_bits)))
    else:
        facts.append(("digest", _SHOWN.get(certificate.digest or "", "")))
    if variant == "chain":
        facts.append(("link", certificate.common_name or certificate.subject))
    return Hit(
        held.subject,
        (held.place, *held.places),
        tuple(facts),
        _severity(held, certificate, variant, state.when),
        frozenset({Need.LIBRARY}),
        variant,
    )
