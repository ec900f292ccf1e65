"""The published schema says yes and no where driftscan does."""

import json
import tomllib

import jsonschema  # type: ignore[import-untyped]
import pytest

from driftscan.configuration import schema
from driftscan.configuration.read import load
from driftscan.errors import DriftscanError
from tests.configuration.conftest import Write
from tests.configuration.test_read import WHOLE


def published() -> object:
    return json.loads(schema.FILE.read_text("utf-8"))


def test_the_published_schema_is_current() -> None:
    assert schema.FILE.read_text("utf-8") == schema.text(), "run: python -m driftscan.configuration.schema"


def test_the_schema_is_a_schema_without_null_which_toml_has_not() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema())
    assert "null" not in schema.text()


@pytest.mark.parametrize("text", ["", WHOLE, 'hook.state = "/a"', "[host]\nconf = ['...', 'a..b']"])
def test_both_accept_what_is_right(write: Write, text: str) -> None:
    jsonschema.validate(tomllib.loads(text), published())
    load(write(text), {})


@pytest.mark.parametrize(
    "text",
    [
        "[hook]\nnotfy = 'low'",
        "[hok]",
        "hook = 3",
        "color = 'blue'",
        "[hook]\nreports = -1",
        "[hook]\nreports = '1'",
        "[hook]\nreports = true",
        "[hook]\nstate = 'a'",
        "[hook]\ntextfile = '/a.txt'",
        '[hook]\ntextfile = "/a.prom\\n"',
        "[hook]\ncommand = '/bin/a'",
        "[host]\nconf = ['a/../b']",
        '[host]\nconf = ["a\\n/../b"]',
        "[host]\nroot = ''",
        "[host]\nnginx_version = 1.22",
    ],
)
def test_both_refuse_what_is_wrong(write: Write, text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), published())
    with pytest.raises(DriftscanError):
        load(write(text), {})
