"""`listen`: the address it means, however it is spelled, and what it asks of the socket.

nginx: ngx_parse_url (listen=1), ngx_http_core_listen, ngx_http_add_listen. `443`, `*:443` and `0.0.0.0:443` are one
address; `[::]:443` is another one and never merged with it.
"""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from driftscan.nginx.config import Directive, Location

_MOST_PORTS = 65_536


class Transport(StrEnum):
    """What runs below: `quic` listens on UDP, so it never shares a socket with TCP of the same port."""

    TCP = "tcp"
    QUIC = "quic"


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
    def default_server(self) -> bool:
        """Whether its server is the socket's default server; `default` is the old spelling."""
        return "default_server" in self.parameters or "default" in self.parameters


def read_listen(directive: Directive) -> tuple[Listen, ...]:
    """The addresses of a `listen` directive: one, or one for each port of a range.

    Raises:
        ValueError: in nginx's words, for what nginx refuses.
    """
    if not directive.args:
        raise ValueError('invalid number of arguments in "listen" directive')
    spelled, *parameters = directive.args
    transport = Transport.QUIC if "quic" in parameters else Transport.TCP
    return tuple(
        Listen(Address(host, port, transport), tuple(parameters), directive.at) for host, port in _endpoints(spelled)
    )


def implicit(at: Location) -> Listen:
    """What a server without `listen` does: `*:80`, when nginx starts as root (ngx_http_core_server)."""
    return Listen(Address("0.0.0.0", 80), (), at)  # noqa: S104 - data, nothing binds here


def _endpoints(spelled: str) -> list[tuple[str, int]]:
    if spelled[:5].lower() == "unix:":
        if len(spelled) == 5:
            raise _refusal("no path in the unix domain socket", spelled)
        return [(f"unix:{spelled[5:]}", 0)]
    if spelled.startswith("["):
        match = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", spelled, re.DOTALL)
        if match is None:
            raise _refusal("invalid host", spelled)
        return [(_ipv6(match[1], spelled), port) for port in _ports(match[2], spelled)]
    if "/" in spelled:
        raise _refusal("invalid host", spelled)
    host, colon, port = spelled.partition(":")
    if not colon:
        # All digits, or a range, is a port; anything else is a host on the default port.
        host, port = ("*", spelled) if re.fullmatch(r"[0-9]+(-[0-9]+)?", spelled) else (spelled, "80")
    ports = _ports(port, spelled)
    if not host:
        raise _refusal("no host", spelled)
    return [(_host(host), number) for number in ports]


def _refusal(reason: str, spelled: str) -> ValueError:
    return ValueError(f'{reason} in "{spelled}" of the "listen" directive')


def _ipv6(text: str, spelled: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise _refusal("invalid IPv6 address", spelled) from None
    if address.scope_id is not None:
        raise _refusal("invalid IPv6 address", spelled)
    return f"[{address}]"


def _host(host: str) -> str:
    if host == "*":
        return "0.0.0.0"  # noqa: S104 - data, nothing binds here
    octets = host.split(".")
    if len(octets) == 4 and all(re.fullmatch(r"[0-9]+", octet) and int(octet) <= 255 for octet in octets):
        return ".".join(str(int(octet)) for octet in octets)
    return host.lower()


def _ports(text: str | None, spelled: str) -> range:
    if text is None:
        return range(80, 81)
    match = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", text)
    if match is None:
        raise _refusal("invalid port", spelled)
    low, high = int(match[1]), int(match[2] or match[1])
    if not (0 < low < _MOST_PORTS and 0 < high < _MOST_PORTS):
        raise _refusal("invalid port", spelled)
    if low > high:
        raise _refusal("invalid port range", spelled)
    return range(low, high + 1)
