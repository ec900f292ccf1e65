"""The places that pass requests on, as far as it takes two states, or a whole one, to tell about them."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final

from driftscan.drift.compare import Transition
from driftscan.drift.state import State, once
from driftscan.drift.subjects import Subject, upstream_subject
from driftscan.drift.upstreams import place_pairs
from driftscan.nginx import backends
from driftscan.nginx.backends import Backend, Groups, declared
from driftscan.nginx.sockets import Socket, reached
from driftscan.nginx.upstreams import Upstream
from driftscan.tls.answers import is_loopback


def paired(transition: Transition) -> Iterator[tuple[Upstream, Upstream]]:
    """Every place that was there before and is there after."""
    return place_pairs(transition.before, transition.after, transition.pairs)


def place_of(state: State, subject: Subject) -> Upstream | None:
    """The place that a finding is about, in a later state; `None` where it is gone."""
    return next((place for place in state.upstreams if upstream_subject(place, state).key == subject.key), None)


def hosts(state: State, place: Upstream) -> tuple[Backend, ...]:
    """The hosts that a place passes requests on to; none where they are not known."""
    return backends.backends(place, _groups(state))


@once
def _groups(state: State) -> Groups:
    return backends.groups(state.config)


def strangers(state: State, place: Upstream) -> tuple[Backend, ...]:
    """Those of the hosts that may be other people's; not what /etc/hosts leads into the own network."""
    return tuple(host for host in hosts(state, place) if host.is_public and not _is_at_home(state, host))


def _is_at_home(state: State, host: Backend) -> bool:
    known = () if host.late else state.host.resolver.hosts.get(host.host, ())
    return bool(known) and all(is_private(address.text) for address in known)


def is_private(address: str) -> bool:
    """Whether an address is one of an own network, or of the host itself."""
    return any(ip_address(address) in network for network in _PRIVATE)


def own_socket(state: State, host: Backend) -> Socket | None:
    """The socket of this very nginx that a host is; `None` where it is none, or nobody can tell."""
    name = _LOOPBACK.get(host.host, host.host)
    if host.port is None or not (host.is_number or host.host in _LOOPBACK):
        return None
    listening = reached(state.sockets, f"[{name}]" if ":" in name else name, host.port)
    at_home = listening is not None and (str(listening.address.host) == name or _is_of_loopback(name))
    return listening if at_home else None


def _is_of_loopback(address: str) -> bool:
    """Whether a number is an address of this host itself; `80` alone is a number, and hardly an address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


_PRIVATE: Final = tuple(
    ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128")
)
"""RFC 1918, RFC 4193, RFC 4291. That the addresses of documentation are nobody's either makes no difference here."""
_LOOPBACK: Final = {"localhost": "127.0.0.1"}


def is_reached_by_tls_only(state: State, socket: Socket) -> bool:
    """Whether nobody but this very nginx can connect to a socket, and it does so by TLS."""
    if not is_loopback(socket.address):
        return False
    passing = [
        place for place in state.upstreams if any(own_socket(state, host) is socket for host in hosts(state, place))
    ]
    return bool(passing) and all(place.speaks_tls for place in passing)


def name_asked_for(state: State, place: Upstream) -> str | None:
    """The name that a place sends as SNI and looks for in the certificate; `None` where it is not known."""
    return backends.name_asked_for(place, _groups(state))


def name_sent(state: State, place: Upstream) -> str | None:
    """The same in words, where a variable says it."""
    setting = place[declared(place, "name")]
    return str(setting.value) if setting.places else name_asked_for(state, place)


def authorities_in(state: State, path: object) -> dict[str, str] | None:
    """The authorities in a file of trusted certificates, by key; `None` where they are not known."""
    found = state.config.named.get(str(path))
    if found is None or found.certificates is None or not found.certificates.complete:
        return None
    return {one.key_digest: one.common_name or one.subject for one in found.certificates.certificates}
