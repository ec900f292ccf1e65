"""Where a directive may stand and how many arguments it takes: the command tables of nginx as data.

nginx: ngx_conf_handler looks a name up in the command tables of all modules. An entry says in which contexts the
directive may stand, how many arguments it takes, and whether a block follows; releases added, moved and removed
entries. One directive may have several entries, because modules share names (`server`, `zone`, `ssl_protocols`).
"""

from dataclasses import dataclass
from enum import StrEnum


class Context(StrEnum):
    """The kinds of blocks in which nginx's own modules read directives."""

    MAIN = "main"
    EVENTS = "events"
    HTTP = "http"
    SERVER = "server"
    """`server {}` of http."""
    SERVER_IF = "server-if"
    """`if {}` inside a server of http."""
    LOCATION = "location"
    LOCATION_IF = "location-if"
    """`if {}` inside a location."""
    LIMIT_EXCEPT = "limit_except"
    UPSTREAM = "upstream"
    """`upstream {}` of http."""
    STREAM = "stream"
    STREAM_SERVER = "stream-server"
    STREAM_UPSTREAM = "stream-upstream"
    MAIL = "mail"
    MAIL_SERVER = "mail-server"


@dataclass(frozen=True, slots=True)
class Arity:
    """How many arguments a directive takes."""

    counts: frozenset[int]
    """These numbers of arguments, and"""
    least: int | None = None
    """any number from here on."""
    flag: bool = False
    """One argument, `on` or `off`."""

    @classmethod
    def parse(cls, text: str) -> "Arity":
        """Read `2`, `1-3`, `1,3`, `1+`, or `flag`."""
        if text == "flag":
            return cls(frozenset({1}), flag=True)
        if text.endswith("+"):
            return cls(frozenset(), least=int(text[:-1]))
        counts: set[int] = set()
        for part in text.split(","):
            low, _, high = part.partition("-")
            counts.update(range(int(low), int(high or low) + 1))
        return cls(frozenset(counts))

    def allows(self, count: int) -> bool:
        """Whether nginx takes this many arguments."""
        return count in self.counts or (self.least is not None and count >= self.least)


@dataclass(frozen=True, slots=True)
class Form:
    """One entry of a command table, and the releases that have it."""

    contexts: frozenset[Context]
    arguments: Arity
    block: bool = False
    """A block follows, and no semicolon."""
    since: str = "0.1.0"
    """The first release that has the entry."""
    gone: str | None = None
    """The first release that no longer has it."""
    module: str | None = None
    """The module that has it, where usual builds of nginx are without it or load it from a file."""


def form(  # noqa: PLR0913 - the columns of a table
    arguments: str,
    contexts: str,
    *,
    block: bool = False,
    since: str = "0.1.0",
    gone: str | None = None,
    module: str | None = None,
) -> Form:
    """An entry as it is written in tables: `form("1-2", "http server location")`."""
    return Form(
        frozenset(Context(word) for word in contexts.split()), Arity.parse(arguments), block, since, gone, module
    )
