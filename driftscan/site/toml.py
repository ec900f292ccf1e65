"""TOML into typed values, with errors that name the file, the entry and the cure."""

import difflib
import re
from typing import TypeVar

import msgspec

from driftscan.errors import DriftscanError

T = TypeVar("T")
LARGEST = 1024 * 1024
"""More bytes than people write by hand."""


class SiteError(DriftscanError):
    """A file that people of the site wrote does not say what it must; the text names the file and the cure."""


def decode(data: bytes, kind: type[T], path: str) -> T:
    """The value in a file.

    Raises:
        SiteError: it is no TOML, or has a field that is unknown, missing or of another kind.
    """
    if len(data) > LARGEST:
        raise SiteError(f"{path}: more than {LARGEST} bytes; it is not read")
    try:
        return msgspec.toml.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise SiteError(f"{path}: {_cure(str(error), kind)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SiteError(f"{path}: it is no TOML: {error}") from None


def _cure(text: str, kind: type[object]) -> str:
    """The library's sentence, with the name that was most likely meant."""
    unknown = re.search(r"unknown field `([^`]*)`", text)
    if unknown is None:
        return text
    meant = difflib.get_close_matches(unknown[1], _fields(kind), 1)
    return f"{text}; did you mean `{meant[0]}`?" if meant else f"{text}; known are {', '.join(_fields(kind))}"


def _fields(kind: type[object]) -> list[str]:
    """The names of all fields, at any depth."""
    schema = msgspec.json.schema(kind)
    parts = schema.get("$defs", {}).values()
    return sorted({name for part in parts for name in part.get("properties", {})})
