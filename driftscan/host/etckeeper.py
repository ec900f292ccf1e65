"""etckeeper/etckeeper.conf: what etckeeper does with the history besides keeping it."""

import shlex

from driftscan.host.lines import numbered
from driftscan.host.value import Value
from driftscan.nginx.config import Location


def parse_push_remote(path: str, data: bytes) -> Value | None:
    """Where the history is pushed to after each commit; `None` when it is not.

    The file is a piece of shell that etckeeper reads with `.`, and commit.d/99push pushes to each word of PUSH_REMOTE.
    The last assignment counts.
    """
    found: Value | None = None
    for number, line in numbered(data):
        name, equals, text = line.strip().removeprefix("export ").lstrip().partition("=")
        if name == "PUSH_REMOTE" and equals:
            words = _first_word(text).split()
            found = Value(" ".join(words), Location(path, number)) if words else None
    return found


def _first_word(text: str) -> str:
    """What the shell assigns: the word behind the equals sign, without its quotes."""
    if not text or text[0].isspace():
        return ""
    try:
        return next(iter(shlex.split(text, comments=True)), "")
    except ValueError:
        return ""
