"""Where the history of a directory is kept, and why it cannot be read when it cannot."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from driftscan.errors import RepositoryError

OTHER_SYSTEMS = {".hg": "mercurial", "_darcs": "darcs", ".bzr": "bazaar"}


@dataclass(frozen=True, slots=True)
class GitDir:
    """A directory under git, and where git keeps what belongs to it. Both are absolute."""

    top: Path
    path: Path

    def owner_is_trusted(self) -> bool:
        """Whether those who can write hooks and settings there are the user or root, as git demands it too.

        Under sudo the user is also the one who called sudo.
        """
        trusted = {0, os.geteuid()}
        caller = os.environ.get("SUDO_UID", "")
        if os.geteuid() == 0 and caller.isdecimal():
            trusted.add(int(caller))
        return self.path.stat().st_uid in trusted


def locate(directory: Path) -> GitDir:
    """The git directory of exactly `directory`: a part of somebody else's work tree is not an /etc.

    Raises:
        RepositoryError: there is none, or it cannot be entered.
    """
    try:
        return _locate(directory)
    except PermissionError:
        raise RepositoryError(
            f"{directory}: permission denied; run driftscan as root (etckeeper keeps /etc/.git to root)"
        ) from None


def _locate(directory: Path) -> GitDir:
    top = Path(os.path.abspath(directory))  # noqa: PTH100 - resolve() would name another place than the user did
    try:
        is_directory = stat.S_ISDIR(top.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise RepositoryError(
            f"{directory}: no such directory; name the one that etckeeper keeps with -C DIR"
        ) from None
    if not is_directory:
        raise RepositoryError(f"{directory}: not a directory; name the one that etckeeper keeps with -C DIR")
    dot_git = top / ".git"
    if _exists(dot_git):
        return GitDir(top, _entered(_gitfile(dot_git) if dot_git.is_file() else dot_git))
    for name, system in OTHER_SYSTEMS.items():
        if _exists(top / name):
            raise RepositoryError(f"{directory} is kept in {system} (found {top / name}); driftscan reads git only")
    if all(_exists(top / name) for name in ("HEAD", "objects", "refs")):
        return GitDir(top, _entered(top))
    for above in top.resolve().parents:
        for name in (".git", *OTHER_SYSTEMS):
            if _exists(above / name):
                raise RepositoryError(f"{directory} is inside the repository of {above}; use -C {above}")
    raise RepositoryError(f"{directory} is not a git repository; run `etckeeper init`, or name another with -C DIR")


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _gitfile(file: Path) -> Path:
    """Where a `.git` file of a linked work tree or `--separate-git-dir` points to."""
    with file.open("rb") as opened:
        key, _, target = opened.read(65536).partition(b": ")
    if key != b"gitdir":
        raise RepositoryError(f"{file} does not lead to a git directory; run `git worktree repair` or `etckeeper init`")
    return file.parent / os.fsdecode(target.rstrip(b"\r\n").replace(b"\0", b""))


def _entered(git_dir: Path) -> Path:
    if not _exists(git_dir):
        raise RepositoryError(f"{git_dir} is gone; run `git worktree repair` or `etckeeper init`")
    if not git_dir.is_dir():
        raise RepositoryError(f"{git_dir} is not a directory; run `git worktree repair` or `etckeeper init`")
    if not os.access(git_dir, os.R_OK | os.X_OK):
        raise PermissionError(git_dir)
    return git_dir
