"""certbot's certificate files that are sent and are not in the history: what their names alone tell.

Many histories leave letsencrypt/ out. `live/NAME/cert.pem` holds the certificate without its chain all the same, and
what is in archive/ is never written again (certbot's live/README and storage.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.state import State, once
from driftscan.drift.subjects import FileSubject
from driftscan.host.certbot_files import CertbotFile, certbot_file
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE
from driftscan.nginx.files import NamedFile, Presence, for_name
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import certificate_paths, own_certificate
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import holder


@dataclass(frozen=True, slots=True, eq=False)
class NamedOnly:
    """One such file, and who sends it."""

    file: NamedFile
    certbot: CertbotFile
    subject: FileSubject
    servers: tuple[Server, ...]
    places: tuple[Location, ...]
    """The lines that name it."""


@once
def named_only(state: State) -> tuple[NamedOnly, ...]:
    """Every one of them, in the order of the endpoints."""
    found: dict[str, tuple[CertbotFile, dict[int, Server], dict[Location, None]]] = {}
    for at in state.endpoints.values():
        for path in certificate_paths(at) or ():
            kind = _unread(state, path)
            if kind is not None:
                _, servers, places = found.setdefault(path, (kind, {}, {}))
                servers[id(at.server)] = at.server
                places.update(dict.fromkeys(_places(at, path)))
    return tuple(
        NamedOnly(
            state.config.named[path], kind, FileSubject(_in_tree(state, path)), tuple(servers.values()), tuple(places)
        )
        for path, (kind, servers, places) in found.items()
    )


def _unread(state: State, path: str) -> CertbotFile | None:
    """What a path is to certbot, where something may be there and nothing of it is known."""
    file = state.config.named.get(path)
    if file is None or file.presence not in {Presence.THERE, Presence.UNKNOWN} or own_certificate(file) is not None:
        return None
    return certbot_file(_in_tree(state, path))


def _in_tree(state: State, path: str) -> str:
    return path.removeprefix(f"{state.host.root.rstrip('/')}/")


def _places(at: Endpoint, path: str) -> Iterator[Location]:
    setting = holder(at)[SSL_CERTIFICATE]
    lines = zip(setting.value or (), setting.places, strict=False)
    yield from (place for written, place in lines if for_name(written, at.name) == path)
