"""Where requests are passed on: upstreams, and addresses that are none. What nginx refuses of them.

nginx: ngx_http_proxy_pass and its likes, ngx_http_upstream_add, ngx_http_upstream_init_round_robin and their twins in
stream. Names are resolved while nginx loads; a history cannot resolve them, so all of them count as known, but for
those that nobody may know.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from driftscan.nginx.config import Directive, Hole, Location
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.values import Refusal, check_variables, decimal
from driftscan.nginx.listen import as_number, nobody_knows
from driftscan.nginx.loadtest.verdict import Notes

_MOST_PORTS: Final = 65_535
_SCHEMES: Final[Mapping[str, Mapping[str, int]]] = {
    "proxy_pass": {"http://": 80, "https://": 443},
    "grpc_pass": {"grpc://": 0, "grpcs://": 0},
    "uwsgi_pass": {"uwsgi://": 0, "suwsgi://": 0},
    "fastcgi_pass": {},
    "scgi_pass": {},
    "memcached_pass": {},
}
"""By directive, what may stand before an address, and the port it implies."""
PASSING: Final = frozenset(_SCHEMES)


@dataclass(frozen=True, slots=True)
class _Url:
    """What ngx_parse_url finds in an address that it is not to resolve."""

    host: str
    port: int
    no_port: bool
    is_address: bool
    """No name, so nothing need be resolved."""
    uri: str


@dataclass(slots=True)
class _Group:
    """An `upstream {}`, or an address that stands for one (ngx_http_upstream_srv_conf_t)."""

    host: str
    port: int
    no_port: bool
    created: bool
    """There is an `upstream {}`."""
    settled: bool
    """It has servers that need no resolver."""
    at: Location


@dataclass(slots=True)
class Targets:
    """The upstreams of one nginx, in the order in which they are first named."""

    notes: Notes
    _groups: dict[Family, list[_Group]] = field(default_factory=dict)

    def create(self, directive: Directive, family: Family) -> None:
        """Take in an `upstream {}` at its opening brace."""
        at, host = directive.read_at, directive.args[0]
        for group in self._named(host, family):
            if group.created:
                self.notes.refuse(f'duplicate upstream "{host}"', at)
            if not group.no_port:
                self.notes.refuse(f'upstream "{host}" may not have port {group.port}', group.at)
            # nginx lets the address that was named before stand for the block.
            group.created, group.port = True, 0 if family is Family.HTTP else group.port
            return
        self._groups.setdefault(family, []).append(_Group(host, 0, True, True, True, at))

    def closed(self, directive: Directive) -> None:
        """At the closing brace of an `upstream {}`."""
        if not any(isinstance(node, Hole) or node.name == "server" for node in directive.inside()):
            self.notes.refuse("no servers are inside upstream", directive.closed_at)

    def server(self, directive: Directive, family: Family) -> None:
        """A server of an `upstream {}`, which is resolved at once."""
        at, written = directive.read_at, directive.args[0]
        url = self._parsed(written, 80 if family is Family.HTTP else 0, at, uri=False)
        if url is None or written.lower().startswith("unix:"):
            return
        if not url.is_address and nobody_knows(url.host):
            self.notes.refuse(f'host not found in upstream "{written}"', at)
        if family is Family.STREAM and url.no_port:
            self.notes.refuse(f'no port in upstream "{written}"', at)

    def passed(self, directive: Directive, family: Family, *, whole: bool) -> None:
        """A directive that passes requests on.

        Args:
            directive: the directive.
            family: where it stands.
            whole: the place takes no URI behind the address, because it has no prefix that the URI would replace.
        """
        at, written = directive.read_at, directive.args[0]
        if "$" in written:
            try:
                check_variables(written)
            except Refusal as refusal:
                self.notes.refuse(refusal.text(directive.name), at)
            return
        schemes = _SCHEMES[directive.name] if family is Family.HTTP else {}
        scheme = next((each for each in schemes if written.lower().startswith(each)), "")
        http = family is Family.HTTP and directive.name == "proxy_pass"
        if http and not scheme:
            self.notes.refuse("invalid URL prefix", at)
        url = self._parsed(written[len(scheme) :], schemes.get(scheme, 0), at, uri=http)
        if url is None:
            return
        self._add(url, family, at)
        if http and whole and url.uri:
            where = 'inside named location, or inside "if" statement, or inside "limit_except" block'
            text = f'"proxy_pass" cannot have URI part in location given by regular expression, or {where}'
            self.notes.refuse(text, at)

    def check(self, family: Family) -> None:
        """What is found out at the end of `http {}` or `stream {}`, when the upstreams are made."""
        for group in self._groups.get(family, ()):
            if group.created or group.settled:
                continue
            if not group.port:
                self.notes.refuse(f'no port in upstream "{group.host}"', group.at)
            if nobody_knows(group.host):
                self.notes.refuse(f'host not found in upstream "{group.host}"', group.at)

    def _named(self, host: str, family: Family) -> list[_Group]:
        return [group for group in self._groups.get(family, ()) if group.host.lower() == host.lower()]

    def _add(self, url: _Url, family: Family, at: Location) -> None:
        for group in self._named(url.host, family):
            if group.created and not url.no_port:
                self.notes.refuse(f'upstream "{url.host}" may not have port {url.port}', at)
            either = family is Family.HTTP and not (group.port and url.port)
            if either or group.port == url.port:
                return
        settled = url.is_address and bool(url.port)
        self._groups.setdefault(family, []).append(_Group(url.host, url.port, url.no_port, False, settled, at))

    def _parsed(self, written: str, port: int, at: Location, *, uri: bool) -> _Url | None:
        """An address taken apart, as ngx_parse_url does without listening; `None` for what is no host with a port."""
        if written[:5].lower() == "unix:":
            if len(written) == 5 or (uri and written[5] == ":"):
                self.notes.refuse(f'no path in the unix domain socket in upstream "{written}"', at)
            return None
        if written.startswith("["):
            return None
        found = re.search(r"[/?]", written)
        if found is not None and not uri:
            self.notes.refuse(f'invalid host in upstream "{written}"', at)
        host, colon, spelled = (written[: found.start()] if found else written).partition(":")
        number = decimal(spelled) if colon else port
        if colon and not (number is not None and 0 < number <= _MOST_PORTS):
            self.notes.refuse(f'invalid port in upstream "{written}"', at)
        if not host:
            self.notes.refuse(f'no host in upstream "{written}"', at)
        return _Url(host, number or 0, not colon, _is_address(host), written[found.start() :] if found else "")


def _is_address(host: str) -> bool:
    octets = host.split(".")
    written = len(octets) == 4 and all(re.fullmatch(r"[0-9]{1,9}", octet) and int(octet) <= 255 for octet in octets)
    return written or as_number(host) is not None
