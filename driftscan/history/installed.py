"""Which versions were installed, from the package lines of one commit after the other.

dpkg's list has removed packages in it until they are purged, when they left files in /etc: such a removal is in no
line, and a later installation looks like an upgrade. nginx-common is one, nginx itself is not (Debian and Ubuntu).
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from driftscan.errors import DriftscanError
from driftscan.history.commit import CommitId
from driftscan.history.packages import PackageChange
from driftscan.history.platform import Evidence, Known, T
from driftscan.history.sources import CODENAMES
from driftscan.history.versions import Library, NginxVersion

NGINX: Final = (
    "nginx-core",
    "nginx-full",
    "nginx-light",
    "nginx-extras",
    "nginx-naxsi",
    "nginx-lite",
    "nginx-devel",
    "nginx-mainline",
    "nginx",
    "www-servers/nginx",
    "nginx-common",
    "nginx-filesystem",
    "libnginx-mod-stream",
    "libnginx-mod-mail",
    "libnginx-mod-http-geoip",
    "libnginx-mod-http-image-filter",
    "libnginx-mod-http-perl",
    "libnginx-mod-http-xslt-filter",
)
"""Packages whose version is nginx's, the program itself before what is built beside it.

Other modules of Debian's are built from sources of their own since 2022, and have their own versions.
"""

PROGRAM: Final = frozenset(NGINX[: NGINX.index("nginx-common")])
"""Those of them that are nginx itself, or depend on it in that version."""

LIBRARIES: Final = (
    (re.compile(r"libssl\d[\d.]*(?:t64)?"), "OpenSSL"),
    (re.compile(r"openssl(?:\d+)?-libs"), "OpenSSL"),
    (re.compile(r"libopenssl\d[\d_]*"), "OpenSSL"),
    (re.compile(r"dev-libs/openssl"), "OpenSSL"),
    (re.compile(r"libressl[\d.]*-libssl"), "LibreSSL"),
    (re.compile(r"dev-libs/libressl"), "LibreSSL"),
)
"""Packages that hold the library which nginx loads."""

PROGRAMS: Final = ((re.compile(r"openssl"), "OpenSSL"), (re.compile(r"libressl"), "LibreSSL"))
"""Packages that may hold the program alone: believed only where no library has been named."""

CERTBOT: Final = re.compile(r"(?:app-crypt/|python\d*-|py\d+-)?(?P<program>certbot(?:-nginx)?|letsencrypt)")
"""certbot and its nginx plugin, by any distribution's name for them."""

OTHERS: Final = re.compile(
    r"libnginx-mod-[\w.-]+|nginx-mod(?:ule)?-[\w.-]+"
    r"|ssl-cert|crypto-policies(?:-scripts)?|(?:app-misc/)?ca-certificates(?:-bundle|-mozilla|-utils)?|ca_root_nss"
)
"""What nginx loads or reads besides: its modules, authorities, the policy of RHEL, Debian's first certificate."""

FAMILIES: Final = (
    ("ubuntu", re.compile(r"ubuntu")),
    ("debian", re.compile(r"[+~](?:deb|bpo)\d")),
    ("rhel", re.compile(r"\.(?:el|module\+el)\d")),
    *((family, re.compile(rf"~{name}\Z")) for name, (family, _) in CODENAMES.items()),
)
"""Who built a package, by what they put into its version; nginx.org ends it with the codename of the release."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The last versions that were named. A removal makes none unknown: a run's lines are not all there is."""

    nginx: Known[NginxVersion] | None = None
    libraries: Mapping[str, Known[Library]] = field(default_factory=dict)
    """By package."""
    program: Known[Library] | None = None
    family: str | None = None
    """Who built the last of these packages whose version tells: see :attr:`Platform.family`."""

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
        nginx = next(_known(NGINX, _replaced(changes, is_nginx, PROGRAM), where, NginxVersion.parse), None)
        loaded = _loaded(changes)
        libraries = _libraries(_replaced(loaded, is_library), LIBRARIES, where)
        program = _libraries(_replaced(loaded, is_program), PROGRAMS, where)
        return Installed(
            self.nginx if nginx is None else _kept(self.nginx, nginx),
            {**self.libraries, **{name: _kept(self.libraries.get(name), found) for name, found in libraries.items()}},
            next((_kept(self.program, found) for found in program.values()), self.program),
            self.family,
        )

    def after(self, changes: Sequence[PackageChange], commit: CommitId) -> "Installed":
        """What is known after this run."""
        where = f"in commit {commit[:12]}"
        new = _installed(_loaded(changes))
        libraries = {**self.libraries, **_libraries(new, LIBRARIES, where)}
        for change in changes:
            if change.after is None and len(libraries) > 1:
                libraries.pop(change.name, None)
        nginx = next(_known(NGINX, _installed(changes), where, NginxVersion.parse), self.nginx)
        program = next(reversed(_libraries(new, PROGRAMS, where).values()), self.program)
        return Installed(nginx, libraries, program, built_by(changes) or self.family)


def certbot(changes: Iterable[PackageChange], commit: CommitId) -> Known[str] | None:
    """The certbot that a run installed."""
    return _certbot(_installed(changes), f"in commit {commit[:12]}")


def certbot_before(changes: Sequence[PackageChange], commit: CommitId) -> Known[str] | None:
    """The certbot that a run replaced."""
    return _certbot(
        _replaced(changes, lambda name: CERTBOT.fullmatch(name) is not None), f"before commit {commit[:12]}"
    )


def _certbot(versions: Mapping[str, str], where: str) -> Known[str] | None:
    names = sorted((found["program"], name) for name in versions if (found := CERTBOT.fullmatch(name)))
    return next(_known((name for _, name in names), versions, where, _upstream), None)


def watched(changes: Iterable[PackageChange]) -> tuple[PackageChange, ...]:
    """The changes that may change what nginx does in TLS, in their order: all that people look for in such a list."""
    return tuple(
        change
        for change in changes
        if is_nginx(change.name)
        or is_library(change.name)
        or is_program(change.name)
        or is_certbot(change.name)
        or OTHERS.fullmatch(change.name)
    )


def built_by(changes: Iterable[PackageChange]) -> str | None:
    """Who built what a run installed of nginx, OpenSSL, or the files that say which release this is."""
    for change in changes:
        name = change.name
        if change.after is None or not (name == "base-files" or is_nginx(name) or is_library(name) or is_program(name)):
            continue
        if change.manager_format == "apk":
            return "alpine"
        for builder, mark in FAMILIES:
            if mark.search(change.after):
                return builder
    return None


def is_nginx(name: str) -> bool:
    """Whether a package has nginx's own version."""
    return name in NGINX


def is_library(name: str) -> bool:
    """Whether a package holds a TLS library."""
    return any(pattern.fullmatch(name) for pattern, _ in LIBRARIES)


def is_program(name: str) -> bool:
    """Whether a package holds the program of a TLS library, and somewhere the library with it."""
    return any(pattern.fullmatch(name) for pattern, _ in PROGRAMS)


def is_certbot(name: str) -> bool:
    """Whether a package holds certbot, or its plugin for nginx."""
    return CERTBOT.fullmatch(name) is not None


def _loaded(changes: Iterable[PackageChange]) -> list[PackageChange]:
    """The changes of what nginx may load: FreeBSD's loads the library of the base system, which is in no package."""
    return [change for change in changes if change.manager_format != "pkgng"]


def _installed(changes: Iterable[PackageChange]) -> dict[str, str]:
    return {change.name: change.after for change in changes if change.after is not None}


def _replaced(
    changes: Iterable[PackageChange], belongs: Callable[[str], bool], run: Container[str] = ()
) -> dict[str, str]:
    """The old versions of packages that have new ones, or else of those that made way for another.

    What is only removed may have been left behind unused long ago, and proves nothing about what ran. Neither does an
    old version beside something to `run` that is all new: that was not there to be run, and what has an old version
    was removed before, and not purged.
    """
    ours = [change for change in changes if belongs(change.name)]
    programs = [change for change in ours if change.name in run]
    if all(change.after is None for change in ours) or (programs and all(change.before is None for change in programs)):
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
