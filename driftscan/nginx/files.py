"""The files that directives name beside `include`: certificates, keys, parameters. Which of them are there?

Names are relative to the conf prefix (ngx_conf_full_name). Of keys and other secrets only the presence counts, whether
it is the same file as before, and of ticket keys the size; none of them is opened. Certificates and the parameters of
Diffie-Hellman are public, and are read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final

from driftscan.history.commit import BlobId
from driftscan.nginx.certificates import CertificateFile
from driftscan.nginx.config import Directive, Hole, MainConfig, Node
from driftscan.nginx.directives.values import full_name
from driftscan.nginx.treeglob import File, Folder, Looping, Missing, Outside, TreeView


class Presence(StrEnum):
    """What is at a path of the host."""

    THERE = "there"
    DIRECTORY = "directory"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    """Outside this history, left out of it, or not readable in it."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file by the name that a directive gives it."""

    host_path: str
    presence: Presence
    path: str | None = None
    """Where it is in the tree, once every link is followed; `None` where it is not in it."""
    size: int | None = None
    """In bytes, of ticket keys."""
    certificates: CertificateFile | None = None
    """Of public certificates, where they could be read."""
    empty: bool = False
    """Nothing is in it, whatever it was to hold; not told of secrets."""
    prime_bits: int | None = None
    """The length of the prime, of parameters of Diffie-Hellman that could be read."""
    name_path: str | None = field(default=None, compare=False)
    """Where the name itself is in the tree, before any link is followed; `None` where it is not in it."""
    blob: BlobId | None = field(default=None, compare=False)
    """What it holds, as git names it: equal for files of equal content, secrets included."""


class Content(Enum):
    """What a directive names."""

    CERTIFICATE = "certificates"
    SECRET = "a private key or password"
    TICKET_KEY = "a key of 48 or 80 bytes"
    PARAMETERS = "parameters of Diffie-Hellman"
    OTHER = "lists, answers"


_PUBLIC: Final = frozenset({Content.CERTIFICATE, Content.PARAMETERS, Content.OTHER})
_NOTHING: Final = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
"""git's names of an empty file, by SHA-1 and by SHA-256."""
_PASSING: Final = ("", "proxy_", "grpc_", "uwsgi_")
NAMED_BY: Final[Mapping[str, Content]] = {
    **{f"{side}ssl_certificate": Content.CERTIFICATE for side in _PASSING},
    **{f"{side}ssl_trusted_certificate": Content.CERTIFICATE for side in _PASSING},
    "ssl_client_certificate": Content.CERTIFICATE,
    **{f"{side}ssl_certificate_key": Content.SECRET for side in _PASSING},
    **{f"{side}ssl_password_file": Content.SECRET for side in _PASSING},
    "ssl_ech_file": Content.SECRET,
    "ssl_session_ticket_key": Content.TICKET_KEY,
    **{f"{side}ssl_crl": Content.OTHER for side in _PASSING},
    "ssl_dhparam": Content.PARAMETERS,
    "ssl_stapling_file": Content.OTHER,
}
"""By directive: what the file that its first argument names holds."""


Certificates = Callable[[BlobId], CertificateFile | None]
"""What is in a blob of public certificates; `None` where it cannot be read."""
Primes = Callable[[BlobId], int | None]
"""The length of the prime in a blob of parameters; `None` where it cannot be read."""


def look_up(
    mains: Iterable[MainConfig],
    view: TreeView,
    certificates: Certificates,
    primes: Primes,
    before: Mapping[str, NamedFile] = MappingProxyType({}),
) -> Mapping[str, NamedFile]:
    """The files that directives name, by the names they give, as they are in one tree.

    `before` is the same for the tree before. A file that was there, or sure to be missing, is sure to be missing now;
    one of which nothing was ever seen may just not be committed.
    """
    contents: dict[str, set[Content]] = {}
    for main in mains:
        names = frozenset(_server_names(main.nodes))
        for pattern, content in _named(main.nodes, main.prefix):
            for path in _expanded(pattern, names):
                contents.setdefault(path, set()).add(content)
    # The same file under two names is one file: what is a key under one of them is not opened under the other.
    places = {path: view.locate(path) for path in contents}
    secret = {places[path] for path, content in contents.items() if Content.SECRET in content}
    return {
        path: _missing(path, place.path, before.get(path), view)
        if isinstance(place, Missing)
        else _Look(view, certificates, primes).at(
            path, place, frozenset() if place in secret else frozenset(contents[path])
        )
        for path, place in places.items()
    }


def _missing(name: str, path: str, before: NamedFile | None, view: TreeView) -> NamedFile:
    # A link that led out of the tree was in it all the same.
    had = before is not None and (before.presence is not Presence.UNKNOWN or before.name_path is not None)
    return NamedFile(name, Presence.ABSENT if view.is_absent(path, had=had) else Presence.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Look:
    view: TreeView
    certificates: Certificates
    primes: Primes

    def at(self, name: str, place: File | Folder | Outside | Looping, contents: frozenset[Content]) -> NamedFile:
        """The file at a place; of what holds none of these contents nothing but the presence is looked at."""
        match place:
            case File(path):
                snapshot = self.view.snapshot
                entry = snapshot.entry(path)
                blob = None if entry is None else entry.blob
                public = blob if contents & _PUBLIC else None
                return NamedFile(
                    name,
                    Presence.THERE,
                    path,
                    snapshot.size(path) if Content.TICKET_KEY in contents else None,
                    self.certificates(public) if public and Content.CERTIFICATE in contents else None,
                    public in _NOTHING,
                    self.primes(public) if public and Content.PARAMETERS in contents else None,
                    self.view.path_of(name),
                    blob,
                )
            case Folder():
                return NamedFile(name, Presence.DIRECTORY)
            case Outside() | Looping():
                return NamedFile(name, Presence.UNKNOWN, name_path=self.view.path_of(name))


def _named(nodes: Iterable[Node], prefix: str) -> Iterator[tuple[str, Content]]:
    """Every file that directives name, with what it holds, as absolute paths; not what engines name."""
    for node in nodes:
        match node:
            case Hole():
                pass
            case Directive(block=None):
                if node.name in NAMED_BY and node.args:
                    path = full_name(node.args[0], prefix)
                    if path.startswith("/"):
                        yield path, NAMED_BY[node.name]
            case Directive():
                yield from _named(node.inside(), prefix)


NAME_VARIABLES: Final = ("${ssl_server_name}", "$ssl_server_name")
"""The variable by which a certificate is chosen at each handshake; no other is of use so early."""


def for_name(path: str, name: str) -> str:
    """A path as it is for a client that asks for a name."""
    for variable in NAME_VARIABLES if "$" in path else ():
        path = path.replace(variable, name)
    return path


def _expanded(path: str, names: frozenset[str]) -> Iterator[str]:
    """The path itself, or the ones that a variable makes of it for the names that are served, and for none."""
    if "$" not in path:
        yield path
    elif "$" not in for_name(path, ""):
        yield from (for_name(path, name) for name in ("", *sorted(names)))


def _server_names(nodes: Iterable[Node]) -> Iterator[str]:
    """The names that clients can ask for as they are written."""
    for node in nodes:
        if isinstance(node, Directive):
            if node.name == "server_name":
                yield from (name.lower() for name in node.args if not name.startswith(("~", ".")) and "*" not in name)
            elif node.name in {"http", "stream", "server"}:
                yield from _server_names(node.inside())
