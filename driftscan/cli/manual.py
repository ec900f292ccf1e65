"""The manual page driftscan(1), made of what the parser knows: `python -m driftscan.cli.manual` prints it.

It is roff in the words of man(7). The same driftscan makes the same bytes: its date is that of SOURCE_DATE_EPOCH, and
without that it has none.
"""

import inspect
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import click

from driftscan import __version__
from driftscan.cli import driftscan
from driftscan.configuration.keys import KEYS
from driftscan.configuration.settings import DEFAULT_FILE
from driftscan.errors import ExitCode

FILES: Final = {
    str(DEFAULT_FILE): "The settings of this host; `driftscan --show-config` prints one with every setting in it.",
    "/etc/driftscan/patterns.d/*.toml": "What must not happen on this host, beside what driftscan knows by itself.",
    "/etc/driftscan/suppressions.toml": "Findings that somebody has decided to live with: who, why and until when.",
    "/var/lib/driftscan": "What the hook keeps: reports, events, and the place in the history that it has come to.",
}
ENVIRONMENT: Final = {
    "NO_COLOR": "If it is set and not empty, nothing is coloured that `--color` does not ask for.",
    "SOURCE_DATE_EPOCH": "The moment of a report, in seconds since 1970; the same history then gives the same bytes.",
    "DRIFTSCAN_CONFIG": f"The file of settings, where `--config` names none; else it is {DEFAULT_FILE}.",
}
EXITS: Final = {
    ExitCode.DONE: "Done.",
    ExitCode.FINDINGS: "With `--exit-code`: a finding was introduced, or is open (`report`). "
    "`check`: one is at least as bad as `--fail-on` says.",
    ExitCode.USAGE: "The request makes no sense; the message says what would.",
    ExitCode.INCOMPLETE: "With `--strict`: something could not be read.",
    ExitCode.REPOSITORY: "The repository cannot be read.",
    ExitCode.BUG: "A bug of driftscan.",
}
STOPPED: Final = "130, 143, 129: stopped by Ctrl-C, SIGTERM or a closed terminal. Nothing half written is left."
SEE_ALSO: Final = "etckeeper(8), git-log(1), nginx(8)"
_ROFF: Final = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", '"': r"\(dq", "^": r"\(ha", "~": r"\(ti", "`": r"\(ga"}
)
"""What a terminal would show as something else, or not at all (groff_char(7)), when it is copied from there."""


def page() -> str:
    """The manual page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    root = click.Context(driftscan, info_name="driftscan", **driftscan.context_settings)
    first, *others = _paragraphs(driftscan)
    yield f'.TH DRIFTSCAN 1 "{_date()}" "driftscan {_text(__version__)}" "User Commands"'
    yield from (".nh", ".ad l")  # no word is divided, so that all of them can be searched for
    yield from (".SH NAME", rf"driftscan \- {_text(first[0].lower() + first[1:].rstrip('.'))}")
    yield from (".SH SYNOPSIS", _usage(root))
    yield ".SH DESCRIPTION"
    for paragraph in others:
        yield from (".PP", _marked(paragraph))
    yield ".SH OPTIONS"
    yield from _options(root)
    yield ".SH VERBS"
    for context in _verbs(root):
        yield f'.SS "{_text(context.command_path)}"'
        yield _usage(context)
        for paragraph in _paragraphs(context.command):
            yield from (".PP", _marked(paragraph))
        yield from _options(context)
    yield ".SH EXIT STATUS"
    yield from _terms({str(int(code)): EXITS[code] for code in ExitCode})
    yield from (".PP", _marked(STOPPED))
    yield ".SH ENVIRONMENT"
    yield from _terms(ENVIRONMENT | {key.variable: key.description for key in KEYS.values()})
    yield ".SH FILES"
    yield from _terms(FILES)
    yield from (".SH SEE ALSO", _text(SEE_ALSO))


def _date() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = f"{datetime.fromtimestamp(int(epoch), UTC):%Y-%m-%d}" if epoch.isascii() and epoch.isdigit() else ""
    return _text(moment)


def _verbs(context: click.Context) -> Iterator[click.Context]:
    """Every verb, and those of a verb that has some, in the order of the help page."""
    if not isinstance(context.command, click.Group):
        return
    for name in context.command.list_commands(context):
        verb = context.command.get_command(context, name)
        if verb is not None and not verb.hidden:
            below = click.Context(verb, context, name)
            yield below
            yield from _verbs(below)


def _paragraphs(command: click.Command) -> list[str]:
    return [" ".join(part.split()) for part in inspect.cleandoc(command.help or "").split("\n\n")]


def _usage(context: click.Context) -> str:
    pieces = " ".join(context.command.collect_usage_pieces(context))
    return rf"\fB{_text(context.command_path)}\fR {_text(pieces)}"


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None:
            names, meaning = record
            bold = re.split(r"(?<!\S)(--?[a-z][a-z-]*)", names, flags=re.IGNORECASE)
            told = [rf"\f{'BI'[place % 2 == 0]}{_text(word)}\fR" for place, word in enumerate(bold) if word]
            yield from (".TP", "".join(told), _marked(meaning))


def _terms(meanings: dict[str, str]) -> Iterator[str]:
    for term, meaning in meanings.items():
        yield from (".TP", rf"\fB{_text(term)}\fR", _marked(meaning))


def _marked(text: str) -> str:
    """A paragraph; what stands between backticks is bold."""
    parts = [_text(part) for part in " ".join(text.split()).split("`")]
    return "".join(rf"\fB{part}\fR" if place % 2 else part for place, part in enumerate(parts))


def _text(text: str) -> str:
    r"""Words that roff takes for nothing else: a line that begins with a dot or an apostrophe would be a request."""
    escaped = text.translate(_ROFF)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


if __name__ == "__main__":
    sys.stdout.write(page())
