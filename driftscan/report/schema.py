"""The published JSON Schema, generated from the types: `python -m driftscan.report.schema` writes it anew."""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec

from driftscan.report import document

FILE = Path(__file__).with_name("driftscan-1.schema.json")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of every document."""
    whole, parts = msgspec.json.schema_components(get_args(document.Document), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "driftscan documents, version 1",
        "description": "Additions may come within version 1; nothing is taken away or changes its meaning.",
        "anyOf": list(whole),
        "$defs": dict(sorted(parts.items())),
    }


def text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
