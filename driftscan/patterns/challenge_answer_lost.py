"""nginx does not answer any more where it answered the challenges of certbot.

Symptom:
    Nothing, until the certificate expires: every renewal since then has failed. letsencrypt.log says `Fetching
    http://NAME/.well-known/acme-challenge/...: Connection refused`, `Timeout during connect`, or `Invalid response`
    with a page of the application.

Cause:
    With the webroot plugin certbot writes a file, and the authority asks for it on port 80 of each name, over IPv6
    where the name has an AAAA record. The `listen 80` went away with a clean-up or a "hardening", for IPv4 or for IPv6
    only, or a redirect leads to a server that has no such directory, or hands everything to an application.

Before:
    # letsencrypt/renewal/shop.example.conf has: authenticator = webroot, webroot_path = /var/www/html
    server { listen 80; server_name shop.example; root /var/www/html; }
    server { listen 443 ssl; server_name shop.example; root /var/www/html; }

After:
    # letsencrypt/renewal/shop.example.conf has: authenticator = webroot, webroot_path = /var/www/html
    server { listen 443 ssl; server_name shop.example; root /var/www/html; }

Remedy:
    Listen on port 80 again, for IPv4 and IPv6, and serve the path from the webroot before anything else:
    `location ^~ /.well-known/acme-challenge/ { root WEBROOT; }`. Everything else may be redirected to https. Then try
    it: `certbot renew --dry-run --cert-name NAME`.

References:
    https://www.rfc-editor.org/rfc/rfc8555#section-8.3
    https://letsencrypt.org/docs/challenge-types/
    https://letsencrypt.org/docs/ipv6-support/
    https://letsencrypt.org/docs/allow-port-80/
    https://github.com/certbot/certbot/issues/3361
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.challenges import (
    CERTAIN,
    HTTP,
    Blocked,
    Fault,
    is_found,
    is_ipv6,
    never_found,
    newly_lost,
    webroots,
)
from driftscan.evidence.renewals import renewal_file
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.listen import Address
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

_TRY = "Then reload nginx and try it: `certbot renew --dry-run --cert-name {name}`."
_CURE = "`location ^~ /.well-known/acme-challenge/ {{ root {webroot}; }}`"

PATTERN = Pattern(
    category=Category.RENEWAL,
    severity=Severity.HIGH,
    messages={
        Fault.CLOSED: "nginx does not listen on {address} any more, where the authority looks for the challenges of "
        "{names}: if nothing else does, certbot cannot renew the certificate {name}.",
        "closed-ipv6": "nginx does not listen on {address} any more, where the authority looks for the challenges of "
        "{names} if the DNS has an IPv6 address: certbot may fail to renew the certificate {name}.",
        Fault.HANDED: "{place} hands the challenges for {names} on {address} to an application, and certbot writes "
        "them below {webroot}: if that does not have them, certbot cannot renew the certificate {name}.",
        Fault.BUILT_IN: "The server at {place} names no directory, so that challenges for {names} are looked for in "
        "nginx's own, and certbot writes them below {webroot}: certbot cannot renew the certificate {name}.",
        "partly": "The challenges for {names} are not found on {address} any more ({place}): if the DNS leads the "
        "authority there, certbot cannot renew the certificate {name}.",
    },
    visitors={"": "nobody yet; everybody who visits {names}, when the certificate {name} expires"},
    remedies={
        Fault.CLOSED: "Listen on {address} again in a server for {names} that serves /.well-known/acme-challenge/ from "
        f"{{webroot}}; everything else there may be redirected to https. {_TRY}",
        "closed-ipv6": "Write `listen {address};` into the server of port 80 for {names} again, or take the AAAA "
        f"records out of the DNS. {_TRY}",
        Fault.BUILT_IN: f"Write {_CURE} into the server at {{server}}. {_TRY}",
        Fault.HANDED: f"Write {_CURE} into the server at {{server}}. {_TRY}",
        "partly": f"Write {_CURE} into the server at {{server}}, or give {{address}} to the server that has it. {_TRY}",
    },
    symptoms=(
        "Fetching http: Connection refused",
        "Timeout during connect (likely firewall problem)",
        "Invalid response from http",
        "/.well-known/acme-challenge/",
        "urn:ietf:params:acme:error:connection",
        "urn:ietf:params:acme:error:unauthorized",
        "Certbot failed to authenticate some domains (authenticator: webroot)",
        "NET::ERR_CERT_DATE_INVALID",
    ),
    affects="every nginx and every certbot, with the webroot plugin",
    also=("acme-challenge-path-broken",),
)

_NEEDS = {"closed-ipv6": {Need.DNS, Need.RUNNING}, "partly": {Need.DNS}}


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each lineage with a challenge that was found before; not where it is certain that none is found."""
    for name in transition.after.host.lineages:
        lost = sorted(newly_lost(transition.before, transition.after, name), key=lambda one: is_ipv6(one.address))
        if lost and not any(never_found(transition.after, name)):
            yield _hit(name, lost)


def _hit(name: str, lost: list[Blocked]) -> Hit:
    first, reach = lost[0], lost[0].reach
    alike = [other for other in lost if (other.address, other.reach.fault) == (first.address, reach.fault)]
    variant = "partly" if reach.fault in CERTAIN else str(reach.fault)
    if reach.fault is Fault.CLOSED and is_ipv6(first.address):
        variant = "closed-ipv6"
    facts = {
        "name": name,
        "names": listed(other.name for other in alike),
        "address": str(first.address),
        "webroot": first.webroot,
    }
    if reach.at is not None:
        facts |= {"place": str(reach.at), "server": str(reach.server_at)}
    lines = (at for at in (reach.at, first.said_at) if at is not None)
    return Hit(
        FileSubject(renewal_file(name)),
        tuple(dict.fromkeys(lines)),
        tuple(facts.items()),
        Severity.MEDIUM if variant == "closed-ipv6" else Severity.HIGH,
        frozenset(_NEEDS.get(variant, {Need.RUNNING})),
        variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """The challenges of all names are found again on that address, or certbot looks for none any more."""
    facts = dict(hit.facts)
    host, _, port = facts["address"].rpartition(":")
    lineage = state.host.lineages.get(facts["name"])
    return not webroots(lineage) or is_found(state, facts["name"], Address(host, int(port)))


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The `listen` for IPv6, beside the one for IPv4."""
    if hit.variant != "closed-ipv6":
        return
    address = dict(hit.facts)["address"]
    names = webroots(state.host.lineages.get(dict(hit.facts)["name"])).keys()
    for server in state.servers:
        if names & set(server.names) and any(listen.address.port == HTTP for listen in server.listens):
            yield Inside(server.at, "server", f"listen {address};")
