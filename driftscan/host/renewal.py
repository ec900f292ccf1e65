"""certbot's renewal/NAME.conf: how one certificate is renewed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from driftscan.host.lines import numbered
from driftscan.host.value import Value
from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class Renewal:
    """One renewal file. certbot reads it with configobj: `key = value`, `[section]`, `[[section]]`."""

    name: str
    """Of the lineage: the file's name without `.conf`."""
    path: str
    top: Mapping[str, Value] = field(default_factory=dict)
    """Before any section: `version`, `archive_dir`, `cert`, `privkey`, `chain`, `fullchain`, `renew_before_expiry`."""
    params: Mapping[str, Value] = field(default_factory=dict)
    """`[renewalparams]`: `authenticator`, `installer`, `server`, `key_type`, `account`, `preferred_chain`, ..."""
    webroots: Mapping[str, Value] = field(default_factory=dict)
    """`[[webroot_map]]`: by name, the directory its challenges are written to."""


_SECTIONS: Final[Mapping[tuple[str, ...], str]] = {
    (): "top",
    ("renewalparams",): "params",
    ("renewalparams", "webroot_map"): "webroots",
}


def parse_renewal(path: str, data: bytes) -> Renewal:
    """Read a renewal file; lines that configobj would not take are passed over.

    Of a value the quotes and the comment behind it are left out, and of a list of one the comma. Where a key stands
    twice the first counts: certbot refuses such a file as a whole.
    """
    found: dict[str, dict[str, Value]] = {kind: {} for kind in _SECTIONS.values()}
    section: tuple[str, ...] = ()
    for number, line in _logical(data):
        if line.startswith("["):
            section = _section(line, section)
            continue
        key, equals, text = line.partition("=")
        if equals and section in _SECTIONS:
            value = Value(_value(text.strip()), Location(path, number))
            found[_SECTIONS[section]].setdefault(_unquoted(key.strip()), value)
    name = path.rpartition("/")[2].removesuffix(".conf")
    return Renewal(name, path, found["top"], found["params"], found["webroots"])


def _logical(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that say something; a value in three quotes is one line, numbered as its first."""
    start, text, quote = 0, "", ""
    for number, whole in numbered(data):
        line = whole.strip()
        if quote:
            text += f"\n{line}"
            if quote in line:
                yield start, text
                quote = ""
            continue
        if not line or line.startswith("#"):
            continue
        value = line.partition("=")[2].strip()
        quote = value[:3] if value[:3] in {"'''", '"""'} and value[:3] not in value[3:] else ""
        if quote:
            start, text = number, line
        else:
            yield number, line


def _section(line: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """Where a line `[a]` or `[[b]]` leads from a section; the number of brackets is the depth."""
    depth = len(line) - len(line.lstrip("["))
    name, closed, _ = line[depth:].partition("]" * depth)
    if not closed or depth > len(above) + 1:
        return ("", "", "")
    return (*above[: depth - 1], _unquoted(name.strip()))


def _value(text: str) -> str:
    """What is behind the equals sign."""
    for quote in ("'''", '"""'):
        if text.startswith(quote):
            return text[3:].partition(quote)[0]
    items: list[str] = []
    while text and not text.startswith("#"):
        if text[0] in "'\"" and text[0] in text[1:]:
            item, _, text = text[1:].partition(text[0])
        else:
            ends = [at for at in (text.find(","), text.find(" #")) if at >= 0]
            end = min(ends, default=len(text))
            item, text = text[:end].strip(), text[end:]
        items.append(item)
        text = text.lstrip().removeprefix(",").lstrip()
    return ", ".join(items)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
