"""driftscan(1) as groff shows it: everything is in it, and nothing is lost on the way."""

import re
import shutil
import subprocess
from collections.abc import Iterator

import click
import pytest

from driftscan.cli import driftscan, manual
from driftscan.configuration.keys import KEYS
from driftscan.errors import ExitCode
from tests.conftest import unavailable


def rendered(page: str) -> str:
    """What a reader sees, in lines that are never broken; any warning of groff is an error."""
    if shutil.which("groff") is None:
        unavailable("groff", "`apt-get install groff`")
    shown = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=9999n"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stderr == ""
    return shown.stdout


def squeezed(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def commands(context: click.Context) -> Iterator[click.Context]:
    """driftscan, its verbs, and theirs."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            verb = context.command.get_command(context, name)
            assert verb is not None
            yield from commands(click.Context(verb, context, name))


ROOT = click.Context(driftscan, info_name="driftscan", **driftscan.context_settings)


@pytest.fixture(scope="module")
def shown() -> str:
    return rendered(manual.page())


@pytest.mark.parametrize("context", tuple(commands(ROOT)), ids=lambda context: str(context.command_path))
def test_a_verb_is_told_as_its_help_tells_it(context: click.Context, shown: str) -> None:
    path = context.command_path
    if context is ROOT:
        section = shown.partition("\nVERBS\n")[0]
    else:
        section = re.split(r"\n(?:   )?(?=\S)", shown.partition(f"\n   {path}\n")[2])[0]
    told = squeezed(section)
    assert squeezed(" ".join((path, *context.command.collect_usage_pieces(context)))) in told
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None:
            assert squeezed(" ".join(record)) in told
    for paragraph in (context.command.help or "").split("\n\n")[context is ROOT :]:
        assert squeezed(paragraph) in told


def test_every_exit_code_setting_and_file_is_told(shown: str) -> None:
    told = squeezed(shown)
    for code in ExitCode:
        assert f" {code} {squeezed(manual.EXITS[code])}" in told
    for key in KEYS.values():
        assert f"{key.variable} {squeezed(key.description)}" in told
    for path, meaning in manual.FILES.items():
        assert f"{path} {squeezed(meaning)}" in told
    assert "etckeeper(8), git-log(1), nginx(8)" in told


def test_the_order_of_sections_is_that_of_any_manual(shown: str) -> None:
    headings = [line for line in shown.splitlines()[1:-1] if line and not line.startswith(" ")]
    assert headings == [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "VERBS",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
        "SEE ALSO",
    ]


def test_text_that_roff_could_obey_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = r".so /etc/passwd \n'quoted' -x ~ ^ \fB .br `.de x` " + '"'
    monkeypatch.setattr(manual, "FILES", {".PP": hostile, "'br": hostile, "\\": "'"})
    told = squeezed(rendered(manual.page()))
    assert f".PP {squeezed(hostile)} 'br {squeezed(hostile)} \\ '" in told


def test_the_date_is_that_of_the_source_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert manual.page().startswith('.TH DRIFTSCAN 1 "2023\\-11\\-14" ')
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert manual.page().startswith('.TH DRIFTSCAN 1 "" ')
    assert manual.page() == manual.page()
