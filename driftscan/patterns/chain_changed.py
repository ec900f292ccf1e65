"""The chain of a certificate ends at another root than before.

Symptom:
    Some clients refuse the site since a renewal, and all others notice nothing: ERR_CERT_AUTHORITY_INVALID on old
    Android devices, `PKIX path building failed` in old Java, `certificate has expired` from OpenSSL 1.0.2.

Cause:
    A client accepts a chain only if it ends at a root that it has, and old ones get no new roots. Let's Encrypt sent
    a chain up to DST Root CA X3 until 2024, which Android before 7.1.1 needed, and one up to ISRG Root X1 since; asking
    for another chain (`preferred_chain`) or another authority changes it as well. That only the number of an
    intermediate changes, R10 to R13 or E5 to E7, is routine.

Before:
    # /etc/nginx/shop.pem ends with ISRG Root X1, signed by DST Root CA X3.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

After:
    # /etc/nginx/shop.pem ends with R3, signed by ISRG Root X1.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

Remedy:
    Ask for the chain that the clients need, as long as the authority offers it (`certbot renew --cert-name NAME
    --preferred-chain "ISRG Root X1" --force-renewal`), use an authority whose root they have, or give them the new
    root. Nobody should pin an intermediate certificate.

References:
    https://letsencrypt.org/2023/07/10/cross-sign-expiration
    https://letsencrypt.org/docs/certificate-compatibility/
    https://letsencrypt.org/docs/dst-root-ca-x3-expiration-september-2021/
    https://developers.cloudflare.com/ssl/reference/migration-guides/lets-encrypt-chain/
    https://github.com/NginxProxyManager/nginx-proxy-manager/issues/2536
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.evidence.served import Served, by_server, served, tell
from driftscan.nginx.certificates import Certificate, is_staging
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.HIGH,
    messages={
        "known": "The chain in {file}, sent by {servers}, ended at {before} and now ends at {after}, which {lacking} "
        "do not have.",
        "other": "The chain in {file}, sent by {servers}, ended at {before} and now ends at {after}: clients that have "
        "only the old root refuse it.",
    },
    visitors={
        "known": "{lacking}",
        "other": "clients that do not have {after}, and whoever has pinned a certificate of the old chain",
    },
    remedies={
        "known": "If such clients matter, renew {file} with a chain that they accept (certbot: --preferred-chain, "
        "--force-renewal), or with an authority whose root they have.",
        "other": "Find out whether the clients that matter have {after}; devices and programs with a list of roots of "
        "their own need it added.",
    },
    symptoms=(
        "ERR_CERT_AUTHORITY_INVALID",
        "SEC_ERROR_UNKNOWN_ISSUER",
        "PKIX path building failed",
        "java.security.cert.CertPathValidatorException: Trust anchor for certification path not found",
        "certificate verify failed: certificate has expired",
        "unable to get issuer certificate",
        "unable to get local issuer certificate",
    ),
    affects="every nginx; Let's Encrypt changed its default chain in May 2021 and in February 2024",
    also=("le-chain-or-root-change",),
)

_LOST = {("DST Root CA X3", "ISRG Root X1"): "Android before 7.1.1"}
"""By old and new root: the clients that have only the old one (Let's Encrypt's announcement of July 2023)."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each file whose chain leads to none of the roots that its servers' chains led to before."""
    before = by_server(transition.before)
    partner = {id(new): old for old, new in transition.pairs.same}
    for held in served(transition.after):
        last = _last(held)
        files = (old for server in held.servers for old in before.get(id(partner.get(id(server))), ()))
        ends = (old for file in files if (old := _last(file)) is not None)
        roots = {old.issuer: old.issuer_name for old in ends if not _is_over(old, transition.after)}
        # A root that is in the chain itself, signed by another one, is where a client that has it stops looking.
        reached = {link.subject for link in held.chain} | {"" if last is None else last.issuer}
        if last is not None and roots and not roots.keys() & reached:
            yield _hit(transition.after, held, min(roots.values()), last.issuer_name)


def _is_over(last: Certificate, state: State) -> bool:
    """Whether nobody can have relied on a chain any more: the certificate at its end had expired."""
    return state.when is not None and last.not_after is not None and last.not_after < state.when


def _last(held: Served) -> Certificate | None:
    """The certificate that the chain of a file ends with; `None` where there is no chain, or nobody trusts it."""
    if is_staging(held.own):
        return None
    last = held.own
    for link in held.chain:
        if link.subject != last.issuer:
            return None
        last = link
    return last if held.chain else None


def _hit(state: State, held: Served, before: str, after: str) -> Hit:
    lacking = _LOST.get((before, after))
    return Hit(
        held.subject,
        (held.place, *held.places),
        (
            ("file", held.file.host_path),
            ("servers", tell(held.servers, state)),
            ("before", before),
            ("after", after),
            *([("lacking", lacking)] if lacking else ()),
        ),
        Severity.HIGH if lacking else Severity.LOW,
        frozenset(() if lacking else {Need.CLIENTS}),
        "known" if lacking else "other",
    )
