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
    limited: bool
    """The authority issues the same certificate only a few times a week."""


def renewal_time(lineage: Lineage, state: State) -> RenewalTime | None:
    """The fixed time of a lineage with a short-lived certificate; `None` for all others, and where it is not known."""
    renewal, held = lineage.renewal, certificate(lineage, state)
    if renewal is None or held is None or held[0].not_before is None or held[0].not_after is None:
        return None
    lifetime = held[0].not_after - held[0].not_before
    line, version = renewal.top.get("renew_before_expiry"), renewal.top.get("version")
    if lifetime > SHORT:
        return None
    limited = _LETS_ENCRYPT in said(lineage, "server")
    if line is not None:
        before = interval(line.text)
        return None if before is None else RenewalTime(lifetime, before, line.at, "", held[1], limited)
    if version is None or not _VERSION.fullmatch(version.text) or order(version.text) >= _FIXED_UNTIL:
        return None
    return RenewalTime(lifetime, timedelta(days=30), version.at, version.text, held[1], limited)


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
