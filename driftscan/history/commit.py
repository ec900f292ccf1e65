"""What one commit of /etc says: who, when, why, and which paths it changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

CommitId = NewType("CommitId", str)
"""Full hexadecimal object id of a commit (40 digits, or 64 in a sha256 repository)."""

BlobId = NewType("BlobId", str)
"""Full hexadecimal object id of a blob. It names bytes, so whatever is cached under it is never stale."""


class Kind(Enum):
    """What a path is in a tree, by git's file mode."""

    FILE = "file"
    LINK = "link"
    GITLINK = "gitlink"
    """A nested repository: git keeps its commit id, not its contents (etckeeper warns about these)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A path's content in one tree. The blob of a link holds its target text."""

    kind: Kind
    blob: BlobId


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path that a commit changed against its first parent; `None` is absence."""

    path: str
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and e-mail address as committed, with surrogate escapes for bytes that are not UTF-8."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's header and message. Times are aware, in the committer's own zone."""

    id: CommitId
    parents: tuple[CommitId, ...]
    author: Identity
    committer: Identity
    authored: datetime
    committed: datetime
    message: str

    @property
    def subject(self) -> str:
        """The first paragraph joined to one line, as `git log --format=%s` prints it."""
        paragraph: list[str] = []
        for line in self.message.strip("\n").split("\n"):
            if not line.strip():
                break
            paragraph.append(line.strip())
        return " ".join(paragraph)


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit with the paths it changed against its first parent (against nothing for a root)."""

    commit: Commit
    changes: tuple[PathChange, ...]
    boundary: bool = False
    """The history is cut off here (shallow clone): `changes` is the whole tree, and says nothing about when."""
