"""The private keys that servers name, and who may read them. None of them is ever opened."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from driftscan.drift.state import State, once
from driftscan.history.modes import ROOT, Permissions
from driftscan.nginx.config import Location, named
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CERTIFICATE_KEY
from driftscan.nginx.files import NamedFile, Presence, for_name
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import own_certificate

_ALL_READ: Final = 0o004
_ALL_PASS: Final = 0o001
_GROUP_OR_ALL_READ: Final = 0o044
_GROUP_OR_ALL_PASS: Final = 0o011


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key in the tree."""

    path: str
    at: Location
    """The directive that names it."""
    servers: tuple[Server, ...]
    readable_by_all: bool
    """Any user of the host may read it; where that is not known, no."""
    matters: bool
    """Somebody may trust it: not every certificate that it is named with has signed itself."""


def private_keys(state: State) -> Iterator[PrivateKey]:
    """The keys of servers that speak TLS, as far as they are files of the tree; once, however many servers have it."""
    places: dict[str, list[tuple[Server, Location]]] = {}
    certificates: dict[str, list[NamedFile | None]] = {}
    for server in state.servers:
        keys = server[SSL_CERTIFICATE_KEY]
        if not keys.value or not keys.places or not state.tls_addresses(server):
            continue
        beside = server[SSL_CERTIFICATE].value or ()
        for number, host_path in enumerate(keys.value):
            file = state.config.named.get(host_path)
            if file is not None and file.path is not None and file.presence is Presence.THERE:
                at = keys.places[min(number, len(keys.places) - 1)]
                places.setdefault(file.path, []).append((server, at))
                other = state.config.named.get(beside[number]) if number < len(beside) else None
                certificates.setdefault(file.path, []).append(other)
    for path, users in places.items():
        yield PrivateKey(
            path,
            users[0][1],
            tuple(server for server, _ in users),
            readable_by_all=_readable_by_all(path, state),
            matters=not all(_has_signed_itself(file) for file in certificates[path]),
        )


def _has_signed_itself(file: NamedFile | None) -> bool:
    held = None if file is None else own_certificate(file)
    return held is not None and held.self_signed


def _readable_by_all(path: str, state: State) -> bool:
    file = state.config.modes.of(path)
    if file is None or not _has(file, _ALL_READ):
        return False
    return _passed_by_all(state, path.rpartition("/")[0])


@once
def _passed_by_all(state: State, directory: str) -> bool:
    """Whether anybody may pass a directory and all above it; the top is passed by everybody."""
    found = state.config.modes.of(directory) if directory else None
    if found is None or not _has(found, _ALL_PASS):
        return not directory
    return _passed_by_all(state, directory.rpartition("/")[0])


def _has(found: Permissions, bits: int) -> bool:
    """Whether one of some bits is set; what an old etckeeper calls ordinary has all of these."""
    return found.mode is None or bool(found.mode & bits)


def _above(path: str) -> Iterator[str]:
    """The directories that a path is in, but for the top, which everybody may pass."""
    directory = path.rpartition("/")[0]
    while directory:
        yield directory
        directory = directory.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A key that workers want to read and may not."""

    path: str
    obstacle: str
    """The file or directory in the way, which is the key itself or above it."""
    permissions: str
    """Its mode and owner, as people write them."""


def unreadable_by_workers(server: Server, state: State) -> Mapping[str, Unreadable]:
    """The keys that workers cannot read, by the name that a client asks for.

    With a variable in its path a key is read at each handshake by a worker, which is no root any more
    (ngx_ssl_connection_certificate, nginx 1.15.9). Who is in which group is not looked up: only what neither any group
    nor everybody may read is told.
    """
    templates = [path for path in server[SSL_CERTIFICATE_KEY].value or () if "$" in path]
    if not templates or ROOT in _users(state):
        return {}
    found: dict[str, Unreadable] = {}
    for name in server.names:
        for template in templates:
            file = state.config.named.get(for_name(template, name))
            path = None if file is None or file.presence is not Presence.THERE else file.path
            refused = None if path is None else _refused(path, state)
            if refused is not None:
                found.setdefault(name, refused)
    return found


def _refused(path: str, state: State) -> Unreadable | None:
    for place in (path, *_above(path)):
        permissions = state.config.modes.of(place)
        bits = _GROUP_OR_ALL_READ if place == path else _GROUP_OR_ALL_PASS
        if permissions is None or permissions.mode is None or permissions.owner != ROOT or _has(permissions, bits):
            continue
        return Unreadable(path, place, f"mode {permissions.mode:04o}, owner {permissions.owner}")
    return None


def _users(state: State) -> frozenset[str]:
    """Whom workers run as where `user` says so; without it as somebody who is not root, whom the build names."""
    return frozenset(line.args[0] for line in named(state.config.nodes, "user") if line.args)
