"""The settings in force: a variable of the environment counts more than the file, and the file more than a default.

The file is the one that `--config` names, or DRIFTSCAN_CONFIG, or /etc/driftscan.toml. One that is named must be
there. It is the file of the host that driftscan runs on; one in a history that is examined is data like the rest.

Variables have the names of the settings: DRIFTSCAN_COLOR, DRIFTSCAN_HOST_ROOT, DRIFTSCAN_HOOK_COMMAND. A list is
written as words of a shell, a switch as true, yes, 1, false, no or 0; an empty one says that an optional setting has no
value. Ours are all that begin with DRIFTSCAN_ and a section (HOST_, CHECK_, HOOK_), or are nearly a name of ours, so
that a slip is refused rather than ignored; DRIFTSCAN_VERSION and the like may mean something to somebody else.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from driftscan.configuration.keys import KEYS, PREFIX, SECTIONS
from driftscan.configuration.settings import DEFAULT_FILE, DEFAULTS, Settings
from driftscan.configuration.trusted import read_trusted
from driftscan.errors import DriftscanError
from driftscan.site.toml import SiteError, parse
from driftscan.site.toml_lines import KeyPath, key_lines, line_of

VARIABLE: Final = f"{PREFIX}CONFIG"
"""Names the file."""
NEAR: Final = 0.75
"""How much of a name must be right for it to be taken for a slip of ours."""


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings, and where each that somebody set comes from."""

    settings: Settings = DEFAULTS
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By the dotted name of the setting: the file with its line, or the variable. What is left to its default is not
    in it."""
    file: Path | None = None
    """The file that was read; `None` where there is none."""


DEFAULT: Final = Configured()


@dataclass(frozen=True, slots=True)
class _Said:
    """One value that was set."""

    value: object
    source: str


def load(path: Path | None, environment: Mapping[str, str]) -> Configured:
    """The settings in force.

    Args:
        path: the file that `--config` names, if it is given.
        environment: the variables, as of `os.environ`.

    Raises:
        DriftscanError: a file or variable says something that is no setting; the text names file, line and key.
    """
    named = path or (Path(environment[VARIABLE]) if environment.get(VARIABLE) else None)
    said = dict(_of_environment(environment))
    file = named or DEFAULT_FILE
    try:
        data = read_trusted(file)
    except FileNotFoundError:
        if named is not None:
            where = "--config" if path is not None else VARIABLE
            raise DriftscanError(f"{file}: there is no such file; write it, or leave {where} out") from None
        return Configured(_settings(said), _sources(said))
    said = dict(_of_file(data, str(file))) | said
    return Configured(_settings(said), _sources(said), file)


def _settings(said: Mapping[str, _Said]) -> Settings:
    whole: dict[str, object] = {}
    tables: dict[str, dict[str, object]] = {section: {} for section in SECTIONS}
    for dotted, one in said.items():
        key = KEYS[dotted]
        (tables[key.section] if key.section else whole)[key.name] = one.value
    return msgspec.convert(whole | tables, Settings)


def _sources(said: Mapping[str, _Said]) -> Mapping[str, str]:
    return MappingProxyType({dotted: one.source for dotted, one in said.items()})


def _of_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, _Said]]:
    """What the variables say.

    Raises:
        DriftscanError: one is nearly ours, or its value is none that the setting can have.
    """
    ours = {key.variable: key for key in KEYS.values()}
    for variable, text in sorted(environment.items()):
        if variable not in ours:
            _require_foreign(variable, [VARIABLE, *ours])
            continue
        key = ours[variable]
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise DriftscanError(f"{variable}: its value is not UTF-8; write it anew") from None
        try:
            yield key.dotted, _Said(key.checked(key.spelled(text)), variable)
        except DriftscanError as error:
            raise DriftscanError(f"{variable}: {error}") from None


def _require_foreign(variable: str, ours: list[str]) -> None:
    """That a variable which is none of ours is meant for somebody else.

    Raises:
        DriftscanError: it looks like ours.
    """
    if variable in ours or not variable.startswith(PREFIX):
        return
    rest = variable.removeprefix(PREFIX)
    near = difflib.get_close_matches(rest, [name.removeprefix(PREFIX) for name in ours], 1, cutoff=NEAR)
    near = near or [key.variable.removeprefix(PREFIX) for key in KEYS.values() if rest == key.name.upper()]
    if near:
        raise DriftscanError(f"{variable}: there is no such setting; did you mean {PREFIX}{near[0]}?")
    section, underscore, _ = rest.partition("_")
    known = [key.variable for key in KEYS.values() if key.section == section.lower()]
    if underscore and section.lower() in SECTIONS:
        raise DriftscanError(f"{variable}: there is no such setting; known are {', '.join(known)}")


def _of_file(data: bytes, path: str) -> Iterator[tuple[str, _Said]]:
    """What a file says.

    Raises:
        DriftscanError: it is no TOML, has a key that is unknown, or a value that the setting cannot have.
    """
    try:
        text, document = parse(data, path)
    except SiteError as error:
        where = path if error.line is None else f"{path}:{error.line}"
        raise DriftscanError(f"{where}: {str(error).removeprefix(f'{path}: ')}") from None
    lines = key_lines(text)
    for place, value in _leaves(document):
        dotted, source = ".".join(place), _source(path, lines, place)
        if dotted in SECTIONS:
            raise DriftscanError(f"{source}: {dotted} is a table; write [{dotted}], and its keys on the lines below")
        if dotted not in KEYS or len(place) != len(dotted.split(".")):
            raise DriftscanError(f"{source}: {dotted}: there is no such key{_meant(place)}")
        try:
            yield dotted, _Said(KEYS[dotted].checked(value), source)
        except DriftscanError as error:
            raise DriftscanError(f"{source}: {dotted}: {error}") from None


def _leaves(document: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], object]]:
    """The keys of the file and of its sections; a table that is no section is a key."""
    for name, value in document.items():
        if name in SECTIONS and isinstance(value, dict):
            yield from (((name, inner), part) for inner, part in value.items())
        else:
            yield (name,), value


def _source(path: str, lines: Mapping[KeyPath, int], place: tuple[str, ...]) -> str:
    return f"{path}:{line_of(lines, place) or 1}"


def _meant(place: tuple[str, ...]) -> str:
    """The key that was most likely meant: the same one of another section, or one that is nearly the same."""
    same = [key.dotted for key in KEYS.values() if key.name == place[-1]]
    if same:
        return f"; did you mean {same[0]}?"
    section = place[0] if len(place) > 1 else ""
    known = [key.name for key in KEYS.values() if key.section == section]
    if not section:
        known = [*known, *SECTIONS]
    near = difflib.get_close_matches(place[-1], known, 1)
    dotted = [f"{section}.{name}" if section else name for name in near or known]
    return f"; did you mean {dotted[0]}?" if near else f"; known are {', '.join(dotted)}"
