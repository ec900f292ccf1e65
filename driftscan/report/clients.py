"""What clients of some kinds get at an endpoint, in words."""

from typing import Final

from driftscan.drift.state import State
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.listen import Transport
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.handshake import Client, Handshake, Outcome, greet

_WEB: Final = ("h2", "http/1.1")
KINDS: Final = {
    "current client": Client(alpn=_WEB),
    "client with TLS 1.2 only": Client(protocols=frozenset({Protocol.TLS12}), alpn=_WEB),
}
"""The clients that are asked about, without the name they ask for."""


def handshakes(endpoint: Endpoint, state: State) -> dict[str, Handshake]:
    """What each kind of client gets that asks for the endpoint's name; nothing is said of QUIC."""
    if endpoint.socket.address.transport is not Transport.TCP:
        return {}
    name = _sample(endpoint.name) or None
    return {
        kind: greet(state, endpoint.socket, Client(name, client.protocols, client.ciphers, client.alpn, client.groups))
        for kind, client in KINDS.items()
        if not endpoint.name.startswith("~")
    }


def _sample(name: str) -> str:
    """A name that a client may send, of those that a wildcard stands for."""
    return name.replace("*", "x").removeprefix(".")


def selection(endpoint: Endpoint) -> str:
    """Why this server answers for the name that was asked for."""
    socket, name = endpoint.socket, endpoint.name
    if not name:
        return "the default server answers clients that send no name"
    if len(socket.listens) == 1:
        return "the only server on this socket answers for every name"
    doubtful = socket.names.undecided(name)
    if doubtful is not None:
        return f"unless {name} matches {doubtful}, which cannot be told here"
    found = socket.names.find(name)
    if found is None:
        return "no server_name on this socket matches: the default server answers"
    return "its server_name" if found[0] == name.lower() else f"server_name {found[0]} matches"


def described(got: Handshake) -> str:
    """One line about what a client gets."""
    match got.outcome:
        case Outcome.COMPLETE:
            parts = [str(got.protocol), got.certificate or "one of its certificates", got.alpn or ""]
            parts.append("asked for a certificate" if got.client_certificate else "")
            parts.append("no session ticket" if got.ticket is False else "")
            return ", ".join(filter(None, parts))
        case Outcome.REFUSED:
            return f"refused: {got.why}"
        case Outcome.PLAIN:
            return f"no TLS: {got.why}"
        case Outcome.UNREACHABLE:
            return f"nobody answers: {got.why}"
        case Outcome.UNKNOWN:
            return f"cannot be told: {got.why}"
