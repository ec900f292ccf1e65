"""A git repository that is read and never touched.

The repository is hostile until proven otherwise: whoever can write to it must not be able to run a program
here, to make another repository answer, or to have anything written. GitPython starts the processes; a history
is one streamed `git log` and file contents are one `git cat-file`, because its object model costs a round trip
for every object.
"""

import os
import re
import subprocess
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from driftscan.errors import RepositoryError
from driftscan.history import dates, log
from driftscan.history.command import Git, included, is_declared_safe, require_git
from driftscan.history.commit import BlobId, Commit, CommitId, Revision
from driftscan.history.gitdir import locate
from driftscan.history.inspection import inspect
from driftscan.history.process import Blobs, Sizes
from driftscan.history.selection import Segment, Selection, segment
from driftscan.history.snapshot import TreeIndex

LARGEST_DIFF: Final = 256 * 1024
CUT: Final = "\n[cut here: the rest of the diff is left out]\n"
DIFF: Final = ("diff-tree", "-r", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--text")

EMPTY_TREE: Final = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


class Repository:
    """The history of one directory. Close it, or use it in a `with` statement, to end its git at once."""

    def __init__(self, path: Path, git: Git, shallow: Path) -> None:
        self.path = path
        self._git = git
        self._shallow = shallow
        self._blobs = Blobs(lambda: git.start("cat-file", "--batch", stdin=subprocess.PIPE))
        self._sizes = Sizes(lambda: git.start("cat-file", "--batch-check", stdin=subprocess.PIPE))
        self.head: CommitId = self._head()

    @classmethod
    def open(cls, path: Path) -> Self:
        """The repository whose top is `path`, as work tree or bare.

        Raises:
            RepositoryError: there is none, it has no commit, or reading it would not be safe.
        """
        place = locate(path)
        require_git()
        if not place.owner_is_trusted() and not is_declared_safe(place):
            raise RepositoryError(
                f"{path} belongs to another user, whose settings git would obey; if you trust them, run "
                f"`git config --global --add safe.directory {place.top}`"
            )
        inspect(place, included)
        git = Git(path, place)
        shallow = git.answer("rev-parse", "--git-path", "shallow").removesuffix(b"\n")
        return cls(path, git, Path(os.fsdecode(shallow)))

    def _head(self) -> CommitId:
        found = self._commit_id("HEAD")
        if found is None:
            raise RepositoryError(f"{self.path} has no commit yet; run `etckeeper commit` first")
        return found

    def close(self) -> None:
        """End the processes that read blobs and their sizes; the next question starts another."""
        self._blobs.close()
        self._sizes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_shallow(self) -> bool:
        """Whether commits older than some are not here (`git clone --depth`)."""
        return bool(self._boundaries())

    def _boundaries(self) -> frozenset[str]:
        try:
            return frozenset(self._shallow.read_text("ascii", "replace").split())
        except FileNotFoundError:
            return frozenset()

    def resolve(self, revision: str) -> CommitId:
        """The commit that `revision` names, in git's own notation.

        `REV@{DATE}` is the newest first-parent commit of REV (HEAD, if left out) that is not after the date. git
        would ask its reflog, which forgets, and would take a word it does not know for today.

        Raises:
            RepositoryError: there is no such commit.
            DriftscanError: the date cannot be read.
        """
        dated = re.fullmatch(r"(.*?)@\{([^{}]*[^{}\d-][^{}]*|\d{4}-\d\d(?:-\d\d)?)\}(.*)", revision, re.DOTALL)
        if dated and dated[2].lower() not in {"u", "upstream", "push"}:
            there = self._newest(self.resolve(dated[1] or "HEAD"), dates.until(dated[2], datetime.now().astimezone()))
            return self.resolve(there + dated[3]) if dated[3] else there
        found = None if revision.startswith("-") or re.search(r"[\0-\x1f\x7f]", revision) else self._commit_id(revision)
        if found is None:
            raise RepositoryError(f"{revision!r} is no commit of {self.path}; `git -C {self.path} log` lists them")
        return found

    def _commit_id(self, revision: str) -> CommitId | None:
        status, output, complaint = self._git.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if status and "fatal:" in complaint and "Needed a single revision" not in complaint:
            self._git.fail(complaint)
        found = output.decode("ascii", "replace").strip()
        return None if status or re.fullmatch(r"[0-9a-f]{40,64}", found) is None else CommitId(found)

    def _newest(self, tip: CommitId, moment: datetime) -> CommitId:
        commits = self._log(tip)
        try:
            return next(found.commit.id for found in commits if found.commit.committed <= moment)
        except StopIteration:
            raise RepositoryError(f"{self.path} has no commit on or before {moment:%Y-%m-%d %H:%M:%S %z}") from None
        finally:
            commits.close()

    def select(self, selection: Selection) -> Segment:
        """The part of the first-parent chain of its tip that holds all that is selected."""
        tip = self.resolve(selection.tip)
        if selection.is_whole:
            return Segment(last=tip)
        chain = [found.commit for found in self._log(tip, "--reverse")]
        start = self._start(chain, self.resolve(selection.after)) if selection.after is not None else 0
        return segment(chain, selection, start)

    def _start(self, chain: Sequence[Commit], after: CommitId) -> int:
        """Where in the chain the commits begin that cannot be reached from `after`.

        Not asked as `after..tip`: git stops early there when clocks were wrong.
        """
        places = {commit.id: place for place, commit in enumerate(chain)}
        if after in places:
            return places[after] + 1
        reachable = self._git.answer("rev-list", after, "--").decode("ascii").split()
        return max((places[CommitId(commit)] for commit in reachable if commit in places), default=-1) + 1

    def has(self, commit: CommitId) -> bool:
        """Whether the repository still has that commit."""
        return self._commit_id(commit) == commit

    def leads_to(self, earlier: CommitId, later: CommitId) -> bool:
        """Whether a commit is the other one or among its ancestors."""
        status, _, complaint = self._git.run("merge-base", "--is-ancestor", earlier, later)
        if status not in {0, 1}:
            self._git.fail(complaint)
        return status == 0

    def revisions(self, segment: Segment) -> Iterator[Revision]:
        """Every commit of the segment with the paths it changed, oldest first, as git writes them.

        Merges are compared with their first parent, a root with nothing.
        """
        if segment.last is None:
            return iter(())
        count = () if segment.count is None else (f"--max-count={segment.count}",)
        return self._log(segment.last, "--reverse", *log.PATHS, *count)

    def _log(self, tip: CommitId, *options: str) -> Generator[Revision]:
        running = self._git.start("log", *log.HEADERS, *options, tip, "--")
        try:
            yield from log.revisions(running.output, self._boundaries())
            if running.finish():
                self._git.fail(running.complaint)
        finally:
            running.close()

    def tree(self, commit: CommitId) -> TreeIndex:
        """The whole tree of a commit."""
        tree = TreeIndex(self.read, self.size)
        running = self._git.start("ls-tree", "-r", "-z", "--full-tree", commit)
        try:
            tree.apply(log.tree(running.output, commit))
            if running.finish():
                self._git.fail(running.complaint)
        finally:
            running.close()
        return tree

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a blob.

        Raises:
            UnreadableBlob: it is missing, damaged, no blob, or too large to be configuration.
        """
        return self._blobs.read(blob)

    def size(self, blob: BlobId) -> int | None:
        """The bytes of a blob, without its content; `None` when it is missing or damaged."""
        return self._sizes.of(blob)

    def raw_diff(self, commit: CommitId, paths: Sequence[str]) -> str:
        """The unified diff of these paths against the first parent, for people: bytes that are no text are replaced.

        It is cut off, and says so, when it gets longer than anybody reads.
        """
        before = self._commit_id(f"{commit}^1") or EMPTY_TREE[len(commit)]
        names = (os.fsdecode(path.encode("utf-8", "surrogateescape")) for path in paths)
        if not paths:
            return ""
        running = self._git.start(*DIFF, before, commit, "--", *names)
        try:
            diff = running.output.read(LARGEST_DIFF + 1)
            if len(diff) > LARGEST_DIFF:
                return diff[:LARGEST_DIFF].decode("utf-8", "replace") + CUT
            if running.finish():
                self._git.fail(running.complaint)
            return diff.decode("utf-8", "replace")
        finally:
            running.close()
