"""A server names a certificate file that no renewal will ever write again.

Symptom:
    Nothing at first. certbot renews without an error, and yet the site goes on with its old certificate, reload after
    reload, until it expires: NET::ERR_CERT_DATE_INVALID, SEC_ERROR_EXPIRED_CERTIFICATE, `certificate has expired`.

Cause:
    certbot writes each renewal into a new file of archive/NAME and turns the links in live/NAME to it. A server that
    names the file in archive/, or a copy, keeps the certificate of that day. And asking certbot for other names makes a
    second lineage, NAME-0001, with a renewal file of its own; when the first is given up, its links stay as they are.

Before:
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem;
    }

After:
    # fullchain4.pem is what the link in live/shop.example leads to, today.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/archive/shop.example/fullchain4.pem;
        ssl_certificate_key /etc/letsencrypt/archive/shop.example/privkey4.pem;
    }

Remedy:
    Name the links in live/NAME of the lineage that `certbot certificates` lists as valid, for the certificate and for
    its key, and reload nginx. Delete a second lineage only after no server names it: `certbot delete --cert-name NAME`.

References:
    https://eff-certbot.readthedocs.io/en/stable/using.html#where-are-my-certificates
    https://github.com/certbot/certbot/blob/main/certbot/src/certbot/_internal/storage.py
    https://github.com/certbot/certbot/issues/5048
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.evidence.lineages import successor
from driftscan.evidence.named_only import NamedOnly, named_only
from driftscan.evidence.served import Served, find, naming, on_host, served, tell
from driftscan.host.certbot_files import CertbotFile, in_live
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CERTIFICATE_KEY
from driftscan.nginx.edits import Edit, Replace
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.RENEWAL,
    severity=Severity.HIGH,
    messages={
        "archive": "No renewal changes {file}, sent by {servers}; it is still the newest of the lineage {lineage}.",
        "left-behind": "No renewal changes {file}, sent by {servers}; the lineage {lineage} has a newer one by now.",
        "named": "No renewal changes {file}, sent by {servers}: certbot writes each one into a new file of archive/.",
        "duplicate": "{file}, sent by {servers}, is of a lineage without a renewal file; the one that certbot renews "
        "is {lineage}.",
        "copy": "{file}, sent by {servers}, is valid until {until}; the lineage {lineage} has a newer certificate for "
        "the same names, valid until {newer}.",
    },
    visitors={"": "nobody before {until}; everybody from then on"},
    remedies={
        "": "Name {live} instead, and the privkey.pem beside it as the key, and reload nginx.",
        "duplicate": "Name {live} instead, if `certbot certificates` lists it with all names of the server, and the "
        "privkey.pem beside it as the key, and reload nginx.",
        "copy": "Name {live} instead, and the privkey.pem beside it as the key; or have a deploy hook make the copy at "
        "each renewal. Then reload nginx.",
    },
    symptoms=(
        "NET::ERR_CERT_DATE_INVALID",
        "SEC_ERROR_EXPIRED_CERTIFICATE",
        "certificate has expired",
        "certbot renew says the certificate is renewed but the browser shows the old one",
    ),
    affects="every certbot",
    also=("certificate-expired-or-stale-lineage",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each file that is sent and that certbot will not replace."""
    newest = {held.own.names: held for held in served(state) if held.certbot and held.certbot.number is None}
    for held in served(state):
        if held.certbot is None:
            yield from _copy(state, held, newest.get(held.own.names))
        else:
            yield from _of_certbot(state, held, held.certbot)
    for unread in named_only(state):
        yield from _of_certbot(state, unread, unread.certbot)


def _of_certbot(state: State, held: Served | NamedOnly, mine: CertbotFile) -> Iterator[Hit]:
    """What the name of one of certbot's files tells, and the links and renewal files that are in the history."""
    if mine.number is not None:
        lineage = state.host.lineages.get(mine.lineage)
        link = None if lineage is None else lineage.live.get(mine.kind)
        if link is None or link.leads_to is None:
            yield _hit(state, held, "named", mine.lineage)
        else:
            yield _hit(state, held, "archive" if link.leads_to == held.subject.path else "left-behind", mine.lineage)
    elif (better := successor(mine.lineage, state)) is not None:
        yield _hit(state, held, "duplicate", better)


def _copy(state: State, held: Served, original: Served | None) -> Iterator[Hit]:
    """A file elsewhere with an older certificate of the authority that a lineage has a newer one of."""
    if original is None or original.certbot is None or held.own.self_signed or not held.own.names:
        return
    until, newer = held.own.not_after, original.own.not_after
    lineage = state.host.lineages.get(original.certbot.lineage)
    same = held.own.issuer == original.own.issuer and held.own.key_type == original.own.key_type
    if same and until is not None and newer is not None and until < newer and lineage is not None and lineage.renewal:
        yield _hit(state, held, "copy", lineage.name, ("newer", f"{newer:%Y-%m-%d}"))


def _hit(state: State, held: Served | NamedOnly, variant: str, lineage: str, *more: tuple[str, str]) -> Hit:
    until, file = (held.own.not_after, (held.place,)) if isinstance(held, Served) else (None, ())
    return Hit(
        held.subject,
        (*held.places, *file),
        (
            ("servers", tell(held.servers, state)),
            ("file", held.file.host_path),
            ("lineage", lineage),
            ("live", on_host(held, in_live(lineage, "fullchain"))),
            ("until", f"{until:%Y-%m-%d}" if until else "the certificate expires"),
            *more,
        ),
        Severity.MEDIUM if variant in {"archive", "named"} else Severity.HIGH,
        variant=variant,
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The links of the lineage, for the certificate and for its key, in every server that names the file."""
    found = (other for other in named_only(state) if other.subject.key == hit.subject.key)
    held = find(state, hit.subject) or next(found, None)
    facts = dict(hit.facts)
    # A copy may be there because the worker processes may read no other.
    if held is None or hit.variant == "copy":
        return
    for place in held.places:
        yield Replace(place, SSL_CERTIFICATE.name, f"ssl_certificate {facts['live']};")
    key = on_host(held, in_live(facts["lineage"], "privkey"))
    for server in naming(state, held):
        for place in server[SSL_CERTIFICATE_KEY].places:
            yield Replace(place, SSL_CERTIFICATE_KEY.name, f"ssl_certificate_key {key};")
