"""Certificates and the keys beside them, by what is public of both: their names, and whether they changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.state import State
from driftscan.host.certbot_files import CertbotFile, certbot_file, in_live
from driftscan.nginx.certificates import Certificate
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CERTIFICATE_KEY
from driftscan.nginx.files import NamedFile
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import own_certificate

_ROOT = "/etc/"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One `ssl_certificate` with the `ssl_certificate_key` that nginx takes for it."""

    certificate: NamedFile
    key: NamedFile
    places: tuple[Location, ...]
    """The line that names the certificate."""

    @property
    def own(self) -> Certificate | None:
        """The certificate, where it is known."""
        return own_certificate(self.certificate)

    @property
    def certbot_certificate(self) -> CertbotFile | None:
        """What the certificate is to certbot, by its name alone."""
        return certbot_file(self.certificate.name_path or self.certificate.host_path.removeprefix(_ROOT))

    @property
    def certbot_key(self) -> CertbotFile | None:
        """The same of the key."""
        return certbot_file(self.key.name_path or self.key.host_path.removeprefix(_ROOT))

    @property
    def key_of_lineage(self) -> str | None:
        """The name on the host of the key that certbot keeps with this certificate; `None` where it keeps none."""
        mine = self.certbot_certificate
        if mine is None:
            return None
        path = self.certificate.name_path or self.certificate.host_path.removeprefix(_ROOT)
        return f"{self.certificate.host_path.removesuffix(path)}{in_live(mine.lineage, 'privkey')}"

    @property
    def key_mark(self) -> str:
        """The beginning of git's name for what the key file holds."""
        return (self.key.blob or "")[:12]

    @property
    def certificate_mark(self) -> str:
        """SHA-256 of the public key in the certificate, in hexadecimal."""
        return "" if self.own is None else self.own.key_digest


def key_pairs(state: State, server: Server) -> tuple[KeyPair, ...]:
    """The pairs of a server, in order, as far as both files are named without variables."""
    return tuple(_pairs(state, server))


def _pairs(state: State, server: Server) -> Iterator[KeyPair]:
    certificates, keys = server[SSL_CERTIFICATE], server[SSL_CERTIFICATE_KEY]
    lines = certificates.places
    for number, (path, key) in enumerate(zip(certificates.value or (), keys.value or (), strict=False)):
        files = state.config.named.get(path), state.config.named.get(key)
        if files[0] is not None and files[1] is not None:
            yield KeyPair(files[0], files[1], lines[number : number + 1])
