"""Browsers are told of HTTP/3 on a port where nobody speaks QUIC for the name.

Symptom:
    First pages come late, and now and then ERR_QUIC_PROTOCOL_ERROR. Browsers try UDP, wait, and fall back to TCP;
    they remember the hint for as long as its `ma` says, a day without one. curl without --http3 shows nothing.

Cause:
    `listen ... quic` went, or never came to this server, and the line `add_header Alt-Svc 'h3=":443"'` stayed. The
    sockets of UDP have servers and default servers of their own: a name that only another server's `listen ... quic`
    could answer gets that server's certificate.

Before:
    server { listen 443 ssl; server_name shop.example; }

After:
    server { listen 443 ssl; server_name shop.example; add_header Alt-Svc 'h3=":443"; ma=86400'; }

Remedy:
    Write `listen 443 quic;` (and `listen [::]:443 quic;`) in every server that sends the header, and open UDP in the
    firewall. To give HTTP/3 up, send `add_header Alt-Svc clear always;` for as long as `ma` said.

References:
    https://nginx.org/en/docs/quic.html
    https://www.rfc-editor.org/rfc/rfc7838
    https://github.com/davidmerfield/blot/pull/1951
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.history.versions import NginxVersion
from driftscan.nginx.alt_svc import alternatives
from driftscan.nginx.directives.base import Family
from driftscan.nginx.edits import Edit, Replace
from driftscan.nginx.headers import Header
from driftscan.nginx.listen import Address, Transport
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import ANY_IPV4, Socket, reached
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.MEDIUM,
    messages={
        "closed": "{server} tells browsers of HTTP/3 on port {port}, and nothing listens on {socket} for QUIC.",
        "elsewhere": "{server} tells browsers of HTTP/3 on port {port}, and {socket} for QUIC is another server's, "
        "{other}.",
    },
    symptoms=("ERR_QUIC_PROTOCOL_ERROR", "ERR_QUIC_HANDSHAKE_FAILED", "ngtcp2_conn_read_pkt failed"),
    affects="every nginx that adds the header; nginx speaks QUIC from 1.25.0 on",
    visitors={"": "visitors of {server} with Chrome, Firefox, Edge or Safari: they wait before they fall back to TCP"},
    remedies={
        "closed": "Write `listen {listen} quic;` in {server} and open UDP port {port} in the firewall, or send "
        "`Alt-Svc: clear` at {place} for as long as browsers were told. If another machine speaks QUIC for it, nothing "
        "is wrong.",
        "elsewhere": "Write `listen {listen} quic;` in {server} too, without reuseport, which only one `listen` of a "
        "socket may have. The header is at {place}.",
    },
    also=("altsvc-without-quic",),
)
_QUIC_SINCE = NginxVersion(1, 25, 0)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that sends browsers to a port in vain."""
    for server in state.servers:
        if server.family is not Family.HTTP or not any(level.lines for level in server.headers.values()):
            continue
        for address in state.tls_addresses(server):
            hit = _misled(state, server, address) if address.transport is Transport.TCP else None
            if hit is not None:
                yield hit
                break


def _misled(state: State, server: Server, address: Address) -> Hit | None:
    for header in _headers(server):
        for place in alternatives(header.value, address.port):
            if not place.is_http3 or place.host:
                continue
            socket = reached(state.sockets, address.host, place.port, Transport.QUIC)
            if socket is None or not _answers(socket, server):
                return _hit(state, server, header, Address(address.host, place.port, Transport.QUIC), socket)
    return None


def _headers(server: Server) -> Iterator[Header]:
    """What is sent anywhere in a server: browsers take the hint from every answer."""
    for level in server.headers.values():
        header = level.first("alt-svc")
        if header is not None:
            yield header


def _answers(socket: Socket, server: Server) -> bool:
    return socket.default is server or server in socket.names.owners.values()


def _hit(state: State, server: Server, header: Header, wanted: Address, socket: Socket | None) -> Hit:
    told = wanted if socket is None else socket.address
    facts = [
        ("server", str(server_subject(server, state))),
        ("port", str(wanted.port)),
        ("socket", f"{told.host}:{told.port}"),
        ("listen", str(told.port) if told.host == ANY_IPV4 else f"{told.host}:{told.port}"),
        ("place", str(header.at)),
    ]
    if socket is not None:
        facts.append(("other", str(server_subject(socket.default, state))))
    # Before nginx spoke QUIC somebody else had to: then the header is on purpose.
    severity = Severity.MEDIUM if state.platform.nginx.version >= _QUIC_SINCE else Severity.LOW
    return Hit(
        server_subject(server, state),
        (header.at, server.at),
        tuple(facts),
        severity,
        frozenset({Need.FRONT} if socket is None else ()),
        "closed" if socket is None else "elsewhere",
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Browsers are told to forget it; whether HTTP/3 is wanted where another server has it is for people to say."""
    for server in state.servers if hit.variant == "closed" else ():
        if server_subject(server, state) != hit.subject:
            continue
        inherited = {header.at for header in server.outer.all()}
        for at in dict.fromkeys(header.at for header in _headers(server)):
            if at not in inherited:
                yield Replace(at, "add_header", "add_header Alt-Svc clear always;")
