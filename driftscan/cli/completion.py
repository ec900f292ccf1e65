"""`driftscan completion`: what the TAB key needs.

A shell asks by running driftscan with a variable in its environment, as click has it. To import every verb for an
answer takes longer than a finger waits, so the words are kept beside this module: `python -m driftscan.cli.completion`
writes them anew from the parser. Nothing of a repository is looked at, so nothing of it can be run or shown.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import (
    BashComplete,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
)

from driftscan.cli import QUESTION, driftscan

PROGRAM: Final = "driftscan"
SHELLS: Final = ("bash", "zsh", "fish")
FILE: Final = Path(__file__).with_name("words.json")
HELP: Final = {"help_option_names": ["-h", "--help"]}


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), metavar=f"[{'|'.join(SHELLS)}]")
def command(*, shell: str) -> int:
    """Print what makes the TAB key complete verbs, options and their values in a shell.

    For this session: `eval "$(driftscan completion bash)"`, the same with zsh, or `driftscan completion fish | source`.
    For good: into /usr/share/bash-completion/completions/driftscan, into _driftscan in a directory of zsh's fpath, or
    into ~/.config/fish/completions/driftscan.fish.
    """
    asked = get_completion_class(shell)
    assert asked is not None, "click knows these shells"  # noqa: S101
    # The method of the base class: bash's own starts a bash to ask for its version.
    click.echo(ShellComplete.source(asked(tree(), {}, PROGRAM, QUESTION)), nl=False)
    return 0


@add_completion_class
class _Bash(BashComplete):
    """bash takes `--format=json` for three words, of which the middle one is no answer to anything."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


def answer(question: str) -> int:
    """Answer a shell.

    Args:
        question: The value of the variable, such as `bash_complete`; COMP_WORDS and COMP_CWORD hold the rest.

    Returns:
        The exit code: 1 when it is no question.
    """
    try:
        return shell_complete(tree(), {}, PROGRAM, QUESTION, question)
    except (KeyError, ValueError):  # not asked by a shell; a complaint would only disturb the line that is typed
        return 1


def tree() -> click.Command:
    """The command line without what it does."""
    return _command(PROGRAM, json.loads(FILE.read_text("utf-8")))


def _command(name: str, words: Mapping[str, Any]) -> click.Command:
    parameters = [_parameter(**parameter) for parameter in words["parameters"]]
    if "verbs" not in words:
        return click.Command(name, params=parameters, short_help=words["help"], context_settings=HELP)
    verbs = {verb: _command(verb, its_words) for verb, its_words in words["verbs"].items()}
    return click.Group(name, verbs, params=parameters, short_help=words["help"], context_settings=HELP)


def _parameter(
    *,
    names: str,
    values: str = "",
    files: str = "",
    is_flag: bool = False,
    is_repeated: bool = False,
    is_argument: bool = False,
    says: str = "",
) -> click.Parameter:
    kind: click.ParamType[Any] = click.STRING
    if files:
        kind = click.Path(file_okay=files == "file")
    elif values:
        kind = click.Choice(values.split())
    if is_argument:
        return click.Argument(names.split(), type=kind, required=False, nargs=-1 if is_repeated else 1)
    return click.Option(names.split(), type=None if is_flag else kind, is_flag=is_flag, multiple=is_repeated, help=says)


def text() -> str:
    """The words of the parser, as they are kept."""
    return json.dumps(_words(click.Context(driftscan, info_name=PROGRAM)), indent=1) + "\n"


def _words(context: click.Context) -> dict[str, Any]:
    command = context.command
    words: dict[str, Any] = {
        "help": command.get_short_help_str(100),
        "parameters": [_of_parameter(parameter) for parameter in command.params],
    }
    if isinstance(command, click.Group):
        words["verbs"] = {}
        for name in command.list_commands(context):
            verb = command.get_command(context, name)
            if verb is not None and not verb.hidden:
                words["verbs"][name] = _words(click.Context(verb, context, name))
    return words


def _of_parameter(parameter: click.Parameter) -> dict[str, Any]:
    """What can stand there. The metavar says it where the type does not: `[FORMAT=]FILE`, `[html|json]`, `ID`."""
    from driftscan.patterns.catalogue import catalogue  # noqa: PLC0415 - imports every pattern

    metavar = re.findall(r"\w+", parameter.metavar or "")
    values = [word for word in metavar if word.islower()]
    if isinstance(parameter.type, click.Choice):
        values = list(parameter.type.choices)
    elif "ID" in metavar:
        values = [entry.id for entry in catalogue()]
    option = parameter if isinstance(parameter, click.Option) else None
    told = {
        "names": " ".join((*parameter.opts, *parameter.secondary_opts)),
        "values": " ".join(values),
        "files": "file" if {"FILE", "DUMP", "STATE"}.intersection(metavar) else "dir" if "DIR" in metavar else "",
        "is_flag": option is not None and (option.is_flag or option.count),
        "is_repeated": parameter.multiple or parameter.nargs == -1,
        "is_argument": option is None,
        "says": (option.help or "" if option else "").partition(". ")[0].rstrip("."),
    }
    return {name: value for name, value in told.items() if value}


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
