"""When certbot renews a certificate, as far as that is a fixed time before its end.

certbot before 4.0.0 renews 30 days before the end, whatever the lifetime; later ones when a third of it is left, or
half where it is ten days or less. `renew_before_expiry` in the renewal file overrides both (should_autorenew in
certbot's storage.py, later in renewal.py), in the words of parsedatetime.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from driftscan.drift.state import State
from driftscan.evidence.lineages import certificate, said
from driftscan.history.certbot import order
from driftscan.host.lineages import Lineage
from driftscan.nginx.config import Location

SHORT: Final = timedelta(days=47)
"""The longest lifetime that public authorities may give from 2029 on (CA/Browser Forum ballot SC-081)."""
_FIXED_UNTIL: Final = (4, 0, 0)
_INTERVAL: Final = re.compile(r"(\d{1,6})\s*(?:(minute|hour|day|week|month|year)s?)?(?:\s+|$)", re.IGNORECASE)
_UNITS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_VERSION: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})*")
_LETS_ENCRYPT: Final = "api.letsencrypt.org/"
_PROFILES: Final = {"shortlived": timedelta(hours=160)}
"""What Let's Encrypt gives by profile; the others change over the years (https://letsencrypt.org/docs/profiles/)."""


@dataclass(frozen=True, slots=True)
class RenewalTime:
    """How long before the end a short-lived certificate is renewed."""

    lifetime: timedelta
    before: timedelta
    at: Location
    """The line that says so, or the one with the version of certbot that has it built in."""
    built_in: str
    """That version; empty where the line says it itself."""
    certificate: Location
    """The certificate, or the line that asks for such a one."""
    limited: bool
    """The authority issues the same certificate only a few times a week."""


def renewal_time(lineage: Lineage, state: State) -> RenewalTime | None:
    """The fixed time of a lineage with a short-lived certificate; `None` for all others, and where it is not known."""
    renewal, lives = lineage.renewal, _lifetime(lineage, state)
    if renewal is None or lives is None or lives[0] > SHORT:
        return None
    lifetime, at = lives
    line, version = renewal.top.get("renew_before_expiry"), renewal.top.get("version")
    limited = _LETS_ENCRYPT in said(lineage, "server")
    if line is not None:
        before = interval(line.text)
        return None if before is None else RenewalTime(lifetime, before, line.at, "", at, limited)
    if version is None or not _VERSION.fullmatch(version.text) or order(version.text) >= _FIXED_UNTIL:
        return None
    return RenewalTime(lifetime, timedelta(days=30), version.at, version.text, at, limited)


def _lifetime(lineage: Lineage, state: State) -> tuple[timedelta, Location] | None:
    """How long the next certificate lives, and what says so: the profile, or the certificate that is there now."""
    for parameter in ("required_profile", "preferred_profile") if _LETS_ENCRYPT in said(lineage, "server") else ():
        profile = None if lineage.renewal is None else lineage.renewal.params.get(parameter)
        if profile is not None and profile.text in _PROFILES:
            return _PROFILES[profile.text], profile.at
    held = certificate(lineage, state)
    if held is None or held[0].not_before is None or held[0].not_after is None:
        return None
    return held[0].not_after - held[0].not_before, held[1]


def interval(text: str) -> timedelta | None:
    """A time as certbot takes it: `30 days`, `3 days 12 hours`, a number of days; `None` for other words."""
    total, position = timedelta(0), 0
    text = text.strip()
    while position < len(text):
        found = _INTERVAL.match(text, position)
        if found is None:
            return None
        total += int(found[1]) * _UNITS[(found[2] or "day").lower()]
        position = found.end()
    return total if text else None


def told(time: timedelta) -> str:
    """A time in days, or in hours where it is less than two days."""
    hours = round(time / timedelta(hours=1))
    return f"{hours} hours" if hours < 48 else f"{round(time / timedelta(days=1))} days"
