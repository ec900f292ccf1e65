"""Which nginx and OpenSSL a host's distribution ships, from the files in /etc that name its release.

Where none does, the archives that its packages come from do (:mod:`driftscan.history.sources`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.platform import Evidence, Known, T
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.history.sources import DIRECTORIES, Release, Sources, is_source, read_sources
from driftscan.history.sources import FILES as SOURCES
from driftscan.history.versions import Library, NginxVersion

SHIPPED: Final[dict[tuple[str, str], tuple[str | None, str | None]]] = {
    ("debian", "7"): ("1.2.1", "1.0.1e"),
    ("debian", "8"): ("1.6.2", "1.0.1k"),
    ("debian", "9"): ("1.10.3", "1.1.0f"),
    ("debian", "10"): ("1.14.2", "1.1.1c"),
    ("debian", "11"): ("1.18.0", "1.1.1k"),
    ("debian", "12"): ("1.22.1", "3.0.9"),
    ("debian", "13"): ("1.26.3", "3.5.1"),
    ("ubuntu", "12.04"): ("1.1.19", "1.0.1"),
    ("ubuntu", "14.04"): ("1.4.6", "1.0.1f"),
    ("ubuntu", "16.04"): ("1.10.3", "1.0.2g"),  # nginx began as 1.9.15
    ("ubuntu", "18.04"): ("1.14.0", None),  # OpenSSL went from 1.1.0 to 1.1.1 in 2019
    ("ubuntu", "20.04"): ("1.18.0", "1.1.1f"),  # nginx began as 1.17.10
    ("ubuntu", "22.04"): ("1.18.0", "3.0.2"),
    ("ubuntu", "24.04"): ("1.24.0", "3.0.13"),
    ("ubuntu", "24.10"): ("1.26.0", "3.3.1"),
    ("ubuntu", "25.04"): ("1.26.3", "3.4.1"),
    ("ubuntu", "25.10"): ("1.28.0", "3.5.3"),
    # 7 is left out: its nginx is EPEL's, which has gone from 1.6 to 1.20, and to an OpenSSL 1.1.1 of its own.
    ("rhel", "8"): (None, "1.1.1"),  # nginx is one of several module streams
    ("rhel", "9"): ("1.20.1", None),  # OpenSSL goes from branch to branch
    **{("rhel", f"9.{minor}"): ("1.20.1", "3.0.1") for minor in (0, 1)},
    **{("rhel", f"9.{minor}"): ("1.20.1", "3.0.7") for minor in (2, 3, 4)},
    **{("rhel", f"9.{minor}"): ("1.20.1", "3.2.2") for minor in (5, 6)},
    ("rhel", "9.7"): ("1.20.1", "3.5.1"),
    ("rhel", "10"): ("1.26.2", None),
    ("rhel", "10.0"): ("1.26.2", "3.2.2"),
    ("rhel", "10.1"): ("1.26.2", "3.5.1"),
    ("alpine", "3.12"): ("1.18.0", "1.1.1g"),
    ("alpine", "3.13"): ("1.18.0", "1.1.1i"),
    ("alpine", "3.14"): ("1.20.1", "1.1.1k"),
    ("alpine", "3.15"): ("1.20.2", "1.1.1l"),
    ("alpine", "3.16"): ("1.22.0", "1.1.1o"),
    ("alpine", "3.17"): ("1.22.1", "3.0.7"),
    ("alpine", "3.18"): ("1.24.0", "3.1.0"),
    ("alpine", "3.19"): ("1.24.0", "3.1.4"),
    ("alpine", "3.20"): ("1.26.0", "3.3.0"),
    ("alpine", "3.21"): ("1.26.2", "3.3.2"),
    ("alpine", "3.22"): ("1.28.0", "3.5.0"),
    ("alpine", "3.23"): ("1.28.0", "3.5.4"),
}
"""nginx and OpenSSL of each release, where all of its updates stay in one stable branch of them; else `None`.

The last number is the one a release began with: its updates may have brought later ones, which behave the same in all
that driftscan judges. What is not here is not known.
"""

FAMILIES: Final = {
    "debian": "debian",
    "debian gnu/linux": "debian",
    "ubuntu": "ubuntu",
    "alpine": "alpine",
    "alpine linux": "alpine",
    "rhel": "rhel",
    "red hat enterprise linux": "rhel",
    "red hat enterprise linux server": "rhel",
    "centos": "rhel",
    "centos linux": "rhel",
    "rocky": "rhel",
    "rocky linux": "rhel",
    "almalinux": "rhel",
}
"""Whose releases a distribution's are, by what it calls itself."""

NUMBER: Final = r"(?P<number>\d{1,3}(?:\.\d{1,5}){0,3})"
SENTENCE: Final = (re.compile(rf"\A(?P<name>[^\n]{{1,40}}?) release {NUMBER}(?![\w.])"),)
BARE: Final = (re.compile(rf"\A{NUMBER}\s*\Z"),)
FILES: Final = {
    "os-release": (
        re.compile(r"(?m)^ID=[\"']?(?P<name>[^\s\"']+)"),
        re.compile(rf"(?m)^VERSION_ID=[\"']?{NUMBER}[\"']?\s*$"),
    ),
    "lsb-release": (
        re.compile(r"(?m)^DISTRIB_ID=[\"']?(?P<name>[^\n\"']+)"),
        re.compile(rf"(?m)^DISTRIB_RELEASE=[\"']?{NUMBER}[\"']?\s*$"),
    ),
    "rocky-release": SENTENCE,
    "almalinux-release": SENTENCE,
    "centos-release": SENTENCE,
    "fedora-release": SENTENCE,
    "redhat-release": SENTENCE,
    "alpine-release": BARE,
    "debian_version": BARE,
    "issue": (re.compile(rf"\A(?:Welcome to )?(?P<name>Debian GNU/Linux|Ubuntu|Alpine Linux) {NUMBER}(?![\w.])"),),
}
"""Files that name a release and what to read in them, the more telling first: anybody may edit the greeting.

Debian's testing and Ubuntu have no number in debian_version. os-release is a link to /usr/lib nearly everywhere.
"""
OWN: Final = {"alpine-release": "alpine", "debian_version": "debian"}
"""Files that only one distribution has, and that hold the bare number."""

UNRELEASED: Final = re.compile(r"\A(?P<name>[a-z]+)/sid\s*\Z")
"""What debian_version says in Debian's next release, and in an Ubuntu that was made of it."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the release of a tree ships, as far as that says what runs."""

    nginx: Known[NginxVersion] | None = None
    library: Known[Library] | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """A release, and who says so."""

    family: str
    """Empty: a distribution that we know nothing of."""
    number: str
    source: str


@dataclass(slots=True)
class Distribution:
    """What a tree says of its distribution; follows the tree from one commit to the next.

    It is all in the tree, so a walk that begins in the middle knows the same as one that came there.
    """

    read: Callable[[BlobId], bytes]
    _named: dict[str, _Named] = field(default_factory=dict)
    _sources: dict[str, tuple[Sources, str]] = field(default_factory=dict)
    """By path, and where that was said."""
    _unreleased: str | None = None
    """The codename of Debian's next release, where it may be this one."""

    def start(self, tree: Snapshot, where: str) -> None:
        """Take in a whole tree."""
        paths = {*FILES, *SOURCES}
        for directory in DIRECTORIES:
            paths |= {f"{directory}/{name}" for name in tree.names(directory) or ()}
        for path in sorted(paths):
            self.look(path, tree.entry(path), where)

    def look(self, path: str, entry: Entry | None, where: str) -> None:
        """Take in what is now at a path; whatever has nothing to do with a distribution is not read."""
        if path in FILES:
            text = None if entry is None else self._text(entry)
            self._named.pop(path, None)
            named = _named(path, text, where)
            if named is not None:
                self._named[path] = named
            if path == "debian_version":
                next_one = UNRELEASED.match(text or "")
                self._unreleased = next_one["name"] if next_one else None
        elif is_source(path):
            self._sources.pop(path, None)
            if entry is not None:
                self._sources[path] = read_sources(path, self._text(entry)), where

    def _text(self, entry: Entry) -> str | None:
        if entry.kind is not Kind.FILE:
            return None
        try:
            return self.read(entry.blob).decode("utf-8", "replace")
        except UnreadableBlob:
            return None

    @property
    def shipped(self) -> Shipped:
        """What the release ships. A file that names a distribution we do not know ends the search."""
        named = self._release()
        if named is None:
            return Shipped()
        nginx, openssl = next(
            (SHIPPED[key] for key in _keys(named.family, named.number) if key in SHIPPED), (None,) * 2
        )
        library = None if openssl is None else Library.parse(openssl)
        if library is not None and not library.is_openssl_since("1.1.1") and self._any_has_openssl():
            library = None
        return Shipped(
            None if nginx is None or self._any_has_nginx() else _known(NginxVersion.parse(nginx), named),
            None if library is None else _known(library, named),
        )

    @property
    def family(self) -> str | None:
        """Whose distribution it is, of those in :data:`FAMILIES`. What is made of another's packages is that one's."""
        named = self._of_file()
        if named is not None and named.family:
            return named.family
        read = [sources for sources, _ in self._sources.values()]
        said = {sources.family for sources in read} | {release.family for each in read for release in each.releases}
        said -= {None}
        said = said or {release.family for each in read for release in each.of_nginx}
        return said.pop() if len(said) == 1 else None

    def _release(self) -> _Named | None:
        """What the most telling file says: one about the release, or else where the packages come from."""
        named = self._of_file()
        if named is not None:
            return named
        paths = sorted(self._sources)
        archives = [(path, release) for path in paths for release in self._sources[path][0].releases]
        for_nginx = [(path, release) for path in paths for release in self._sources[path][0].of_nginx]
        return self._only(archives or for_nginx)

    def _of_file(self) -> _Named | None:
        return next((self._named[path] for path in FILES if path in self._named), None)

    def _only(self, archives: Sequence[tuple[str, Release]]) -> _Named | None:
        """The release that all archives are for; several are an upgrade that has begun, or packages of both."""
        if len({(release.family, release.number) for _, release in archives}) != 1:
            return None
        path, release = archives[0]
        if release.name == self._unreleased or not release.number:
            return None
        return _Named(release.family, release.number, f"{path} {release.name} {self._sources[path][1]}")

    def _any_has_nginx(self) -> bool:
        return any(sources.has_nginx for sources, _ in self._sources.values())

    def _any_has_openssl(self) -> bool:
        return any(sources.has_openssl for sources, _ in self._sources.values())


def _named(path: str, text: str | None, where: str) -> _Named | None:
    said: dict[str, str] = {}
    for pattern in FILES[path]:
        found = pattern.search(text or "")
        if found is None:
            return None
        said |= found.groupdict()
    name, number = said.get("name", ""), said["number"]
    family = FAMILIES.get((name or OWN[path]).strip().lower(), "")
    return _Named(family, number, f"{path} {name} {number} {where}".replace("  ", " "))


def _keys(family: str, number: str) -> Iterator[tuple[str, str]]:
    """The release itself, then the series it is of: `9.4`, `9`."""
    while number:
        yield family, number
        number = number.rpartition(".")[0]


def _known(version: T, named: _Named) -> Known[T]:
    return Known(version, Evidence.DISTRIBUTION, named.source)
