"""Whether nginx would load the configuration, before and after."""

from collections.abc import Iterator
from itertools import chain

from driftscan.drift.changes import LoadChanged
from driftscan.drift.matched import Matched
from driftscan.drift.state import State
from driftscan.drift.subjects import ConfigurationSubject
from driftscan.nginx.config import Location, named
from driftscan.nginx.includes import MAIN_FILE
from driftscan.nginx.loadtest import Message
from driftscan.nginx.zones import conflicts


def load_changes(states: Matched) -> Iterator[LoadChanged]:
    """Whether nginx would refuse what it would have loaded before, or the other way round.

    What is refused in a file that cannot be read on the other side may be refused there too: that is no change.
    """
    was, now = states.before.load, states.after.load
    if (was.ok is False) == (now.ok is False):
        return
    refusal, hidden = (was.refusal, states.hidden_after) if now.refusal is None else (now.refusal, states.hidden_before)
    if refusal is None or refusal.at is None or refusal.at.path not in hidden:
        yield LoadChanged(configuration(states.after), was, now)


def configuration(state: State) -> ConfigurationSubject:
    """The configuration of a state, by the file in which its blocks stand.

    That is the main file, which need not be the first that was opened: one that is broken was not opened at all.
    """
    nodes = state.config.nodes
    blocks = (node.at.path for name in ("http", "stream", "mail", "events") for node in named(nodes, name))
    unread = (gap.path for gap in state.config.gaps)
    return ConfigurationSubject(next(chain(blocks, state.config.files, unread), MAIN_FILE))


def refusal(state: State) -> tuple[Message, Location] | None:
    """What nginx stops at, and the line to look at; a zone that is declared twice has a finding of its own."""
    stopped = state.load.refusal
    if stopped is None or any(conflict.message == stopped.text for conflict in conflicts(state.config)):
        return None
    return stopped, stopped.at or Location(configuration(state).main, 1)


def refusal_place(state: State) -> Location:
    """The line that nginx stops at, or else the main file."""
    stopped = state.load.refusal
    at = None if stopped is None else stopped.at
    return at or Location(configuration(state).main, 1)
