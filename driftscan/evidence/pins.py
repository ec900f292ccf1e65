"""Public-Key-Pins (RFC 7469): which servers tell browsers to remember keys, for how long, and whether theirs is one."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from driftscan.drift.state import State
from driftscan.evidence.served import by_server
from driftscan.nginx.config import Location
from driftscan.nginx.servers import Server

_HEADER: Final = "public-key-pins"
_MAX_AGE: Final = re.compile(r"(?:^|;)\s*max-age\s*=\s*\"?([0-9]{1,12})\"?\s*(?:;|$)", re.IGNORECASE)
_PIN: Final = re.compile(r"(?:^|;)\s*pin-sha256\s*=\s*\"([A-Za-z0-9+/=]+)\"", re.IGNORECASE)
_DAY: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Pinning:
    """A server that sends pins which last."""

    server: Server
    at: Location
    """The line of the header."""
    days: int
    """How long browsers keep them, rounded up."""
    fits: bool | None
    """Whether a key of the certificate, or of its chain, is among them; `None` where that is not known."""
    path: str
    """The certificate's file on the host; empty where it is not known."""


def pinned(state: State) -> Iterator[Pinning]:
    """Every TLS server that sends pins in some answer; `max-age=0` takes them back, and is none."""
    files = by_server(state)
    for server in state.servers:
        headers = (levels.first(_HEADER) for levels in server.headers.values()) if state.tls_addresses(server) else ()
        header = next((header for header in headers if header is not None), None)
        age = None if header is None else _MAX_AGE.search(header.value)
        if header is None or age is None or not int(age[1]):
            continue
        pins = frozenset(_PIN.findall(header.value))
        held = files.get(id(server), ())
        keys = {_pin(link.key_digest) for file in held for link in (file.own, *file.chain)}
        yield Pinning(
            server,
            header.at,
            -(-int(age[1]) // _DAY),
            bool(pins & keys) if keys else None,
            held[0].file.host_path if held else "",
        )


def _pin(digest: str) -> str:
    """A key's digest as the header writes it."""
    return b64encode(bytes.fromhex(digest)).decode()
