"""Names that certbot has a certificate for, and that nginx does not serve by TLS any more."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.state import State
from driftscan.evidence.lineages import lineages_of
from driftscan.nginx.directives.base import Family
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import is_host


@dataclass(frozen=True, slots=True)
class Lost:
    """A server that is left, without TLS."""

    server: Server
    names: tuple[str, ...]
    """Those that had TLS, and no TLS server has now."""
    lineage: str
    """certbot's certificate for them."""


def lost(before: State, after: State) -> Iterator[Lost]:
    """The servers of plain HTTP that are left of names whose TLS server had a certificate of certbot's.

    Not where the server still listens on a port that spoke TLS, which is another breakage, nor where certbot has
    forgotten the certificate too: then the end of HTTPS was meant.
    """
    if not before.host.lineages or before.servers == after.servers:
        return
    names = _by_tls(after)
    for server in before.servers:
        here = [name for name in server.names if is_host(name)] if before.tls_addresses(server) else []
        gone = [name for name in here if name not in names]
        lineage = next((found.name for found in lineages_of(server, before) if is_renewed(after, found.name)), None)
        if not gone or lineage is None:
            continue
        for left in after.servers:
            held = tuple(name for name in gone if name in left.names)
            still = {listen.address for listen in left.listens} & set(before.tls_sockets)
            if held and left.family is Family.HTTP and not after.tls_addresses(left) and not still:
                yield Lost(left, held, lineage)


def is_renewed(state: State, name: str) -> bool:
    """Whether certbot still renews a lineage."""
    lineage = state.host.lineages.get(name)
    return lineage is not None and lineage.renewal is not None


def is_served_by_tls(state: State, name: str) -> bool:
    """Whether a TLS server has the name, as it is written or by a pattern."""
    return name in _by_tls(state) or any(
        socket.ssl and socket.names.find(name) is not None for socket in state.tls_sockets.values()
    )


def _by_tls(state: State) -> frozenset[str]:
    return frozenset(name for server in state.servers if state.tls_addresses(server) for name in server.names)
