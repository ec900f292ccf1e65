"""The certificates that nginx shows where it is the client itself: `proxy_ssl_certificate` and its like."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.state import State
from driftscan.nginx.certificates import Certificate
from driftscan.nginx.config import Location
from driftscan.nginx.files import NamedFile
from driftscan.nginx.upstreams import Upstream
from driftscan.tls.coverage import own_certificate


@dataclass(frozen=True, slots=True)
class Shown:
    """One place that passes requests on by TLS, and the certificate that nginx shows there."""

    upstream: Upstream
    file: NamedFile
    certificate: Certificate
    places: tuple[Location, ...]
    """The lines that name it."""

    @property
    def place(self) -> Location:
        """Where the file is looked for."""
        return Location(self.file.name_path or "", 1)


def shown(state: State) -> Iterator[Shown]:
    """Every place with a certificate that is known."""
    for upstream in state.upstreams:
        for declaration in upstream.side.declarations.values():
            if declaration.name.endswith("_ssl_certificate") and upstream.speaks_tls:
                setting = upstream[declaration]
                file = state.config.named.get(str(setting.value)) if setting.value else None
                own = None if file is None else own_certificate(file)
                if file is not None and own is not None:
                    yield Shown(upstream, file, own, setting.places)
