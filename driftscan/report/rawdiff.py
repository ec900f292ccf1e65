"""A unified diff as lines for people, without the secrets that /etc holds.

Private keys are not shown at all, whatever file they stand in, nor are files of passwords and ticket keys. Of
directives that carry a credential the value is replaced, in a comment everything behind a word for one, and where any
text may stand what looks like a token: rather too much than too little, but never a setting of TLS. A line that loses
its secret stays a line, so that the rest can be read beside it; of many lines of which nothing is left, as in a
certificate, the first one says how many they are.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from driftscan.history.redact import HIDDEN, redact
from driftscan.nginx.loadtest.commands import forms_of
from driftscan.report.pieces import DiffLine
from driftscan.report.rows import StepRow

TAB = 8
MANY = 2
MOST_LINES = 1000
"""Of one commit."""
MOST_CHARACTERS = 600_000
"""Of a whole report, so that years of history are still a page that opens at once."""
_WORD = r"authorization|cookie|secret|passw(?:or)?d|passphrase|token|credential|api[-_]?key"
_NAME = rf"(?!\w*ssl_password_file\b)[\w$-]*(?:{_WORD}|secure_link_md5)[\w-]*"
_CREDENTIAL = re.compile(
    rf"""(?ix) (?P<kept> (?:^|[;{{])\s* (?: {_NAME} | \w+ \s+ ["']? {_NAME} ["']? ) \s+ )
         (?P<value> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [^;{{}}]+ )"""
)
"""A directive whose name, or whose first argument, says that a credential follows: `proxy_set_header Authorization`."""
_COMMENT = re.compile(rf"(?i)(?P<kept>(?:^|(?<=[\s;{{}}]))\#.*?(?:{_WORD}|\bpass\b|\bpin\b)\w*\W*)(?<=\W)\w.*")
"""A comment that speaks of one: `# old password: ...`."""
_TOKEN = re.compile(r"(?<![\w$./:@-])(?=\w*[A-Za-z])(?=\w*[0-9])\w{8,}(?![\w./:-])")
"""What looks like a token: letters and digits in one word that is no part of a path or an address."""
_FIRST = re.compile(r"\s*([A-Za-z_][\w-]*)?")
_CARRIERS = frozenset(
    {"set", "if", "map", "geo", "split_clients", "env", "rewrite", "return", "auth_request", "auth_request_set"}
    | {"sub_filter", "js_var", "js_set", "perl_set", "default", "proxy_set_body", "grpc_set_body", "valid_referers"}
)
"""Directives of nginx that take any text, besides headers and parameters of a backend."""
_ADDRESS = re.compile(r"\s*[0-9a-fA-F]*[.:][0-9a-fA-F.:]+\s")
_SECRET_FILE = re.compile(
    r"(?i)(?:^|/)(?:[^/]*(?:passw|passphrase|secret|credential|ticket|token|privkey|private)[^/]*|[^/]*\.key"
    r"|g?shadow-?|accounts/.*|[^/]*(?:dns|cloudflare|route53|digitalocean)[^/]*\.ini)\Z"
)
"""Files of which people know by their names that they hold a secret."""
_PLAIN = re.compile(
    r"(?:^|/)(?:hosts|hostname|\.etckeeper|debian_version|[^/]*(?:release|\.conf)"
    r"|(?:crypto-policies|sites-available|sites-enabled|conf\.d|http\.d)/.*)\Z"
)
"""Files that may have lines of plain words, as a directive over several lines has, and hold no secret by themselves."""


def diff_lines(text: str) -> Iterator[DiffLine]:
    """The lines of a diff; what is inside a hunk is told from its header by where it stands."""
    for section in re.split(r"(?m)^(?=diff )", text.removesuffix("\n")):
        if section:
            why = _why_hidden(section)
            yield from _hidden(section, why) if why else _counted(_lines(section))


def holds_secret(text: str) -> bool:
    """Whether a line of a diff would be shown without a part of it, or not at all."""
    lines = (line[1:] for line in text.split("\n"))
    return "PRIVATE KEY" in text or any(without_secrets(line) != line for line in lines)


def _counted(lines: Iterable[DiffLine]) -> Iterator[DiffLine]:
    """The same lines, but of a row of lines of which nothing is shown only one."""
    for text, alike in groupby(lines, key=lambda line: line.text):
        first, *others = alike
        if len(others) >= MANY and text[1:].strip() == HIDDEN:
            yield replace(first, text=f"{text} ({len(others) + 1} lines)", place="", was="")
        else:
            yield from (first, *others)


def _hidden(section: str, why: str) -> Iterator[DiffLine]:
    yield DiffLine("file", section.partition("\n")[0])
    yield DiffLine("file", f"[{why}: not shown]")


def _why_hidden(section: str) -> str:
    """Why nothing of a file is shown; empty for one that is."""
    if "PRIVATE KEY" in section:
        return "holds a private key"
    head, _, body = section.partition("\n@@ ")
    name = head.partition("\n")[0].rpartition(" b/")[2].rstrip('"')
    if body and _SECRET_FILE.search(name):
        return "holds a secret, by its name"
    lines = [line[1:].strip() for line in body.split("\n")[1:]]
    written = [line for line in lines if line and not line.startswith(" No newline")]
    is_words = not any(mark in line for line in written for mark in (";", "{", "}", "=", "#", "-----"))
    if written and is_words and not _PLAIN.search(name) and not any(map(_ENCODED.fullmatch, written)):
        return "is no configuration, and may be a secret"
    return ""


def _lines(section: str) -> Iterator[DiffLine]:
    path = old_path = ""
    number = old = 0
    """Of the new file and of the old one; 0 before the first hunk."""
    for line in section.split("\n"):
        if begin := _HUNK.match(line):
            old, number = (max(int(first), 1) for first in begin.groups())
            yield DiffLine("hunk", without_secrets(line))
        elif not number or not line:
            # Behind a name with a space in it, a tab says where the name ends.
            path = line[6:].removesuffix("\t") if line.startswith("+++ b/") else path
            old_path = line[6:].removesuffix("\t") if line.startswith("--- a/") else old_path
            yield DiffLine("file" if line else "same", line)
        else:
            kind = {"+": "added", "-": "removed", " ": "same"}.get(line[0], "file")
            is_there, was_there = kind in {"added", "same"}, kind in {"removed", "same"}
            place = f"{path}:{number}" if is_there and path else ""
            was = f"{old_path}:{old}" if was_there and old_path else ""
            yield DiffLine(kind, line[0] + without_secrets(line[1:]).expandtabs(TAB), place, was)
            number, old = number + is_there, old + was_there


def marked(
    lines: Iterable[DiffLine], short: str, places: Collection[str], places_before: Collection[str] = ()
) -> tuple[DiffLine, ...]:
    """The same lines, with links to those that something is said about; their files come first.

    Args:
        lines: of one commit.
        short: its name, a part of the names of the links.
        places: the lines that something is said about, `file:line`.
        places_before: the same in the old files.
    """
    files: list[list[DiffLine]] = []
    number = 0
    for line in lines:
        if (line.kind == "file" and line.text.startswith("diff ")) or not files:
            files.append([])
        is_told = (bool(line.place) and line.place in places) or (bool(line.was) and line.was in places_before)
        number += is_told
        files[-1].append(replace(line, mark=f"d-{short}-{number}") if is_told else line)
    files.sort(key=lambda file: not any(line.mark for line in file))
    return tuple(line for file in files for line in file)


def shortened(steps: Sequence[StepRow]) -> tuple[StepRow, ...]:
    """The same steps with as many raw lines as people read; those with findings come first, then the newest."""
    left = MOST_CHARACTERS
    kept: dict[int, StepRow] = {}
    for number in sorted(range(len(steps)), key=lambda number: (not steps[number].worst, number)):
        step = steps[number]
        lines = 0
        for line in step.diff[:MOST_LINES]:
            left -= len(line.text) + 1
            if left < 0:
                break
            lines += 1
        kept[number] = replace(step, diff=step.diff[:lines], left_out=step.left_out + len(step.diff) - lines)
    return tuple(kept[number] for number in range(len(steps)))


_ENCODED = re.compile(r"[A-Za-z0-9+/]{64}")
"""A line of PEM, which a diff may show without those that begin and end it."""
_HUNK = re.compile(r"@@ -([0-9]+)\S* \+([0-9]+)")


def without_secrets(line: str) -> str:
    """A line of a configuration without the value of a credential, or what looks like one."""
    line = _COMMENT.sub(rf"\g<kept>{HIDDEN}", _CREDENTIAL.sub(rf"\g<kept>{HIDDEN}", line))
    line = redact(line)
    return _TOKEN.sub(HIDDEN, line) if _takes_any_text(line) else line


def _takes_any_text(line: str) -> bool:
    """Whether it is a directive with free text, or none of nginx itself: an entry of a map, a line of a program."""
    found = _FIRST.match(line)
    name = "" if found is None else (found[1] or "")
    if name in _CARRIERS or name.endswith(("_set_header", "_param", "_lua")) or "_by_lua" in name:
        return True
    return not forms_of(name) and _ADDRESS.match(line) is None
