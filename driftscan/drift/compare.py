"""Two states -> typed changes, and nothing when no client and no server's settings are different.

Silence is the rule: comments, white space, moving lines into an include, writing out a default, or changing a
plain http server give no change, because nothing here looks at text.
"""

from dataclasses import dataclass

from driftscan.drift.addresses import address_changes
from driftscan.drift.changes import Change
from driftscan.drift.loading import load_changes
from driftscan.drift.matched import Matched
from driftscan.drift.pairing import Pairs
from driftscan.drift.settings import setting_changes
from driftscan.drift.state import State
from driftscan.drift.structure import name_changes, server_changes, socket_changes
from driftscan.drift.upstreams import upstream_changes


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """Two states and everything that changed between them; what patterns look at."""

    before: State
    after: State
    pairs: Pairs
    changes: tuple[Change, ...]


def compare(before: State, after: State) -> Transition:
    """Every change from one state to the next, in a fixed order: loading, sockets, servers, names, settings."""
    states = Matched(before, after)
    changes: tuple[Change, ...] = (
        *load_changes(states),
        *socket_changes(states),
        *address_changes(states),
        *server_changes(states),
        *name_changes(states),
        *setting_changes(states),
        *upstream_changes(states),
    )
    return Transition(before, after, states.pairs, changes)
