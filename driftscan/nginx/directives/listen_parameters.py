"""The parameters of `listen`, by family: which releases know them, and which of them set options of the socket.

nginx: ngx_http_core_listen, ngx_stream_core_listen, ngx_mail_core_listen. An option of the socket may be set in one
`listen` of an address only, even to the same value. Where there are no filters for `accept_filter`, as on Linux, nginx
says so and goes on; `setfib` is FreeBSD's alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.values import Refusal, decimal, parse_size, parse_time


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `value` says what may stand behind its `=`, for those that have one."""

    http: str | None = None
    """The first release of each family that knows it."""
    stream: str | None = None
    mail: str | None = None
    gone: str | None = None
    """The first release that no longer knows it."""
    sets_options: bool = False
    """It sets options of the socket, and makes nginx bind the address even where a wildcard covers it."""
    value: Callable[[str], bool] | None = None
    refusal: str = ""
    """nginx's words for a value that it does not take."""
    freebsd: bool = False
    """Linux does not know it."""

    def refused(self, word: str, value: str) -> str:
        """What nginx says of a value that it does not take: the whole parameter is shown, or what stands behind `=`."""
        return f'{self.refusal} "{value if self.refusal.endswith((":", "flags")) else word}"'

    def known(self, family: Family, nginx: NginxVersion) -> bool:
        """Whether a release knows it in a family."""
        since = self._since(family)
        return (
            since is not None
            and NginxVersion.parse(since) <= nginx
            and (self.gone is None or nginx < NginxVersion.parse(self.gone))
        )

    def known_ever(self, family: Family) -> bool:
        """Whether some release knows it in a family."""
        return self._since(family) is not None

    def _since(self, family: Family) -> str | None:
        return {Family.HTTP: self.http, Family.STREAM: self.stream, Family.MAIL: self.mail}[family]


def _positive(text: str) -> bool:
    return (decimal(text) or 0) > 0


def _number(text: str) -> bool:
    return decimal(text) is not None


def _size(text: str) -> bool:
    return _reads(parse_size, text)


def _on_off(text: str) -> bool:
    return text in {"on", "off"}


def _reads(read: Callable[[str], int], text: str) -> bool:
    try:
        read(text)
    except Refusal:
        return False
    return True


def _keepalive(text: str) -> bool:
    """`on`, `off`, or `idle:interval:count`: any of them may be left out, and not all of them be nothing."""
    if text in {"on", "off"}:
        return True
    idle, _, rest = text.partition(":")
    interval, _, count = rest.partition(":")
    if any(part and not _reads(parse_time, part) for part in (idle, interval)) or (count and decimal(count) is None):
        return False
    return any(part and parse_time(part) for part in (idle, interval)) or _positive(count)


PARAMETERS: Final[Mapping[str, Parameter]] = {
    "default_server": Parameter("0.8.21", "1.25.5"),
    "default": Parameter("0.1.0", "1.25.5"),
    "bind": Parameter("0.1.0", "1.9.0", "0.5.15", sets_options=True),
    "setfib": Parameter("0.8.44", "1.25.5", sets_options=True, value=_number, refusal="invalid setfib", freebsd=True),
    "fastopen": Parameter("1.5.8", "1.21.0", sets_options=True, value=_number, refusal="invalid fastopen"),
    "backlog": Parameter("0.1.0", "1.9.2", "1.9.2", sets_options=True, value=_positive, refusal="invalid backlog"),
    "rcvbuf": Parameter("0.1.0", "1.13.0", "1.13.0", sets_options=True, value=_size, refusal="invalid rcvbuf"),
    "sndbuf": Parameter("0.1.0", "1.13.0", "1.13.0", sets_options=True, value=_size, refusal="invalid sndbuf"),
    "accept_filter": Parameter("0.1.0", "1.25.5", sets_options=True, value=bool),
    "deferred": Parameter("0.1.0", "1.25.5", sets_options=True),
    "ipv6only": Parameter(
        "0.7.42", "1.9.0", "0.7.58", sets_options=True, value=_on_off, refusal="invalid ipv6only flags"
    ),
    "reuseport": Parameter("1.9.1", "1.9.1", sets_options=True),
    "multipath": Parameter("1.29.7", "1.29.7", "1.29.7", sets_options=True),
    "so_keepalive": Parameter(
        "1.1.11",
        "1.9.0",
        "1.1.11",
        sets_options=True,
        value=_keepalive,
        refusal="invalid so_keepalive value:",
    ),
    "ssl": Parameter("0.7.14", "1.9.0", "0.7.14"),
    "http2": Parameter("1.9.5"),
    "spdy": Parameter("1.3.15", gone="1.19.7"),
    "quic": Parameter("1.25.0"),
    "proxy_protocol": Parameter("1.5.12", "1.11.4", "1.19.8"),
    "udp": Parameter(None, "1.9.13"),
}
"""By the name before any `=`."""


def lookup(word: str) -> tuple[Parameter, str | None] | None:
    """The parameter that a word names, and its value; `None` for what no release knows. Case counts."""
    name, equals, value = word.partition("=")
    parameter = PARAMETERS.get(name)
    if parameter is None or bool(equals) != (parameter.value is not None):
        return None
    if name == "ipv6only" and not value.startswith("o"):
        return None  # nginx looks for `ipv6only=o` before it looks at the rest
    return parameter, value if equals else None
