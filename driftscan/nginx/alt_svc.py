"""The `Alt-Svc` header (RFC 7838): where else browsers may find the same site, such as by HTTP/3."""

import re
from dataclasses import dataclass
from typing import Final

_ALTERNATIVE: Final = re.compile(r'\s*(?P<protocol>[^\s=,;"]+)="(?P<host>[^":,]*):(?P<port>[^",]*)"[^,]*(?:,|\Z)')
_OWN_PORT: Final = frozenset({"$server_port", "${server_port}"})


@dataclass(frozen=True, slots=True)
class Alternative:
    """One place that browsers are told of."""

    protocol: str
    """As in ALPN: `h3`, `h3-29`, `h2`."""
    host: str
    """Empty for the same host."""
    port: int

    @property
    def is_http3(self) -> bool:
        """Whether it is to be reached by QUIC: `h3`, or one of the drafts of it."""
        return self.protocol == "h3" or self.protocol.startswith("h3-")


def alternatives(value: str, own_port: int) -> tuple[Alternative, ...]:
    """The places that a header names, those with another variable than the server's own port left out.

    `clear` takes back what was told before, and names none.
    """
    found: list[Alternative] = []
    for match in _ALTERNATIVE.finditer(value):
        port = str(own_port) if match["port"] in _OWN_PORT else match["port"]
        if port.isascii() and port.isdigit() and len(port) < 6:
            found.append(Alternative(match["protocol"], match["host"], int(port)))
    return tuple(found)
