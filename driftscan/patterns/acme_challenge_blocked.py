"""The challenge by which certbot renews a certificate cannot be found.

Symptom:
    Nothing, until the certificate expires: every renewal since then has failed. letsencrypt.log says `Invalid response
    from http://NAME/.well-known/acme-challenge/...` with 404 or 403.

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
    `location ^~ /.well-known/acme-challenge/ { root WEBROOT; }`, with `auth_basic off;` or `allow all;` in it where
    that is what stands in the way, and move a `return` of the server into `location /`.
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

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.challenges import Blocked, Fault, never_found
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
        Fault.REFUSED: "{place} answers the authority's challenges for {names} with {detail}: " + _SO,
        Fault.ELSEWHERE: "The authority's challenges for {names} are looked for in {detail} ({place}), and certbot "
        f"writes them below {{webroot}}: {_SO}",
        Fault.LOST: "{place} redirects the authority's challenges for {names} to {detail}: " + _SO,
    },
    visitors={"": "nobody yet; everybody who visits {names}, when the certificate {name} expires"},
    remedies={
        Fault.REFUSED: "Write `{cure}` into the server at {server}; if {place} is a `return` of the server itself, "
        f"which runs before every location, put that into `location /`. {_TRY}",
        Fault.ELSEWHERE: "Write `{cure}` into the server at {server}, or tell certbot of the directory that is looked "
        f"in: `certbot reconfigure --cert-name {{name}} --webroot -w DIRECTORY`. {_TRY}",
        Fault.LOST: "Let the line in {place} keep the path ($request_uri), or put it into `location /` beside "
        f"`{{cure}}`. {_TRY}",
    },
    symptoms=(
        "Invalid response from http",
        "/.well-known/acme-challenge/",
        "urn:ietf:params:acme:error:unauthorized",
        "Certbot failed to authenticate some domains (authenticator: webroot)",
        "The Certificate Authority failed to download the temporary challenge files created by Certbot",
        "Failed authorization procedure",
        "NET::ERR_CERT_DATE_INVALID",
    ),
    affects="every nginx and every certbot, with the webroot plugin; the nginx plugin writes a location of its own",
    also=("acme-challenge-path-broken",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each lineage with such a challenge, for every name that the same line blocks."""
    for name in state.host.lineages:
        blocked = tuple(never_found(state, name))
        if blocked:
            yield _hit(name, blocked)


def _hit(name: str, blocked: tuple[Blocked, ...]) -> Hit:
    first, reach = blocked[0], blocked[0].reach
    alike = [other for other in blocked if (other.reach.fault, other.reach.at) == (reach.fault, reach.at)]
    facts = {
        "name": name,
        "names": listed(other.name for other in alike),
        "webroot": first.webroot,
        "place": str(reach.at),
        "detail": reach.detail,
        "server": str(reach.server_at),
        "cure": _cure(first),
    }
    lines = (at for at in (reach.at, first.said_at) if at is not None)
    return Hit(
        FileSubject(renewal_file(name)),
        tuple(dict.fromkeys(lines)),
        tuple(facts.items()),
        variant=reach.fault or "",
    )


def _cure(blocked: Blocked) -> str:
    """A location that has the challenges whatever is written around it; a `deny` or a password it would inherit."""
    open_again = {"401": "auth_basic off; ", "403": "allow all; "}.get(blocked.reach.detail, "")
    return f"location ^~ /.well-known/acme-challenge/ {{ {open_again}root {blocked.webroot}; }}"


def fix(_state: State, hit: Hit) -> Iterator[Edit]:
    """A redirect that keeps the path; whether the challenge is found where it leads is tried out."""
    if hit.variant == Fault.LOST:
        yield Replace(hit.evidence[0], "return", "return 301 https://$host$request_uri;")
