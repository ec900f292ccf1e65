"""The bytes of `git log --raw -z` as commits and the paths they changed."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import IO

from driftscan.errors import RepositoryError
from driftscan.history.commit import BlobId, Commit, CommitId, Entry, Identity, Kind, PathChange, Revision

FORMAT = "tformat:" + "%x00".join(["%H", "%P", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%B", ""])
"""Every field ends with NUL, which no header or message can hold."""

HEADERS = (
    "--first-parent",
    f"--format={FORMAT}",
    "-z",
    "--date=raw",
    "--encoding=UTF-8",
    "--no-color",
    "--no-decorate",
    "--no-notes",
    "--no-show-signature",
)
"""Options of `git log` for first-parent history as :func:`revisions` reads it."""

# --diff-merges=first-parent says the same as -m here, from git 2.31 on.
PATHS = ("--raw", "-r", "-m", "--root", "--no-abbrev", "--no-renames", "--ignore-submodules=none")
"""Options that add the changed paths, against the first parent or against nothing."""

KINDS = {b"120000": Kind.LINK, b"160000": Kind.GITLINK}
ABSENT = b"000000"

# No zone can carry these two over the edge of what datetime can say.
EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9999, 12, 29, tzinfo=UTC)


MOST_PATHS = 300_000
"""Paths of a tree, and of a commit. An /etc has some thousands; a few objects of git's that name each other again and
again make as many as anybody likes."""
LONGEST_PATH = 4096
"""Bytes of a path that a host can have (PATH_MAX)."""
LONGEST_FIELD = 4 * 1024 * 1024
"""Bytes of a message; the rest of a longer one is left out."""


def revisions(log: IO[bytes], boundaries: AbstractSet[str] = frozenset()) -> Iterator[Revision]:
    """The commits of a log in its order, each with the paths it changed (none when the log has no `--raw`).

    Args:
        log: What git writes for :data:`FORMAT`.
        boundaries: Ids of the commits at which a shallow history is cut off.

    Raises:
        RepositoryError: a commit changes more paths than a host has.
    """
    fields = _fields(log)
    # git puts an empty field and a newline between a message and its paths, or nothing when there are none.
    start = next(fields, None)
    while start is not None:
        header = tuple(islice(fields, 8))
        if len(header) < 8:
            return  # git died; whoever runs it tells why
        commit = _commit(start, header)
        changes: list[PathChange] = []
        while (start := next(fields, None)) is not None:
            start = start.lstrip(b"\n")
            if start.startswith(b":"):
                path = next(fields, b"")
                if len(path) <= LONGEST_PATH:
                    changes.append(_path_change(start, path))
                require_possible(len(changes), commit.id)
            elif start:
                break
        yield Revision(commit, tuple(changes), boundary=commit.id in boundaries)


def tree(listing: IO[bytes], commit: CommitId) -> Iterator[PathChange]:
    """The paths of `git ls-tree -r -z`, as changes against nothing.

    Raises:
        RepositoryError: there are more than a host has.
    """
    for number, line in enumerate(_fields(listing), 1):
        require_possible(number, commit)
        kind, _, path = line.partition(b"\t")
        mode, _, blob = kind.split(b" ")
        if len(path) <= LONGEST_PATH:
            yield PathChange(text(path), None, entry(mode, blob))


def require_possible(paths: int, commit: str) -> None:
    """Stop at a commit that no host has made.

    Raises:
        RepositoryError: it has too many paths.
    """
    if paths > MOST_PATHS:
        raise RepositoryError(f"commit {commit[:12]} has more than {MOST_PATHS:,} files; no /etc has, look who made it")


def _fields(log: IO[bytes]) -> Iterator[bytes]:
    parts: list[bytes] = []
    room = LONGEST_FIELD
    while piece := log.read(65536):
        first, *others = piece.split(b"\0")
        parts.append(first[:room])
        room -= len(parts[-1])
        if others:
            yield b"".join(parts)
            yield from others[:-1]
            parts = [others[-1]]
            room = LONGEST_FIELD - len(others[-1])


def _commit(commit: bytes, header: Sequence[bytes]) -> Commit:
    parents, *names, message = map(text, header)
    author, author_email, authored, committer, committer_email, committed = names
    return Commit(
        id=CommitId(commit.decode("ascii")),
        parents=tuple(map(CommitId, parents.split())),
        author=Identity(author, author_email),
        committer=Identity(committer, committer_email),
        authored=moment(authored),
        committed=moment(committed),
        message=message,
    )


def _path_change(raw: bytes, path: bytes) -> PathChange:
    mode_before, mode_after, blob_before, blob_after, _ = raw[1:].split(b" ")
    return PathChange(text(path), entry(mode_before, blob_before), entry(mode_after, blob_after))


def entry(mode: bytes, blob: bytes) -> Entry | None:
    """What git's octal mode and object id stand for."""
    if mode == ABSENT:
        return None
    return Entry(KINDS.get(mode, Kind.FILE), BlobId(blob.decode("ascii")))


def text(data: bytes) -> str:
    """Names and messages as text from which the same bytes can be made again."""
    return data.decode("utf-8", "surrogateescape")


def moment(raw: str) -> datetime:
    """A `SECONDS ZONE` date; one that no calendar has becomes the nearest that one has."""
    found = re.fullmatch(r"(-?\d+)(?: ([+-])(\d+?)(\d\d))?", raw)
    if found is None:
        return datetime.fromtimestamp(0, UTC)
    seconds, sign, hours, minutes = found.groups()
    try:
        instant = min(max(datetime.fromtimestamp(int(seconds), UTC), EARLIEST), LATEST)
    except (OverflowError, ValueError, OSError):
        instant = EARLIEST if seconds.startswith("-") else LATEST
    east = timedelta(hours=min(int(hours or 0), 99), minutes=int(minutes or 0))
    zone = timezone(-east if sign == "-" else east) if east < timedelta(hours=24) else UTC
    return instant.astimezone(zone)
