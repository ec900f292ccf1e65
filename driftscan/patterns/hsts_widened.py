"""Browsers are told to insist on HTTPS for longer, for more names, or for good.

Symptom:
    Nothing at first. Later every name below the domain that has no HTTPS, or a certificate with an error, cannot be
    opened by those who have visited the site: no warning can be clicked away ("You cannot visit ... right now because
    the website uses HSTS"). With the preload list that holds for everybody.

Cause:
    Strict-Transport-Security is an order that browsers keep until max-age is over. `includeSubDomains` extends it to
    names that other people, hosts and providers look after; `preload` allows anybody to put the domain on a list
    that is built into browsers, and to get off that list takes months. Taking the header away changes nothing for
    those who have it.

Before:
    server {
        listen 443 ssl;
        server_name shop.example;
        add_header Strict-Transport-Security "max-age=31536000" always;
    }

After:
    server {
        listen 443 ssl;
        server_name shop.example;
        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains; preload" always;
    }

Remedy:
    Before it spreads: find every name below the domain and see that it has HTTPS with a valid certificate. Begin
    with a max-age of minutes. To take an order back, serve `max-age=0` over valid HTTPS, with includeSubDomains as
    before, until the old max-age is over.

References:
    https://www.rfc-editor.org/rfc/rfc6797
    https://hstspreload.org/
    https://github.com/kubernetes/ingress-nginx/issues/466
    https://github.com/nginx-proxy/nginx-proxy/pull/111
"""

from collections.abc import Iterator, Mapping

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.subjects import server_subject
from driftscan.drift.unread import hidden
from driftscan.evidence.strict_transport import TRIAL, Told, above, in_use, is_safe_below, told_by_name, without_https
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed
from driftscan.tls.endpoints import ANY_OTHER_NAME

PATTERN = Pattern(
    category=Category.IRREVERSIBLE,
    severity=Severity.HIGH,
    messages={
        "plain": "Browsers that visit {name} are told to insist on HTTPS for every name below it ({policy}), but this "
        "host answers for {below} by plain HTTP only.",
        "preload": "{name} asks to be put on the preload list of browsers ({policy}): HTTPS for it and every name "
        "below it, for everybody, and hard to take back.",
        "subdomains": "Browsers that visit {name} are told to insist on HTTPS for every name below it too: {policy}.",
        "trial": "Browsers that visit {name} are told to insist on HTTPS for every name below it, for a trial: "
        "{policy}.",
        "raised": "Browsers that visit {name} are told to insist on HTTPS for longer than a trial now: {policy}.",
        "enabled": "Browsers that visit {name} are told to insist on HTTPS from now on: {policy}.",
    },
    symptoms=(
        "because the website uses HSTS",
        "has a security policy called HTTP Strict Transport Security (HSTS)",
        "Network errors and attacks are usually temporary, so this page will probably work later",
    ),
    affects="every browser that keeps HSTS policies",
    visitors={
        "plain": "everybody who has visited {name} and wants to open {below}",
        "preload": "everybody, once browsers ship the list, who opens a name below {name} that has no valid HTTPS",
        "subdomains": "everybody who has visited {name} and opens a name below it that has no valid HTTPS",
        "": "nobody as long as {name} keeps valid HTTPS",
    },
    remedies={
        "plain": "Give {below} HTTPS first, or take includeSubDomains out of {at}. Those who have the policy already "
        'get rid of it by `add_header Strict-Transport-Security "max-age=0; includeSubDomains" always;` at {at}.',
        "preload": "Take `preload` out of {at} unless every name below {name} has valid HTTPS and always will. Look "
        "the domain up at https://hstspreload.org/ and have it removed there if it has been submitted.",
        "subdomains": "Make sure that every name below {name} has valid HTTPS, those on other hosts too; until then "
        "write a max-age of minutes at {at}, or take includeSubDomains out.",
        "": "Nothing, if {name} is to keep HTTPS for good; the line is {at}. To take it back, serve max-age=0 there "
        "until the old max-age is over.",
    },
    also=("hsts-enabled-or-widened",),
)

_SEVERITY: Mapping[str, Severity] = {
    "plain": Severity.HIGH,
    "preload": Severity.HIGH,
    "subdomains": Severity.HIGH,
    "trial": Severity.LOW,
    "raised": Severity.LOW,
    "enabled": Severity.LOW,
}
"""The worst first; of the names of one server the worst is told."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server that tells browsers more than its names told them before."""
    before, after = told_by_name(transition.before), told_by_name(transition.after)
    # What was there and could not be read may have said the same.
    unsure = {name for _, name in transition.before.endpoints} - before.keys()
    unread = hidden(transition.before, transition.after)
    hits: dict[str, list[Hit]] = {}
    for name, now in after.items():
        if now is None or name in unsure or now.server.at.path in unread:
            continue
        variant = _variant(name, before, after, now)
        if variant is not None:
            hit = _hit(transition, name, now, variant)
            hits.setdefault(hit.subject.key, []).append(hit)
    rank = {variant: number for number, variant in enumerate(_SEVERITY)}
    for found in hits.values():
        yield min(found, key=lambda hit: rank[hit.variant])


def _variant(name: str, before: Mapping[str, Told | None], after: Mapping[str, Told | None], now: Told) -> str | None:
    """In which way more is told; `None` where it is no more, or a name above tells it all."""
    was = before.get(name)
    if now.asks_for_the_list and not (was is not None and was.asks_for_the_list):
        return "preload"
    if any((told := after.get(parent)) is not None and told.reaches_below for parent in above(name)):
        return None
    if now.reaches_below and not (was is not None and was.reaches_below):
        return "subdomains"
    if not now.max_age:
        return None
    if now.policy.include_subdomains and not (was is not None and was.policy.include_subdomains):
        return "trial"
    # A host that is new, or of which nothing was known, has always been told so.
    if name in before and (was is None or not was.max_age):
        return "enabled"
    return "raised" if was is not None and was.max_age <= TRIAL < now.max_age else None


def _hit(transition: Transition, name: str, now: Told, variant: str) -> Hit:
    state = transition.after
    below = without_https(state, name) if variant in {"subdomains", "preload"} and name != ANY_OTHER_NAME else ()
    variant = "plain" if below and variant == "subdomains" else variant
    facts = [
        ("name", name or str(server_subject(now.server, state))),
        ("policy", str(now.policy)),
        ("at", str(now.at)),
    ]
    if variant == "plain":
        facts.append(("below", listed(below)))
    severity = _SEVERITY[variant]
    if variant == "subdomains" and name and (not in_use(transition.before, name) or is_safe_below(state, name)):
        # Below a name that is new there is hardly anything yet.
        severity = Severity.LOW
    # Who looks after the names below, and whether there are any, is not in /etc.
    needs = {Need.DNS} if variant in {"subdomains", "preload"} else set()
    return Hit(
        server_subject(now.server, state),
        (now.at, now.server.at),
        tuple(facts),
        severity,
        frozenset(needs),
        variant,
    )
