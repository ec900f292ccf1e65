"""Which nginx and OpenSSL a host's distribution ships, from the files in /etc that name its release."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.platform import Evidence, Known, T
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.history.versions import Library, NginxVersion

SHIPPED: Final[dict[tuple[str, str], tuple[str | None, str | None]]] = {
    ("debian", "8"): ("1.6.2", "1.0.1k"),
    ("debian", "9"): ("1.10.3", "1.1.0f"),
    ("debian", "10"): ("1.14.2", "1.1.1c"),
    ("debian", "11"): ("1.18.0", "1.1.1k"),
    ("debian", "12"): ("1.22.1", "3.0.9"),
    ("debian", "13"): ("1.26.3", "3.5.1"),
    ("ubuntu", "14.04"): ("1.4.6", "1.0.1f"),
    ("ubuntu", "16.04"): ("1.10.3", "1.0.2g"),  # nginx began as 1.9.15
    ("ubuntu", "18.04"): ("1.14.0", None),  # OpenSSL went from 1.1.0 to 1.1.1 in 2019
    ("ubuntu", "20.04"): ("1.18.0", "1.1.1f"),  # nginx began as 1.17.10
    ("ubuntu", "22.04"): ("1.18.0", "3.0.2"),
    ("ubuntu", "24.04"): ("1.24.0", "3.0.13"),
    # 7 is left out: its nginx is EPEL's, which has gone from 1.6 to 1.20, and to an OpenSSL 1.1.1 of its own.
    ("rhel", "8"): (None, "1.1.1"),  # nginx is one of several module streams
    ("rhel", "9"): ("1.20.1", None),  # OpenSSL goes from branch to branch
    **{("rhel", f"9.{minor}"): ("1.20.1", "3.0.1") for minor in (0, 1)},
    **{("rhel", f"9.{minor}"): ("1.20.1", "3.0.7") for minor in (2, 3, 4)},
    **{("rhel", f"9.{minor}"): ("1.20.1", "3.2.2") for minor in (5, 6)},
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

SOURCES: Final = frozenset({"apt/sources.list", "apk/repositories", "dnf/modules.d/nginx.module"})
SOURCE_DIRECTORIES: Final = frozenset({"apt/sources.list.d", "yum.repos.d"})
"""Where packages come from. One that names nginx, such as nginx.org's own, has another nginx than the release."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the release of a tree ships, as far as that says what runs."""

    nginx: Known[NginxVersion] | None = None
    library: Known[Library] | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """What one file says."""

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
    _others: set[str] = field(default_factory=set)
    """The sources that have, or may have, an nginx of their own."""

    def start(self, tree: Snapshot, where: str) -> None:
        """Take in a whole tree."""
        paths = {*FILES, *SOURCES}
        for directory in SOURCE_DIRECTORIES:
            paths |= {f"{directory}/{name}" for name in tree.names(directory) or ()}
        for path in sorted(paths):
            self.look(path, tree.entry(path), where)

    def look(self, path: str, entry: Entry | None, where: str) -> None:
        """Take in what is now at a path; whatever has nothing to do with a distribution is not read."""
        if path in FILES:
            self._named.pop(path, None)
            named = None if entry is None else _named(path, self._text(entry), where)
            if named is not None:
                self._named[path] = named
        elif path in SOURCES or path.rpartition("/")[0] in SOURCE_DIRECTORIES:
            self._others.discard(path)
            if entry is not None and _may_have_nginx(path, self._text(entry)):
                self._others.add(path)

    def _text(self, entry: Entry) -> str | None:
        if entry.kind is not Kind.FILE:
            return None
        try:
            return self.read(entry.blob).decode("utf-8", "replace")
        except UnreadableBlob:
            return None

    @property
    def shipped(self) -> Shipped:
        """What the most telling file's release ships. One that names a distribution we do not know ends the search."""
        named = next((self._named[path] for path in FILES if path in self._named), None)
        if named is None:
            return Shipped()
        nginx, library = next(
            (SHIPPED[key] for key in _keys(named.family, named.number) if key in SHIPPED), (None,) * 2
        )
        return Shipped(
            None if nginx is None or self._others else _known(NginxVersion.parse(nginx), named),
            None if library is None else _known(Library.parse(library), named),
        )


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


def _may_have_nginx(path: str, text: str | None) -> bool:
    """Whether a source of packages names nginx, or cannot be read.

    A line that is commented out counts: what was installed from there stays installed.
    """
    return text is None or "nginx" in path.rpartition("/")[2].lower() or "nginx" in text.lower()


def _known(version: T, named: _Named) -> Known[T]:
    return Known(version, Evidence.DISTRIBUTION, named.source)
