"""What the arguments of a directive mean: text at the edge becomes a value whose equality is nginx's.

`1m` and `1024k` are one size, `1440m` and `1d` one time, `ON` and `on` one flag. A reader raises `ValueError` with
nginx's own words for what nginx refuses.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Every time a directive stands in one block: its arguments in order, and where relative paths begin."""

    args: tuple[tuple[str, ...], ...]
    prefix: str
    """The directory of the main file on the host (the conf prefix)."""

    @property
    def first(self) -> str:
        """The first argument of the first occurrence; nginx refuses a second one of these."""
        if not self.args[0]:
            raise ValueError("invalid number of arguments")
        return self.args[0][0]


Read: TypeAlias = Callable[[Occurrences], T]


class Protocol(StrEnum):
    """A protocol version as `ssl_protocols` spells it, oldest first."""

    SSL2 = "SSLv2"
    SSL3 = "SSLv3"
    TLS10 = "TLSv1"
    TLS11 = "TLSv1.1"
    TLS12 = "TLSv1.2"
    TLS13 = "TLSv1.3"


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount of bytes or seconds, equal to the same amount written otherwise."""

    amount: int
    written: str = field(compare=False)

    def __str__(self) -> str:
        return self.written


def flag(found: Occurrences) -> bool:
    """`on` or `off`, case-insensitive (ngx_conf_set_flag_slot)."""
    match found.first.lower():
        case "on":
            return True
        case "off":
            return False
        case _:
            raise ValueError(f'invalid value "{found.first}", it must be "on" or "off"')


def enum(*words: str) -> Read[str]:
    """One of these words, case-insensitive (ngx_conf_set_enum_slot)."""

    def read(found: Occurrences) -> str:
        if found.first.lower() not in words:
            raise ValueError(f'invalid value "{found.first}"')
        return found.first.lower()

    return read


def protocols(found: Occurrences) -> frozenset[Protocol]:
    """The union of all occurrences (ngx_conf_set_bitmask_slot ORs, it does not replace)."""
    known = {protocol.lower(): protocol for protocol in Protocol}
    words = [word for args in found.args for word in args]
    for word in words:
        if word.lower() not in known:
            raise ValueError(f'invalid value "{word}"')
    return frozenset(known[word.lower()] for word in words)


def text(found: Occurrences) -> str:
    """The first argument as it is."""
    return found.first


def words(found: Occurrences) -> tuple[str, ...]:
    """All arguments of the first occurrence."""
    return found.args[0]


def number(found: Occurrences) -> int:
    """A decimal number (ngx_conf_set_num_slot)."""
    if not found.first.isascii() or not found.first.isdigit():
        raise ValueError("invalid number")
    return int(found.first)


def size(found: Occurrences) -> Measure:
    """Bytes with an optional k or m (ngx_parse_size)."""
    return Measure(parse_size(found.first), found.first)


def parse_size(written: str) -> int:
    """Bytes; `ValueError` for what ngx_parse_size refuses (`10mb`, `1g`, nothing)."""
    match = re.fullmatch(r"([0-9]{1,18})([kKmM]?)", written)
    if match is None:
        raise ValueError(f'invalid size "{written}"')
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024 * 1024}[match[2].lower()]


_UNITS = {"y": 31536000, "M": 2592000, "w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "": 1}


def seconds(found: Occurrences) -> Measure:
    """A time in seconds: `1d`, `5m30s`, `300`; units largest first (ngx_parse_time)."""
    parts = re.findall(r"([0-9]{1,18})([yMwdhms]?) *", found.first)
    order = [list(_UNITS).index(unit) for _, unit in parts]
    whole = "".join(f"{amount}{unit}" for amount, unit in parts)
    if not parts or whole != found.first.replace(" ", "") or order != sorted(set(order)):
        raise ValueError(f'invalid value "{found.first}"')
    return Measure(sum(int(amount) * _UNITS[unit] for amount, unit in parts), found.first)


def path(found: Occurrences) -> str:
    """A file name on the host; relative ones start at the conf prefix (ngx_conf_full_name)."""
    return full_name(found.first, found.prefix)


def full_name(name: str, prefix: str) -> str:
    """An absolute file name, except for what is no file: variables, `data:`, `engine:`, `store:`, stream `-`."""
    if name.startswith(("/", "data:", "engine:", "store:", "$")) or not name:
        return name
    return f"{prefix}/{name}"


def paths(found: Occurrences) -> tuple[str, ...]:
    """The file names of all occurrences, in order."""
    return tuple(full_name(args[0], found.prefix) for args in found.args if args)


def pairs(found: Occurrences) -> tuple[tuple[str, ...], ...]:
    """The arguments of every occurrence, in order."""
    return found.args


def show(value: object) -> str:
    """A value as an operator would write it; `not set` for its absence."""
    match value:
        case None:
            return "not set"
        case True:
            return "on"
        case False:
            return "off"
        case frozenset():
            return " ".join(items(value))
        case tuple():
            return "; ".join(items(value)) if value and isinstance(value[0], tuple) else " ".join(items(value))
        case _:
            return str(value)


def items(value: "frozenset[object] | tuple[object, ...]") -> list[str]:
    """The members of a set or list as text; protocols oldest first, other sets by name, lists as they are."""
    if isinstance(value, tuple):
        return [" ".join(map(str, member)) if isinstance(member, tuple) else str(member) for member in value]
    versions = list(Protocol)
    return [
        str(member)
        for member in sorted(value, key=lambda m: (versions.index(m) if isinstance(m, Protocol) else -1, str(m)))
    ]
