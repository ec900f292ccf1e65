"""The published JSON Schema of the file, for editors: `python -m driftscan.configuration.schema` writes it anew."""

import json
from pathlib import Path
from typing import Any

import msgspec

from driftscan.configuration.settings import Settings

FILE = Path(__file__).with_name("driftscan-toml.schema.json")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file of settings."""
    (whole,), parts = msgspec.json.schema_components((Settings,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "driftscan.toml",
        "description": "Every key may be left out. That a version can be read, and that the program of `hook.command` "
        "is an absolute path, is checked when the file is read.",
        **_without_null(whole),
        "$defs": {name: _without_null(part) for name, part in sorted(parts.items())},
    }


def text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2) + "\n"


def _without_null(part: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """The same without null, which TOML does not have: what has no value is not in the file."""
    match part:
        case {"anyOf": [kind, {"type": "null"}], **rest}:
            return _without_null(rest | kind)
        case dict():
            return {name: _without_null(value) for name, value in part.items() if value is not None}
        case list():
            return [_without_null(item) for item in part]
        case _:
            return part


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
