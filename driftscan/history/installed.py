"""Which versions were installed, from the package lines of one commit after the other."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from driftscan.errors import DriftscanError
from driftscan.history.commit import CommitId
from driftscan.history.packages import PackageChange
from driftscan.history.platform import Evidence, Known, T
from driftscan.history.versions import Library, NginxVersion

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


@dataclass(frozen=True, slots=True)
class Installed:
    """The last versions that were named. A removal makes none unknown: a run's lines are not all there is."""

    nginx: Known[NginxVersion] | None = None
    libraries: Mapping[str, Known[Library]] = field(default_factory=dict)
    """By package."""
    program: Known[Library] | None = None

    @property
    def library(self) -> Known[Library] | None:
        """The newest of the libraries: what a release brings is built against that one."""
        return max(self.libraries.values(), key=lambda known: _strength(known.version), default=self.program)

    def before(self, changes: Sequence[PackageChange], commit: CommitId) -> "Installed":
        """The same, corrected by what the lines say was there before this run.

        Runs that left /etc as it was are in no message, so what a line replaces may be another version than the last
        one that was named. That is better knowledge of the time between, and no change that anybody made now.
        """
        where = f"before commit {commit[:12]}"
        nginx = next(_known(NGINX, _replaced(changes, _is_nginx), where, NginxVersion.parse), None)
        libraries = _libraries(_replaced(changes, _is_library), LIBRARIES, where)
        program = _libraries(_replaced(changes, _is_program), PROGRAMS, where)
        return Installed(
            self.nginx if nginx is None else _kept(self.nginx, nginx),
            {**self.libraries, **{name: _kept(self.libraries.get(name), found) for name, found in libraries.items()}},
            next((_kept(self.program, found) for found in program.values()), self.program),
        )

    def after(self, changes: Sequence[PackageChange], commit: CommitId) -> "Installed":
        """What is known after this run."""
        where = f"in commit {commit[:12]}"
        new = _installed(changes)
        libraries = {**self.libraries, **_libraries(new, LIBRARIES, where)}
        for change in changes:
            if change.after is None and len(libraries) > 1:
                libraries.pop(change.name, None)
        nginx = next(_known(NGINX, new, where, NginxVersion.parse), self.nginx)
        program = next(reversed(_libraries(new, PROGRAMS, where).values()), self.program)
        return Installed(nginx, libraries, program)


def certbot(changes: Iterable[PackageChange], commit: CommitId) -> Known[str] | None:
    """The certbot that a run installed."""
    return next(_known(CERTBOT, _installed(changes), f"in commit {commit[:12]}", _upstream), None)


def _is_nginx(name: str) -> bool:
    return name in NGINX


def _is_library(name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern, _ in LIBRARIES)


def _is_program(name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern, _ in PROGRAMS)


def _installed(changes: Iterable[PackageChange]) -> dict[str, str]:
    return {change.name: change.after for change in changes if change.after is not None}


def _replaced(changes: Iterable[PackageChange], belongs: Callable[[str], bool]) -> dict[str, str]:
    """The old versions of packages that have new ones, or else of those that made way for another.

    What is only removed may have been left behind unused long ago, and proves nothing about what ran.
    """
    ours = [change for change in changes if belongs(change.name)]
    if all(change.after is None for change in ours):
        return {}
    removed = {change.name: change.before for change in ours if change.before is not None and change.after is None}
    upgraded = {change.name: change.before for change in ours if change.before is not None and change.after is not None}
    return upgraded or removed


def _kept(known: Known[T] | None, found: Known[T]) -> Known[T]:
    """What was found; where that is what was known, with the older source."""
    return found if known is None or known.version != found.version else known


def _known(
    names: Iterable[str], versions: Mapping[str, str], where: str, parse: Callable[[str], T]
) -> Iterator[Known[T]]:
    """The versions of these packages, in the order of `names`; one that cannot be read is passed over."""
    for name in names:
        version = _parsed(parse, versions.get(name))
        if version is not None:
            yield Known(version, Evidence.PACKAGE, f"{name} {versions[name]} {where}")


def _libraries(
    versions: Mapping[str, str], tables: Iterable[tuple[re.Pattern[str], str]], where: str
) -> dict[str, Known[Library]]:
    """The libraries among these packages."""
    found = {}
    for name, text in versions.items():
        family = next((family for pattern, family in tables if pattern.fullmatch(name)), None)
        library = None if family is None else _parsed(Library.parse, f"{family} {text}")
        if library is not None:
            found[name] = Known(library, Evidence.PACKAGE, f"{name} {text} {where}")
    return found


def _parsed(parse: Callable[[str], T], text: str | None) -> T | None:
    if text is None:
        return None
    try:
        return parse(text)
    except DriftscanError:
        return None


def _strength(library: Library) -> tuple[tuple[int, int, int], int, str]:
    """Order among several installed."""
    return library.number, len(library.letter), library.letter


def _upstream(text: str) -> str:
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", text)
    if found is None:
        raise DriftscanError(f"{text!r} is not a version of certbot; write it like 2.9.0")
    return found[1]
