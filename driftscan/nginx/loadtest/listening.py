"""`listen` after `listen`: what nginx refuses while it collects the addresses of all servers.

nginx: ngx_http_core_listen, ngx_http_add_addresses, ngx_http_add_server; ngx_stream_core_listen, which took over the
same rules in 1.25.5; ngx_mail_core_listen, which allows an address once.
"""

from dataclasses import dataclass, field
from typing import Final

from driftscan.history.platform import Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Location
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.listen_parameters import Parameter, lookup
from driftscan.nginx.listen import Address, Listen, Transport, implicit, read_listen
from driftscan.nginx.loadtest.verdict import Notes

_SHARED_SINCE: Final = NginxVersion(1, 25, 5)
"""Servers of stream may share an address (CHANGES 1.25.5)."""
_REDEFINED_SINCE: Final = {Family.HTTP: NginxVersion(1, 23, 4), Family.STREAM: _SHARED_SINCE}
"""`protocol options redefined` (CHANGES 1.23.4)."""
_HTTP2_DEPRECATED: Final = NginxVersion(1, 25, 1)
_SPDY_REPLACED: Final = NginxVersion(1, 9, 5)
_PROTOCOLS: Final = frozenset({"ssl", "http2", "proxy_protocol"})
_NOT_WITH: Final = {
    "quic": ("fastopen", "backlog", "accept_filter", "deferred", "ssl", "http2", "so_keepalive", "proxy_protocol"),
    "udp": ("backlog", "deferred", "ssl", "so_keepalive", "proxy_protocol", "fastopen"),
}
"""What cannot stand beside a transport that has no connections, in the order in which nginx looks."""


@dataclass(slots=True)
class _Entry:
    """What is known of one address so far (ngx_http_conf_addr_t)."""

    text: str
    """How messages show it: as the `listen` that set socket options spells it, else the first one."""
    servers: list[int]
    options: bool
    """Socket options were set."""
    default: bool
    protocols: frozenset[str]
    """ORed over the servers so far."""
    compared: frozenset[str] | None = None
    """Those that a later `listen` is held against; `None` before the second one."""
    changed: bool = False


@dataclass(slots=True)
class Listening:
    """The addresses of a configuration, filled in the order of the text."""

    platform: Platform
    notes: Notes
    _entries: dict[tuple[Family, Address], _Entry] = field(default_factory=dict)

    @property
    def nginx(self) -> NginxVersion:
        """The release."""
        return self.platform.nginx.version

    def add(self, directive: Directive, family: Family, server: int) -> tuple[Listen, ...]:
        """Take in a `listen` of a server, known by its number."""
        try:
            listens = read_listen(directive, family, self.nginx)
        except ValueError as error:
            newer = self._reads_elsewhen(directive, family)
            self.notes.refuse(str(error), directive.read_at, by_release=newer)
            return ()
        self._parameters(directive, family)
        for listen in listens:
            self._address(listen, family, server, directive.read_at)
        return listens

    def add_implicit(self, server: int, block: Directive) -> None:
        """Take in what an http server without `listen` does, at its closing brace."""
        self._address(implicit(block.at), Family.HTTP, server, block.closed_at)

    @staticmethod
    def _reads_elsewhen(directive: Directive, family: Family) -> bool:
        """Whether another release reads the address."""
        try:
            read_listen(directive, family)
        except ValueError:
            return False
        return True

    def _parameters(self, directive: Directive, family: Family) -> None:
        at, words = directive.read_at, directive.args[1:]
        for word in words:
            found = lookup(word)
            if found is None or not self._known(found[0], family):
                ever = found is not None and found[0].known_ever(family)
                old = family is Family.MAIL or (family is Family.STREAM and self.nginx < _SHARED_SINCE)
                text = f'the invalid "{word}" parameter' if old else f'invalid parameter "{word}"'
                self.notes.refuse(text, at, by_release=ever)
                continue
            parameter, value = found
            if parameter.value is not None and value is not None and not parameter.value(value):
                self.notes.refuse(parameter.refused(word, value), at)
            if word == "spdy" and self.nginx >= _SPDY_REPLACED:
                replaced = "ngx_http_spdy_module was superseded by ngx_http_v2_module"
                self.notes.warn(f'invalid parameter "spdy": {replaced}', at)
            if word == "http2" and self.nginx >= _HTTP2_DEPRECATED:
                instead = 'directive is deprecated, use the "http2" directive instead'
                self.notes.warn(f'the "listen ... http2" {instead}', at)
        transport = {Family.HTTP: "quic", Family.STREAM: "udp"}.get(family)
        if transport is None or transport not in words:
            return
        said = {word.partition("=")[0] for word in words}
        for name in (*_NOT_WITH[transport], "multipath"):
            if name in said:
                self.notes.refuse(f'"listen" directive "{name}" parameter is incompatible with "{transport}"', at)

    def _known(self, parameter: Parameter, family: Family) -> bool:
        elsewhere = parameter.freebsd and self.platform.family is not None
        return parameter.known(family, self.nginx) and not elsewhere

    def _address(self, listen: Listen, family: Family, server: int, at: Location) -> None:
        protocols = _PROTOCOLS.intersection(listen.parameters)
        entry = self._entries.get((family, listen.address))
        if entry is None:
            entry = _Entry(listen.text, [server], listen.sets_options, listen.default_server, protocols)
            self._entries[family, listen.address] = entry
            return
        if family is Family.MAIL or (family is Family.STREAM and self.nginx < _SHARED_SINCE):
            later = family is Family.STREAM
            self.notes.refuse(f'duplicate "{listen.text}" address and port pair', at, by_release=later)
            return
        if server in entry.servers:
            self.notes.refuse(f"a duplicate listen {entry.text}", at)
        entry.servers.append(server)
        self._redefined(entry, listen, protocols, family, at)
        if listen.sets_options:
            if entry.options:
                self.notes.refuse(f"duplicate listen options for {entry.text}", at)
            entry.options, entry.text = True, listen.text
        if listen.default_server:
            if entry.default:
                self.notes.refuse(f"a duplicate default server for {entry.text}", at)
            entry.default = True

    def _redefined(self, entry: _Entry, listen: Listen, now: frozenset[str], family: Family, at: Location) -> None:
        """The warning about protocol options that differ from those said before (ngx_http_add_addresses)."""
        before = entry.protocols
        differs = entry.compared is not None and now != entry.compared
        if now - before:
            told = (entry.options and not listen.sets_options) or entry.changed or bool(before - now)
            entry.compared, entry.changed = before, True
        elif before - now:
            told = listen.sets_options or differs
            entry.compared, entry.changed = now, True
        else:
            told = (listen.sets_options and entry.changed) or differs
            entry.compared = now
        entry.protocols = before | now
        if told and listen.address.transport is Transport.TCP and self.nginx >= _REDEFINED_SINCE[family]:
            self.notes.warn(f"protocol options redefined for {entry.text}", at)
