"""A unified diff as lines for people, without the secrets that /etc holds.

Private keys are not shown at all, whatever file they stand in; of directives that carry a credential the value is
replaced. A line that loses its secret stays a line, so that the rest can be read beside it.
"""

import re
from collections.abc import Iterator

from driftscan.history.redact import HIDDEN, redact
from driftscan.report.rows import DiffLine

TAB = 8
_NAME = r"[\w$-]*(?:authorization|cookie|secret|passw(?:or)?d|passphrase|token|credential|api-?_?key)[\w-]*"
_CREDENTIAL = re.compile(
    rf"""(?ix) (?P<kept> (?:^|[;{{])\s* (?: {_NAME} | \w+ \s+ ["']? {_NAME} ["']? ) \s+ )
         (?P<value> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [^;{{}}]+ )"""
)
"""A directive whose name, or whose first argument, says that a credential follows: `proxy_set_header Authorization`."""


def diff_lines(text: str) -> Iterator[DiffLine]:
    """The lines of a diff; what is inside a hunk is told from its header by where it stands."""
    for section in re.split(r"(?m)^(?=diff )", text.removesuffix("\n")):
        if section:
            yield from _hidden(section) if "PRIVATE KEY" in section else _lines(section)


def holds_secret(text: str) -> bool:
    """Whether a line of a diff would be shown without a part of it, or not at all."""
    lines = (line[1:] for line in text.split("\n"))
    return "PRIVATE KEY" in text or any(_without_secrets(line) != line for line in lines)


def _hidden(section: str) -> Iterator[DiffLine]:
    yield DiffLine("file", section.partition("\n")[0])
    yield DiffLine("file", "[holds a private key: not shown]")


def _lines(section: str) -> Iterator[DiffLine]:
    in_hunk = False
    for line in section.split("\n"):
        if line.startswith("@@"):
            in_hunk = True
            yield DiffLine("hunk", _without_secrets(line))
        elif not in_hunk or not line:
            yield DiffLine("file" if line else "same", line)
        else:
            kind = {"+": "added", "-": "removed", " ": "same"}.get(line[0], "file")
            yield DiffLine(kind, line[0] + _without_secrets(line[1:]).expandtabs(TAB))


def _without_secrets(line: str) -> str:
    return redact(_CREDENTIAL.sub(rf"\g<kept>{HIDDEN}", line))
