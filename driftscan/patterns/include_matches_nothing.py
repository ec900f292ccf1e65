"""An include with a wildcard matches no file any more, and what the files said is gone.

Symptom:
    `nginx -t` passes and a reload succeeds. Whole sites answer no more, or with the default server's certificate
    (NET::ERR_CERT_COMMON_NAME_INVALID, ERR_CONNECTION_REFUSED), or settings are back at the defaults of nginx: other
    protocols, other ciphers, no session cache.

Cause:
    A file that an include names must be there, but a pattern such as `conf.d/*.conf` may match nothing, of which nginx
    says nothing at all. A directory that was renamed or emptied, files that lost their ending in `.conf`, or a package
    that was purged is enough.

Before:
    # conf.d/tls.conf: ssl_protocols TLSv1.3;
    http { include conf.d/*.conf; server { listen 443 ssl; server_name shop.example; } }

After:
    # conf.d/tls.conf.disabled: ssl_protocols TLSv1.3;
    http { include conf.d/*.conf; server { listen 443 ssl; server_name shop.example; } }

Remedy:
    Bring the files back to where the pattern finds them, or change the pattern to where they are. Settings that every
    server needs are safer in a file that is included by its full name: nginx refuses to load when that is missing.

References:
    https://nginx.org/en/docs/ngx_core_module.html#include
    https://github.com/nginx/nginx/blob/release-1.22.1/src/core/ngx_conf_file.c
    https://man7.org/linux/man-pages/man3/glob.3.html
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.emptied import emptied, is_filled
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.HIGH,
    messages={
        "servers": "The include of {pattern} in {place} matches no file any more: {servers} went with {files}.",
        "settings": "The include of {pattern} in {place} matches no file any more: {settings} went with {files}.",
    },
    symptoms=(
        "ERR_CONNECTION_REFUSED",
        "NET::ERR_CERT_COMMON_NAME_INVALID",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "nginx: configuration file /etc/nginx/nginx.conf test is successful",
    ),
    affects="every nginx",
    visitors={
        "servers": "everybody who asks for {servers}",
        "settings": "those to whom a change of {settings} makes a difference; others notice nothing",
    },
    remedies={
        "servers": "Bring {files} back to where {pattern} finds them, or change the include in {place} to where they "
        "are now. If the sites are gone for good, nothing needs to be done. Then run `nginx -t` and reload.",
        "settings": "Bring {files} back to where {pattern} finds them, or change the include in {place}, or write what "
        "is needed of {settings} into the block where the include stands. Then run `nginx -t` and reload.",
    },
    also=("include-missing-or-empty",),
)


_MOST = 3
"""Servers that are told by name."""
_AND_MORE = " and "


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each include; where all that it brought is elsewhere now, or no matter of TLS, there is none."""
    for found in emptied(transition):
        facts = [
            ("pattern", found.include.pattern),
            ("place", str(found.include.at)),
            ("files", listed(found.files)),
        ]
        if found.servers:
            facts.append(("servers", _told(found.servers)))
        else:
            facts.append(("settings", listed(found.settings)))
        variant, severity = ("servers", Severity.HIGH) if found.servers else ("settings", Severity.MEDIUM)
        if found.is_one_link:
            # Taking away the last link is how one site is switched off; what becomes of its names is told by others.
            severity = Severity.LOW
        yield Hit(found.subject, (found.include.at,), tuple(facts), severity, variant=variant)


def _told(servers: tuple[str, ...]) -> str:
    """The first few by name; :func:`mended` looks for those."""
    more = len(servers) - _MOST
    return ", ".join(servers[:_MOST]) + (f"{_AND_MORE}{more} more" if more > 0 else "")


def mended(state: State, hit: Hit) -> bool:
    """The pattern matches something again, or is not included any more, or the servers are somewhere else."""
    assert isinstance(hit.subject, FileSubject), "events() makes hits about patterns of files only"  # noqa: S101
    servers = dict(hit.facts).get("servers")
    named = () if servers is None else servers.partition(_AND_MORE)[0].split(", ")
    return is_filled(state, hit.subject, frozenset(named))
