"""What certbot's own choice of an options file tells of the TLS library, where nothing else does."""

from collections.abc import Iterable
from typing import Final

from driftscan.drift.state import State
from driftscan.history.certbot import OPTIONS, order
from driftscan.nginx.config import Location

_LOOKS_SINCE: Final = (0, 39)
"""certbot-nginx, mod_ssl_conf_src: 0.36.0 to 0.37.1 turned tickets off everywhere, 0.37.2 and 0.38.0 nowhere."""


def has_the_ticket_fix(state: State, places: Iterable[Location]) -> bool:
    """Whether lines that turn tickets off are of a certbot that writes them for OpenSSL 1.0.2l or later only."""
    certbot = state.platform.certbot
    if certbot is None or not any(place.path == OPTIONS for place in places):
        return False
    # Where it may be one of several releases, the oldest comes first.
    return order(certbot.version.partition(" ")[0]) >= _LOOKS_SINCE
