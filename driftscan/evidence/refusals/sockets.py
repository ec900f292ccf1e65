"""Refusals of what servers say about the sockets they share."""

from collections.abc import Callable

from driftscan.drift.findings import Need
from driftscan.drift.subjects import server_subject
from driftscan.evidence.refusals.told import Refused, Stopped, standing
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_PROTOCOLS
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.listen import Listen
from driftscan.nginx.servers import Server


def default_server(stopped: Stopped) -> Refused | None:
    """Two servers that both claim to be the default server of a socket."""
    return _pair(stopped, "default-server", lambda listen: listen.default_server)


def listen_options(stopped: Stopped) -> Refused | None:
    """Two servers that both set options of a socket."""
    return _pair(stopped, "listen-options", lambda listen: listen.sets_options)


def _pair(stopped: Stopped, variant: str, says: Callable[[Listen], bool]) -> Refused | None:
    """The first `listen` of a socket that says something, and the later one that nginx stops at."""
    lines = _read_there(stopped)
    for socket in stopped.state.sockets:
        said = [listen for _, listen in socket.listens if says(listen)]
        second = next((listen for listen in said[1:] if listen.at in lines), None)
        if second is not None:
            return _two(stopped, variant, said[0], second)
    return None


def listen_twice(stopped: Stopped) -> Refused | None:
    """A server that listens on one address twice, however it is spelled."""
    lines = _read_there(stopped)
    for server in stopped.state.servers:
        met: dict[object, Listen] = {}
        for listen in server.listens:
            first = met.setdefault(listen.address, listen)
            if first is not listen and listen.at in lines:
                return _two(stopped, "listen-twice", first, listen)
    return None


def _read_there(stopped: Stopped) -> frozenset[Location]:
    """Where the `listen` directives begin that nginx has read to their end at the line."""
    return frozenset(each.directive.at for each in standing(stopped.state) if each.is_read("listen", stopped.at))


def _two(stopped: Stopped, variant: str, first: Listen, second: Listen) -> Refused:
    facts = (("socket", str(second.address)), ("second", str(second.at)), ("first", str(first.at)))
    others = () if first.at == second.at else (first.at,)
    return Refused(stopped.at, variant, facts, others, listens=(first, second))


def no_certificate(stopped: Stopped) -> Refused | None:
    """A default server of a TLS socket without a certificate."""
    return _server(stopped, "no-certificate", lambda server: not server[SSL_CERTIFICATE].value)


def quic_without_tls13(stopped: Stopped) -> Refused | None:
    """A default server of a QUIC socket without TLS 1.3, which QUIC is made of."""
    return _server(stopped, "quic", lambda server: Protocol.TLS13 not in (server[SSL_PROTOCOLS].value or ()))


def _server(stopped: Stopped, variant: str, lacks: Callable[[Server], bool]) -> Refused | None:
    state = stopped.state
    server = next((each for each in state.servers if each.opened == stopped.at and lacks(each)), None)
    if server is None:
        return None
    sockets = [str(address) for address in state.tls_addresses(server) if state.tls_sockets[address].default is server]
    facts = (
        ("server", str(server_subject(server, state))),
        ("sockets", ", ".join(sockets) or "its sockets"),
        ("place", str(server.at)),
    )
    return Refused(server.at, variant, facts, server=server, needs=frozenset({Need.NGINX}))
