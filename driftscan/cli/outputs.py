"""Where results go, and in which format: several files in one run, or standard output."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from driftscan.cli import options, output
from driftscan.errors import DriftscanError
from driftscan.report.file import write
from driftscan.report.wording import enumerate_words

F = TypeVar("F", bound=Callable[..., Any])
STDOUT: Final = "-"
SUFFIXES: Final = (
    (".sarif.json", "sarif"),
    (".sarif", "sarif"),
    (".json", "json"),
    (".html", "html"),
    (".htm", "html"),
    (".md", "md"),
    (".xml", "junit"),
    (".txt", "text"),
)
"""The format that a name speaks of; the first that fits counts."""
_ELSEWHERE: Final = {
    ("report", "text"): "`driftscan log` prints text",
    ("report", "junit"): "`driftscan check -o junit=FILE` writes it, because it tells of one state",
    ("check", "html"): "`driftscan report -o html=FILE` writes it, because it tells a history",
}
"""Which verb has a format that another one has not."""


@dataclass(frozen=True, slots=True)
class Output:
    """One thing to write."""

    form: str
    file: Path | None
    """`None`: standard output."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The formats of a verb."""

    verb: str
    words: tuple[str, ...]
    """The default first."""
    prints: bool
    """Whether it prints when nobody says where to, and else writes a file."""

    @property
    def default(self) -> str:
        """What is written when nobody says in which format."""
        return self.words[0]

    def require(self, word: str, asked: str, besides: str = "") -> str:
        """The format that is called so.

        Raises:
            DriftscanError: the verb has none of this name; the text says what else there is.
        """
        if word in self.words:
            return word
        elsewhere = _ELSEWHERE.get((self.verb, word))
        if elsewhere is not None:
            raise DriftscanError(f"{asked}: {self.verb} writes no {word}; {elsewhere}")
        words = enumerate_words(self.words)
        raise DriftscanError(f"{asked}: there is no format {word!r}; {self.verb} writes {words}{besides}")


def chosen(wanted: Sequence[str], form: str | None, forms: Forms, *, quiet: bool) -> tuple[Output, ...]:
    """What is to be written.

    Args:
        wanted: every `-o` as it was given: `FILE`, `FORMAT=FILE`, with `-` for standard output.
        form: `--format`, if it was given: of what names no format itself.
        forms: what the verb can write.
        quiet: whether nothing is printed that nobody asked for.

    Raises:
        DriftscanError: the wishes make no sense together.
    """
    if form is not None:
        forms.require(form, f"--format {form}")
    found = [_output(text, form, forms) for text in wanted]
    if not found and not forms.prints:
        found = [Output(form or forms.default, Path(f"driftscan-{forms.verb}.{form or forms.default}"))]
    elif forms.prints and all(one.file is not None for one in found) and not (quiet and found):
        # What --format says is meant for the files, where one of them names no format itself.
        is_taken = any(_named(text) is None for text in wanted)
        found.append(Output(forms.default if is_taken or form is None else form, None))
    _require_apart(found)
    return tuple(found)


def _output(text: str, form: str | None, forms: Forms) -> Output:
    asked = f"-o {text}"
    named = _named(text)
    word, file = (None, text) if named is None else named
    if not file:
        raise DriftscanError(f"{asked}: name a file, or {STDOUT} for standard output")
    besides = "" if word is None else f", and a file of that name is ./{text}"
    told = (form or _of_suffix(file) or forms.default) if word is None else word
    return Output(forms.require(told, asked, besides), None if file == STDOUT else Path(file))


def _named(text: str) -> tuple[str, str] | None:
    """The format and the file; `None` where no format is named. A path with a / or . before its = is a file."""
    found = re.fullmatch(r"(?P<form>\w*)=(?P<file>.*)", text, re.DOTALL)
    return None if found is None else (found["form"].lower(), found["file"])


def _of_suffix(file: str) -> str | None:
    return next((form for suffix, form in SUFFIXES if file.lower().endswith(suffix)), None)


def _require_apart(outputs: Iterable[Output]) -> None:
    """Refuse two outputs in one place."""
    taken: dict[Path | None, str] = {}
    for one in outputs:
        place = None if one.file is None else one.file.resolve()
        where = "standard output" if one.file is None else str(one.file)
        if place in taken:
            both = f"{taken[place]} and {one.form}"
            raise DriftscanError(f"{where} cannot hold two outputs ({both}); give one of them a file of its own")
        taken[place] = one.form


def write_all(outputs: Sequence[Output], render: Callable[[Output], str], *, quiet: bool) -> None:
    """Write everything: the files first, each whole or not at all, then standard output.

    Raises:
        DriftscanError: one cannot be written; it says which were.
    """
    # Nothing is written before everything is there to be written.
    texts = [(one, render(one)) for one in sorted(outputs, key=lambda one: one.file is None)]
    written: list[str] = []
    for one, text in texts:
        if one.file is None:
            output.emit(text)
            continue
        try:
            write(one.file, text)
        except DriftscanError as error:
            told = f" (already written: {enumerate_words(written)})" if written else ""
            left = " (nothing was written)" if len(texts) > 1 and not written else told
            raise DriftscanError(f"{error}{left}") from None
        written.append(str(one.file))
        options.tell(f"wrote {one.file}", quiet=quiet)


def outputs(forms: Forms) -> Callable[[F], F]:
    """`--format` and `-o`; the verb gets them as `form` and `files`, for :func:`chosen`."""
    where = (
        "The text is printed all the same, unless - is taken or -q is given."
        if forms.prints
        else f"[default: driftscan-{forms.verb}.FORMAT]"
    )

    def decorate(function: F) -> F:
        function = click.option(
            "-o",
            "files",
            multiple=True,
            metavar="[FORMAT=]FILE",
            help=f"Where to; - is standard output. May be repeated, to have several formats of one run. {where}",
        )(function)
        return click.option(
            "--format",
            "form",
            metavar=f"[{'|'.join(forms.words)}]",
            help=f"The format, where -o names none. [default: as the suffix of the file says, or else {forms.default}]",
        )(function)

    return decorate
