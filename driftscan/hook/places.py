"""Which scripts can run driftscan after a commit: git's hooks, and one of etckeeper's own."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from driftscan.errors import DriftscanError, RepositoryError
from driftscan.history.gitdir import locate
from driftscan.hook.script import POST_COMMIT, POST_REWRITE

POST_MERGE: Final = "post-merge"
GIT_HOOKS: Final = (POST_COMMIT, POST_MERGE, POST_REWRITE)
"""githooks(5): every commit, a merge that needed no commit by hand, and the end of a rebase."""
ETCKEEPER_SCRIPT: Final = "commit.d/60driftscan"
"""etckeeper runs what matches `[-a-zA-Z0-9]+`, in order: after 50vcs-commit and before 99push."""
ETCKEEPER: Final = Path("/etc/etckeeper")


class Where(StrEnum):
    """Who is to run driftscan."""

    GIT = "git"
    """git itself, after every commit, made by whomever; nothing of /etc changes."""
    ETCKEEPER = "etckeeper"
    """etckeeper, after its own commits only; the script is a file of /etc, and kept in its history."""


@dataclass(frozen=True, slots=True)
class Places:
    """A repository as far as hooks are concerned. Every path has its links followed."""

    top: Path
    git_dir: Path
    hooks: Path
    """Where git looks for hooks; core.hooksPath is obeyed."""
    etckeeper: Path
    """etckeeper's own directory."""

    @classmethod
    def of(cls, repository: Path) -> "Places":
        """The places of a repository.

        Raises:
            RepositoryError: there is no repository with a work tree of its own.
        """
        top = locate(repository).top
        if _answer(top, "--is-inside-work-tree") != "true":
            raise RepositoryError(f"{repository} has no work tree, so nothing is committed there; name /etc with -C")
        git_dir = _path(top, "--git-dir")
        if git_dir != _path(top, "--git-common-dir"):
            raise RepositoryError(f"{repository} is a linked work tree; install the hook in the main one with -C DIR")
        etckeeper = Path(os.environ.get("ETCKEEPER_CONF_DIR") or ETCKEEPER)
        return cls(top.resolve(), git_dir, _path(top, "--git-path", "hooks"), etckeeper.absolute())

    def scripts(self, where: Where) -> Iterator[Path]:
        """The scripts that are to run driftscan.

        Raises:
            DriftscanError: etckeeper is not there.
        """
        if where is Where.GIT:
            yield from (self.hooks / name for name in GIT_HOOKS)
        elif self.etckeeper_script.parent.is_dir():
            yield self.etckeeper_script
        else:
            raise DriftscanError(
                f"{self.etckeeper_script.parent}: no such directory; install etckeeper, or use git's hooks"
            )

    @property
    def etckeeper_script(self) -> Path:
        """Ours among those that etckeeper runs for a commit."""
        return self.etckeeper / ETCKEEPER_SCRIPT

    @property
    def all_scripts(self) -> tuple[Path, ...]:
        """Wherever our lines may be."""
        return (*self.scripts(Where.GIT), self.etckeeper_script)


def _path(top: Path, *question: str) -> Path:
    return (top / _answer(top, *question)).resolve()


def _answer(top: Path, *question: str) -> str:
    # With the settings of the user and the system: the git that commits obeys their core.hooksPath too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - arguments of our own
            ("git", "rev-parse", *question),  # noqa: S607 - the git that commits is the one on PATH
            cwd=top,
            env=environment | {"LC_ALL": "C"},
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise RepositoryError("git was not found; install it (`apt-get install git`)") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise RepositoryError(f"git does not accept {top} as a repository; run `git -C {top} status` (git: {said})")
    return os.fsdecode(done.stdout).removesuffix("\n")
