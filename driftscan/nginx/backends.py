"""The hosts behind the places that pass requests on: what an address says, and the servers of an `upstream {}`.

An address is `SCHEME://HOST:PORT/URI`, and `HOST:PORT` in stream. Where HOST is the name of an `upstream {}`, its
servers are meant (ngx_http_upstream_add, ngx_stream_upstream_add); one that names no port is asked on port 80, by TLS
as well (ngx_http_upstream_server). Names are resolved once, when nginx loads, but for addresses with variables and
servers with `resolve`, which its own `resolver` answers while it runs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final

from driftscan.nginx.config import Directive, Location, ResolvedConfig, named
from driftscan.nginx.directives.base import Declaration, Family
from driftscan.nginx.directives.upstream_ssl import UPSTREAM_SIDES
from driftscan.nginx.listen import as_number
from driftscan.nginx.servers import families
from driftscan.nginx.upstreams import Upstream

_PORTS: Final = {"http": 80, "https": 443}
"""The ports that a scheme implies; grpc and uwsgi have none."""
_GROUP_PORT: Final = 80
_ADDRESS: Final = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?P<host>\[[^\]]*\]|[^/:?$]+)(?::(?P<port>[0-9]+))?(?P<rest>(?:[/?].*)?)", re.IGNORECASE
)
_BEHIND: Final = re.compile(r"\$(?:request_uri|uri|document_uri)\b")
"""Variables that begin with a slash, so that the host ends before them."""
_INTERNAL: Final = frozenset(
    {"local", "localhost", "localdomain", "internal", "intern", "intranet", "lan", "home", "corp", "private", "svc"}
    | {"cluster", "consul", "docker", "arpa", "box", "test", "invalid"}
)
"""Last labels of names that no public server has: reserved (RFC 6761, RFC 8375), or used as if they were."""
_INTERNAL_LABELS: Final = frozenset({"corp", "internal", "intern", "intranet", "lan", "local"})
"""Labels that say it in the middle of a name: `backend.corp.example.com`."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address that requests are passed on to, taken apart."""

    scheme: str
    """In lower case; empty in stream."""
    host: str
    """In lower case, and without brackets."""
    port: int | None
    """As written, or what the scheme implies."""
    explicit: bool
    """Whether the port is written."""
    late: bool
    """Variables make nginx look the host up while it runs."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One host that requests are passed on to."""

    host: str
    """A name or a number, in lower case."""
    port: int | None
    at: Location
    """The line that names it."""
    late: bool
    """It is looked up while nginx runs, and not when it loads."""
    group: str = ""
    """The `upstream {}` that it is in."""
    implied: bool = False
    """Nobody wrote the port: it is what nginx takes for a server of a group."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def is_number(self) -> bool:
        """Whether nothing needs to be resolved."""
        return _is_number(self.host)

    @property
    def is_public(self) -> bool:
        """Whether it looks like a name of the public DNS, behind which other people's servers may be."""
        labels = self.host.rstrip(".").split(".")
        named_so = labels[-1] in _INTERNAL or "svc" in labels or not _INTERNAL_LABELS.isdisjoint(labels[1:-2])
        return not self.is_number and len(labels) > 1 and not named_so


Groups = Mapping[tuple[Family, str], tuple[Backend, ...]]
"""The servers of each `upstream {}`, by its name in lower case."""


def groups(config: ResolvedConfig) -> Groups:
    """Every `upstream {}` of a configuration."""
    return {
        (family, block.args[0].lower()): tuple(_servers(block, family))
        for _, outer, family in families(config)
        for block in named(outer.inside(), "upstream")
        if block.args
    }


def _servers(block: Directive, family: Family) -> Iterator[Backend]:
    for server in named(block.inside(), "server"):
        found = _ADDRESS.fullmatch(server.args[0]) if server.args else None
        if found is None or found["scheme"] or found["host"].lower() == "unix":
            continue
        implied = not found["port"] and family is Family.HTTP
        port = _GROUP_PORT if implied else int(found["port"]) if found["port"] else None
        yield Backend(_host(found), port, server.at, "resolve" in server.args[1:], block.args[0], implied)


def address(place: Upstream) -> Address | None:
    """What a place says; `None` where its host is a variable or a socket of the file system, or cannot be read."""
    return read_address(place.target)


@lru_cache(maxsize=1024)
def read_address(target: str) -> Address | None:
    """An address as it is written in `proxy_pass` and its likes."""
    found = _ADDRESS.fullmatch(_BEHIND.sub("/", target, count=1))
    if found is None or found["host"].lower() == "unix":
        return None
    scheme = (found["scheme"] or "").lower()
    written = found["port"]
    port = int(written) if written else _PORTS.get(scheme)
    return Address(scheme, _host(found), port, written is not None, "$" in target)


def backends(place: Upstream, known: Groups) -> tuple[Backend, ...]:
    """The hosts that a place passes requests on to; none where they are not known."""
    found = address(place)
    if found is None:
        return ()
    members = None if found.explicit else known.get((place.server.family, found.host))
    return (Backend(found.host, found.port, place.at, found.late),) if members is None else members


def with_scheme(target: str, scheme: str) -> str:
    """The same address with another scheme."""
    return f"{scheme}://{target.partition('://')[2]}"


def _host(found: re.Match[str]) -> str:
    return found["host"].lower().strip("[]")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return as_number(host) is not None
    return True


# ------------------------------------------------------------------ settings

ROLES: Final[Mapping[str, str]] = {
    name: name.partition("_ssl_")[2] for side in UPSTREAM_SIDES for name in side.declarations
}
"""What each directive is about, whatever its prefix: `grpc_ssl_verify` is `verify`; `proxy_ssl` alone has none."""


def declared(place: Upstream, role: str) -> Declaration[Any]:
    """The directive of a place for a role: `verify` of a `grpc_pass` is `grpc_ssl_verify`."""
    prefix = place.side.passing.removesuffix("_pass")
    return place.side.declarations[f"{prefix}_ssl_{role}"]


def name_asked_for(place: Upstream, known: Groups) -> str | None:
    """The name that a place expects in the certificate, and sends as SNI; `None` where a variable makes it.

    Where no directive says it, that is the host as the address has it, without its port (ngx_http_upstream_ssl_name):
    the name of the `upstream {}`, where that is what is written.
    """
    setting = place[declared(place, "name")]
    if setting.places:
        value = str(setting.value)
        return None if "$" in value else value.lower()
    found = address(place)
    if not setting.known or found is None:
        return None
    members = known.get((place.server.family, found.host))
    return members[0].group.lower() if members else found.host


def commands(value: object) -> Mapping[str, str]:
    """What a `*_ssl_conf_command` list says, by command in lower case; of one given twice the last counts.

    `Options` adds up, so all of its words are kept.
    """
    found: dict[str, str] = {}
    for name, text, *_ in (pair for pair in _pairs(value) if len(pair) > 1):
        earlier = found.get(name.lower())
        found[name.lower()] = f"{earlier},{text}" if earlier and name.lower() == "options" else text
    return found


def _pairs(value: object) -> tuple[tuple[str, ...], ...]:
    return value if isinstance(value, tuple) else ()
