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
        return f'the size {size} of shared memory zone "{name}" conflicts with already declared size {self.first.bytes}'


def conflicts(config: ResolvedConfig) -> Iterator[ZoneConflict]:
    """Every declaration that nginx would refuse, each against the first of its name in the same nginx."""
    for main in config.mains:
        first: dict[str, ZoneDeclaration] = {}
        for zone in declarations(main):
            known = first.setdefault(zone.name, zone)
            if known.use != zone.use or known.bytes != zone.bytes:
                yield ZoneConflict(known, zone)


def declarations(main: MainConfig) -> Iterator[ZoneDeclaration]:
    """Every zone in the order nginx reads it."""
    yield from _walk(main.nodes, "main")


def _walk(nodes: Iterable[Node], protocol: str) -> Iterator[ZoneDeclaration]:
    for node in nodes:
        if isinstance(node, Hole):
            continue
        if (reader := _READERS.get(node.name)) is not None:
            yield from _zones(node, protocol, reader)
        if node.block is not None:
            yield from _walk(node.block, node.name if node.name in {"http", "stream", "mail"} else protocol)


def _zones(directive: Directive, protocol: str, reader: "_Reader") -> Iterator[ZoneDeclaration]:
    for use, name, size in reader(directive):
        yield ZoneDeclaration(name, size, f"{protocol} {use}", directive.name, directive.at)


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
