"""The settings in force, as a file that says the same: what each means, and where its value comes from."""

import json
import re
from collections.abc import Iterator
from inspect import getdoc
from textwrap import wrap

from msgspec.structs import asdict

from driftscan.configuration.keys import KEYS, SECTIONS, Key
from driftscan.configuration.read import Configured
from driftscan.configuration.settings import DEFAULT_FILE
from driftscan.history.redact import redact
from driftscan.report.printable import ACTING, printable

WIDTH = 110


def render(configured: Configured) -> str:
    """A file of settings that, read back, gives the same ones."""
    file = "no file" if configured.file is None else printable(str(configured.file))
    lines = [f"# The settings in force; as {DEFAULT_FILE} this says the same.", f"# Read: {file}", ""]
    for section in ("", *SECTIONS):
        table = configured.settings if not section else getattr(configured.settings, section)
        if section:
            lines += [*_comment(getdoc(type(table)) or ""), f"[{section}]"]
        for key in (key for key in KEYS.values() if key.section == section):
            lines += _setting(key, asdict(table)[key.name], configured.sources.get(key.dotted, "default"))
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _setting(key: Key, value: object, source: str) -> Iterator[str]:
    yield from _comment(key.description)
    if value is None:
        yield f"# {key.name} has no value ({printable(source)})"
    else:
        shown = _without_secrets(value)
        note = "" if shown == value else "; *** stands for what looks like a secret"
        yield f"{key.name} = {_value(shown)}  # {printable(source)}{note}"


def _without_secrets(value: object) -> object:
    """The words of a command without passwords and tokens; one may be a word of its own behind its option."""
    if not isinstance(value, list):
        return value
    words = redact("\n".join(value)).split("\n")
    return words if len(words) == len(value) else [redact(word) for word in value]


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, WIDTH)]


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            # JSON's escapes are TOML's; what acts on a terminal is escaped too.
            return ACTING.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    return f"\\U{ord(found[0]):08x}"
