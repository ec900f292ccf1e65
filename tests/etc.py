"""A tiny language that builds real git histories of /etc, without etckeeper and without a work tree.

    etc = EtcHistory(tmp_path / "etc")
    etc.commit({"nginx/nginx.conf": "events {}", "nginx/sites-enabled/a": Link("../sites-available/a")})
    etc.commit({"nginx/nginx.conf": None}, message="daily autocommit", when="2026-01-02T03:04:05+0100")

The same calls give the same commit ids everywhere: identities and dates are fixed unless a test says otherwise.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from driftscan.history.commit import CommitId

ROOT = ("root", "root@host.example")
FIRST_DAY = datetime.fromisoformat("2026-01-01T06:25:00+01:00")
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": ROOT[0],
    "GIT_AUTHOR_EMAIL": ROOT[1],
    "GIT_COMMITTER_NAME": ROOT[0],
    "GIT_COMMITTER_EMAIL": ROOT[1],
    "LC_ALL": "C.UTF-8",
}
"""For any git or driftscan that a test runs: nothing of the machine's or the caller's own configuration."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link; the target is kept as it is written."""

    target: str | bytes


@dataclass(frozen=True, slots=True)
class Gitlink:
    """A nested repository at this commit id."""

    commit: str


Text = str | bytes
Content = Text | Link | Gitlink | None
Person = tuple[Text, Text]
Name = TypeVar("Name", str, bytes)


class EtcHistory:
    """A git repository whose commits are written directly; `path` is what driftscan is pointed at."""

    def __init__(self, path: Path, *, object_format: str = "sha1", branch: str = "main", bare: bool = False) -> None:
        self.path = path
        self._branch = branch
        self._last = FIRST_DAY - timedelta(days=1)
        self._born: set[str] = set()
        options = [f"--object-format={object_format}", f"--initial-branch={branch}", "--template="]
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", *options, *(["--bare"] if bare else []))

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """What `git ARGUMENTS` prints when run in the repository, without the last newline."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=ENVIRONMENT, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def commit(
        self,
        changes: Mapping[Name, Content],
        message: Text = "daily autocommit",
        when: str | None = None,
        *,
        author: Person = ROOT,
        committer: Person = ROOT,
        authored: str | None = None,
        branch: str | None = None,
        parents: Sequence[CommitId] | None = None,
        encoding: str | None = None,
    ) -> CommitId:
        """Commit on top of a branch (`None` in `changes` deletes) and move the branch there.

        Args:
            changes: Paths and what they hold after the commit; everything else stays as in the first parent.
            message: Kept byte for byte.
            when: ISO 8601 with a zone, or git's `@SECONDS +ZONE` for dates that no calendar has.
            author: Name and address.
            committer: Name and address.
            authored: The author's date, when it is not the committer's.
            branch: By default the one of the constructor.
            parents: By default the tip of the branch; none (`[]`) makes a root, several make a merge.
            encoding: Declared in the commit's header.
        """
        ref = f"refs/heads/{branch or self._branch}"
        committed = self._moment(when)
        if parents is None and ref not in self._born and not self.git("for-each-ref", ref):
            parents = []
        self._born.add(ref)
        onto = [f"{ref}^0"] if parents is None else parents
        lines = [b"commit " + ref.encode(), b"mark :1"]
        lines.append(_person("author", author, self._moment(authored) if authored else committed))
        lines.append(_person("committer", committer, committed))
        lines += [f"encoding {encoding}".encode()] if encoding else []
        lines.append(_data(message))
        lines += [f"{'merge' if number else 'from'} {parent}".encode() for number, parent in enumerate(onto)]
        lines += [_change(path, content) for path, content in changes.items()]
        lines += [b"get-mark :1", b"done", b""]
        importing = ("fast-import", "--quiet", "--done", "--force", "--date-format=raw-permissive")
        return CommitId(self.git(*importing, stdin=b"\n".join(lines)))

    def _moment(self, when: str | None) -> str:
        if when is not None and when.startswith("@"):
            return when[1:]
        moment = self._last + timedelta(days=1) if when is None else datetime.fromisoformat(when)
        if when is None or moment > self._last:
            self._last = moment
        return f"{int(moment.timestamp())} {moment:%z}"

    def checkout(self) -> None:
        """Write the files of the tip to disk, for what looks at the work tree."""
        self.git("reset", "--quiet", "--hard", f"refs/heads/{self._branch}")


def _bytes(text: Text) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _data(content: Text) -> bytes:
    return b"data %d\n%s" % (len(_bytes(content)), _bytes(content))


def _person(role: str, person: Person, moment: str) -> bytes:
    return b"%s %s <%s> %s" % (role.encode(), *map(_bytes, person), moment.encode())


def _change(path: Text, content: Content) -> bytes:
    quoted = b'"' + b"".join(b"\\%03o" % byte for byte in _bytes(path)) + b'"'
    match content:
        case None:
            return b"D " + quoted
        case Link(target):
            return b"M 120000 inline %s\n%s" % (quoted, _data(target))
        case Gitlink(commit):
            return b"M 160000 %s %s" % (commit.encode(), quoted)
        case _:
            return b"M 100644 inline %s\n%s" % (quoted, _data(content))
