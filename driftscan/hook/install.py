"""Puts driftscan into git's post-commit hook and takes it out again.

It is post-commit, and not a script in `etckeeper/commit.d`, because its status cannot stop a package run, because it
also runs for a `git commit` by hand, and because it is not itself a file of /etc.

Our lines stand between two markers, right behind the first line of the hook: there they run even if a hook that was
there before ends with `exit`, and they change neither its status nor its input.
"""

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from driftscan.errors import DriftscanError, RepositoryError
from driftscan.history.gitdir import locate

BEGIN: Final = b"# >>> driftscan >>>\n"
END: Final = b"# <<< driftscan <<<"
SHEBANG: Final = b"#!/bin/sh\n"
ALONE: Final = b"# There was no hook before: `driftscan hook uninstall` takes the whole file away.\n"
SHELLS: Final = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"})
LONGEST_RUN: Final = 60

# Files that nginx never reads and that tell no version, as far as they are sure to be that.
_IRRELEVANT: Final = "|".join(
    (
        r"\.etckeeper|\.gitignore|(passwd|shadow|group|gshadow|subuid|subgid)-?|hosts|resolv\.conf|crontab",
        r"(apparmor\.d|apt|cron\.[a-z]*|init\.d|kernel|logrotate\.d|pam\.d|rc[0-9S]\.d|sudoers\.d|udev)/.*",
        r"systemd/system/[^/]*\.(wants|requires)/.*",
    )
)


class Change(Enum):
    """What happened to the hook."""

    CREATED = "installed"
    CHAINED = "installed in front of the hook that was there"
    UPDATED = "installed anew"
    UNCHANGED = "was installed already"
    DELETED = "deleted"
    RESTORED = "as it was before driftscan"
    ABSENT = "driftscan was not installed"


@dataclass(frozen=True, slots=True)
class Hook:
    """The post-commit hook after it was worked on."""

    path: Path
    change: Change

    def __str__(self) -> str:
        return f"{self.path}: {self.change.value}"


@dataclass(frozen=True, slots=True)
class Status:
    """Whether driftscan runs after each commit."""

    path: Path
    installed: bool
    trouble: str | None = None
    """Why an installed hook does not work, and what to do."""

    def __str__(self) -> str:
        return f"{self.path}: {self.trouble or ('installed' if self.installed else 'not installed')}"


def install(repository: Path, python: Path) -> Hook:
    """Make `python` run driftscan after each commit in `repository`; done twice it is done once.

    Args:
        repository: The top of the work tree, /etc in practice.
        python: The interpreter that driftscan is installed for, as `sys.executable` names it: not resolved, since the
            way through a virtual environment's link is what makes it that environment.

    Raises:
        DriftscanError: there is a hook that our lines cannot be put into, or the interpreter has no driftscan.
        RepositoryError: there is no repository with a work tree of its own.
    """
    top = locate(repository).top
    hook = _hook(repository)
    _require_driftscan(python)
    old = _content(hook)
    foreign = None if old is None else _without_block(hook, old)
    if foreign is not None:
        _require_shell(hook, foreign)
        _require_executable(hook)
    guard = None if hook.parent == _git_path(top, "--git-dir") / "hooks" else top
    new = _with_block(foreign, python, guard)
    if new == old:
        return Hook(hook, Change.UNCHANGED)
    _write(hook, new)
    if old is None:
        return Hook(hook, Change.CREATED)
    return Hook(hook, Change.UPDATED if BEGIN in old else Change.CHAINED)


def uninstall(repository: Path) -> Hook:
    """Leave the hook byte for byte as it was before the installation, or no file where there was none.

    Raises:
        DriftscanError: our lines in it were edited so that it cannot be told which are ours.
        RepositoryError: there is no repository with a work tree of its own.
    """
    hook = _hook(repository)
    old = _content(hook)
    if old is None or BEGIN not in old:
        return Hook(hook, Change.ABSENT)
    foreign = _without_block(hook, old)
    if foreign is not None:
        _write(hook, foreign)
        return Hook(hook, Change.RESTORED)
    try:
        hook.unlink()
    except OSError as error:
        raise _not_allowed(hook, error) from None
    return Hook(hook, Change.DELETED)


def status(repository: Path) -> Status:
    """Whether our lines are in the hook, and whether what they call can run.

    Raises:
        RepositoryError: there is no repository with a work tree of its own.
    """
    hook = _hook(repository)
    content = _content(hook)
    if content is None or BEGIN not in content:
        return Status(hook, installed=False)
    called = re.search(rb"^    python=(.*)$", content, re.MULTILINE)
    words = shlex.split(os.fsdecode(called[1])) if called else []
    if not os.access(hook, os.X_OK):
        return Status(hook, installed=True, trouble=f"git does not run it; `chmod +x {shlex.quote(str(hook))}`")
    if len(words) != 1 or not os.access(words[0], os.X_OK):
        return Status(hook, installed=True, trouble="its python is gone; run `driftscan hook install` again")
    return Status(hook, installed=True)


def _hook(repository: Path) -> Path:
    place = locate(repository)
    if _answer(place.top, "--is-inside-work-tree") != "true":
        raise RepositoryError(f"{repository} has no work tree, so nothing is committed there; name /etc with -C")
    if _git_path(place.top, "--git-dir") != _git_path(place.top, "--git-common-dir"):
        raise RepositoryError(f"{repository} is a linked work tree; install the hook in the main one with -C DIR")
    return _git_path(place.top, "--git-path", "hooks") / "post-commit"


def _git_path(top: Path, *question: str) -> Path:
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


def _require_driftscan(python: Path) -> None:
    # Isolated, as in the hook: what is found only through PYTHONPATH or the user's own packages is not found there.
    command = (str(python), "-I", "-c", "import driftscan.hook.run")
    try:
        works = subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0  # noqa: S603
    except OSError:
        works = False
    if not (works and python.is_absolute()):
        raise DriftscanError(f"{python} cannot run driftscan by itself; install it in a virtual environment")


def _content(hook: Path) -> bytes | None:
    if hook.is_symlink():
        raise DriftscanError(f"{hook} is a link to {hook.readlink()}, which something else manages; remove the link")
    try:
        return hook.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _not_allowed(hook, error) from None


def _not_allowed(path: Path, error: OSError) -> DriftscanError:
    return DriftscanError(f"{path}: {error.strerror}; run driftscan as root")


def _require_shell(hook: Path, script: bytes) -> None:
    line = script.partition(b"\n")[0]
    words = os.fsdecode(line.removeprefix(b"#!")).split() if line.startswith(b"#!") else ["sh"]
    interpreter = next((name for word in words if (name := Path(word).name) != "env" and not word.startswith("-")), "")
    if interpreter not in SHELLS or b"\0" in script:
        raise DriftscanError(
            f"{hook} is no shell script, so nothing can be added to it; rename it to post-commit.own, "
            "make a post-commit of `#!/bin/sh` and a line that calls it, and install again"
        )


def _require_executable(hook: Path) -> None:
    if not os.access(hook, os.X_OK):
        raise DriftscanError(
            f"{hook} is there but not executable, so git does not run it, and driftscan will not wake it up; "
            f"`chmod +x` it or move it away, and install again"
        )


def _with_block(foreign: bytes | None, python: Path, guard: Path | None) -> bytes:
    body = b"".join(f"{line}\n".encode("utf-8", "surrogateescape") for line in _body(python, guard))
    if foreign is None:
        return SHEBANG + BEGIN + ALONE + body + END + b"\n"
    block = BEGIN + body + END
    if not foreign.startswith(b"#!"):
        return block + b"\n" + foreign
    first, newline, rest = foreign.partition(b"\n")
    # A last line without its newline stays one: ours then has none either, which tells them apart afterwards.
    return first + b"\n" + block + newline + rest


def _without_block(hook: Path, content: bytes) -> bytes | None:
    """What the hook holds without our lines; `None` when it is all ours."""
    if BEGIN not in content:
        return content
    before, _, rest = content.partition(BEGIN)
    ours, end, after = rest.partition(END)
    if not end or BEGIN in after or not (before == b"" or before.endswith(b"\n")) or after[:1] not in {b"", b"\n"}:
        raise DriftscanError(f"{hook}: the lines between the driftscan markers were edited; delete them by hand")
    if ours.startswith(ALONE) and (before, after) == (SHEBANG, b"\n"):
        return None
    return before.removesuffix(b"\n") if after == b"" else before + after.removeprefix(b"\n")


def _write(hook: Path, content: bytes) -> None:
    """Replace the file in one step, with the mode and the owner it had: a commit may be running it."""
    try:
        hook.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".post-commit.", dir=hook.parent)
    except OSError as error:
        raise _not_allowed(hook.parent, error) from None
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            if hook.exists():
                there = hook.stat()
                os.fchown(descriptor, there.st_uid, there.st_gid)
                os.fchmod(descriptor, there.st_mode & 0o7777)
            else:
                os.fchmod(descriptor, 0o755)
        new.replace(hook)
    finally:
        new.unlink(missing_ok=True)


def _body(python: Path, guard: Path | None) -> Iterator[str]:
    """The lines between the markers, for any POSIX shell and under any of its options."""
    yield "# What this commit does to nginx TLS. `driftscan hook uninstall` takes these lines away."
    yield "("
    yield f"    python={shlex.quote(str(python))}"
    if guard is not None:
        yield "    # This directory of hooks may serve other repositories too."
        yield f'    [ "$(pwd -P)" = {shlex.quote(str(guard.resolve()))} ] || exit 0'
    yield "    # Most commits touch only files that nginx never reads; they end here, before python starts."
    yield "    said=$(git log -1 --format=%B HEAD) &&"
    yield "        names=$(git log -1 -m --first-parent --no-renames --name-only --format= HEAD) || names=unknown"
    yield "    news=$("
    yield f"        printf '%s\\n' \"$names\" | grep -Evx -e '' -e '{_IRRELEVANT}'"
    yield "        printf '%s\\n' \"$said\" | grep -E 'nginx|ssl|certbot'"
    yield "    )"
    yield '    [ -n "$news" ] || exit 0'
    yield "    for name in $(env | sed -n 's/^\\(GIT_[A-Z0-9_]*\\)=.*/\\1/p'); do unset \"$name\"; done"
    yield '    if [ ! -x "$python" ]; then'
    yield '        echo "driftscan: $python is gone; run \\`driftscan hook install\\` again, or \\`hook uninstall\\`"'
    yield "    elif command -v timeout >/dev/null; then"
    yield f'        timeout {LONGEST_RUN} "$python" -I -m driftscan hook run -C "$PWD"'
    yield "        # 124 is timeout's own status."
    yield "        [ $? -ne 124 ] || echo 'driftscan: this commit takes too long to look at; run `driftscan show HEAD`'"
    yield "    else"
    yield '        "$python" -I -m driftscan hook run -C "$PWD"'
    yield "    fi"
    yield ") </dev/null >&2 || :"
