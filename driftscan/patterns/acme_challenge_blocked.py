"""The challenge by which certbot renews a certificate is not found any more.

Symptom:
    Nothing, until the certificate expires: every renewal since then has failed. letsencrypt.log says `Invalid response
    from http://NAME/.well-known/acme-challenge/...` with 404 or 403, or `Connection refused`.

Cause:
    With the webroot plugin certbot writes a file, and the authority asks for it on port 80 of each name. A `return` at
    the level of the server runs before any location, and takes the path with it; `deny` for names with a dot, a
    password, another `root` for the path, or a `listen 80` that went away do the same.

Before:
    # letsencrypt/renewal/shop.example.conf has: authenticator = webroot, webroot_path = /var/www/html
    server { listen 80; server_name shop.example; root /var/www/html; }

After:
    # letsencrypt/renewal/shop.example.conf has: authenticator = webroot, webroot_path = /var/www/html
    server { listen 80; server_name shop.example; root /var/www/html; return 403; }

Remedy:
    Serve the path from the webroot, before anything that takes it away:
    `location ^~ /.well-known/acme-challenge/ { root WEBROOT; }`, and move a `return` of the server into `location /`.
    A redirect to https is no harm where the same path is served from the same directory there. Then try it:
    `certbot renew --dry-run --cert-name NAME`.

References:
    https://www.rfc-editor.org/rfc/rfc8555#section-8.3
    https://letsencrypt.org/docs/challenge-types/
    https://nginx.org/en/docs/http/ngx_http_core_module.html#location
    https://nginx.org/en/docs/http/ngx_http_rewrite_module.html
    https://github.com/certbot/certbot/issues/3361
    https://github.com/certbot/certbot/issues/4226
    https://github.com/JonasAlfredsson/docker-nginx-certbot/issues/223
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.challenges import Blocked, Fault, newly_blocked, still_blocked, webroots
from driftscan.evidence.renewals import renewal_file
from driftscan.nginx.edits import Edit, Replace
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

_SO = "certbot cannot renew the certificate {name}."
_TRY = "Then reload nginx and try it: `certbot renew --dry-run --cert-name {name}`."

PATTERN = Pattern(
    category=Category.RENEWAL,
    severity=Severity.HIGH,
    messages={
        Fault.CLOSED: "nginx does not listen on {address} any more, where the authority looks for the challenges of "
        f"{{names}}: {_SO}",
        Fault.REFUSED: "{place} answers the challenges for {names} on {address} with {detail}: " + _SO,
        Fault.ELSEWHERE: "Challenges for {names} on {address} are looked for in {detail} ({place}), and certbot writes "
        f"them below {{webroot}}: {_SO}",
        Fault.LOST: "{place} redirects challenges for {names} on {address} to {detail}: " + _SO,
    },
    visitors={"": "nobody yet; everybody who visits {names}, when the certificate {name} expires"},
    remedies={
        Fault.CLOSED: "Listen on {address} again in a server for {names} that serves /.well-known/acme-challenge/ from "
        f"{{webroot}}. {_TRY}",
        Fault.REFUSED: "Write `location ^~ /.well-known/acme-challenge/ {{ root {webroot}; }}` into the server of "
        "{place}; where that line is a `return` of the server itself, which runs before every location, put it into "
        f"`location /`. {_TRY}",
        Fault.ELSEWHERE: "Serve /.well-known/acme-challenge/ from {webroot} in the server of {place}, or tell certbot "
        "of the other directory: `certbot reconfigure --cert-name {name} --webroot -w DIRECTORY`. " + _TRY,
        Fault.LOST: "Let the line in {place} keep the path ($request_uri), or put it into `location /` beside a "
        "`location ^~ /.well-known/acme-challenge/` with the root {webroot}. " + _TRY,
    },
    symptoms=(
        "Invalid response from http",
        "/.well-known/acme-challenge/",
        "urn:ietf:params:acme:error:unauthorized",
        "urn:ietf:params:acme:error:connection",
        "Certbot failed to authenticate some domains (authenticator: webroot)",
        "The Certificate Authority failed to download the temporary challenge files created by Certbot",
        "Fetching http: Connection refused",
        "Timeout during connect (likely firewall problem)",
        "Failed authorization procedure",
        "NET::ERR_CERT_DATE_INVALID",
    ),
    affects="every nginx and every certbot, with the webroot plugin; the nginx plugin writes a location of its own",
    also=("acme-challenge-path-broken",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each lineage with a challenge that was found before, for every name that the same line blocks."""
    for name in transition.after.host.lineages:
        blocked = tuple(newly_blocked(transition.before, transition.after, name))
        if blocked:
            yield _hit(name, blocked)


def _hit(name: str, blocked: tuple[Blocked, ...]) -> Hit:
    first, reach = blocked[0], blocked[0].reach
    alike = [other for other in blocked if (other.address, other.reach.fault) == (first.address, reach.fault)]
    facts = {
        "name": name,
        "names": listed(other.name for other in alike),
        "address": str(first.address),
        "webroot": first.webroot,
    }
    if reach.at is not None:
        facts |= {"place": str(reach.at), "detail": reach.detail}
    lines = (at for at in (reach.at, first.said_at) if at is not None)
    return Hit(
        FileSubject(renewal_file(name)),
        tuple(dict.fromkeys(lines)),
        tuple(facts.items()),
        needs=frozenset({Need.RUNNING} if reach.fault is Fault.CLOSED else ()),
        variant=reach.fault or "",
    )


def mended(state: State, hit: Hit) -> bool:
    """The challenges of all names are found again, or certbot looks for none any more."""
    name = dict(hit.facts)["name"]
    return not webroots(state.host.lineages.get(name)) or not still_blocked(state, name)


def fix(_state: State, hit: Hit) -> Iterator[Edit]:
    """A redirect that keeps the path; whether the challenge is found where it leads is tried out."""
    if hit.variant == Fault.LOST:
        yield Replace(hit.evidence[0], "return", "return 301 https://$host$request_uri;")
