"""Server names, and which server of a socket a name selects (ngx_http_find_virtual_server, all versions).

exact > longest `*.x` or `.x` > longest `x.*` > first regular expression, in the order of the configuration; names
are compared in lower case. Where two servers claim one name the first keeps it, with a warning; `.x` claims both `x`
and `*.x`, and one that is taken costs it the other.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")

UNREACHABLE = frozenset({"", "_"})
"""Names that no client sends as SNI: the empty one, and the customary placeholder."""


@dataclass(frozen=True, slots=True)
class NameTable(Generic[S]):
    """The names of one socket. Keys are as written in `server_name`, in lower case."""

    owners: Mapping[str, S]
    """For each name the server that keeps it, in the order of the configuration."""

    @classmethod
    def build(cls, servers: Iterable[tuple[S, tuple[str, ...]]]) -> "NameTable[S]":
        """Collect the names of a socket's servers; the first claim wins."""
        owners: dict[str, S] = {}
        taken: set[tuple[str, str]] = set()
        for server, names in servers:
            for name in names:
                for claim in claims(name):
                    if claim in taken:
                        break
                    taken.add(claim)
                else:
                    owners[name] = server
        return cls(owners)

    def find(self, sni: str) -> tuple[str, S] | None:
        """The name that matches and its server; `None` when the default server answers."""
        wanted = _validated(sni)
        if wanted is None:
            return None
        if wanted in self.owners:
            return wanted, self.owners[wanted]
        best = max((name for name in self.owners if _leading(name, wanted)), key=len, default=None)
        if best is None:
            best = max((name for name in self.owners if _trailing(name, wanted)), key=len, default=None)
        if best is None:
            best = next((name for name in self.owners if _regular(name, wanted)), None)
        return None if best is None else (best, self.owners[best])

    def undecided(self, sni: str) -> str | None:
        """A regular expression that nginx would ask before it comes to an answer, and that we cannot ask for it."""
        wanted = _validated(sni)
        found = None if wanted is None else self.find(sni)
        if wanted is None or (found is not None and not found[0].startswith("~")):
            return None
        for name in self.owners:
            if found is not None and name == found[0]:
                return None
            if name.startswith("~") and _pattern(name) is None:
                return name
        return None


_UNSENT = re.compile(r"\.\.|[\x00-\x20/\x7f]")


def _validated(sni: str) -> str | None:
    """The name that is looked up; `None` where the client is treated as if it had sent none.

    ngx_http_validate_host: lower case, one dot at the end and a port are taken away; since 1.21.1 spaces and control
    characters are refused as `..` and `/` always were. No TLS client sends those as a host name.
    """
    if _UNSENT.search(sni):
        return None
    wanted = sni.lower()
    if not wanted.startswith("["):
        wanted = wanted.partition(":")[0]
    return wanted.removesuffix(".") or None


def normal(name: str) -> str:
    """A name as nginx compares it: lower case, except for a regular expression; `.x` covers `x` and `*.x`."""
    return name if name.startswith("~") else name.lower()


def claims(name: str) -> Iterator[tuple[str, str]]:
    """What a name takes in the tables of ngx_hash_add_key, in its order: a name that finds one taken is ignored."""
    if name.startswith("~"):
        yield "regular", name
    elif name.startswith("*."):
        yield "leading", name[2:]
    elif name.startswith("."):
        yield "exact", name[1:]
        yield "leading", name[1:]
    elif name.endswith(".*"):
        yield "trailing", name[:-2]
    else:
        yield "exact", name


def _leading(name: str, wanted: str) -> bool:
    if name.startswith("*."):
        return wanted.endswith(name[1:]) and len(wanted) > len(name) - 1
    return name.startswith(".") and (wanted == name[1:] or wanted.endswith(name))


def _trailing(name: str, wanted: str) -> bool:
    return name.endswith(".*") and wanted.startswith(name[:-1]) and len(wanted) > len(name) - 1


_NOT_OURS = re.compile(r"\[\[:|\\[kKRQEhHNX]|\(\?[&R0-9|]|[+*}]\+|\([^()]*[+*][^()]*\)[+*{]")
"""What Python reads otherwise than PCRE, or not at all, and quantifiers inside quantifiers, which may never end."""


def _regular(name: str, wanted: str) -> bool:
    pattern = _pattern(name) if name.startswith("~") else None
    return pattern is not None and pattern.search(wanted) is not None


def compiles(name: str) -> bool:
    """Whether a regular expression of `server_name` is sure to be one."""
    return _pattern(name) is not None


def _pattern(name: str) -> re.Pattern[str] | None:
    """What a regular expression of `server_name` asks; `None` where Python cannot ask it."""
    # A pattern with a capital letter ignores case (ngx_http_core_server_name); to others it makes no difference.
    return expression(name[1:], ignore_case=True)


@functools.lru_cache(maxsize=4096)
def expression(pattern: str, *, ignore_case: bool) -> re.Pattern[str] | None:
    """What a regular expression of nginx asks; `None` where Python cannot ask it."""
    if _NOT_OURS.search(pattern):
        return None
    # PCRE's named groups are Python's, up to this spelling.
    spelled = pattern.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
    try:
        return re.compile(spelled, re.IGNORECASE if ignore_case else 0)
    except re.error:
        return None
