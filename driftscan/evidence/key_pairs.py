"""Certificates and the keys beside them, by what is public of both: their names, and whether they changed."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from driftscan.drift.state import State, once
from driftscan.evidence.lineages import said
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
        return certbot_file(_in_tree(self.certificate))

    @property
    def certbot_key(self) -> CertbotFile | None:
        """The same of the key."""
        return certbot_file(_in_tree(self.key))

    @property
    def key_of_lineage(self) -> str | None:
        """The name on the host of the key that certbot keeps with this certificate; `None` where it keeps none."""
        mine = self.certbot_certificate
        return None if mine is None else _beside(self.certificate, in_live(mine.lineage, "privkey"))

    @property
    def certificate_of_key(self) -> str | None:
        """The name on the host of the certificate that certbot keeps with this key; `None` where it keeps none."""
        mine = self.certbot_key
        if mine is None or mine.number is not None:
            return None
        return _beside(self.key, in_live(mine.lineage, "fullchain"))

    @property
    def is_named_alike(self) -> bool:
        """Whether the names say that the two belong together: `shop.crt` and `shop.key`, or one lineage."""
        certificate, key = PurePosixPath(self.certificate.host_path), PurePosixPath(self.key.host_path)
        of_lineage = self.certbot_certificate is not None and self.certbot_key is not None
        return certificate.parent == key.parent if of_lineage else certificate.stem == key.stem

    @property
    def key_mark(self) -> str:
        """The beginning of git's name for what the key file holds."""
        return (self.key.blob or "")[:12]

    @property
    def certificate_mark(self) -> str:
        """SHA-256 of the public key in the certificate, in hexadecimal."""
        return "" if self.own is None else self.own.key_digest


def _in_tree(file: NamedFile) -> str:
    return file.name_path or file.host_path.removeprefix(_ROOT)


def _beside(file: NamedFile, path: str) -> str:
    """The absolute name of another file of the tree that a file is in."""
    return f"{file.host_path.removesuffix(_in_tree(file))}{path}"


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


@once
def pairs_in_use(state: State) -> tuple[tuple[Server, KeyPair], ...]:
    """The pairs of every server that speaks TLS, in the order nginx reads them."""
    speaking = (server for server in state.servers if state.tls_addresses(server))
    return tuple((server, pair) for server in speaking for pair in key_pairs(state, server))


def kept_as(state: State, file: CertbotFile) -> CertbotFile:
    """The file of archive/ that a name leads to, as its link is written; the name itself where no link is known.

    Not where all links lead: certbot makes a key that it uses again a link to the one of the renewal before.
    """
    lineage = state.host.lineages.get(file.lineage) if file.number is None else None
    link = None if lineage is None else lineage.live.get(file.kind)
    if link is None or link.target is None:
        return file
    target = posixpath.normpath(posixpath.join(posixpath.dirname(link.path), link.target))
    return certbot_file(target.removeprefix(_ROOT)) or file


def is_key_kept(state: State, lineage: str) -> bool:
    """Whether certbot is told to renew a lineage with the key that it has."""
    return said(state.host.lineages.get(lineage), "reuse_key").lower() == "true"
