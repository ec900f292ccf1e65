r"""JSON text that is the same bytes for the same input, and acts on nothing that shows it.

What is no Unicode (file names in other encodings) stands there as text, `\xe9`; control and format characters are
JSON escapes, which every reader turns back into what they were.
"""

import re
from typing import Any

import msgspec

from driftscan.history.redact import without_credentials
from driftscan.report.printable import ACTING


def encoded(whole: msgspec.Struct) -> str:
    """A document as indented JSON, with a newline at its end."""
    return _text(_unicode(msgspec.to_builtins(whole)), indent=2) + "\n"


def one_line(tree: Any) -> str:  # noqa: ANN401 - any JSON
    """A tree of builtins as JSON on one line."""
    return _text(_unicode(tree), indent=0)


def _text(tree: Any, indent: int) -> str:  # noqa: ANN401 - any JSON
    text = msgspec.json.format(msgspec.json.encode(tree), indent=indent).decode()
    # No raw control character but the newlines of the layout is in JSON text: all that is found here is in a string.
    return _INSIDE.sub(_json_escape, text)


_INSIDE = re.compile(f"(?!\n){ACTING.pattern}")


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


_SURROGATE = re.compile("[\\ud800-\\udfff]")


def _unicode(tree: Any) -> Any:  # noqa: ANN401 - any JSON
    match tree:
        case str():
            tree = without_credentials(tree)
            return _SURROGATE.sub(_escaped, tree) if not tree.isprintable() else tree
        case list():
            return [_unicode(item) for item in tree]
        case dict():
            return {_unicode(name): _unicode(item) for name, item in tree.items()}
        case _:
            return tree


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"
