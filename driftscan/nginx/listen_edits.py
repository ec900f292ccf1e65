"""Edits of `listen` lines: the same address with other parameters."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from driftscan.nginx.edits import Replace
from driftscan.nginx.listen import Listen

_PLAIN: Final = re.compile(r"[^\s;{}\"'\\#$]+")
"""A word that means itself without quotation marks."""


def with_parameters(listens: Iterable[Listen], keep: Callable[[str], bool], *more: str) -> Iterator[Replace]:
    """Each line once, with those of its parameters that are kept, and with more of them.

    Nothing for a server's implicit `listen`, which is no line, and for words that would have to be quoted.
    """
    lines = {listen.at: listen for listen in listens if listen.spelled}
    for at, listen in lines.items():
        parameters = [word for word in listen.parameters if keep(word)]
        words = ("listen", listen.spelled, *parameters, *(word for word in more if word not in parameters))
        if all(_PLAIN.fullmatch(word) for word in words):
            yield Replace(at, "listen", f"{' '.join(words)};")
