"""What `--show-config` prints is a file that says the same, with the places where each value is said."""

import os
from pathlib import Path

import pytest

from driftscan.configuration.keys import KEYS
from driftscan.configuration.read import DEFAULT, Configured, load
from driftscan.configuration.settings import HookSettings, HostSettings, Settings
from driftscan.report.settings import render
from tests.configuration.test_read import WHOLE

HOSTILE = "a'\"\\ # [x] = \u202e\u2028\x7f\x1b[31m\n\té\U000e0041\U0001f600"


def read_back(text: str, path: Path) -> Configured:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return load(path, {})


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(color="never", hook=HookSettings(syslog=True, reports=0, command=["/bin/x", HOSTILE, ""])),
        Settings(host=HostSettings(conf=["a b", "c"], nginx_version="1.22.1", root="/\u202e'\"\\")),
    ],
)
def test_read_back_it_gives_the_same_settings(settings: Settings, tmp_path: Path) -> None:
    text = render(Configured(settings))
    assert read_back(text, tmp_path / "a.toml").settings == settings
    assert text.replace("\n", "").isprintable(), "nothing in it acts on a terminal"


def test_every_key_is_in_it_with_its_meaning() -> None:
    text = " ".join(render(DEFAULT).replace("\n# ", " ").split())
    for key in KEYS.values():
        assert " ".join(key.description.split()) in text
        assert f" {key.name} = " in text or f" {key.name} has no value (default)" in text
    assert "Read: no file" in text


def test_it_tells_where_each_value_comes_from(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(WHOLE)
    path.chmod(0o600)
    environment = {"DRIFTSCAN_HOOK_REPORTS": "5", "DRIFTSCAN_HOOK_STATE": ""}
    lines = render(load(path, environment)).splitlines()
    assert lines[1] == f"# Read: {path}"
    assert f'color = "never"  # {path}:1' in lines
    assert "reports = 5  # DRIFTSCAN_HOOK_REPORTS" in lines
    assert "# state has no value (DRIFTSCAN_HOOK_STATE)" in lines
    assert [line for line in lines if line.endswith(("  # default", "(default)"))] == []


def test_a_file_with_a_strange_name_says_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a\ncolor = 'always'\n\x1b[31m.toml"
    text = render(read_back('color = "never"', path))
    again = tmp_path / "again.toml"
    assert read_back(text, again).settings == Settings(color="never")
    assert os.linesep.join(text.splitlines()).count("\x1b") == 0
