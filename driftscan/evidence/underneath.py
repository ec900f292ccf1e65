"""What openssl.cnf, the policy of the host and the build of the library make of a TLS context before nginx does."""

from driftscan.drift.state import State, once
from driftscan.evidence.security_level import leaves_bounds, system_commands, system_level
from driftscan.evidence.system_groups import groups
from driftscan.nginx.directives.values import Protocol
from driftscan.tls.offered import Underneath


@once
def underneath(state: State) -> Underneath:
    """That of a state."""
    bound = system_commands(state).get("minprotocol") if leaves_bounds(state.platform.nginx.version) else None
    lowest = next((protocol for protocol in Protocol if bound is not None and bound.text == protocol.value), None)
    return Underneath(system_level(state), lowest, groups(state))
