"""Files that the hook keeps for itself: what lies in their place is never followed, waited for or believed."""

import errno
import os
import stat
from io import FileIO
from pathlib import Path


def opened(file: Path, flags: int) -> FileIO:
    """Open an ordinary file of this user's.

    Raises:
        OSError: it is something else, or cannot be opened; the text says which.
    """
    # Not blocking: a named pipe without a reader or writer would hold a commit of /etc forever.
    always = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = os.open(file, flags | always, 0o600)
    except OSError as error:
        raise _strange("a link") if error.errno == errno.ELOOP else error from None
    try:
        _require_own(os.fstat(descriptor))
        return FileIO(descriptor, "r" if flags & os.O_ACCMODE == os.O_RDONLY else "r+")
    except BaseException:
        os.close(descriptor)
        raise


def _require_own(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _strange("no ordinary file")
    if found.st_uid != os.geteuid():
        raise _strange("a file of somebody else's")


def _strange(what: str) -> OSError:
    return OSError(errno.EEXIST, f"it is {what}; remove it")


def read(file: Path, most: int) -> bytes:
    """The bytes of such a file.

    Raises:
        OSError: it is something else, cannot be opened, or has more bytes.
    """
    with opened(file, os.O_RDONLY) as there:
        data = bytearray()
        while len(data) <= most and (piece := there.read(most + 1 - len(data))):
            data += piece
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes")
    return bytes(data)
