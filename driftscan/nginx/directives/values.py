"""What the arguments of a directive mean: text at the edge becomes a value whose equality is nginx's.

`1m` and `1024k` are one size, `1440m` and `1d` one time, `ON` and `on` one flag. A reader raises `Refusal` with
nginx's own words for what nginx refuses (ngx_conf_file.c, ngx_parse.c, ngx_string.c, ngx_http_script.c; compared
with a running nginx 1.22.1). nginx up to 1.10 prints `[warn]` instead of `[emerg]` for an unknown word of a set or of
a list of words, and fails all the same.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self, TypeAlias, TypeVar

T = TypeVar("T")


class Refusal(ValueError):  # noqa: N818 - nginx's word for it is not error
    """What nginx says of arguments that it does not take; as a string, without the name of the directive."""

    def __init__(self, reason: str, around: tuple[str, str] | None = None) -> None:
        """Take the reason, and what stands before and behind the name in a sentence that has the name in it."""
        super().__init__(reason)
        self._around = around

    @classmethod
    def word(cls, word: str, written: str) -> Self:
        """A setter's answer, which ngx_conf_handler puts behind the name of the directive, and what it is about."""
        return cls(f'{word} "{written}"', ("", f" directive {word}"))

    def text(self, directive: str) -> str:
        """What nginx prints, up to the place."""
        if self._around is None:
            return str(self)
        before, behind = self._around
        return f'{before}"{directive}"{behind}'


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
            raise Refusal("invalid number of arguments", ("invalid number of arguments in ", " directive"))
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
    """An amount of bytes, seconds or milliseconds, equal to the same amount written otherwise."""

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
            value, choice = f'invalid value "{found.first}"', 'it must be "on" or "off"'
            raise Refusal(f"{value}, {choice}", (f"{value} in ", f" directive, {choice}"))


def enum(*words: str) -> Read[str]:
    """One of these words, case-insensitive (ngx_conf_set_enum_slot)."""

    def read(found: Occurrences) -> str:
        if found.first.lower() not in words:
            raise Refusal(f'invalid value "{found.first}"')
        return found.first.lower()

    return read


def protocols(found: Occurrences) -> frozenset[Protocol]:
    """The union of all occurrences (ngx_conf_set_bitmask_slot ORs, it does not replace)."""
    known = {protocol.lower(): protocol for protocol in Protocol}
    words = [word for args in found.args for word in args]
    for word in words:
        if word.lower() not in known:
            raise Refusal(f'invalid value "{word}"')
    return frozenset(known[word.lower()] for word in words)


def text(found: Occurrences) -> str:
    """The first argument as it is."""
    return found.first


def words(found: Occurrences) -> tuple[str, ...]:
    """All arguments of the first occurrence."""
    return found.args[0]


_LARGEST = 2**63 - 1
"""NGX_MAX_INT_T_VALUE where a pointer has 64 bits; no number may pass it, nor a size or time written with a unit."""


def decimal(digits: str) -> int | None:
    """A number as ngx_atoi reads it; `None` for anything but digits, for nothing, and for too much."""
    if not digits.isascii() or not digits.isdigit():
        return None
    # Python is slow with very long numbers and at last refuses them; twenty digits are too much already.
    amount = int(digits.lstrip("0")[:20] or "0")
    return amount if amount <= _LARGEST else None


def number(found: Occurrences) -> int:
    """A decimal number (ngx_conf_set_num_slot)."""
    amount = decimal(found.first)
    if amount is None:
        raise Refusal.word("invalid number", found.first)
    return amount


def size(found: Occurrences) -> Measure:
    """Bytes with an optional k or m (ngx_conf_set_size_slot)."""
    return Measure(parse_size(found.first), found.first)


_SIZES = {"": 1, "k": 1024, "m": 1024 * 1024}


def parse_size(written: str) -> int:
    """Bytes; `Refusal` for what ngx_parse_size refuses (`10mb`, `1g`, nothing)."""
    unit = written[-1:] if written[-1:] in {"k", "K", "m", "M"} else ""
    amount = decimal(written.removesuffix(unit))
    if amount is None or amount * _SIZES[unit.lower()] > _LARGEST:
        raise Refusal.word("invalid value", written)
    return amount * _SIZES[unit.lower()]


_SECONDS = {"y": 31_536_000, "M": 2_592_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_MILLISECONDS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
"""Largest first, as they must stand; where milliseconds are told apart there are no years and months."""
_TIME_PART = re.compile(r"([0-9]*)(ms|[yMwdhms ]|\Z) *")


def seconds(found: Occurrences) -> Measure:
    """A time in seconds: `1d`, `5m30s`, `300` (ngx_conf_set_sec_slot)."""
    return Measure(parse_time(found.first), found.first)


def milliseconds(found: Occurrences) -> Measure:
    """A time in milliseconds: `60s`, `1m500ms`, and `60` for so many seconds (ngx_conf_set_msec_slot)."""
    return Measure(parse_time(found.first, _MILLISECONDS), found.first)


def parse_time(written: str, units: Mapping[str, int] = _SECONDS) -> int:
    """How many of the smallest unit; `Refusal` for what ngx_parse_time refuses.

    Each unit at most once, the largest first, with or without spaces behind it. Seconds may go without their unit,
    also before a space, behind which nothing but more of them may follow: `1h 30` is `1h30s`, and `5 5` is 10. A unit
    may go without a number, as long as there is one somewhere.
    """
    order = list(units)
    total, last, position = 0, -1, 0
    while position < len(written):
        part = _TIME_PART.match(written, position)
        digits, unit = part.groups() if part is not None else ("", "?")
        amount = decimal(digits or "0")
        bare = unit in {"", " "}
        rank = order.index("s" if bare else unit) if bare or unit in units else -1
        if part is None or amount is None or (unit and rank <= last):
            raise Refusal.word("invalid value", written)
        total += amount * units[order[rank]]
        last = len(order) if bare else rank
        position = part.end()
    if total > _LARGEST or not any(character.isdigit() for character in written):
        raise Refusal.word("invalid value", written)
    return total


_VARIABLE = re.compile(r"\$(?:[1-9]|(?P<bracket>\{)?(?P<name>[A-Za-z0-9_]*)(?P<closed>\})?)")


def expression(found: Occurrences) -> str:
    """The first argument, with variables in it that are spelled as nginx wants (ngx_http_script_compile)."""
    check_variables(found.first)
    return found.first


def check_variables(word: str) -> None:
    """`Refusal` for what cannot be a variable; whether there is one of that name is asked much later."""
    for variable in _VARIABLE.finditer(word):
        name, bracket = variable["name"], variable["bracket"]
        if name is None:
            continue
        if bracket and not variable["closed"] and variable.end("bracket") < len(word):
            raise Refusal(f'the closing bracket in "{name}" variable is missing')
        if not name:
            raise Refusal("invalid variable name")


_LONGEST_PROTOCOL = 255


def alpn(found: Occurrences) -> tuple[str, ...]:
    """Names of application protocols, the preferred one first."""
    for word in found.args[0]:
        check_alpn(word)
    return found.args[0]


def check_alpn(word: str) -> None:
    """`Refusal` for a name that is too long: TLS has one byte for the length."""
    if len(word.encode("utf-8", "surrogateescape")) > _LONGEST_PROTOCOL:
        raise Refusal.word("protocol too long", word)


def path(found: Occurrences) -> str:
    """A file name on the host; relative ones start at the conf prefix (ngx_conf_full_name)."""
    return full_name(found.first, found.prefix)


def path_or_none(found: Occurrences) -> str | None:
    """A file name; an empty one takes back what the level above says."""
    return full_name(found.first, found.prefix) or None


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
