"""Two states laid side by side: which servers are the same, what they say differently, what cannot be told.

Worked out once for each comparison, and used by everything that looks for changes.
"""

from driftscan.drift.pairing import Pairs, pair_servers
from driftscan.drift.state import State
from driftscan.drift.unread import hidden
from driftscan.history.platform import Platform
from driftscan.nginx.directives.base import AnySetting, Default, Family, fact
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.listen import Address
from driftscan.nginx.servers import Server
from driftscan.tls.endpoints import ANY_OTHER_NAME, Endpoint


class Matched:
    """A state before and one after, with their servers paired."""

    def __init__(self, before: State, after: State) -> None:
        self.before = before
        self.after = after
        self.pairs: Pairs = pair_servers(before.servers, after.servers)
        self.moved = {family: _moved(family, before.platform, after.platform) for family in Family}
        """The directives whose default or decider another version of nginx or its library changed."""
        self.upgraded = before.platform.versions != after.platform.versions
        """Whether nginx or its library is another version."""
        self.only_upgraded = self.upgraded and before.config is after.config
        """Whether that is all: one configuration on two platforms."""
        self._successor = {id(old): new for old, new in self.pairs.same}
        self._differing = {(id(old), id(new)): self._compare(old, new) for old, new in self.pairs.same}
        self.hidden_before = hidden(before, after)
        """Files read after that may have been part of the state before, where something could not be read."""
        self.hidden_after = hidden(after, before)
        self._asked_before = _by_server(before)
        self._asked_after = _by_server(after)

    def same(self, old: Server, new: Server) -> bool:
        """Whether a server before is this one after."""
        return self._successor.get(id(old)) is new

    def differing(self, old: Server, new: Server) -> frozenset[str]:
        """The directives that two paired servers are configured differently for, both values known."""
        return self._differing[(id(old), id(new))]

    def by_upgrade(self, *settings: tuple[AnySetting, AnySetting]) -> bool:
        """Whether a change of what rests on these settings is the platform's doing: they are written as before.

        Each is a setting before and the one in its place after; where nobody writes it, each platform has its default.
        """
        return self.only_upgraded or (self.upgraded and all(_written_alike(was, now) for was, now in settings))

    def in_the_dark(self, old: Server, new: Server) -> bool:
        """Whether one of two servers stands in a file that cannot be read on the other side: it may be there too."""
        return old.at.path in self.hidden_after or new.at.path in self.hidden_before

    def asked_before(self, server: Server) -> dict[tuple[Address, str], Endpoint]:
        """The endpoints at which clients found a server before."""
        return self._asked_before.get(id(server), {})

    def asked_after(self, server: Server) -> dict[tuple[Address, str], Endpoint]:
        """The endpoints at which clients find a server now."""
        return self._asked_after.get(id(server), {})

    def names_before(self, server: Server) -> frozenset[str]:
        """The names that selected a server before; one that another server had first is none."""
        return frozenset(name for _, name in self.asked_before(server)) - {ANY_OTHER_NAME}

    def names_after(self, server: Server) -> frozenset[str]:
        """The names that select a server now."""
        return frozenset(name for _, name in self.asked_after(server)) - {ANY_OTHER_NAME}

    def _compare(self, old: Server, new: Server) -> frozenset[str]:
        if old is new:
            return frozenset()
        declarations = COMPARED[new.family]
        names = old.settled() | new.settled() | self.moved[new.family]
        return frozenset(name for name in names if _differ(old[declarations[name]], new[declarations[name]]))


def _moved(family: Family, before: Platform, after: Platform) -> frozenset[str]:
    """The directives whose default, or whose decider, an upgrade changes; none without an upgrade."""
    if before.versions == after.versions:
        return frozenset()
    moved = {
        name
        for name, declaration in COMPARED[family].items()
        if fact(declaration.default, before) != fact(declaration.default, after)
        or fact(declaration.decider, before) is not fact(declaration.decider, after)
    }
    # Its commands for protocols and suites follow whoever decides the protocols.
    return frozenset(moved | {"ssl_conf_command"} if SSL_PROTOCOLS.name in moved else moved)


def _differ(old: AnySetting, new: AnySetting) -> bool:
    return old.known and new.known and old.value != new.value


def _written_alike(old: AnySetting, new: AnySetting) -> bool:
    return old.value == new.value or (isinstance(old.origin, Default) and isinstance(new.origin, Default))


def _by_server(state: State) -> dict[int, dict[tuple[Address, str], Endpoint]]:
    """The endpoints at which clients find each server."""
    found: dict[int, dict[tuple[Address, str], Endpoint]] = {}
    for key, endpoint in state.endpoints.items():
        found.setdefault(id(endpoint.server), {})[key] = endpoint
    return found
