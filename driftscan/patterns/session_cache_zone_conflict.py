"""One shared memory zone is declared with two sizes, or for two uses.

Symptom:
    `nginx -t` says that the size of a shared memory zone conflicts with an already declared size, or that the zone is
    already declared for a different use. A reload changes nothing and the old configuration runs on, with its old
    certificates; a restart, or the next boot, leaves no nginx running.

Cause:
    Zones have one namespace for the whole configuration, with http, stream, mail, caches and request limits in it.
    Every declaration of a name must have the same size in bytes and the same use, also in servers that are never
    asked for. The usual way to two sizes is a distribution's or one's own line beside the options file of certbot,
    which went from `shared:le_nginx_SSL:1m` to `10m` in certbot 0.36.0.

Before:
    http { ssl_session_cache shared:SSL:10m; server { listen 443 ssl; } }

After:
    http { ssl_session_cache shared:SSL:10m; server { listen 443 ssl; ssl_session_cache shared:SSL:1m; } }

Remedy:
    Give every declaration of the zone the same size, or declare it once in `http {}` and delete the others, or give
    one of them another name. In `stream {}` and `mail {}` always use another name. Then run `nginx -t` and reload.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_session_cache
    https://github.com/certbot/certbot/issues/921
    https://github.com/certbot/certbot/issues/9989
    https://github.com/certbot/certbot/commit/1c75b6dacde82df9acfd21dce0dc2625249a28d5
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import ZoneSubject
from driftscan.evidence.refusals import is_certbots
from driftscan.evidence.zone_sizes import with_one_size
from driftscan.nginx.edits import Edit
from driftscan.nginx.zones import ZoneConflict, conflicts
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.LOAD_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "size": "nginx will not load this configuration: the shared memory zone {zone} is to have {second_bytes} bytes "
        "in {second}, and {first_bytes} bytes in {first}.",
        "use": "nginx will not load this configuration: {second_use} declares the shared memory zone {zone} in "
        "{second}, and {first} has declared it for {first_use} already.",
        "options": "nginx will not load this configuration: {second_use} declares the shared memory zone {zone} in "
        "certbot's {second}, and {first} has declared it for {first_use} already.",
        "both": "nginx will not load this configuration: {second} is read for {first_use} and for {second_use}, and "
        "the shared memory zone {zone} in it can be for one of them only.",
        "twice": "nginx will not load this configuration: {message} in {second}; the first declaration is in {first}.",
    },
    symptoms=(
        "conflicts with already declared size",
        "is already declared for a different use",
        "is already bound to key",
        "duplicate zone",
        "nginx: configuration file /etc/nginx/nginx.conf test failed",
        "ERR_CONNECTION_REFUSED",
    ),
    affects="every nginx",
    visitors={
        "": "nobody while the running nginx goes on with its old configuration and its old certificates; everybody as "
        "soon as it is started anew, by a restart, a reboot or a package upgrade",
    },
    remedies={
        "size": "Give the zone {zone} one size in {second} and in {first}, or declare it once in `http {{}}` and take "
        "the other lines away. A file of certbot's stays as it is: change the other one. Then run `nginx -t`, and "
        "reload when it succeeds.",
        "use": "Give the zone another name in {second} or in {first}: each name is for one use, in the whole of nginx. "
        "Then run `nginx -t`, and reload when it succeeds.",
        "options": "Leave certbot's file in {second} as it is. If {first} has taken the name of its zone, give that "
        "one another name; `stream {{}}` and `mail {{}}` need a file of their own in place of certbot's. Then run "
        "`nginx -t`, and reload when it succeeds.",
        "both": "Include the file of {second} in `http {{}}` only. For `stream {{}}` and `mail {{}}`, write what is "
        "needed in the server itself, with another name for the zone. Then run `nginx -t`, and reload nginx.",
        "twice": "Take {second} away, or give one of the two another name: such a zone may be declared once. Then run "
        "`nginx -t`, and reload when it succeeds.",
    },
    also=("session-cache-zone-size-conflict", "session-cache-zone-different-use"),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each zone; nginx stops at the first conflict, people want to see all of them."""
    by_zone: dict[str, list[ZoneConflict]] = {}
    for conflict in conflicts(state.config):
        by_zone.setdefault(conflict.second.name, []).append(conflict)
    for name, found in by_zone.items():
        first = found[0].first
        evidence = tuple(dict.fromkeys((*(conflict.second.at for conflict in found), first.at)))
        variant, facts = _told(found[0])
        places = (("zone", name), ("second", str(found[0].second.at)), ("first", str(first.at)))
        yield Hit(ZoneSubject(name), evidence, (*places, *facts), variant=variant)


def _told(conflict: ZoneConflict) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What the two declarations differ in."""
    first, second = conflict.first, conflict.second
    if first.use != second.use:
        variant = "both" if second.at == first.at else "options" if is_certbots(second.at) else "use"
        return variant, (("first_use", first.use), ("second_use", second.use))
    if first.bytes != second.bytes:
        return "size", (("first_bytes", str(first.bytes)), ("second_bytes", str(second.bytes)))
    return "twice", (("message", conflict.message),)


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """One size for all session caches of the name; another name has to be thought of by a person."""
    if isinstance(hit.subject, ZoneSubject):
        yield from with_one_size(state, hit.subject.name)
