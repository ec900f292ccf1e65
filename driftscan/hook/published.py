"""The newest reports, and a link to the newest of all."""

import contextlib
import errno
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from driftscan.report.file import put

FOLDER: Final = "reports"
LATEST: Final = "latest.html"
NAME: Final = r"^\d+T\d{6}Z-[0-9a-f]{12}\.html\Z"
"""When it was written, and up to which commit."""


def publish(directory: Path, name: str, page: str, others: Sequence[str], most: int) -> list[str]:
    """Write a report, let the link lead to it, and remove the oldest of the others.

    Args:
        directory: Where the folder of reports and the link are.
        name: See :data:`NAME`.
        page: The report.
        others: The names of those that were written before, oldest first. Names tell no order: clocks are set back.
        most: How many are kept.

    Returns:
        The names of those that are there now, oldest first.

    Raises:
        OSError: it cannot be written.
    """
    folder, latest = directory / FOLDER, directory / LATEST
    link = latest.with_name(f".{LATEST}.{secrets.token_hex(8)}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is a link; remove it")
    put(folder / name, page.encode("utf-8", "backslashreplace"))
    try:
        link.symlink_to(f"{FOLDER}/{name}")
        link.replace(latest)
    except BaseException:
        with contextlib.suppress(OSError):
            link.unlink()
        raise
    known = [*(other for other in others if other != name), name]
    # A run that was killed here has left one that nobody knows of.
    strays = {file.name for file in folder.iterdir() if re.fullmatch(NAME, file.name)}.difference(known)
    names = [*sorted(strays), *known]
    for old in names[:-most]:
        with contextlib.suppress(OSError):
            (folder / old).unlink()
    return names[-most:]
