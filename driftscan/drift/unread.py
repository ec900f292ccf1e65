"""What may be in a state although it was not read there: nothing of it is told as added or removed."""

from driftscan.drift.state import State
from driftscan.nginx.sockets import Socket


def hidden(dark: State, light: State) -> frozenset[str]:
    """The files read in one state that may be part of the other one too, which could not be read in full.

    That is the unread file itself. It may also have included files that are read nowhere else, and to tell those from
    new ones would be a guess. A file that is remembered is known, and hides nothing.
    """
    unread = {gap.path for gap in dark.config.gaps if not gap.remembered} - dark.config.files.keys()
    # What was read may be in a new place that cannot be: a link to elsewhere, or one with a typo in its target.
    new = unread - {gap.path for gap in light.config.gaps}
    if not new and unread.isdisjoint(light.config.files):
        return frozenset(unread)
    return frozenset(unread | (light.config.files.keys() - dark.config.files.keys()))


def speakers(socket: Socket) -> frozenset[str]:
    """The files of the servers that make a socket speak TLS."""
    speaking = [server for server, listen in socket.listens if listen.ssl] or [socket.default]
    return frozenset(server.at.path for server in speaking)
