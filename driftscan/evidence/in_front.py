"""What this host itself says of the connections that reach a socket: who passes them on to it, and who takes TLS off.

stream may stand in front of http in one configuration: it sorts connections by the name in the ClientHello, and passes
them on to `127.0.0.1:8443`, with or without a PROXY protocol header (ngx_stream_proxy_module, `proxy_protocol`).
"""

from collections.abc import Iterator

from driftscan.drift.state import State
from driftscan.evidence.passing import hosts
from driftscan.nginx.config import Node, named
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.servers import Server, families
from driftscan.nginx.sockets import Socket
from driftscan.nginx.upstreams import Upstream
from driftscan.tls.answers import is_loopback


def header_agrees(state: State, socket: Socket) -> bool:
    """Whether stream servers of the same configuration are all that reach a socket, and send what it expects.

    Only the host itself can connect to a loopback address. One that is chosen by a variable may lead anywhere.
    """
    if not is_loopback(socket.address):
        return False
    fronts = [place for place in _in_stream(state) if place.by_variable or _leads_to(state, place, socket)]
    return bool(fronts) and all(_sends_header(state, place.server) is socket.proxy_protocol for place in fronts)


def _in_stream(state: State) -> Iterator[Upstream]:
    return (place for place in state.upstreams if place.server.family is Family.STREAM)


def _leads_to(state: State, place: Upstream, socket: Socket) -> bool:
    host, port = socket.address.host.strip("[]"), socket.address.port
    return any((backend.host, backend.port) == (host, port) for backend in hosts(state, place))


def _sends_header(state: State, server: Server) -> bool:
    """Whether a stream server says `proxy_protocol on`, itself or by the block around it."""
    for block in (server.block, _around(state, server)):
        for line in named(block, "proxy_protocol"):
            return line.args == ("on",)
    return False


def _around(state: State, server: Server) -> tuple[Node, ...]:
    """The `http {}` or `stream {}` that a server is in."""
    for _, outer, family in families(state.config):
        if family is server.family and any(each.block is server.block for each in named(outer.inside(), "server")):
            return outer.inside()
    return ()


def has_given_up_tls(socket: Socket) -> bool:
    """Whether no server of a socket has a certificate any more: nobody only forgot a word."""
    return all(server[SSL_CERTIFICATE].known and not server[SSL_CERTIFICATE].value for server in socket.servers)


def hears_of_visitors(state: State, socket: Socket) -> bool:
    """Whether a socket is told by something in front of it who its visitors are (ngx_http_realip_module)."""
    blocks = (block for server in socket.servers for block in (server.block, _around(state, server)))
    return socket.proxy_protocol or any(True for block in blocks for _ in named(block, "set_real_ip_from"))


def sends_plain_requests_on(state: State, server: Server) -> bool:
    """Whether `error_page 497` sends plain HTTP that came to a TLS port on to https, in place of status 400.

    A server with any `error_page` inherits none, and those of locations do not count: no location is chosen yet (tried
    with nginx 1.22.1).
    """
    for block in (server.block, _around(state, server)):
        pages = [line.args for line in named(block, "error_page")]
        if pages:
            return any("497" in codes and page.lower().startswith("https://") for *codes, page in pages)
    return False
