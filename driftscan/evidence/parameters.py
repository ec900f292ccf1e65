"""The Diffie-Hellman parameters that an endpoint has, and whether a handshake can use them."""

from dataclasses import dataclass

from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.met import offer_at
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_DHPARAM
from driftscan.openssl import security
from driftscan.tls.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class Parameters:
    """A file of them that could be read."""

    host_path: str
    subject: FileSubject
    bits: int
    """The length of the prime."""

    @property
    def place(self) -> Location:
        """Where the file is looked for."""
        return Location(self.subject.path, 1)


def parameters(state: State, at: Endpoint) -> Parameters | None:
    """Those of an endpoint; `None` where it has none, or none that are known."""
    met = at.in_force(SSL_DHPARAM, state.platform)
    file = state.config.named.get(str(met.value)) if met.known and met.value else None
    if file is None or file.prime_bits is None or file.name_path is None:
        return None
    return Parameters(file.host_path, FileSubject(file.name_path), file.prime_bits)


def usable(state: State, at: Endpoint, own: Parameters) -> bool:
    """Whether some client can agree on a DHE suite with them.

    OpenSSL since 1.1.0 does not take what is too short for its security level (SSL_CTX_set_tmp_dh).
    """
    offered = offer_at(state, at)
    if offered is None or not any(suite.key_exchange == "DHE" for suite in offered.fitting):
        return False
    library = None if state.platform.library is None else state.platform.library.version
    if library is None or offered.level is None or not library.is_openssl_since("1.1.0"):
        return True
    return own.bits >= security.minimum_dh_bits(offered.level)
