"""openssl.cnf: what OpenSSL applies to every TLS context before nginx sets its own (SSL_CTX_new, config(5))."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from driftscan.host.lines import numbered
from driftscan.host.value import Value
from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class SystemDefaults:
    """The section that `system_default` leads to from `openssl_conf`, if any does."""

    path: str
    commands: Mapping[str, Value] = field(default_factory=dict)
    """By command in lower case: `minprotocol`, `cipherstring`, `groups`, ...; empty where nothing refers to it."""
    nginx: Mapping[str, Value] = field(default_factory=dict)
    """The same for the application name `nginx`, which nginx uses since 1.25.2."""
    unread: tuple[Value, ...] = ()
    """The includes whose files are not in the tree: what they say comes on top, and is not known."""


@dataclass(frozen=True, slots=True)
class Section:
    """`[ name ]`."""

    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """`name = value`, or `section::name = value` from within another one."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Include:
    """`.include = path`: a file, or a directory of `*.cnf` and `*.conf`, read as if it stood here."""

    value: Value


Item: TypeAlias = Section | Setting | Include

_MOST_INCLUDES: Final = 10
"""Deeper than this nothing is included (OpenSSL itself sets no limit, and a circle is a circle)."""
_MOST_FILES: Final = 1000
"""Files that are included in all, each as often as it is: a few that include each other multiply."""
_WORD: Final = re.compile(r"""\\(?P<escaped>.)|(?P<quote>["'`])|(?P<comment>\#)|(?P<plain>.)""", re.DOTALL)
_MEANT: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b"}


def parse_openssl_cnf(path: str, data: bytes) -> tuple[Item, ...]:
    """Read one file of OpenSSL's format (NCONF); lines that OpenSSL would refuse are passed over."""
    return tuple(_items(path, data))


def _items(path: str, data: bytes) -> Iterator[Item]:
    for number, line in _logical(data):
        text = _before_comment(line).strip()
        at = Location(path, number)
        name, equals, value = (part.strip() for part in text.partition("="))
        if text.startswith("["):
            if "]" in text:
                yield Section(text[1:].partition("]")[0].strip())
        elif name.split()[:1] == [".include"]:
            # The equals sign is new in OpenSSL 1.1.1; before, and still, white space does.
            target = value if name == ".include" and equals else text[len(".include") :].strip()
            yield Include(Value(_meant(target), at))
        elif equals and not name.startswith("."):
            yield Setting(name, Value(_meant(value), at))


def _logical(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines, joined where a backslash ends one and numbered as their first."""
    start, text = 0, ""
    for number, line in numbered(data):
        start = start or number
        if line.endswith("\\") and not line.endswith("\\\\"):
            text += line[:-1]
            continue
        yield start, text + line
        start, text = 0, ""
    if text:
        yield start, text


def _before_comment(line: str) -> str:
    """A line up to a `#` outside quotes."""
    quote = ""
    for found in _WORD.finditer(line):
        if found["quote"]:
            quote = "" if quote == found["quote"] else quote or found["quote"]
        elif found["comment"] and not quote:
            return line[: found.start()]
    return line


def _meant(text: str) -> str:
    """A value without its quotes and backslashes; variables are left as they are written."""
    quote, meant = "", ""
    for found in _WORD.finditer(text):
        if found["escaped"] is not None:
            meant += _MEANT.get(found["escaped"], found["escaped"])
        elif found["quote"] and quote in {"", found["quote"]}:
            quote = "" if quote else found["quote"]
        else:
            meant += found[0]
    return meant


Included = Callable[[str], "tuple[tuple[Item, ...], ...] | None"]
"""The items of each file that an include names, in order; `None` where that is not in the tree."""


def system_defaults(path: str, items: Iterable[Item], included: Included) -> SystemDefaults:
    """What the file makes OpenSSL apply to every context (CONF_modules_load, ssl_do_config).

    An application's own name in the first section is looked up before `openssl_conf`. From there `ssl_conf` leads to a
    section in which `system_default` names the one with the commands.
    """
    sections: dict[str, dict[str, Value]] = {"default": {}}
    unread: list[Value] = []
    section = sections["default"]
    for item in _spliced(items, included, unread, 0, itertools.count()):
        match item:
            case Section(name):
                section = sections.setdefault(name, {})
            case Setting(name, value):
                other, _, name = name.rpartition("::")
                into = sections.setdefault(other, {}) if other else section
                # The last one of a name counts, in its own place.
                into.pop(name, None)
                into[name] = value
            case Include():
                pass
    return SystemDefaults(path, _commands(sections, "openssl_conf"), _commands(sections, "nginx"), tuple(unread))


def _spliced(
    items: Iterable[Item], included: Included, unread: list[Value], depth: int, count: Iterator[int]
) -> Iterator[Item]:
    for item in items:
        if not isinstance(item, Include):
            yield item
            continue
        files = included(item.value.text) if depth < _MOST_INCLUDES else None
        if files is None:
            unread.append(item.value)
        for file in files or ():
            if next(count) >= _MOST_FILES:
                unread.append(item.value)
                return
            yield from _spliced(file, included, unread, depth + 1, count)


def _commands(sections: Mapping[str, Mapping[str, Value]], application: str) -> Mapping[str, Value]:
    start = sections["default"].get(application)
    modules = {} if start is None else sections.get(start.text, {})
    # The name of a module may have a suffix that tells two of them apart: `ssl_conf.1`.
    tls = next((value for name, value in modules.items() if name.partition(".")[0] == "ssl_conf"), None)
    chosen = None if tls is None else sections.get(tls.text, {}).get("system_default")
    commands: dict[str, Value] = {}
    for name, value in (sections.get(chosen.text, {}) if chosen else {}).items():
        # `1.Options` and `2.Options` are the same command, given twice.
        command = (name.partition(".")[2] or name).lower()
        earlier = commands.get(command)
        adds = command == "options" and earlier is not None
        commands[command] = Value(f"{earlier.text},{value.text}", value.at) if adds and earlier else value
    return commands
