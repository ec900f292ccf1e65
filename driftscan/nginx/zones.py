"""Shared memory zones: one namespace for the whole configuration, filled in the order of the text.

nginx: ngx_shared_memory_add. A zone is its name, its size in bytes and the module that uses it; declaring the name
again with another size or for another use is fatal, wherever it stands: also in servers without a certificate, and
also when a later line overrides it. (All versions.)
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from driftscan.nginx.config import Directive, Hole, Location, MainConfig, Node, ResolvedConfig
from driftscan.nginx.directives.session_cache import parse_zone
from driftscan.nginx.directives.values import parse_size


@dataclass(frozen=True, slots=True)
class ZoneDeclaration:
    """One place that declares a zone."""

    name: str
    bytes: int
    use: str
    """The module that uses it: another one may not, even with the same size."""
    directive: str
    at: Location
    key: str | None = None
    """What `limit_req_zone` and `limit_conn_zone` count by: they take a name once, and so do caches."""


@dataclass(frozen=True, slots=True)
class ZoneConflict:
    """A declaration that nginx refuses, and the one it conflicts with, which was read first."""

    first: ZoneDeclaration
    second: ZoneDeclaration

    @property
    def message(self) -> str:
        """What `nginx -t` prints after `[emerg]`, without the place."""
        name, size = self.second.name, self.second.bytes
        if self.first.use != self.second.use:
            return f'the shared memory zone "{name}" is already declared for a different use'
        if size == self.first.bytes:
            if self.second.key is None:
                return f'duplicate zone "{name}"'
            return f'{self.second.directive} "{name}" is already bound to key "{self.first.key}"'
        return f'the size {size} of shared memory zone "{name}" conflicts with already declared size {self.first.bytes}'


def conflict(first: ZoneDeclaration, second: ZoneDeclaration) -> ZoneConflict | None:
    """Why nginx refuses the second of two declarations of one name, if it does."""
    same = first.use == second.use and first.bytes == second.bytes
    alone = second is not first and second.directive in _ALONE
    return None if same and not alone else ZoneConflict(first, second)


def conflicts(config: ResolvedConfig) -> Iterator[ZoneConflict]:
    """Every declaration that nginx would refuse, each against the first of its name in the same nginx."""
    for main in config.mains:
        first: dict[str, ZoneDeclaration] = {}
        for zone in declarations(main):
            found = conflict(first.setdefault(zone.name, zone), zone)
            if found is not None:
                yield found


def declarations(main: MainConfig) -> Iterator[ZoneDeclaration]:
    """Every zone in the order nginx reads it."""
    yield from _walk(main.nodes, "main")


def _walk(nodes: Iterable[Node], protocol: str) -> Iterator[ZoneDeclaration]:
    for node in nodes:
        if isinstance(node, Hole):
            continue
        if node.name in _READERS:
            yield from declared(node, protocol)
        if node.block is not None:
            yield from _walk(node.block, node.name if node.name in {"http", "stream", "mail"} else protocol)


def is_zone(directive: Directive) -> bool:
    """Whether a directive may have to do with zones at all."""
    return directive.name in _READERS or directive.name in _USERS


def declared(directive: Directive, protocol: str) -> Iterator[ZoneDeclaration]:
    """The zones that one directive of `http {}`, `stream {}` or `mail {}` declares."""
    reader = _READERS.get(directive.name)
    for use, name, size in () if reader is None else reader(directive):
        key = directive.args[0] if directive.name in _BY_KEY and directive.args else None
        yield ZoneDeclaration(name, size, f"{protocol} {use}", directive.name, directive.at, key)


_BY_KEY = frozenset({"limit_req_zone", "limit_conn_zone"})
_ALONE = _BY_KEY | {f"{module}_cache_path" for module in ("proxy", "fastcgi", "uwsgi", "scgi")}
_LEAST_BYTES = 8 * 4096
"""ngx_shared_memory_add is not asked for less than eight pages."""


def refused(directive: Directive) -> str | None:
    """What nginx says of a `limit_req_zone` or `limit_conn_zone` by itself, if it refuses it."""
    if directive.name not in _BY_KEY:
        return None
    named = False
    for word in directive.args[1:]:
        if not word.startswith("zone="):
            if directive.name == "limit_req_zone" and word.startswith("rate="):
                continue
            return f'invalid parameter "{word}"'
        name, colon, size = word.removeprefix("zone=").partition(":")
        try:
            amount = parse_size(size) if colon else -1
        except ValueError:
            amount = -1
        if amount < 0:
            return f'invalid zone size "{word}"'
        if amount < _LEAST_BYTES:
            return f'zone "{word}" is too small'
        named = bool(name)
    return None if named else f'"{directive.name}" must have "zone" parameter'


@dataclass(frozen=True, slots=True)
class ZoneUser:
    """A place that uses a zone which another directive must declare, before it or after it."""

    zone: str
    at: Location


_CACHES = frozenset({"proxy_cache", "fastcgi_cache", "uwsgi_cache", "scgi_cache"})
_USERS = _CACHES | {"limit_req", "limit_conn"}


def used(directive: Directive) -> Iterator[ZoneUser]:
    """The zones that one directive uses without a size; without a declaration nginx ends with `zero size`."""
    match directive.name, directive.args:
        case "limit_req", args:
            names = [word[5:] for word in args if word.startswith("zone=")]
        case "limit_conn", (name, _):
            names = [name]
        case cache, (name,) if cache in _CACHES and name != "off":
            names = [name]
        case _:
            names = []
    yield from (ZoneUser(name, directive.at) for name in names if name and "$" not in name)


_Reader = Callable[[Directive], Iterator[tuple[str, str, int]]]


def _shared(directive: Directive) -> Iterator[tuple[str, str, int]]:
    """`shared:NAME:SIZE` among the arguments."""
    for word in directive.args:
        if word.startswith("shared:"):
            try:
                zone = parse_zone(word)
            except ValueError:
                continue
            yield directive.name, zone.name, zone.bytes


def _parameter(parameter: str) -> _Reader:
    """`PARAMETER=NAME:SIZE` among the arguments."""
    pattern = re.compile(f"{parameter}=([^:]+):([0-9]{{1,18}}[kKmM]?)")

    def read(directive: Directive) -> Iterator[tuple[str, str, int]]:
        for word in directive.args:
            if (match := pattern.fullmatch(word)) is not None:
                # fastcgi, proxy, scgi and uwsgi caches are four modules and so four uses, likewise the limits.
                yield directive.name, match[1], parse_size(match[2])

    return read


def _upstream(directive: Directive) -> Iterator[tuple[str, str, int]]:
    """`zone NAME SIZE` of an upstream; without a size it joins one declared elsewhere."""
    if len(directive.args) == 2 and re.fullmatch(r"[0-9]{1,18}[kKmM]?", directive.args[1]):
        yield directive.name, directive.args[0], parse_size(directive.args[1])


_READERS: dict[str, _Reader] = {
    "ssl_session_cache": _shared,
    "ssl_ocsp_cache": _shared,
    "limit_req_zone": _parameter("zone"),
    "limit_conn_zone": _parameter("zone"),
    "proxy_cache_path": _parameter("keys_zone"),
    "fastcgi_cache_path": _parameter("keys_zone"),
    "uwsgi_cache_path": _parameter("keys_zone"),
    "scgi_cache_path": _parameter("keys_zone"),
    "zone": _upstream,
}
