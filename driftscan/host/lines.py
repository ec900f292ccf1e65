"""The lines of a file that is not nginx's, whatever bytes are in it."""

from collections.abc import Iterator
from typing import Final

LARGEST: Final = 1024 * 1024
"""More bytes than any of these files needs; a longer one is taken for an empty one."""

_LONGEST: Final = 8192
"""Bytes of a line that somebody may have written; a longer one is taken for an empty one."""


def numbered(data: bytes) -> Iterator[tuple[int, str]]:
    """Every line with its number, without the white space at its end. Bytes that are no UTF-8 come as surrogates."""
    if len(data) <= LARGEST:
        for number, line in enumerate(data.split(b"\n"), 1):
            known = line if len(line) <= _LONGEST else b""
            yield number, known.decode("utf-8", "surrogateescape").rstrip()
