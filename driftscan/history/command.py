"""git, run on one repository with nothing of the caller's environment; the only import of GitPython."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, cast

from driftscan.errors import RepositoryError
from driftscan.history import hardening
from driftscan.history.gitdir import GitDir
from driftscan.history.process import Running

if TYPE_CHECKING:
    import git

OLDEST: Final = (2, 30)


class Git:
    """git on one repository, with nothing of the caller's environment and little of the repository's choice."""

    def __init__(self, path: Path, place: GitDir) -> None:
        self._path = path
        self._command = ("git", *hardening.options(place.top, place.path))

    def run(self, *arguments: str) -> tuple[int, bytes, str]:
        """Exit status, output and stderr."""
        return _run((*self._command, *arguments), hardening.ENVIRONMENT)

    def answer(self, *arguments: str) -> bytes:
        """The output of a command that must succeed."""
        status, output, complaint = self.run(*arguments)
        if status:
            self.fail(complaint)
        return output

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> Running:
        """A command whose output is read while it runs."""
        with _clean_environment() as git:
            process = git.execute(
                [*self._command, *arguments], istream=stdin, as_process=True, env=hardening.ENVIRONMENT
            )
        running = cast("subprocess.Popen[bytes]", process.proc)
        process.proc = None  # AutoInterrupt would end it as soon as `process` is forgotten, which is here
        return Running(running)

    def fail(self, complaint: str) -> NoReturn:
        """Tell the user what git said last."""
        last = complaint.strip().rpartition("\n")[2]
        said = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in last)
        if "not a git repository" in said:
            raise RepositoryError(f"{self._path} is not a git repository; run `etckeeper init`")
        if "Permission denied" in said:
            raise RepositoryError(f"{self._path}: permission denied; run driftscan as root (git: {said})")
        raise RepositoryError(f"{self._path} cannot be read; `git -C {self._path} fsck` tells more (git: {said})")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, bytes, str]:
    with _clean_environment() as git:
        status, output, complaint = git.execute(
            [*command],
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=environment,
        )
    return status, output, complaint


@contextmanager
def _clean_environment() -> "Iterator[git.Git]":
    """GitPython's git, started without the GIT_* variables of the caller: inside a hook they name another repository.

    They are taken away from this process for a moment, because GitPython can only add to what it inherits.
    """
    kept = {name: os.environ.pop(name) for name in tuple(os.environ) if name.startswith("GIT_")}
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"  # else the import fails where git is missing, which is ours to report
    try:
        import git  # noqa: PLC0415 - slow, and not every command needs a repository

        try:
            yield git.Git("/")
        except git.GitCommandNotFound:
            raise RepositoryError("git was not found; install it (`apt-get install git`)") from None
    finally:
        del os.environ["GIT_PYTHON_REFRESH"]
        os.environ.update(kept)


def require_git() -> None:
    """Refuse to go on without a git that knows every option used here.

    Raises:
        RepositoryError: there is none, or it is too old.
    """
    _, output, _ = _run(("git", "version"), hardening.ENVIRONMENT)
    found = re.search(rb"(\d+)\.(\d+)", output)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        version = output.decode("ascii", "replace").strip()
        raise RepositoryError(f"driftscan needs git {'.'.join(map(str, OLDEST))} or newer, found {version!r}")


def included(settings: Path) -> list[Path]:
    """What a settings file includes, as git understands its paths."""
    asked = ("config", f"--file={settings}", "--no-includes", "--type=path", "-z", "--get-regexp")
    _, output, _ = _run(("git", *asked, r"^include(if\..*)?\.path$"), hardening.ENVIRONMENT)
    return [Path(line.partition("\n")[2]) for line in os.fsdecode(output).split("\0")[:-1]]


def is_declared_safe(place: GitDir) -> bool:
    """Whether the user's or the system's own git settings list the directory; the repository's do not count."""
    listed: set[str] = set()
    for scope in ("--system", "--global"):
        _, output, _ = _run(("git", "config", scope, "-z", "--type=path", "--get-all", "safe.directory"), {})
        for value in os.fsdecode(output).split("\0")[:-1]:
            listed = listed | {value} if value else set()  # an empty value forgets those before it
    names = {str(place.top), str(place.top.resolve()), str(place.path), str(place.path.resolve())}
    return "*" in listed or any(value.rstrip("/") in names for value in listed)
