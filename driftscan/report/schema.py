"""The published JSON Schemas, generated from the types: `python -m driftscan.report.schema` writes them anew."""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec

from driftscan.report import document
from driftscan.report.events import Event

FILE = Path(__file__).with_name("driftscan-1.schema.json")
EVENT_FILE = Path(__file__).with_name("driftscan-event-1.schema.json")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of every document."""
    whole, parts = msgspec.json.schema_components(get_args(document.Document), ref_template=_PART)
    return _published("driftscan documents, version 1", {"anyOf": list(whole)}, parts)


def event_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one line of events."""
    (whole,), parts = msgspec.json.schema_components([Event], ref_template=_PART)
    return _published("driftscan events, version 1", whole, parts)


_PART = "#/$defs/{name}"


def _published(title: str, whole: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": "Additions may come within version 1; nothing is taken away or changes its meaning.",
        **whole,
        "$defs": dict(sorted(parts.items())),
    }


def text(of: dict[str, Any]) -> str:
    """A schema as it is published."""
    return json.dumps(of, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(schema()), "utf-8")
    EVENT_FILE.write_text(text(event_schema()), "utf-8")
