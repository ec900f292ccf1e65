"""Everything that the people of a host say themselves in its /etc, and what of it cannot be understood."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from driftscan.drift.findings import PatternId
from driftscan.history.commit import BlobId, Kind
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.nginx.config import Gap, GapKind, Location
from driftscan.patterns.catalogue import KnownBreakage
from driftscan.site.patterns import read_patterns
from driftscan.site.suppressions import Misspelled, Suppression, read_comments, read_suppressions
from driftscan.site.toml import SiteError

FOLDER: Final = "driftscan"
"""Below /etc."""
PATTERNS: Final = f"{FOLDER}/patterns.d"
SUPPRESSIONS: Final = f"{FOLDER}/suppressions.toml"


@dataclass(frozen=True, slots=True)
class Site:
    """What is in one tree. A file that cannot be understood is a gap: the worst hour is no time to stop for it."""

    patterns: tuple[KnownBreakage, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    gaps: tuple[Gap, ...] = ()


def read_site(tree: Snapshot, known: Iterable[PatternId]) -> Site:
    """What a tree holds.

    Args:
        tree: of the newest commit that is looked at, or a directory: what people decide today counts for all of it.
        known: the ids that are taken already.
    """
    patterns: list[KnownBreakage] = []
    suppressions: tuple[Suppression, ...] = ()
    gaps: list[Gap] = []
    taken = set(known)
    for name in sorted(fnmatch.filter(tree.names(PATTERNS) or (), "*.toml")):
        path = f"{PATTERNS}/{name}"
        try:
            entries = read_patterns(_read(tree, path), path)
        except SiteError as error:
            gaps.append(_gap(path, error))
            continue
        for entry in entries:
            if entry.id in taken:
                reason = f"pattern {entry.id!r} is there twice; give one of them another id"
                gaps.append(Gap(path, reason, GapKind.INVALID))
            else:
                taken.add(entry.id)
                patterns.append(entry)
    if tree.entry(SUPPRESSIONS) is not None:
        try:
            suppressions = read_suppressions(_read(tree, SUPPRESSIONS), SUPPRESSIONS)
        except SiteError as error:
            gaps.append(_gap(SUPPRESSIONS, error))
    return Site(tuple(patterns), suppressions, tuple(gaps))


def with_comments(site: Site, files: Mapping[str, BlobId], tree: Snapshot) -> Site:
    """The same with what comments in nginx's files say; `files` are those that were read."""
    suppressions = list(site.suppressions)
    gaps = list(site.gaps)
    for path, blob in files.items():
        try:
            data = tree.read(blob)
        except UnreadableBlob:
            continue
        for found in read_comments(data, path):
            if isinstance(found, Misspelled):
                gaps.append(Gap(path, found.reason, GapKind.INVALID, found.at))
            else:
                suppressions.append(found)
    return Site(site.patterns, tuple(suppressions), tuple(gaps))


def _gap(path: str, error: SiteError) -> Gap:
    at = None if error.line is None else Location(path, error.line)
    return Gap(path, str(error).removeprefix(f"{path}: "), GapKind.INVALID, at)


def _read(tree: Snapshot, path: str) -> bytes:
    entry = tree.entry(path)
    if entry is None or entry.kind is not Kind.FILE:
        raise SiteError(f"{path}: it is no plain file, and is not read")
    try:
        return tree.read(entry.blob)
    except UnreadableBlob as error:
        raise SiteError(f"{path}: it cannot be read from the repository: {error}") from None
