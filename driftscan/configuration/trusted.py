"""A file that is obeyed: a hook runs as root and may call a program that it names, so nobody else may write it."""

import os
import shlex
import stat
from pathlib import Path

from driftscan.errors import DriftscanError
from driftscan.site.toml import LARGEST


def read_trusted(path: Path) -> bytes:
    """The bytes of an ordinary file of root or of the user, which nobody else can write; a link is followed.

    What is examined is what is read: the file is opened once.

    Raises:
        FileNotFoundError: there is none.
        DriftscanError: somebody else could have written it, or it cannot be read.
    """
    try:
        # Not blocking: a named pipe without a writer would hold a commit of /etc forever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DriftscanError(
            f"{path}: {error.strerror}; run driftscan as root, or name a file of your own with --config"
        ) from None
    try:
        _require_trusted(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(LARGEST + 1)
    finally:
        os.close(descriptor)


def _require_trusted(path: Path, found: os.stat_result) -> None:
    quoted = shlex.quote(str(path))
    if not stat.S_ISREG(found.st_mode):
        raise DriftscanError(f"{path} is no ordinary file, and is not obeyed; write the settings into one")
    if found.st_uid not in {0, os.geteuid()}:
        raise DriftscanError(
            f"{path} belongs to user {found.st_uid}, who is not asked how driftscan behaves; `chown root {quoted}`"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise DriftscanError(
            f"{path} can be written by others, who are not asked how driftscan behaves; `chmod go-w {quoted}`"
        )
    if found.st_size > LARGEST:
        raise DriftscanError(f"{path} has more than {LARGEST} bytes, and is not read; name another file with --config")
