"""`listen`: the address it means, however it is spelled, and what it asks of the socket.

nginx: ngx_parse_url (listen=1), ngx_http_core_listen, ngx_http_add_listen. `443`, `*:443` and `0.0.0.0:443` are one
address; `[::]:443` is another one and never merged with it. http has a default port, stream and mail have none.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from enum import StrEnum

from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Location
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.listen_parameters import lookup

_MOST_PORTS = 65_536
_LONGEST_UNIX_PATH = 107
"""Bytes of sockaddr_un.sun_path, without the one that ends it."""


_RANGES_SINCE = NginxVersion(1, 15, 10)
"""Port ranges (CHANGES 1.15.10)."""
_IPV6ONLY_SINCE = NginxVersion(1, 3, 4)
"""`ipv6only=on` is the default (CHANGES 1.3.4); before, the system's setting counted."""
_NEWEST = NginxVersion(1, 31, 4)


class Transport(StrEnum):
    """What runs below: QUIC and UDP never share a socket with TCP of the same port."""

    TCP = "tcp"
    QUIC = "quic"
    UDP = "udp"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """What nginx binds, normalised: `0.0.0.0:443`, `[::]:443`, `unix:/run/x.sock`, or a host name it resolves."""

    host: str
    port: int
    """0 for a unix socket."""
    transport: Transport = Transport.TCP

    def __str__(self) -> str:
        suffix = "" if self.transport is Transport.TCP else f" ({self.transport})"
        return f"{self.host}:{self.port}{suffix}" if self.port else f"{self.host}{suffix}"


@dataclass(frozen=True, slots=True)
class Listen:
    """One address of a `listen` directive with its parameters."""

    address: Address
    parameters: tuple[str, ...]
    at: Location
    spelled: str = field(default="", compare=False)
    """The path of a unix socket as it is written, `UNIX:` before it or whatever."""

    @property
    def text(self) -> str:
        """The address as nginx's messages show it."""
        host, port = self.address.host, self.address.port
        return f"{host}:{port}" if port else self.spelled or host

    @property
    def ssl(self) -> bool:
        """Whether this directive makes its socket speak TLS; QUIC always does."""
        return "ssl" in self.parameters or self.address.transport is Transport.QUIC

    @property
    def http2(self) -> bool:
        """Whether this directive offers HTTP/2 on its socket."""
        return "http2" in self.parameters

    @property
    def proxy_protocol(self) -> bool:
        """Whether this directive makes its socket expect the PROXY protocol."""
        return "proxy_protocol" in self.parameters

    @property
    def sets_options(self) -> bool:
        """Whether it sets options of the socket, which one `listen` of an address may do."""
        found = (lookup(word) for word in self.parameters)
        return any(known is not None and known[0].sets_options for known in found)

    @property
    def ipv6only(self) -> bool | None:
        """What it says about IPv4 clients of an IPv6 address; `None` when it says nothing."""
        said = [word for word in self.parameters if word in {"ipv6only=on", "ipv6only=off"}]
        return said[-1] == "ipv6only=on" if said else None

    @property
    def default_server(self) -> bool:
        """Whether its server is the socket's default server; `default` is the old spelling."""
        return "default_server" in self.parameters or "default" in self.parameters


def read_listen(
    directive: Directive, family: Family = Family.HTTP, nginx: NginxVersion = _NEWEST
) -> tuple[Listen, ...]:
    """The addresses of a `listen` directive: one, or one for each port of a range.

    Raises:
        ValueError: in nginx's words, for what nginx refuses.
    """
    if not directive.args:
        raise ValueError('invalid number of arguments in "listen" directive')
    spelled, *parameters = directive.args
    transport = Transport.TCP
    if family is Family.HTTP and "quic" in parameters:
        transport = Transport.QUIC
    elif family is Family.STREAM and "udp" in parameters:
        transport = Transport.UDP
    return tuple(
        Listen(Address(host, port, transport), tuple(parameters), directive.at, spelled)
        for host, port in _Endpoints(spelled, family, ranges=nginx >= _RANGES_SINCE).read()
    )


def implicit(at: Location) -> Listen:
    """What a server without `listen` does: `*:80`, when nginx starts as root (ngx_http_core_server)."""
    return Listen(Address("0.0.0.0", 80), (), at)  # noqa: S104 - data, nothing binds here


@dataclass(frozen=True, slots=True)
class _Endpoints:
    """One `listen` argument to be taken apart."""

    spelled: str
    family: Family
    ranges: bool
    """Whether this nginx knows ranges of ports."""

    def read(self) -> list[tuple[str, int]]:
        """Every host and port that it means."""
        spelled = self.spelled
        if spelled[:5].lower() == "unix:":
            if len(spelled) == 5:
                raise self.refusal("no path in the unix domain socket")
            if len(spelled.encode("utf-8", "surrogateescape")) - 5 > _LONGEST_UNIX_PATH:
                raise self.refusal("too long path in the unix domain socket")
            return [(f"unix:{spelled[5:]}", 0)]
        if spelled.startswith("["):
            match = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", spelled, re.DOTALL)
            if match is None:
                raise self.refusal("invalid host")
            ports = self._ports(match[2])
            host = self._ipv6(match[1])
            return [(host, port) for port in ports]
        if "/" in spelled:
            raise self.refusal("invalid host")
        host, colon, port = spelled.partition(":")
        if not colon and re.fullmatch(r"[0-9]+(-[0-9]+)?" if self.ranges else r"[0-9]+", spelled):
            # All digits, or a range, is a port; anything else is a host on the default port.
            return [("0.0.0.0", number) for number in self._ports(spelled)]  # noqa: S104 - data, nothing binds here
        ports = self._ports(port if colon else None)
        if not host:
            raise self.refusal("no host")
        return [(self._host(host), number) for number in ports]

    def refusal(self, reason: str) -> ValueError:
        """The words of ngx_parse_url, completed by the directive's handler."""
        return ValueError(f'{reason} in "{self.spelled}" of the "listen" directive')

    def _ipv6(self, text: str) -> str:
        if not text:
            raise self.refusal("no host")
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError:
            raise self.refusal("invalid IPv6 address") from None
        if address.scope_id is not None:
            raise self.refusal("invalid IPv6 address")
        return f"[{address}]"

    def _host(self, host: str) -> str:
        if host == "*":
            return "0.0.0.0"  # noqa: S104 - data, nothing binds here
        octets = [int(octet[-3:]) for octet in host.split(".") if re.fullmatch(r"0*[0-9]{1,3}", octet)]
        if host.count(".") == 3 and len(octets) == 4 and max(octets) <= 255:
            return ".".join(map(str, octets))
        host = host.lower()
        if host == "localhost":
            return "127.0.0.1"
        number = as_number(host)
        if number is None and nobody_knows(host):
            raise self.refusal("host not found")
        return number or host

    def _ports(self, text: str | None) -> range:
        if text is None:
            if self.family is not Family.HTTP:
                raise self.refusal("no port")
            return range(80, 81)
        match = re.fullmatch(r"0*([0-9]{1,5})(?:-0*([0-9]{1,5}))?", text)
        if match is None or (match[2] is not None and not self.ranges):
            raise self.refusal("invalid port")
        low, high = int(match[1]), int(match[2] or match[1])
        if not (0 < low < _MOST_PORTS and 0 < high < _MOST_PORTS):
            raise self.refusal("invalid port")
        if low > high:
            raise self.refusal("invalid port range")
        return range(low, high + 1)


_LABEL = "[a-z0-9_]+(?:-+[a-z0-9_]+)*"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)


def as_number(host: str) -> str | None:
    """The address that getaddrinfo(3) reads in a number: 127.1 is 127.0.0.1; `None` where it reads none."""
    if re.fullmatch(r"[0-9a-fA-FxX.]+", host) is None or not host[:1].isdigit():
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def nobody_knows(host: str) -> bool:
    """Whether a name has no address on any host: RFC 6761 (6.4), and what is no host name at all (RFC 1123, 2.1)."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.lower() == "invalid" or last.isdigit() or _HOST_NAME.fullmatch(host) is None


def accepts_ipv4(listen: Listen, nginx: NginxVersion) -> bool | None:
    """Whether an IPv6 wildcard takes IPv4 connections too; `None` where the system's setting decides."""
    if listen.ipv6only is not None:
        return not listen.ipv6only
    return False if nginx >= _IPV6ONLY_SINCE else None
