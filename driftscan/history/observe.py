"""Which versions ran at each commit, from what the commits say on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from driftscan.history import installed
from driftscan.history.certbot import Traces
from driftscan.history.commit import BlobId, Commit, Revision
from driftscan.history.installed import Installed
from driftscan.history.packages import PackageChange, package_changes
from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.releases import Distribution, Shipped
from driftscan.history.snapshot import Snapshot
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
    nginx_source: str = "--nginx-version"
    """Where the user says it, for people: an option, a variable, or a line of a file."""
    library_source: str = "--openssl-version"

    def over(self, other: "Options") -> "Options":
        """These, and the other ones where these say nothing."""
        nginx, library = self if self.nginx else other, self if self.library else other
        return Options(nginx.nginx, library.library, nginx.nginx_source, library.library_source)


NO_OPTIONS: Final = Options()


def assumed(day: date, options: Options = NO_OPTIONS) -> Platform:
    """The platform of a state without history, such as a directory or a dump of that day."""
    return _platform(day, options, Installed(), Shipped())


class Observer:
    """Walks along the commits, oldest first, and knows what each of them says about what ran."""

    def __init__(self, read: Callable[[BlobId], bytes], options: Options = NO_OPTIONS) -> None:
        self.options = options
        self._installed = Installed()
        self._distribution = Distribution(read)
        self._certbot = Traces(read)

    def note(self, commit: Commit) -> None:
        """Take in a commit that is only known by its message."""
        self._note(commit, package_changes(commit.message))

    def _note(self, commit: Commit, changes: Sequence[PackageChange]) -> Installed:
        """Take in its package lines; what they say was there before."""
        before = self._installed.before(changes, commit.id)
        self._installed = before.after(changes, commit.id)
        self._certbot.packaged(installed.certbot(changes, commit.id))
        return before

    def start(self, snapshot: Snapshot, source: str) -> None:
        """Take in the tree before the first commit whose paths will be seen.

        Args:
            snapshot: That tree.
            source: Where it is, for people: `in commit 1a2b3c4d5e6f`.
        """
        self._certbot.start(snapshot, source)
        self._distribution.start(snapshot, source)

    def at(self, revision: Revision) -> Platform:
        """The platform after the next commit."""
        return self.around(revision)[1]

    def around(self, revision: Revision) -> tuple[Platform, Platform]:
        """The platform just before the next commit, as far as that commit tells, and the one after it.

        A release file that changes is an upgrade of all that the release ships, unless the commit lists packages: what
        such a run upgraded is in its lines, and the rest is still to come. Who builds the packages is the same before
        and after, for a host does not change that.
        """
        commit = revision.commit
        packages = package_changes(commit.message)
        certbot = self._certbot.replaced(installed.certbot_before(packages, commit.id))
        before, shipped = self._note(commit, packages), self._distribution.shipped
        for change in revision.changes:
            source = f"in commit {commit.id[:12]}"
            self._certbot.look(change, source)
            self._distribution.look(change.path, change.after, source)
        now = self._distribution.shipped
        day, family = commit.committed.date(), self._distribution.family or self._installed.family
        was = _platform(day, self.options, before, now if packages else shipped)
        is_now = _platform(day, self.options, self._installed, now)
        return (
            replace(was, certbot=certbot, family=family),
            replace(is_now, certbot=self._certbot.known, family=family),
        )


def _platform(day: date, options: Options, packages: Installed, shipped: Shipped) -> Platform:
    """The strongest evidence for each: what the user says, then packages, then what a release ships."""
    nginx, library = packages.nginx or shipped.nginx, packages.library or shipped.library
    if options.nginx is not None:
        nginx = Known(options.nginx, Evidence.OPTION, options.nginx_source)
    if options.library is not None:
        library = Known(options.library, Evidence.OPTION, options.library_source)
    return Platform(nginx or _newest_stable(day), library)


def _newest_stable(day: date) -> Known[NginxVersion]:
    versions = [version for released, version in STABLE if released <= day]
    version = versions[-1] if versions else STABLE[0][1]
    return Known(version, Evidence.ASSUMED, f"newest stable nginx on {day}")
