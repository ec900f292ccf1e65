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
from driftscan.nginx.zones import ZoneConflict, conflicts
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.LOAD_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "": "nginx will not load this configuration: {message} in {second}; the first declaration is in {first}.",
    },
    symptoms=(
        "conflicts with already declared size",
        "is already declared for a different use",
        "nginx: configuration file /etc/nginx/nginx.conf test failed",
        "ERR_CONNECTION_REFUSED",
    ),
    affects="every nginx",
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each zone; nginx stops at the first conflict, people want to see all of them."""
    by_zone: dict[str, list[ZoneConflict]] = {}
    for conflict in conflicts(state.config):
        by_zone.setdefault(conflict.second.name, []).append(conflict)
    for name, found in by_zone.items():
        first, second = found[0].first, found[0].second
        yield Hit(
            ZoneSubject(name),
            tuple(dict.fromkeys((*(conflict.second.at for conflict in found), first.at))),
            (("message", found[0].message), ("first", str(first.at)), ("second", str(second.at))),
        )
