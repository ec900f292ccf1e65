"""HSTS from state to state: what browsers were told to remember, for which names, and whether HTTPS is still there.

A browser keeps a policy only when it got it over a connection without errors (RFC 6797, 8.1), and then goes to the
name, and with includeSubDomains to every name below it, by https only and past no warning (8.2, 8.4).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from driftscan.drift.state import State, once
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.hsts import HSTS, Policy, sent
from driftscan.nginx.headers import start_page
from driftscan.nginx.listen import Transport
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.redirects import sample
from driftscan.nginx.responses import responses
from driftscan.nginx.rewriting import Refused, Request
from driftscan.nginx.servers import Server
from driftscan.nginx.sockets import Socket
from driftscan.tls.coverage import certificate_paths, is_host, is_internal, lacking, own_certificate, sent_by
from driftscan.tls.endpoints import ANY_OTHER_NAME, Endpoint

TRIAL: Final = 86_400
"""Seconds of a max-age that is over before anybody has to care: a day."""
PRELOADED: Final = 31_536_000
"""The least max-age with which the preload list of browsers takes a domain (hstspreload.org)."""


@dataclass(frozen=True, slots=True)
class Told:
    """A policy that browsers are told."""

    policy: Policy
    server: Server
    at: Location

    @property
    def max_age(self) -> int:
        """Seconds; 0 takes back what was told before."""
        return self.policy.max_age or 0

    @property
    def reaches_below(self) -> bool:
        """Whether it is for the names below as well, and for longer than a trial."""
        return self.policy.include_subdomains and self.max_age > TRIAL

    @property
    def asks_for_the_list(self) -> bool:
        """Whether it is good enough for the preload list, and asks to be put on it: so anybody may submit it."""
        return self.policy.preload and self.policy.include_subdomains and self.max_age >= PRELOADED


def told(server: Server) -> Told | None:
    """What browsers learn from a server: on its start page, or else on its other pages."""
    for level in (server.hsts_sent[start_page(server.hsts_sent)], server.hsts_sent[""]):
        if level.policy is not None and level.policy.max_age is not None and level.at is not None:
            return Told(level.policy, server, level.at)
    return None


def sends_none(server: Server) -> bool:
    """Whether it is sure that HSTS is sent nowhere in a server, and not even written for it."""
    written = any(level.policy is not None for level in server.hsts_sent.values())
    return server[HSTS].known and not written and sent(server.outer).policy is None


@once
def told_by_name(state: State) -> Mapping[str, Told | None]:
    """What browsers learn at each name that has TLS: `None` where they learn nothing, no entry where that is unknown.

    A server without names tells it to those who ask for whatever leads to it.
    """
    found: dict[str, Told | None] = {}
    for server in state.servers:
        if server.family is not Family.HTTP or not server[HSTS].known:
            continue
        policy = told(server)
        names = [name for name in server.names if name not in UNREACHABLE] or [ANY_OTHER_NAME]
        for address in state.tls_addresses(server):
            for name in names:
                met = state.endpoints.get((address, name))
                if met is not None and met.server is server and not is_internal(name or "any.example"):
                    found[name] = policy or found.get(name)
    return found


def above(name: str) -> Iterator[str]:
    """The names that a name is below, the nearest first."""
    rest = name.removeprefix("*").removeprefix(".") if name.startswith(("*", ".")) else name.partition(".")[2]
    while "." in rest:
        yield rest
        rest = rest.partition(".")[2]


def without_https(state: State, name: str) -> tuple[str, ...]:
    """The names below a name that this host answers for by plain HTTP, and that are no names of any TLS server.

    Not those with nothing but errors and answers to an authority's challenges: nobody visits them.
    """
    secure = [socket.names for socket in state.tls_sockets.values()]
    found = {
        below: None
        for socket in state.sockets
        if socket.family is Family.HTTP and not socket.ssl
        for below, server in socket.names.owners.items()
        if _is_below(below, name) and below[0] not in "*." and not any(names.find(below) for names in secure)
        if not _refuses(server, below, socket.address.port)
    }
    return tuple(found)


def _is_below(below: str, name: str) -> bool:
    return is_host(below) and below.endswith(f".{name.removeprefix('.')}")


def _refuses(server: Server, name: str, port: int) -> bool:
    found = responses(server, Request("http", name, port))
    return all(isinstance(answer, Refused) for answer in found)


def is_safe_below(state: State, name: str) -> bool:
    """Whether the names below a name have HTTPS as far as this host tells, and it tells of some; or there are none.

    What is called `www.` has no names below it, and is no proof that the others have HTTPS.
    """
    if name.startswith("www."):
        return True
    served = {below for socket in state.tls_sockets.values() for below in socket.names.owners if _is_below(below, name)}
    return bool(served - {f"www.{name}"})


class Https(Enum):
    """Whether browsers that insist on HTTPS can still reach a name, the best first."""

    KEPT = "a certificate for the name"
    UNKNOWN = "cannot be told"
    SELF_SIGNED = "a certificate that nobody but itself vouches for"
    WRONG = "a certificate for other names, or none"
    GONE = "nothing speaks TLS"


def https_of(state: State, name: str, ports: Collection[int]) -> tuple[Https, Endpoint | None]:
    """What browsers meet that ask one of these ports for a name by https; the best of all its sockets."""
    order = list(Https)
    best: tuple[Https, Endpoint | None] = (Https.GONE, None)
    for socket in state.tls_sockets.values():
        on_port = socket.address.transport is Transport.TCP and socket.address.port in ports
        at = _endpoint(socket, name) if on_port and socket.family is Family.HTTP else None
        if at is None:
            continue
        judged = _judged(state, at)
        if judged is Https.KEPT:
            return judged, at
        best = min(best, (judged, at), key=lambda one: order.index(one[0]))
    return best


def _endpoint(socket: Socket, name: str) -> Endpoint | None:
    host = sample(name)
    return None if host is None else Endpoint(socket, name, socket.select(host))


def _judged(state: State, at: Endpoint) -> Https:
    host = sample(at.name)
    if host is None or at.socket.names.undecided(host) is not None:
        return Https.UNKNOWN
    claimed = at.socket.names.find(host) is not None
    files, wrong = sent_by(at, state.config.named), lacking(at, state)
    held = [own_certificate(file) for file in files or ()]
    if claimed and any(one is not None and one.self_signed for one in held):
        return Https.SELF_SIGNED
    if certificate_paths(at) == () or wrong:
        return Https.WRONG
    if files is None or wrong is None:
        # A server that has the name will have a certificate for it; another one may have.
        return Https.KEPT if claimed else Https.UNKNOWN
    return Https.KEPT


def in_use(state: State, name: str) -> bool:
    """Whether a name is still one of this host: some server has it, if only by plain HTTP."""
    return any(name in server.names for server in state.servers)


def place_of(state: State, name: str, was: Server) -> Location:
    """Where to look for a name that lost its server: at a server that has it, or in the file where it was."""
    at = [server.at for server in state.servers if name in server.names]
    at += [server.at for server in state.servers if server.at.path == was.at.path]
    if not at and was.at.path in state.config.files:
        at = [server.at for server in state.servers]
    return at[0] if at else Location(was.at.path, 1)
