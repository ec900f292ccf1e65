"""Which versions ran at each commit, from what the commits say on the way."""

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from driftscan.history import certbot, installed
from driftscan.history.commit import BlobId, Commit, Entry, Kind, PathChange, Revision
from driftscan.history.installed import Installed
from driftscan.history.packages import PackageChange, package_changes
from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.releases import Distribution, Shipped
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
    """Walks along the commits, oldest first, and knows what each of them says about what ran."""

    def __init__(self, read: Callable[[BlobId], bytes], options: Options = NO_OPTIONS) -> None:
        self._read = read
        self.options = options
        self._installed = Installed()
        self._distribution = Distribution(read)
        self._certbot: Known[str] | None = None
        self._options_file: Known[str] | None = None

    def note(self, commit: Commit) -> None:
        """Take in a commit that is only known by its message."""
        self._note(commit, package_changes(commit.message))

    def _note(self, commit: Commit, changes: Sequence[PackageChange]) -> Installed:
        """Take in its package lines; what they say was there before."""
        before = self._installed.before(changes, commit.id)
        self._installed = before.after(changes, commit.id)
        self._certbot = installed.certbot(changes, commit.id) or self._certbot
        return before

    def start(self, snapshot: Snapshot, source: str) -> None:
        """Take in the tree before the first commit whose paths will be seen.

        Args:
            snapshot: That tree.
            source: Where it is, for people: `in commit 1a2b3c4d5e6f`.
        """
        found = [] if self._certbot is None else [self._certbot]
        for name in sorted(fnmatch.filter(snapshot.names(certbot.RENEWAL) or (), "*.conf")):
            path = f"{certbot.RENEWAL}/{name}"
            version = self._renewed(snapshot.entry(path))
            if version is not None:
                found.append(Known(version, Evidence.CERTBOT, f"{path} {source}"))
        # None of these is dated here, but certbot does not go back in versions.
        self._certbot = max(found, key=lambda known: certbot.order(known.version), default=None)
        self._options_file = _options_file(snapshot.entry(certbot.OPTIONS), source)
        self._distribution.start(snapshot, source)

    def at(self, revision: Revision) -> Platform:
        """The platform after the next commit."""
        return self.around(revision)[1]

    def around(self, revision: Revision) -> tuple[Platform, Platform]:
        """The platform just before the next commit, as far as that commit tells, and the one after it.

        A release file that changes is an upgrade of all that the release ships, unless the commit lists packages: what
        such a run upgraded is in its lines, and the rest is still to come.
        """
        commit = revision.commit
        packages = package_changes(commit.message)
        before, shipped = self._note(commit, packages), self._distribution.shipped
        for change in revision.changes:
            self._look(change, f"in commit {commit.id[:12]}")
        now = self._distribution.shipped
        return (
            self._platform(commit, before, now if packages else shipped),
            self._platform(commit, self._installed, now),
        )

    def _look(self, change: PathChange, source: str) -> None:
        if fnmatch.fnmatchcase(change.path, f"{certbot.RENEWAL}/*.conf"):
            version = self._renewed(change.after)
            # A file that is rewritten without a renewal keeps the old version.
            if version is not None and (self._certbot is None or version != self._renewed(change.before)):
                self._certbot = Known(version, Evidence.CERTBOT, f"{change.path} {source}")
        elif change.path == certbot.OPTIONS:
            self._options_file = _options_file(change.after, source)
        else:
            self._distribution.look(change.path, change.after, source)

    def _renewed(self, entry: Entry | None) -> str | None:
        """The version of certbot that wrote a renewal file."""
        if entry is None or entry.kind is not Kind.FILE:
            return None
        try:
            return certbot.renewed_by(self._read(entry.blob))
        except UnreadableBlob:
            return None

    def _platform(self, commit: Commit, packages: Installed, shipped: Shipped) -> Platform:
        """The strongest evidence for each: what packages say, then what wrote a file, then what a release ships."""
        nginx, library = packages.nginx or shipped.nginx, packages.library or shipped.library
        return _platform(commit.committed.date(), self.options, nginx, library, self._certbot or self._options_file)


def _options_file(entry: Entry | None, source: str) -> Known[str] | None:
    """Which certbot installed the options file: the blob's id tells, so that it need not be read."""
    versions = None if entry is None or entry.kind is not Kind.FILE else certbot.FILES.get(entry.blob)
    return None if versions is None else Known(versions, Evidence.CERTBOT, f"{certbot.OPTIONS} {source}")


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
