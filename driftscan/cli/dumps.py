"""A dump of a configuration from where the user says it is: an ordinary file, or standard input."""

import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO, Final

from driftscan.errors import DriftscanError
from driftscan.history.dump import Printed, read
from driftscan.nginx.syntax import Broken, parse

STDIN: Final = "-"
LARGEST: Final = 64 * 1024 * 1024
"""Bytes that are read: far more than any configuration has."""


def printed(text: str) -> Printed:
    """The dump in a file, or on standard input for `-`.

    Raises:
        DriftscanError: there is none, or it cannot be read.
    """
    return _on_stdin() if text == STDIN else _in_file(Path(text))


def _on_stdin() -> Printed:
    if sys.stdin is None:
        raise DriftscanError(f"{STDIN}: standard input is closed; pipe into it what `nginx -T` prints")
    if sys.stdin.isatty():
        raise DriftscanError(
            f"{STDIN}: standard input is a terminal; pipe into it what `nginx -T` prints, "
            "as in `nginx -T 2>&1 | driftscan check -`"
        )
    return _dump(sys.stdin.buffer, "standard input")


def _in_file(path: Path) -> Printed:
    try:
        # What is no ordinary file is not even opened: a pipe would wait for whoever writes to it.
        _require_ordinary(path, path.stat().st_mode)
        # It may have been replaced by one since.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            _require_ordinary(path, os.fstat(file.fileno()).st_mode)
            return _dump(file, f"{path}:")
    except OSError as error:
        raise DriftscanError(f"{path}: {error.strerror}") from None


def _require_ordinary(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise DriftscanError(f"{path}: no ordinary file; pipe the dump to standard input and name it {STDIN}")


def _dump(file: BinaryIO, name: str) -> Printed:
    try:
        data = file.read(LARGEST + 1)
    except OSError as error:
        raise DriftscanError(f"{name} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise DriftscanError(
            f"{name} is larger than {LARGEST // 1024**2} MiB, and no configuration; `nginx -T` prints one"
        )
    return read(data, name, _is_whole)


def _is_whole(data: bytes) -> bool:
    return not isinstance(parse(data), Broken)
