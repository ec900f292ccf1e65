"""A fixed renewal time does not fit the short life of the certificate.

Symptom:
    The certificate expires for some hours or days although certbot runs: one failed run was one too many. Or certbot
    renews at every run, and after a few `too many certificates already issued for this exact set of identifiers` stops
    it, with an expired certificate at the end.

Cause:
    Certificates live ever shorter: 90 days were usual, Let's Encrypt has profiles of 45 days and of 6, and from 2029
    no public authority may give more than 47. `renew_before_expiry` in a renewal file is a fixed time, and so are the
    30 days that certbot before 4.0.0 has built in; certbot 4.0.0 and later goes by the share of its life that is left.

Before:
    # the certificate lives 90 days, and the renewal file says: renew_before_expiry = 1 day
    server { listen 443 ssl; server_name shop.example; }

After:
    # the certificate lives 6 days, and the renewal file says: renew_before_expiry = 7 days
    server { listen 443 ssl; server_name shop.example; }

Remedy:
    Take `renew_before_expiry` out of the renewal file, and use certbot 4.0.0 or later. Let its timer run twice a day,
    and see that nginx is reloaded after each renewal: by the nginx installer, or by a script in
    letsencrypt/renewal-hooks/deploy/.

References:
    https://letsencrypt.org/2025/12/02/from-90-to-45
    https://letsencrypt.org/docs/profiles/
    https://letsencrypt.org/docs/rate-limits/
    https://github.com/certbot/certbot/blob/main/certbot/CHANGELOG.md
    https://cabforum.org/2025/04/11/ballot-sc081v3-introduce-schedule-of-reducing-validity-and-data-reuse-periods/
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.lineages import called, in_use
from driftscan.evidence.renewal_time import RenewalTime, renewal_time, told
from driftscan.evidence.renewals import renewal_file
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.RENEWAL,
    severity=Severity.MEDIUM,
    messages={
        "late": "{file} renews the certificate {name} {before} before it ends, and it lives {lifetime}: if one run "
        "fails, it expires, and {servers} with it.",
        "always": "{file} renews the certificate {name} {before} before it ends, and it lives {lifetime}: certbot "
        "renews it at every run, until the authority refuses.",
        "built-in": "certbot {version}, which wrote {file}, renews every certificate {before} before it ends, and "
        "{name} lives {lifetime}: it is renewed at every run, until the authority refuses.",
    },
    visitors={"": "nobody while all goes well; the visitors of {servers}, when a renewal fails"},
    remedies={
        "": "Take `renew_before_expiry` out of {place}: certbot 4.0.0 and later renews when a third of the lifetime is "
        "left. With an older certbot, upgrade first.",
        "built-in": "Upgrade certbot to 4.0.0 or later: it renews when a third of the lifetime is left.",
    },
    symptoms=(
        "NET::ERR_CERT_DATE_INVALID",
        "too many certificates already issued for this exact set of identifiers",
        "too many certificates (5) already issued for this exact set of domains in the last 168 hours",
        "urn:ietf:params:acme:error:rateLimited",
    ),
    affects="certbot before 4.0.0, and every one with renew_before_expiry in the renewal file",
    also=("shorter-lifetimes",),
)

_LEAST_SHARE = 10
"""certbot leaves a third, or half of ten days and less; a tenth is little time to notice and mend anything."""


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each lineage in use with a lifetime and a renewal time that do not fit."""
    for name, servers in in_use(state).items():
        time = renewal_time(state.host.lineages[name], state)
        variant = None if time is None else _variant(time)
        if time is None or variant is None:
            continue
        facts = {
            "name": name,
            "file": renewal_file(name),
            "before": told(time.before),
            "lifetime": told(time.lifetime),
            "servers": called(servers, state),
        }
        facts |= {"version": time.built_in} if variant == "built-in" else {"place": str(time.at)}
        yield Hit(
            FileSubject(renewal_file(name)),
            (time.at, time.certificate),
            tuple(facts.items()),
            variant=variant,
        )


def _variant(time: RenewalTime) -> str | None:
    if time.before >= time.lifetime:
        # Where an authority has no such limit, as in one's own network, every run is what short lives are for.
        return ("built-in" if time.built_in else "always") if time.limited else None
    return "late" if time.before * _LEAST_SHARE < time.lifetime else None
