"""Certificates that were renewed from one tree to the next, under the names that servers have for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from driftscan.drift.state import State
from driftscan.host.lineages import issue
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.files import NamedFile
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import own_certificate


@dataclass(frozen=True, slots=True)
class Renewed:
    """A certificate that is another one now, and the servers that speak TLS with it."""

    host_path: str
    path: str
    """The same in the tree, where it is a name in /etc: a link stays where it is."""
    at: Location
    """Where the new one is."""
    servers: tuple[Server, ...]
    until: datetime | None
    """When the one before ends; `None` where that is not known."""


def renewed(before: State, after: State) -> Iterator[Renewed]:
    """Every certificate of a server that has another content or another target of its link."""
    users: dict[str, list[Server]] = {}
    for server in after.servers:
        for path in server[SSL_CERTIFICATE].value or () if after.tls_addresses(server) else ():
            users.setdefault(path, []).append(server)
    for path, servers in users.items():
        was, now = before.config.named.get(path), after.config.named.get(path)
        at = None if was is None or now is None else _renewed_at(was, now) or _link_turned(before, after, path)
        if was is None or at is None:
            continue
        old = own_certificate(was)
        until = None if old is None else old.not_after
        named = path.removeprefix(f"{after.host.root.rstrip('/')}/")
        yield Renewed(path, named, at, tuple(dict.fromkeys(servers)), until)


def _renewed_at(was: NamedFile, now: NamedFile) -> Location | None:
    """Where the new certificate is; `None` where nothing shows that there is another one."""
    if was.path is None or now.path is None:
        return None
    old, new = own_certificate(was), own_certificate(now)
    same = old == new if old is not None and new is not None else was.path == now.path
    return None if same else Location(now.path, 1)


def _link_turned(before: State, after: State, path: str) -> Location | None:
    """The link in certbot's live/ that leads to a newer file; what it leads to need not be in the history."""
    was, now = before.host.lineage_of(path), after.host.lineage_of(path)
    if was is None or now is None or not issue(was) or not issue(now) or issue(was) == issue(now):
        return None
    return next((Location(file.path, 1) for file in now.live.values() if path.endswith(file.path)), None)
