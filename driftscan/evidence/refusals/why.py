"""Which kind of refusal a state's is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from driftscan.drift.findings import Need
from driftscan.drift.loading import refusal
from driftscan.drift.state import State
from driftscan.evidence.refusals import directives, files, sockets
from driftscan.evidence.refusals.told import Refused, Stopped
from driftscan.nginx.config import Gap, GapKind
from driftscan.nginx.loadtest.kinds import Kind, kind_of

_READERS: Final[Mapping[Kind, Callable[[Stopped], Refused | None]]] = {
    Kind.DUPLICATE: directives.duplicate,
    Kind.UNKNOWN_DIRECTIVE: directives.unknown_directive,
    Kind.UNKNOWN_VALUE: directives.unknown_value,
    Kind.UNKNOWN_PARAMETER: directives.unknown_parameter,
    Kind.STATEMENT: directives.statement,
    Kind.FILE: files.missing,
    Kind.CERTIFICATE_REFUSED: files.weak,
    Kind.GROUPS: files.unknown_groups,
    Kind.GROUPS_COMMAND: files.unknown_groups,
    Kind.HOST: files.host,
    Kind.DEFAULT_SERVER: sockets.default_server,
    Kind.LISTEN_OPTIONS: sockets.listen_options,
    Kind.LISTEN: sockets.listen_twice,
    Kind.NO_CERTIFICATE: sockets.no_certificate,
    Kind.QUIC: sockets.quic_without_tls13,
}


def refused(state: State) -> Refused | None:
    """Why nginx refuses the configuration of a state; `None` where it is not known to.

    Where that is a shared memory zone it is `None` too: `session-cache-zone-conflict` tells all of them.
    """
    found = refusal(state)
    if found is None:
        return None
    message, at = found
    gap = next((gap for gap in state.config.gaps if gap.says == message.text), None)
    if gap is not None:
        stopped = Stopped(state, message, at)
        return _in_full(stopped, _unread(stopped, gap))
    kind, words = kind_of(message.text)
    stopped = Stopped(state, message, at, words)
    reader = _READERS.get(kind)
    return _in_full(stopped, None if reader is None else reader(stopped))


def _unread(stopped: Stopped, gap: Gap) -> Refused | None:
    """A file that nginx cannot read, or cannot make sense of."""
    match gap.kind:
        case GapKind.MISSING | GapKind.DANGLING_LINK:
            return files.included(stopped, gap)
        case GapKind.UNPARSABLE | GapKind.INVALID:
            return directives.statement(stopped)
        case _:
            return None


def _in_full(stopped: Stopped, found: Refused | None) -> Refused:
    """What was found out, with nginx's own words; only these, where nothing more is known."""
    message, at = stopped.message, stopped.at
    words = (("level", message.level), ("message", message.text))
    if found is not None:
        return replace(found, facts=(*words, *found.facts))
    facts = (*words, ("place", str(at)))
    if not message.by_release:
        return Refused(at, "", facts)
    nginx = ("nginx", str(stopped.state.platform.nginx.version))
    return Refused(at, "release", (nginx, *facts), needs=frozenset({Need.NGINX}))
