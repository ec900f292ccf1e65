"""Where a host's packages come from: which release the sources in /etc name, and whether they have another nginx.

A distribution's own archive names its release, by a codename or a number. So does nginx.org's, whose packages are built
for one release each and load that release's OpenSSL; their nginx is their own. Other people's archives are named for a
release too, but an upgrade often leaves them behind: they say nothing here.

The forms are those of sources.list(5) of apt 1.0 to 3.0 (one line each, and deb822 from 1.1 on), of apk-tools 2 and 3,
and of yum's and dnf's repository files. What apt and apk would not read is not read for a release.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

FILES: Final = frozenset({"apt/sources.list", "apk/repositories", "dnf/modules.d/nginx.module"})
DIRECTORIES: Final = frozenset({"apt/sources.list.d", "apk/repositories.d", "yum.repos.d", "zypp/repos.d"})
"""Every file in these may be a source."""

CODENAMES: Final = {
    **{
        name: ("debian", str(number))
        for number, name in enumerate(
            ("wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "duke"), start=7
        )
    },
    "precise": ("ubuntu", "12.04"),
    "trusty": ("ubuntu", "14.04"),
    "utopic": ("ubuntu", "14.10"),
    "vivid": ("ubuntu", "15.04"),
    "wily": ("ubuntu", "15.10"),
    "xenial": ("ubuntu", "16.04"),
    "yakkety": ("ubuntu", "16.10"),
    "zesty": ("ubuntu", "17.04"),
    "artful": ("ubuntu", "17.10"),
    "bionic": ("ubuntu", "18.04"),
    "cosmic": ("ubuntu", "18.10"),
    "disco": ("ubuntu", "19.04"),
    "eoan": ("ubuntu", "19.10"),
    "focal": ("ubuntu", "20.04"),
    "groovy": ("ubuntu", "20.10"),
    "hirsute": ("ubuntu", "21.04"),
    "impish": ("ubuntu", "21.10"),
    "jammy": ("ubuntu", "22.04"),
    "kinetic": ("ubuntu", "22.10"),
    "lunar": ("ubuntu", "23.04"),
    "mantic": ("ubuntu", "23.10"),
    "noble": ("ubuntu", "24.04"),
    "oracular": ("ubuntu", "24.10"),
    "plucky": ("ubuntu", "25.04"),
    "questing": ("ubuntu", "25.10"),
    "resolute": ("ubuntu", "26.04"),
}
"""Releases by their codenames. `stable` and its like are not here: they name whatever is that today."""

ALIASES: Final = frozenset(
    {"stable", "oldstable", "oldoldstable", "testing", "unstable", "sid", "experimental", "devel"}
)
"""Suites of Debian and Ubuntu that are another release from one year to the next."""

INSTALLERS: Final = frozenset(
    {"apt/sources.list", "apt/sources.list.d/debian.sources", "apt/sources.list.d/ubuntu.sources"}
)
"""What the installer writes: here a mirror at any host is the distribution's archive."""

OTHER_NGINX: Final = re.compile(r"(?i)nginx|dotdeb|getpagespeed")
"""What archives with an nginx of their own have in their names. One that is commented out counts as well: what was
installed from there stays installed."""

OTHER_OPENSSL: Final = re.compile(r"(?i)ondrej/nginx|sury\.org/nginx")
"""Archives whose nginx loads an OpenSSL 1.1.1 from the same place, where the release has an older one."""

_OFFICIAL = re.compile(r"(?i)[\w+]+://(?:[\w.-]+\.)?(?:debian\.org|ubuntu\.com)(?:[:/]|\Z)")
_OF_NGINX = re.compile(r"(?i)[\w+]+://(?:[\w.-]+\.)?nginx\.(?:org|com)(?:[:/]|\Z)")
_MIRROR = re.compile(r"(?i)(?<![a-z])(?P<family>debian|ubuntu)(?![a-z])")
_LINE = re.compile(r"deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>cdrom:\[[^\]]*\]\S*|\S+)\s+(?P<suite>\S+)(?P<components>.*)")
_FIELD = re.compile(r"(?P<name>[A-Za-z0-9-]+):(?P<value>.*)")
_BRANCH = re.compile(r"\S+/(?P<branch>v(?P<number>\d+\.\d+)|edge|latest-stable)/(?:main|community|testing)/?")
_REPOSITORY = re.compile(
    r"(?im)^baseurl\s*=\s*(?P<uri>\S*?/(?:centos|rhel|rocky|almalinux)/(?P<number>\d+(?:\.\d+)*)/)"
)
_OF_RHEL = re.compile(r"(?i)(?:redhat|rocky|almalinux|centos)[\w.-]*\.repo")


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is named."""

    family: str
    number: str
    """Empty where the name is of no release in particular."""
    name: str
    """As it is written."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What one file says."""

    releases: tuple[Release, ...] = ()
    """Of the distribution's own archive."""
    of_nginx: tuple[Release, ...] = ()
    """The releases that an archive of nginx.org is for."""
    family: str | None = None
    """Whose packages come from here, where that is known without a release."""
    has_nginx: bool = False
    """Whether it has, or may have, an nginx that is not the distribution's."""
    has_openssl: bool = False
    """Whether that nginx may load an OpenSSL that is not the distribution's."""


def is_source(path: str) -> bool:
    """Whether a file is about where packages come from."""
    return path in FILES or path.rpartition("/")[0] in DIRECTORIES


def read_sources(path: str, text: str | None) -> Sources:
    """What a file of sources says; `None` is a file that cannot be read, and may be anybody's."""
    if text is None:
        return Sources(has_nginx=True)
    name = path.rpartition("/")[2]
    found = list(_named(path, text))
    return Sources(
        tuple(dict.fromkeys(release for release, of_nginx in found if not of_nginx)),
        tuple(dict.fromkeys(release for release, of_nginx in found if of_nginx)),
        "rhel" if path.startswith("yum.repos.d/") and _OF_RHEL.fullmatch(name) else None,
        OTHER_NGINX.search(name) is not None or OTHER_NGINX.search(text) is not None,
        OTHER_OPENSSL.search(text) is not None,
    )


def _named(path: str, text: str) -> Iterator[tuple[Release, bool]]:
    """The releases that are named, and whether that is for nginx.org's packages."""
    directory, _, name = path.rpartition("/")
    if directory == "yum.repos.d" and name.endswith(".repo"):
        return _yum(text)
    if path == "apk/repositories" or (directory == "apk/repositories.d" and name.endswith(".list")):
        return _apk(text)
    if path == "apt/sources.list" or (directory == "apt/sources.list.d" and name.endswith(".list")):
        return _apt(path, _lines(text))
    if directory == "apt/sources.list.d" and name.endswith(".sources"):
        return _apt(path, _stanzas(text))
    return iter(())


_Archive = tuple[str, str, list[str]]
"""URI, suite and components."""


def _apt(path: str, archives: Iterable[_Archive]) -> Iterator[tuple[Release, bool]]:
    for uri, suite, components in archives:
        name = re.split("[-/]", suite, maxsplit=1)[0]
        if name in CODENAMES:
            release = Release(*CODENAMES[name], name)
        elif name in ALIASES and (place := _MIRROR.search(uri)):
            release = Release(place["family"].lower(), "", name)
        else:
            continue
        if _OF_NGINX.match(uri):
            yield release, True
        elif _OFFICIAL.match(uri) or (
            path in INSTALLERS and "main" in components and _MIRROR.search(uri) and "launchpad" not in uri
        ):
            yield release, False


def _lines(text: str) -> Iterator[_Archive]:
    """The archives of a file of one line each."""
    for line in text.splitlines():
        found = _LINE.fullmatch(line.partition("#")[0].strip())
        if found is not None:
            yield found["uri"], found["suite"], found["components"].split()


def _stanzas(text: str) -> Iterator[_Archive]:
    """The archives of a deb822 file: fields that may go on over several lines, with a blank line after each stanza."""
    for stanza in re.split(r"\n[ \t\r]*\n", text):
        fields: dict[str, list[str]] = {}
        values: list[str] = []
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            found = _FIELD.fullmatch(line)
            if found is not None:
                values = fields.setdefault(found["name"].lower(), [])
            values += (line if found is None else found["value"]).split()
        if "deb" in fields.get("types", ()) and fields.get("enabled", ["yes"])[:1] != ["no"]:
            yield from (
                (uri, suite, fields.get("components", []))
                for uri in fields.get("uris", ())
                for suite in fields.get("suites", ())
            )


def _apk(text: str) -> Iterator[tuple[Release, bool]]:
    # A line that begins with a tag is for the packages alone that are asked for by that tag.
    for line in text.splitlines():
        found = _BRANCH.fullmatch(line.strip())
        if found is not None and not line.lstrip().startswith(("#", "@")):
            yield Release("alpine", found["number"] or "", found["branch"]), _OF_NGINX.match(line.strip()) is not None


def _yum(text: str) -> Iterator[tuple[Release, bool]]:
    """The releases in addresses; mostly there are none, for dnf puts in the number itself."""
    for section in re.split(r"(?m)^(?=\[)", text):
        if re.search(r"(?m)^enabled\s*=\s*(?:0|false|no)\b", section):
            continue
        for found in _REPOSITORY.finditer(section):
            if _OF_NGINX.match(found["uri"]):
                yield Release("rhel", found["number"], found["number"]), True
