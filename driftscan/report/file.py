"""Writing a report to disk: whole or not at all, readable by its owner alone, and never through a link."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from driftscan.errors import DriftscanError

OWNER_ONLY = 0o600
"""A report quotes /etc."""


def write(path: Path, text: str) -> None:
    """Replace the file by this text in one step.

    Raises:
        DriftscanError: it cannot be written, or what is there is no ordinary file.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, data: bytes, mode: int = OWNER_ONLY) -> None:
    """The same of bytes, and for others to read where the mode says so."""
    _require_ordinary(path)
    try:
        put(path, data, mode)
    except OSError as error:
        raise DriftscanError(f"{path} cannot be written: {error.strerror}; choose another file with -o") from None


def put(path: Path, data: bytes, mode: int = OWNER_ONLY) -> None:
    """Replace whatever file or link is there, in one step.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            # The mode of os.open is subject to the umask, which may only take away.
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:  # a run that is told to stop, too, leaves nothing beside the file
        with contextlib.suppress(OSError):
            temporary.unlink()  # nobody else has a file of that name
        raise


def _require_ordinary(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise DriftscanError(f"{path} cannot be written: {error.strerror}; choose another file with -o") from None
    if stat.S_ISLNK(mode):
        raise DriftscanError(
            f"{path} is a symbolic link, and driftscan writes through none; remove it or choose another"
        )
    if not stat.S_ISREG(mode):
        raise DriftscanError(f"{path} is no ordinary file; choose another one with -o")
