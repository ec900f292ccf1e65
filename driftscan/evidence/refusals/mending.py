"""The lines that mend a refusal, where a line or two can; whether they do is tried out before anybody sees them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from driftscan.drift.state import State
from driftscan.evidence import ssl_directive
from driftscan.evidence.refusals.files import known_groups
from driftscan.evidence.refusals.told import Refused, is_certbots
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.directives.listen_parameters import lookup
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.listen import Listen, Transport
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.servers import Server

_QUIC_SINCE: Final = NginxVersion(1, 25, 0)
_REJECTS_SINCE: Final = NginxVersion(1, 19, 4)


def edits(state: State, found: Refused) -> Iterator[Edit]:
    """What would mend it; nothing where a person has to decide, or certbot's files would have to be edited."""
    mender = _MENDERS.get(found.variant)
    proposed = tuple(mender(state, found)) if mender is not None else ()
    if not any(is_certbots(_place(edit)) for edit in proposed):
        yield from proposed


def _place(edit: Edit) -> Location:
    return edit.block if isinstance(edit, Inside) else edit.at


def _without(_state: State, found: Refused) -> Iterator[Edit]:
    if found.directive is not None:
        yield Replace(found.directive.at, found.directive.name, "")


def _older_words(state: State, found: Refused) -> Iterator[Edit]:
    """What an older release has instead."""
    directive = found.directive
    if directive is None:
        return
    match directive.name, directive.args:
        case "http2", ("on",):
            owner = next((server for server in state.servers if directive in server.block), None)
            if owner is not None:
                yield from _without(state, found)
                yield from with_parameters(_by_tls(state, owner), _every, "http2")
        case "listen", (_, *words) if "quic" in words and state.platform.nginx.version < _QUIC_SINCE:
            yield from _without(state, found)
        case "ssl_protocols", words:
            left = [word for word in words if word.lower() != Protocol.TLS13.lower()]
            if left and len(left) < len(words):
                yield Replace(directive.at, directive.name, f"ssl_protocols {' '.join(left)};")


def _by_tls(state: State, server: Server) -> Iterator[Listen]:
    addresses = state.tls_addresses(server)
    for listen in server.listens:
        if listen.address in addresses and listen.address.transport is Transport.TCP:
            yield listen


def _every(_word: str) -> bool:
    return True


def _ssl_directive_away(state: State, found: Refused) -> Iterator[Edit]:
    """`ssl on` of one server becomes a word of its `listen` lines."""
    directive = found.directive
    owner = next((server for server in state.servers if directive in server.block), None)
    if directive is not None and directive.name == "ssl" and owner is not None:
        yield from ssl_directive.without(owner)


def _not_default(_state: State, found: Refused) -> Iterator[Edit]:
    yield from with_parameters(found.listens[1:], lambda word: word not in {"default_server", "default"})


def _without_options(_state: State, found: Refused) -> Iterator[Edit]:
    yield from with_parameters(
        found.listens[1:], lambda word: (known := lookup(word)) is None or not known[0].sets_options
    )


def _once(_state: State, found: Refused) -> Iterator[Edit]:
    """The second `listen` away, where the first one says at least as much."""
    first, second = found.listens
    if second.spelled and first.at != second.at and set(second.parameters) <= set(first.parameters):
        yield Replace(second.at, "listen", "")


def _rejecting(state: State, found: Refused) -> Iterator[Edit]:
    """A server that has no name to be asked for need not answer."""
    server = found.server
    nobody = server is not None and UNREACHABLE.issuperset(server.names)
    if server is not None and nobody and state.platform.nginx.version >= _REJECTS_SINCE:
        yield Inside(server.at, "server", "ssl_reject_handshake on;")


def _with_tls13(_state: State, found: Refused) -> Iterator[Edit]:
    if found.server is None:
        return
    setting = found.server[SSL_PROTOCOLS]
    enabled = (setting.value or frozenset()) | {Protocol.TLS13}
    words = " ".join(protocol for protocol in Protocol if protocol in enabled)
    match setting.origin:
        case Explicit((at,)) if not is_certbots(at):
            yield Replace(at, "ssl_protocols", f"ssl_protocols {words};")
        case Explicit():
            # nginx adds a second line to the first.
            yield Inside(found.server.at, "server", "ssl_protocols TLSv1.3;")
        case _:
            yield Inside(found.server.at, "server", f"ssl_protocols {words};")


def _known_groups_only(state: State, found: Refused) -> Iterator[Edit]:
    directive = found.directive
    if directive is not None and directive.name == "ssl_ecdh_curve":
        known = known_groups(state, directive.args[0])
        if known:
            yield Replace(directive.at, directive.name, f"ssl_ecdh_curve {':'.join(known)};")


_MENDERS: Final[Mapping[str, Callable[[State, Refused], Iterator[Edit]]]] = {
    "duplicate": _without,
    "newer": _older_words,
    "gone": _ssl_directive_away,
    "default-server": _not_default,
    "listen-options": _without_options,
    "listen-twice": _once,
    "no-certificate": _rejecting,
    "quic": _with_tls13,
    "group": _known_groups_only,
}
