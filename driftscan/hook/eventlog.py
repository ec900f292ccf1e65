"""The events as a file of lines that only grows: each event is there once, and each line is whole."""

import contextlib
import os
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Final

import msgspec

from driftscan.hook import owned

LARGEST: Final = 4 * 1024 * 1024
"""Bytes after which events begin in a new file."""
TAIL: Final = 1024 * 1024
"""Bytes at the end, at least, in which events of an interrupted run are looked for."""


def append(file: Path, lines: Sequence[str]) -> None:
    """Add events; those that an interrupted run has added already are there once.

    Raises:
        OSError: there is no room, no right, or no ordinary file. Nothing was added then.
    """
    with owned.opened(file, os.O_RDWR | os.O_CREAT) as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(size - max(TAIL, sum(len(line.encode()) + 1 for line in lines)), 0))
        tail = log.readall()
        cut = tail.rfind(b"\n") + 1
        # The end of the last line is missing where a run was killed; or only its newline, where somebody edited it.
        is_line = bool(_id(tail[cut:])) or (cut == 0 and size > len(tail))
        end = size if is_line else size - len(tail) + cut
        log.truncate(end)
        there = {_id(line) for line in tail.split(b"\n")}
        new = [line for line in lines if _id(line.encode()) not in there]
        if is_line:
            _write(log, end, b"\n")
            end += 1
        if not new:
            return
        if end <= LARGEST:
            _write(log, end, "".join(f"{line}\n" for line in new).encode())
            return
    file.replace(file.with_name(f"{file.name}.1"))
    append(file, new)


def _write(log: FileIO, end: int, data: bytes) -> None:
    log.seek(end)
    left = memoryview(data)
    try:
        while left:
            left = left[log.write(left) :]
        os.fsync(log.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            log.truncate(end)
        raise


def _id(line: bytes) -> str:
    """What an event is called; empty: the line is none."""
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = msgspec.json.decode(line)
        if isinstance(found, dict):
            return str(found.get("id"))
    return ""
