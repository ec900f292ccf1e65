"""The groups for the key exchange that openssl.cnf offers, and the servers that take them from there.

`ssl_ecdh_curve auto` leaves OpenSSL's list as it is (ngx_ssl_ecdh_curve), and the section `system_default` may have
set one before.
"""

from typing import Final

from driftscan.drift.state import State
from driftscan.evidence.security_level import system_commands
from driftscan.nginx.directives.http_ssl import SSL_CONF_COMMAND, SSL_ECDH_CURVE
from driftscan.nginx.servers import Server
from driftscan.tls.offered import read_groups

P256: Final = "prime256v1"
_X25519: Final = "x25519"
USUAL: Final = frozenset({_X25519, P256, "secp384r1"})
"""What clients of today offer; most of them offer all three."""


def groups(state: State) -> frozenset[str] | None:
    """The groups that openssl.cnf offers; `None` where it leaves the usual ones."""
    said = system_commands(state).get(group_command(state))
    return None if said is None else read_groups(said.text)


def group_command(state: State) -> str:
    """Curves is the older name of Groups."""
    return "groups" if "groups" in system_commands(state) else "curves"


def listed(names: frozenset[str]) -> str:
    """Groups as `ssl_ecdh_curve` takes them in every release, the fastest first."""
    spelled = ["X25519" if name == _X25519 else name for name in names]
    return ":".join(sorted(spelled, key=lambda name: (name != "X25519", name)))


def open_to_groups(state: State) -> list[Server]:
    """The default servers that leave the groups to OpenSSL: the groups are theirs for all names of the socket."""
    return [
        server
        for server in dict.fromkeys(socket.default for socket in state.tls_sockets.values())
        if server[SSL_ECDH_CURVE].value == "auto"
        and server[SSL_CONF_COMMAND].known
        and not server[SSL_CONF_COMMAND].value
    ]
