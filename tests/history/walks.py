"""Short ways to walk a history and to name what is found."""

from driftscan.history.commit import BlobId, CommitId, Entry, Kind, Revision
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from tests.etc import EtcHistory


def whole(repository: Repository) -> list[Revision]:
    return list(repository.revisions(repository.select(Selection())))


def selected(repository: Repository, selection: Selection) -> list[CommitId]:
    segment = repository.select(selection)
    return [found.commit.id for found in repository.revisions(segment) if segment.wants(found.commit.id)]


def paths(revision: Revision) -> list[str]:
    return [change.path for change in revision.changes]


def blob(etc: EtcHistory, data: bytes) -> Entry:
    return Entry(Kind.FILE, BlobId(etc.git("hash-object", "--stdin", stdin=data)))
