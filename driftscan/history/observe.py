"""Which versions ran at each commit, from what the commits say on the way."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from driftscan.errors import DriftscanError
from driftscan.history.commit import BlobId, Commit, CommitId, Entry, Kind, Revision
from driftscan.history.packages import PackageChange, package_changes
from driftscan.history.platform import Evidence, Known, Platform, T
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.history.versions import Library, NginxVersion

STABLE: Final = (
    (date(2013, 4, 24), NginxVersion(1, 4, 0)),
    (date(2014, 4, 24), NginxVersion(1, 6, 0)),
    (date(2015, 4, 21), NginxVersion(1, 8, 0)),
    (date(2016, 4, 26), NginxVersion(1, 10, 0)),
    (date(2017, 4, 12), NginxVersion(1, 12, 0)),
    (date(2018, 4, 17), NginxVersion(1, 14, 0)),
    (date(2019, 4, 23), NginxVersion(1, 16, 0)),
    (date(2020, 4, 21), NginxVersion(1, 18, 0)),
    (date(2021, 4, 20), NginxVersion(1, 20, 0)),
    (date(2022, 5, 24), NginxVersion(1, 22, 0)),
    (date(2023, 4, 11), NginxVersion(1, 24, 0)),
    (date(2024, 4, 23), NginxVersion(1, 26, 0)),
    (date(2025, 4, 23), NginxVersion(1, 28, 0)),
    (date(2026, 4, 14), NginxVersion(1, 30, 0)),
)
"""The stable branches of nginx and the days of their first releases."""

NGINX: Final = (
    "nginx-core",
    "nginx-full",
    "nginx-light",
    "nginx-extras",
    "nginx-naxsi",
    "nginx-mainline",
    "nginx",
    "nginx-common",
)
"""Packages whose version is nginx's, the program itself before what is built beside it."""

LIBRARIES: Final = (
    (re.compile(r"libssl\d[\d.]*(?:t64)?"), "OpenSSL"),
    (re.compile(r"openssl(?:\d+)?-libs"), "OpenSSL"),
    (re.compile(r"libressl[\d.]*-libssl"), "LibreSSL"),
)
"""Packages that hold the library which nginx loads."""

PROGRAMS: Final = ((re.compile(r"openssl"), "OpenSSL"), (re.compile(r"libressl"), "LibreSSL"))
"""Packages that may hold the program alone: believed only where no library has been named."""

CERTBOT: Final = ("certbot", "python3-certbot-nginx", "python-certbot-nginx", "certbot-nginx", "python3-certbot")

RENEWAL: Final = "letsencrypt/renewal"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says about the host; it overrides whatever is observed."""

    nginx: NginxVersion | None = None
    library: Library | None = None


NO_OPTIONS: Final = Options()


def assumed(day: date, options: Options = NO_OPTIONS) -> Platform:
    """The platform of a state without history, such as a directory or a dump of that day."""
    return _platform(day, options, None, None, None)


class Observer:
    """Walks along the commits, oldest first, and remembers the last version that each said.

    A removal makes nothing unknown: the lines say what a package run touched, not what there is.
    """

    def __init__(self, read: Callable[[BlobId], bytes], options: Options = NO_OPTIONS) -> None:
        self._read = read
        self.options = options
        self._nginx: Known[NginxVersion] | None = None
        self._libraries: dict[str, Known[Library]] = {}
        self._program: Known[Library] | None = None
        self._certbot: Known[str] | None = None

    def note(self, commit: Commit) -> None:
        """Take in a commit that is only known by its message."""
        changes = package_changes(commit.message)
        self._nginx = next(_installed(NGINX, changes, commit.id, NginxVersion.parse), self._nginx)
        self._certbot = next(_installed(CERTBOT, changes, commit.id, _upstream), self._certbot)
        for change in changes:
            library = _library(change, LIBRARIES, commit.id)
            if library is not None:
                self._libraries[change.name] = library
            self._program = _library(change, PROGRAMS, commit.id) or self._program
        for change in changes:
            if change.after is None and len(self._libraries) > 1:
                self._libraries.pop(change.name, None)

    def start(self, snapshot: Snapshot, source: str) -> None:
        """Take in the tree before the first commit whose paths will be seen.

        Args:
            snapshot: That tree.
            source: Where it is, for people: `in commit 1a2b3c4d5e6f`.
        """
        found = [] if self._certbot is None else [self._certbot]
        for name in sorted(fnmatch.filter(snapshot.names(RENEWAL) or (), "*.conf")):
            path = f"{RENEWAL}/{name}"
            version = self._renewed(snapshot.entry(path))
            if version is not None:
                found.append(Known(version, Evidence.CERTBOT, f"{path} {source}"))
        # None of these is dated here, but certbot does not go back in versions.
        self._certbot = max(found, key=lambda known: _order(known.version), default=None)

    def at(self, revision: Revision) -> Platform:
        """The platform after the next commit."""
        commit = revision.commit
        self.note(commit)
        for change in revision.changes:
            if not fnmatch.fnmatchcase(change.path, f"{RENEWAL}/*.conf"):
                continue
            version = self._renewed(change.after)
            # A file that is rewritten without a renewal keeps the old version.
            if version is not None and (self._certbot is None or version != self._renewed(change.before)):
                self._certbot = Known(version, Evidence.CERTBOT, f"{change.path} in commit {commit.id[:12]}")
        newest = max(self._libraries.values(), key=lambda known: _strength(known.version), default=self._program)
        return _platform(commit.committed.date(), self.options, self._nginx, newest, self._certbot)

    def _renewed(self, entry: Entry | None) -> str | None:
        """The version of certbot that wrote a renewal file."""
        if entry is None or entry.kind is not Kind.FILE:
            return None
        try:
            text = self._read(entry.blob)
        except UnreadableBlob:
            return None
        found = re.search(rb"(?m)^version\s*=\s*(\d+(?:\.\d+)+)", text.partition(b"\n[")[0])
        return found[1].decode("ascii") if found else None


def _installed(
    names: Iterable[str], changes: Iterable[PackageChange], commit: CommitId, parse: Callable[[str], T]
) -> Iterator[Known[T]]:
    """The versions that a commit installed, in the order of `names`; one that cannot be read is passed over."""
    after = {change.name: change.after for change in changes if change.after is not None}
    for name in names:
        version = _parsed(parse, after.get(name))
        if version is not None:
            yield Known(version, Evidence.PACKAGE, _source(name, after[name], commit))


def _parsed(parse: Callable[[str], T], text: str | None) -> T | None:
    if text is None:
        return None
    try:
        return parse(text)
    except DriftscanError:
        return None


def _library(
    change: PackageChange, tables: Iterable[tuple[re.Pattern[str], str]], commit: CommitId
) -> Known[Library] | None:
    for name, family in tables:
        if change.after is not None and name.fullmatch(change.name):
            library = _parsed(Library.parse, f"{family} {change.after}")
            source = _source(change.name, change.after, commit)
            return None if library is None else Known(library, Evidence.PACKAGE, source)
    return None


def _source(name: str, version: str, commit: CommitId) -> str:
    return f"{name} {version} in commit {commit[:12]}"


def _strength(library: Library) -> tuple[tuple[int, int, int], int, str]:
    """Order among several installed: what a release brings is built against its newest."""
    return library.number, len(library.letter), library.letter


def _upstream(text: str) -> str:
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", text)
    if found is None:
        raise DriftscanError(f"{text!r} is not a version of certbot; write it like 2.9.0")
    return found[1]


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _platform(
    day: date,
    options: Options,
    nginx: Known[NginxVersion] | None,
    library: Known[Library] | None,
    certbot: Known[str] | None,
) -> Platform:
    if options.nginx is not None:
        nginx = Known(options.nginx, Evidence.OPTION, "--nginx-version")
    if options.library is not None:
        library = Known(options.library, Evidence.OPTION, "--openssl-version")
    return Platform(nginx or _newest_stable(day), library, certbot)


def _newest_stable(day: date) -> Known[NginxVersion]:
    versions = [version for released, version in STABLE if released <= day]
    version = versions[-1] if versions else STABLE[0][1]
    return Known(version, Evidence.ASSUMED, f"newest stable nginx on {day}")
