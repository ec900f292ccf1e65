"""A repository is looked at before git opens it: git waits for ever at a FIFO, and reads whatever a link leads to.

What git finds wrong in a file it quotes, so a `packed-refs` or `shallow` that is a link would show lines of any file on
the host (`unexpected line in ...`, `bad shallow line: ...`). git itself refuses links in `objects` of a repository that
it clones from a path, since CVE-2022-39253. Objects that another repository lends are that repository's.
"""

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from driftscan.errors import RepositoryError
from driftscan.history.gitdir import GitDir

DIRECTORIES: Final = ("info", "logs", "objects", "refs", "reftable")
"""Where git reads below its directory; what else is there (hooks, worktrees, modules) is nobody's business here."""
FILES: Final = ("HEAD", "commondir", "config", "config.worktree", "packed-refs", "shallow")
LARGEST_SETTINGS: Final = 1024 * 1024
"""Bytes of a settings file, which every git reads anew."""
_MOST_INCLUDES: Final = 10
"""Includes within includes; git follows no more (MAX_INCLUDE_DEPTH in config.c)."""

Included = Callable[[Path], Iterable[Path]]
"""The files that a settings file includes, whatever the condition."""


def inspect(place: GitDir, included: Included) -> None:
    """Make sure that git finds plain files of this repository wherever it looks.

    Raises:
        RepositoryError: it would wait, or would read what is not of this repository.
    """
    common = _common(place.path)
    for directory in dict.fromkeys((place.path, common)):
        _plain_files(directory)
        for name in DIRECTORIES:
            _plain_tree(directory / name, directory)
        for name in ("config", "config.worktree"):
            _settings(directory / name, included, 0)
    _no_lender(common / "objects/info/alternates")


def _common(git_dir: Path) -> Path:
    """The directory that holds what linked work trees share (gitrepository-layout(5)); as a rule the same."""
    file = git_dir / "commondir"
    if not stat.S_ISREG(_mode(file)):
        return git_dir
    common = git_dir.parent.parent
    target = os.fsdecode(_start_of(file).rstrip(b"\r\n"))
    if "\0" in target or git_dir.parent.name != "worktrees" or not _is_same(git_dir / target, common):
        raise RepositoryError(f"{file} leads to another repository; run `git worktree repair`, or remove the file")
    return common


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _plain_files(git_dir: Path) -> None:
    """The files beside the directories. A socket is no danger: it cannot be opened (the one of git's fsmonitor is)."""
    for entry in _entries(git_dir):
        if not entry.is_dir(follow_symlinks=False):
            _require_plain(Path(entry.path), git_dir)
        elif entry.name in FILES:
            raise RepositoryError(f"{entry.path} is a directory, where git has a file; bring the file back")


def _plain_tree(top: Path, git_dir: Path) -> None:
    if stat.S_ISLNK(_mode(top)):
        raise RepositoryError(f"{top} is a link, and another repository may answer for this one; put the files there")
    todo = [str(top)]
    while todo:
        for entry in _entries(Path(todo.pop())):
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
            elif not entry.is_file(follow_symlinks=False):
                _require_plain(Path(entry.path), git_dir)


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError:
        return []  # it is not there, or git will say that it cannot be read


def _require_plain(path: Path, git_dir: Path) -> None:
    """Refuse what is neither a file nor a link to a file of the same repository."""
    mode = _mode(path)
    if stat.S_ISLNK(mode):
        real = Path(os.path.realpath(path))
        if not _exists(real):
            return  # nothing is there to be read
        if not stat.S_ISREG(_mode(real)) or not real.is_relative_to(os.path.realpath(git_dir)):
            raise RepositoryError(f"{path} is a link that leads out of the repository; put the file itself there")
    elif stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise RepositoryError(f"{path} is a pipe or a device, and git would wait for it; remove it")


def _settings(file: Path, included: Included, depth: int) -> None:
    """A settings file and all that it includes."""
    if not _exists(file) or depth > _MOST_INCLUDES:
        return
    found = file.stat()
    if not stat.S_ISREG(found.st_mode):
        raise RepositoryError(f"{file} is no plain file, and git would read its settings from it; put one there")
    if found.st_size > LARGEST_SETTINGS:
        raise RepositoryError(f"{file} has more than {LARGEST_SETTINGS} bytes, which nobody wrote; shorten it")
    if os.access(file, os.R_OK) and b"include" in file.read_bytes().lower():
        for other in included(file):
            _settings(file.parent / other, included, depth + 1)


def _no_lender(alternates: Path) -> None:
    """Refuse objects of other repositories (objects/info/alternates in gitrepository-layout(5))."""
    if not stat.S_ISREG(_mode(alternates)):
        return
    for line in _start_of(alternates).split(b"\n"):
        lender = alternates.parent.parent / os.fsdecode(line.strip(b'"'))
        if line and not line.startswith(b"#") and b"\0" not in line and lender.is_dir():
            raise RepositoryError(
                f"{alternates} takes objects from another repository; "
                "run `git repack -a -d` to have them here, and remove the file"
            )


def _start_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST_SETTINGS)


def _mode(path: Path) -> int:
    """What a path is, links not followed; 0 where nothing is."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True
