"""Each setting by its names: `hook.notify` in messages, `notify` below `[hook]`, and DRIFTSCAN_HOOK_NOTIFY.

What a value must be is read from the type of its field, so that there is one place that says it.
"""

import difflib
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from driftscan.configuration.settings import Settings
from driftscan.errors import DriftscanError
from driftscan.history.versions import Library, NginxVersion

PREFIX: Final = "DRIFTSCAN_"
BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
LONGEST_NUMBER: Final = 20
LONGEST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Key:
    """One setting."""

    section: str
    """The table it is in; empty for the top of the file."""
    name: str
    kind: Any
    """The type of its field, with bounds and patterns."""
    description: str

    @property
    def dotted(self) -> str:
        """The name in messages, and in the file where it is not below a header."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The variable of the environment that stands for it."""
        return PREFIX + self.dotted.replace(".", "_").upper()

    def spelled(self, text: str) -> object:
        """What the text of a variable stands for; text that stands for nothing is returned as it is.

        Raises:
            DriftscanError: its quotes do not match.
        """
        bare = _bare(self.kind)
        if bare is bool:
            return BOOLEANS.get(text.lower(), text)
        if bare is int and text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER:
            return int(text)
        if get_origin(bare) is list:
            try:
                return shlex.split(text)
            except ValueError:
                raise DriftscanError(f"the quotes in {_shown(text)} do not match") from None
        return None if text == "" and type(None) in get_args(bare) else text

    def checked(self, value: object) -> object:
        """The value, if the setting can have it.

        Raises:
            DriftscanError: it cannot; the text says what it can be.
        """
        try:
            found: object = msgspec.convert(value, self.kind)
        except msgspec.ValidationError:
            raise DriftscanError(f"{_shown(value)} is not {_wanted(self.kind)}{_meant(value, self.kind)}") from None
        _check(self.dotted, found)
        return found


def _meant(value: object, kind: Any) -> str:  # noqa: ANN401 - types are values here
    """Of a choice, the word that was most likely meant, as the end of a sentence."""
    if get_origin(_bare(kind)) is not Literal or not isinstance(value, str):
        return ""
    near = difflib.get_close_matches(value.lower(), get_args(_bare(kind)), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _check(dotted: str, value: object) -> None:
    """What a type cannot say."""
    match dotted, value:
        case "host.nginx_version", str(version):
            NginxVersion.parse(version)
        case "host.openssl_version", str(version):
            Library.parse(version)
        case "hook.command", [str(program), *_] if not program.startswith("/"):
            raise DriftscanError(f"the program {_shown(program)} is not an absolute path")
        case _:
            pass


def _bare(kind: Any) -> Any:  # noqa: ANN401 - types are values here
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _wanted(kind: Any) -> str:  # noqa: ANN401 - types are values here
    """What a value of that type is called in a sentence."""
    metas = [part for part in get_args(kind)[1:] if isinstance(part, Meta)] if get_origin(kind) is Annotated else []
    for meta in metas:
        if meta.extra is not None:
            return str(meta.extra["wanted"])
        if meta.ge is not None and meta.le is not None:
            return f"a whole number from {meta.ge} to {meta.le}"
    bare = _bare(kind)
    parts = [part for part in get_args(bare) if part is not type(None)]
    if get_origin(bare) is Literal:
        return f"one of {', '.join(parts)}"
    if get_origin(bare) is list:
        return f"a list of {_wanted(parts[0])}"
    if parts:
        return _wanted(parts[0])
    return "true or false" if bare is bool else "a string"


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a table"
        case str() | list():
            text = repr(value)
        case _:
            text = str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _keys(kind: type[Struct], section: str = "") -> Iterator[Key]:
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            yield from _keys(field.type, field.name)
            continue
        (meta,) = (part for part in get_args(field.type)[1:] if isinstance(part, Meta) and part.description)
        yield Key(section, field.name, field.type, str(meta.description))


KEYS: Final[Mapping[str, Key]] = {key.dotted: key for key in _keys(Settings)}
SECTIONS: Final = tuple(dict.fromkeys(key.section for key in KEYS.values() if key.section))
