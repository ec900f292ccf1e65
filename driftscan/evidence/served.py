"""The certificate files of a state that clients are sent: what is in each, and which servers send it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from driftscan.drift.state import State, once
from driftscan.drift.subjects import FileSubject, Subject, server_subject
from driftscan.host.certbot_files import CertbotFile, certbot_file
from driftscan.nginx.certificates import Certificate
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.files import NamedFile, for_name
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import certificate_paths, is_host, is_internal, own_certificate
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import holder


class Sent(Protocol):
    """A certificate file that some endpoint sends, whether it could be read or not."""

    @property
    def file(self) -> NamedFile:
        """By the name that nginx knows it by."""

    @property
    def subject(self) -> FileSubject:
        """The same in the tree."""


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """One certificate file that some endpoint sends. It could be read whole."""

    file: NamedFile
    subject: FileSubject
    own: Certificate
    """The first one, which is the servers' own."""
    chain: tuple[Certificate, ...]
    """The others, in order."""
    servers: tuple[Server, ...]
    """Those that answer with it, in the order nginx reads them."""
    names: frozenset[str]
    """What clients ask for when they are sent it; `""` stands for no name, or one that no server has."""
    places: tuple[Location, ...]
    """The lines that name the file."""

    @property
    def place(self) -> Location:
        """Where the file is looked for, be it a link or not."""
        return Location(self.subject.path, 1)

    @property
    def certbot(self) -> CertbotFile | None:
        """What the file is to certbot, by the name that nginx knows it by."""
        return certbot_file(self.subject.path)

    @property
    def has_hosts(self) -> bool:
        """Whether clients ask for it by name, and not by chance only."""
        return any(is_host(name) for name in self.names)

    @property
    def is_public(self) -> bool:
        """Whether one of those names means something outside a private network."""
        return any(is_host(name) and not is_internal(name) for name in self.names)


@dataclass(slots=True)
class _Sending:
    """What is gathered of one file, endpoint by endpoint."""

    servers: dict[int, Server] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    places: dict[Location, None] = field(default_factory=dict)


@once
def served(state: State) -> tuple[Served, ...]:
    """Every certificate file that is sent and could be read, in the order of the endpoints; asked by many patterns."""
    gathered: dict[str, _Sending] = {}
    for at in state.endpoints.values():
        for path, places in _sent(at, state):
            sending = gathered.setdefault(path, _Sending())
            sending.servers[id(at.server)] = at.server
            sending.names.add(at.name)
            sending.places.update(dict.fromkeys(places))
    order = {id(server): number for number, server in enumerate(state.servers)}
    return tuple(_whole(state.config.named[path], sending, order) for path, sending in gathered.items())


def _sent(at: Endpoint, state: State) -> Iterator[tuple[str, tuple[Location, ...]]]:
    """The files that an endpoint may send, with the lines that name them; of two with one type of key the last one."""
    by_type: dict[str, str] = {}
    for path in certificate_paths(at) or ():
        file = state.config.named.get(path)
        own = None if file is None else own_certificate(file)
        if file is not None and file.name_path is not None and own is not None:
            by_type[own.key_type] = path
    setting = holder(at)[SSL_CERTIFICATE]
    for path in by_type.values():
        lines = zip(setting.value or (), setting.places, strict=False)
        yield path, tuple(place for written, place in lines if for_name(written, at.name) == path)


def _whole(file: NamedFile, sending: _Sending, order: dict[int, int]) -> Served:
    own, *chain = () if file.certificates is None else file.certificates.certificates
    servers = sorted(sending.servers.values(), key=lambda server: order[id(server)])
    return Served(
        file,
        FileSubject(file.name_path or ""),
        own,
        tuple(chain),
        tuple(servers),
        frozenset(sending.names),
        tuple(sending.places),
    )


def find(state: State, subject: Subject) -> Served | None:
    """The file that a hit is about, if it is still sent."""
    return next((held for held in served(state) if held.subject.key == subject.key), None)


def naming(state: State, held: Sent) -> tuple[Server, ...]:
    """The servers that name the file and no other certificate, by a line of their own or of the block around them."""
    return tuple(server for server in state.servers if server[SSL_CERTIFICATE].value == (held.file.host_path,))


def tell(servers: Iterable[Server], state: State) -> str:
    """The servers as a sentence names them, three at most."""
    names = list(dict.fromkeys(str(server_subject(server, state)) for server in servers))
    if len(names) > 3:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def on_host(held: Sent, path: str) -> str:
    """The absolute name of another file of the same tree."""
    return f"{held.file.host_path.removesuffix(held.subject.path)}{path}"


@once
def by_server(state: State) -> Mapping[int, tuple[Served, ...]]:
    """The files that each server of a state may send, by the server's identity."""
    found: dict[int, list[Served]] = {}
    for held in served(state):
        for server in held.servers:
            found.setdefault(id(server), []).append(held)
    return {server: tuple(files) for server, files in found.items()}
