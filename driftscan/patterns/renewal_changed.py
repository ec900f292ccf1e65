"""certbot was told to renew a certificate in another way, or not at all.

Symptom:
    Nothing for weeks. Then the certificate expires although certbot's timer has run twice a day, and browsers show
    NET::ERR_CERT_DATE_INVALID. letsencrypt.log has said all the time why each renewal failed, or nothing at all.

Cause:
    letsencrypt/renewal/NAME.conf is all that certbot knows of how it got a certificate. It is rewritten by every run
    that gets one with other options, by `certbot reconfigure`, and by hand. A deleted file, `autorenew = False`, the
    manual plugin without a hook, or the standalone plugin on a host where nginx has port 80 means that the next
    renewal fails; without an installer and without a hook it succeeds, and nginx goes on with the old certificate.

Before:
    # letsencrypt/renewal/shop.example.conf has: authenticator = nginx, installer = nginx
    server { listen 80; listen 443 ssl; server_name shop.example; }

After:
    # letsencrypt/renewal/shop.example.conf has: authenticator = standalone
    server { listen 80; listen 443 ssl; server_name shop.example; }

Remedy:
    Try the renewal out: `certbot renew --dry-run --cert-name NAME`. Put wrong values right with
    `certbot reconfigure --cert-name NAME` and the options that are wanted (certbot 2.3.0 or later), which tries them
    before it writes the file.

References:
    https://eff-certbot.readthedocs.io/en/stable/using.html#modifying-the-renewal-configuration-of-existing-certificates
    https://eff-certbot.readthedocs.io/en/stable/using.html#standalone
    https://github.com/certbot/certbot/issues/3361
    https://github.com/certbot/certbot/issues/5174
    https://github.com/scottmuc/infrastructure/issues/15
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.lineages import called, in_use, successor
from driftscan.evidence.renewals import (
    Obstacle,
    altered,
    newly_used,
    obstacles,
    port_80,
    renewal_file,
    said_at,
    still_altered,
    used_in_both,
)
from driftscan.host.lineages import issue
from driftscan.nginx.config import Location
from driftscan.patterns.base import Category, Pattern

_TRY = "Then try it: `certbot renew --dry-run --cert-name {name}`."

PATTERN = Pattern(
    category=Category.RENEWAL,
    severity=Severity.HIGH,
    messages={
        Obstacle.GONE: "{file} is gone, so certbot does not renew the certificate {name} any more, which {servers} "
        "still has.",
        Obstacle.OFF: "{file} says `autorenew = False` now: `certbot renew` passes over the certificate {name}, which "
        "{servers} has.",
        Obstacle.MANUAL: "{file} says `authenticator = manual` now, and names no hook that answers the challenge: the "
        "certificate {name} of {servers} is not renewed unless somebody does it by hand.",
        Obstacle.PORT: "{file} says `authenticator = standalone`, which wants port 80 for itself, and nginx is on "
        "{socket}: while nginx runs, the certificate {name} of {servers} cannot be renewed.",
        Obstacle.NO_RELOAD: "{file} names neither an installer nor a hook any more: the certificate {name} is renewed, "
        "and nobody tells nginx, so {servers} goes on with the old one.",
        "altered": "{file} was changed: {changes}. No renewal of {name} has shown yet that it works; {servers} has "
        "{current}.",
    },
    visitors={"": "nobody yet; everybody who visits {servers}, when the certificate {name} expires"},
    remedies={
        Obstacle.GONE: "Bring {file} back from the history, if the certificate {name} is to be renewed by certbot; "
        f"else make {{servers}} name the certificate that takes its place. {_TRY}",
        Obstacle.OFF: "Run `certbot reconfigure --cert-name {name} --autorenew`, or with a certbot before 2.3.0 take "
        f"`autorenew` out of {{file}}. {_TRY}",
        Obstacle.MANUAL: "Have the challenge answered by a program: `certbot reconfigure --cert-name {name} --manual "
        "--manual-auth-hook PROGRAM`, or by another plugin: `certbot reconfigure --cert-name {name} --nginx`. "
        "Both try it before they write {file}.",
        Obstacle.PORT: "Let nginx answer the challenge: `certbot reconfigure --cert-name {name} --nginx`, or with "
        f"`--webroot -w DIRECTORY`; that changes {{file}}. {_TRY}",
        Obstacle.NO_RELOAD: "Run `certbot reconfigure --cert-name {name} --deploy-hook 'systemctl reload nginx'`, "
        "or put a script that reloads nginx into letsencrypt/renewal-hooks/deploy/.",
        "altered": "Try it: `certbot renew --dry-run --cert-name {name}`. If it fails, put back what was in {file}.",
    },
    symptoms=(
        "NET::ERR_CERT_DATE_INVALID",
        "SEC_ERROR_EXPIRED_CERTIFICATE",
        "Failed to renew certificate",
        "Attempting to renew cert",
        "produced an unexpected error",
        "All renewals failed. The following certificates could not be renewed",
        "Problem binding to port 80: Could not bind to IPv4 or IPv6.",
        "Could not bind TCP port 80 because it is already in use by another process on this system",
        "An authentication script must be provided with --manual-auth-hook when using the manual plugin",
        "The requested nginx plugin does not appear to be installed",
        "renewal config file is missing a required file reference",
        "No certificate found with name",
    ),
    affects="every certbot; `autorenew` since 0.26.0",
    also=("renewal-conf-drift",),
)

_SEVERITY = {Obstacle.NO_RELOAD: Severity.MEDIUM, "altered": Severity.LOW}
_DEPENDS = {Obstacle.PORT, Obstacle.NO_RELOAD}
"""certbot's cli.ini, a timer of one's own, or something around certbot may stop or reload nginx all the same."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each lineage in use that has a new obstacle, or else other ways and no renewal since."""
    before, after = transition.before, transition.after
    for name in used_in_both(before, after):
        was, now = before.host.lineages[name], after.host.lineages.get(name)
        known, changes = set(obstacles(before, name)), altered(was, now)
        new = next((found for found in obstacles(after, name) if found not in known), None)
        if new is Obstacle.GONE and successor(name, after) is not None:
            # Its certificate goes on under another name: a server that does not is told of as such.
            continue
        if new is not None:
            yield _hit(after, name, new, (said_at(new, now, name), *changes.places))
        # A certificate that came with the change shows that the new way works.
        elif changes.words and now is not None and issue(now) == issue(was):
            yield _hit(after, name, "altered", changes.places, changes=changes.words, current=issue(now))
    for name in sorted(newly_used(before, after)):
        # It was got while nginx did not run, or had no port 80 yet.
        if Obstacle.PORT in obstacles(after, name):
            yield _hit(after, name, Obstacle.PORT, (said_at(Obstacle.PORT, after.host.lineages[name], name),))


def _hit(state: State, name: str, variant: str, places: tuple[Location, ...], **more: str) -> Hit:
    file = renewal_file(name)
    facts = {"name": name, "file": file, "servers": called(in_use(state)[name], state), **more}
    if variant == Obstacle.PORT:
        facts["socket"] = port_80(state)
    return Hit(
        FileSubject(file),
        tuple(dict.fromkeys(places)),
        tuple(facts.items()),
        _SEVERITY.get(variant, Severity.HIGH),
        frozenset({Need.RUNNING} if variant in _DEPENDS else ()),
        variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """The obstacle is gone, all is as it was, a renewal has worked, or nobody uses the certificate any more."""
    facts = dict(hit.facts)
    if facts["name"] not in in_use(state):
        return True
    if hit.variant == "altered":
        lineage = state.host.lineages[facts["name"]]
        return issue(lineage) != facts["current"] or not still_altered(lineage, facts["changes"])
    return Obstacle(hit.variant) not in set(obstacles(state, facts["name"]))
