"""`ssl_session_cache`: two settings under one name, a store and a shared zone, inherited each on its own.

nginx: ngx_http_ssl_session_cache sets `builtin_session_cache` and `shm_zone`; ngx_http_ssl_merge_srv_conf merges
them one by one. There is no duplicate check. `shared:` fills the store with "no builtin cache" only where the same
block has not set it, so an `off` before it stays `off`. (1.10 to 1.31.)
"""

from dataclasses import dataclass, field
from typing import Literal

from driftscan.nginx.directives.values import Occurrences, Refusal, decimal, parse_size


@dataclass(frozen=True, slots=True)
class Zone:
    """A shared memory zone as declared. Equal when name and bytes are."""

    name: str
    bytes: int
    written: str = field(compare=False)

    def __str__(self) -> str:
        return f"shared:{self.name}:{self.written}"


@dataclass(frozen=True, slots=True)
class SessionCache:
    """`store` is `off`, `none`, `builtin`, `builtin:N`, or `shared` for "only the zone"; `None` is not set."""

    store: str | None
    zone: Zone | None = None

    def __str__(self) -> str:
        match self.store:
            case "off" | "none" | None:
                return self.store or "none"
            case "shared":
                return str(self.zone) if self.zone else "none"
            case store:
                return f"{store} {self.zone}" if self.zone else store

    @property
    def stores(self) -> bool:
        """Whether the server keeps sessions at all."""
        return self.store not in {"off", "none", None} and (self.store != "shared" or self.zone is not None)


def read(found: Occurrences) -> SessionCache:
    """Both halves of one block; the last of each wins."""
    store: str | None = None
    zone: Zone | None = None
    for word in (word for args in found.args for word in args):
        if word.startswith("shared:"):
            zone = parse_zone(word)
            store = store or "shared"
        elif word in {"off", "none", "builtin"} or (word.startswith("builtin:") and decimal(word[8:]) is not None):
            store = word
        else:
            raise Refusal(f'invalid session cache "{word}"')
    return SessionCache(store, zone)


def read_ocsp(found: Occurrences) -> Zone | Literal["off"]:
    """The value of `ssl_ocsp_cache`, which has the same zones and nothing else (ngx_http_ssl_ocsp_cache)."""
    return "off" if found.first == "off" else parse_zone(found.first, "OCSP cache")


LEAST_ZONE = 8 * 4096
"""Bytes of the smallest zone: eight pages, with the page of most machines."""


def parse_zone(word: str, kind: str = "session cache") -> Zone:
    """`shared:NAME:SIZE`; `Refusal` for anything else and for a zone that is too small."""
    shared, _, rest = word.partition(":")
    name, colon, written = rest.partition(":")
    invalid = Refusal(f'invalid {kind} "{word}"')
    if shared != "shared" or not name or not colon:
        raise invalid
    try:
        zone = Zone(name, parse_size(written), written)
    except Refusal:
        raise invalid from None
    if zone.bytes < LEAST_ZONE:
        raise Refusal(f'{kind} "{word}" is too small')
    return zone


def inherit(inner: SessionCache, outer: SessionCache) -> SessionCache:
    """Each half on its own, the inner one first."""
    return SessionCache(inner.store or outer.store, inner.zone or outer.zone)


def finish(cache: SessionCache) -> SessionCache:
    """What is in force: `off` and `none` make an inherited zone irrelevant, and nothing set is `none` (0.7.1+)."""
    if cache.store in {"off", "none", None}:
        return SessionCache(cache.store or "none")
    return cache
