"""A certificate that clients are sent has expired, is about to, or is not valid yet.

Symptom:
    Every browser warns, NET::ERR_CERT_DATE_INVALID or SEC_ERROR_EXPIRED_CERTIFICATE, and with HSTS there is no way past
    the warning; curl, Python, Java and Go refuse. `nginx -t` passes, because nginx looks at no dates, and nothing in
    /etc need have changed that day.

Cause:
    Nobody renewed it, or the renewal failed for weeks; nginx names a file that the renewal does not write; or an old
    file was put back. certbot renews when a third of the lifetime is left (30 days before 4.0), so a certificate with
    less than a week to go has missed many attempts. An expired certificate of the chain is as bad for clients that
    know no other way to a root.

Before:
    # /etc/nginx/shop.pem is valid until next year.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

After:
    # /etc/nginx/shop.pem ended yesterday.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

Remedy:
    Renew it, write it where nginx looks, and reload nginx, which reads certificates only then. With certbot,
    `certbot renew --cert-name NAME` says why it was not done before, and a deploy hook that reloads nginx keeps it from
    happening again: `certbot reconfigure --cert-name NAME --deploy-hook "systemctl reload nginx"` (certbot 2.3).

References:
    https://github.com/certbot/certbot/blob/main/certbot/CHANGELOG.md
    https://eff-certbot.readthedocs.io/en/stable/using.html#renewing-certificates
    https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
    https://github.com/certbot/certbot/issues/5048
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from driftscan.drift.deadlines import SOON
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.evidence.served import Served, on_host, served, tell
from driftscan.host.certbot_files import in_live
from driftscan.nginx.certificates import Certificate
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "expired": "The certificate in {file}, sent by {servers}, expired on {date}.",
        "lineage": "The certificate in {file}, sent by {servers}, expired on {date}, and certbot has not renewed it.",
        "archive": "The certificate in {file}, sent by {servers}, expired on {date}, and no renewal of certbot changes "
        "this file.",
        "unasked": "The certificate in {file}, sent by {servers}, expired on {date}; it is self-signed, or nobody "
        "asks for it by name.",
        "soon": "The certificate in {file}, sent by {servers}, expires on {date}: what renews it has failed, or "
        "nothing does.",
        "early": "The certificate in {file}, sent by {servers}, is not valid before {date}.",
        "chain": "The chain in {file}, sent by {servers}, has a certificate of {link} in it that expired on {date}.",
    },
    visitors={
        "": "everybody: browsers warn, and with HSTS offer no way on; programs refuse",
        "unasked": "those who were told to take this certificate; browsers have warned of it all along",
        "soon": "nobody before {date}, everybody from then on",
        "chain": "clients that look for no other way to a root, such as those with OpenSSL before 1.1.1 or GnuTLS "
        "before 3.6.14",
    },
    remedies={
        "expired": "Put a new certificate into {file}, look at it with `openssl x509 -noout -dates -in {file}`, and "
        "reload nginx: it reads certificates only then.",
        "lineage": "Run `certbot renew --cert-name {lineage}`: it renews the certificate, or tells why it cannot. Then "
        "reload nginx, which reads certificates only then.",
        "archive": "Name {live} instead, and the privkey.pem beside it as the key, if `certbot certificates` says that "
        "it is valid; then reload nginx.",
        "unasked": "Nothing needs to be done before somebody relies on it: then put a new certificate into {file} and "
        "reload nginx.",
        "soon": "Find out what should renew {file} (`certbot certificates`, `systemctl list-timers`), let it run "
        "before {date}, and reload nginx afterwards.",
        "early": "Put the certificate that was in {file} before back until {date}, or look whether the clock of this "
        "host was wrong when the commit was made.",
        "chain": "Write the chain that goes with the certificate today into {file}, without the expired one; with "
        "certbot, renew with --force-renewal. Then reload nginx.",
    },
    symptoms=(
        "NET::ERR_CERT_DATE_INVALID",
        "SEC_ERROR_EXPIRED_CERTIFICATE",
        "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
        "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE",
        "curl: (60) SSL certificate problem: certificate has expired",
        "SSL certificate problem: certificate is not yet valid",
        "certificate verify failed: certificate has expired",
        "x509: certificate has expired or is not yet valid",
        "java.security.cert.CertificateExpiredException: NotAfter",
        "CERT_HAS_EXPIRED",
        "sslv3 alert certificate expired:SSL alert number 45",
    ),
    affects="every nginx: it serves what it is given",
    also=("certificate-expired-or-stale-lineage",),
)

_RENEWED_LATER = 3 * SOON
"""certbot 4.0 and later waits until a third of the lifetime is left (its CHANGELOG): a week to go tells nothing of a
certificate that lives no longer than this."""


_CLOCKS_DIFFER = timedelta(hours=1)
"""What is issued this very moment may be ahead of the host's clock, and is valid to everybody else."""


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each file that is sent and is not valid at the moment of the state, or not for long."""
    for held in served(state) if state.when else ():
        wrong = _wrong(held, state.when)
        if wrong is not None:
            yield _hit(state, held, *wrong)


def _wrong(held: Served, when: datetime | None) -> tuple[str, Certificate, datetime] | None:
    """What to say of a file at a moment: the variant, the certificate that it is about, and its date."""
    own = held.own
    if when is None or own.not_before is None or own.not_after is None:
        return None
    if own.not_after < when:
        told = _OF_CERTBOT[held.certbot.number is not None] if held.certbot else "expired"
        return told if _severity(held) > Severity.LOW else "unasked", own, own.not_after
    if own.not_before > when + _CLOCKS_DIFFER:
        return "early", own, own.not_before
    for link in held.chain:
        if link.not_after is not None and link.not_after < when:
            return "chain", link, link.not_after
    lives_long = own.not_after - own.not_before > _RENEWED_LATER
    if own.not_after - SOON < when and lives_long and _severity(held) > Severity.LOW:
        return "soon", own, own.not_after
    return None


def _severity(held: Served) -> Severity:
    """How bad it is to lose the certificate of a file.

    Those who take a self-signed certificate, or one that they did not ask for by name, take it expired as well.
    """
    if held.own.self_signed or not held.has_hosts:
        return Severity.LOW
    return Severity.CRITICAL if held.is_public else Severity.HIGH


_OF_CERTBOT = {False: "lineage", True: "archive"}
"""By whether the file is one of archive/, which has the number of a renewal."""
_BY_ITSELF = {**dict.fromkeys(("expired", "lineage", "archive", "unasked", "chain"), timedelta(0)), "soon": -SOON}
"""When it came by itself, counted from the date; what is not valid yet goes by itself."""


def _hit(state: State, held: Served, variant: str, certificate: Certificate, date: datetime) -> Hit:
    facts = [("file", held.file.host_path), ("servers", tell(held.servers, state)), ("date", f"{date:%Y-%m-%d}")]
    if variant == "lineage" and held.certbot is not None:
        facts.append(("lineage", held.certbot.lineage))
    if variant == "archive" and held.certbot is not None:
        facts.append(("live", on_host(held, in_live(held.certbot.lineage, "fullchain"))))
    if variant == "chain":
        facts.append(("link", certificate.common_name or certificate.subject))
    return Hit(
        held.subject,
        (held.place, *held.places),
        tuple(facts),
        Severity.HIGH if variant in {"chain", "soon"} else _severity(held),
        variant=variant,
        since=date + _BY_ITSELF[variant] if variant in _BY_ITSELF else None,
    )
