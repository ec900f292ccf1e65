"""The package lines that etckeeper writes into commit messages.

They are observations, not a ledger: a run that left /etc as it was is in no message, not even in the next one.

The lines are those of `diff -U0` between two lists of what is installed, which etckeeper's list-installed asks the
package manager for (0.13 of 2008 to 1.18.23). So an upgrade is two lines, and every manager has a form of its own:

    dpkg        name version arch                            since 1.16; before it without arch
    rpm         epoch:name-version-release.arch              since 0.51; before it as dpkg
    pacman      name [epoch:]version-release
    apk         name-version-rN
    xbps        name version_revision
    pkgng       name-version[_revision][,epoch]
    portage     category/name-version[-rN]                   qlist; cave writes no version, and is passed over
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

HEADING: Final = "Package changes:"
LONGEST: Final = 300
"""No package line is longer; what is, was not written by etckeeper."""


@dataclass(frozen=True, slots=True)
class PackageChange:
    """One package of one architecture; `None` is: not installed then."""

    name: str
    before: str | None
    after: str | None
    manager_format: str
    """Whose way of writing the line has: `dpkg`, `rpm`, `apk`, `pacman`, `xbps`, `pkgng` or `portage`."""


_VERSION_OF_PORTAGE = r"\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?"

# The first that fits wins, so the stricter come first.
FORMATS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("rpm", re.compile(r"(?P<epoch>\d+):(?P<name>\S+)-(?P<version>[^-\s]+-[^-\s]+)\.(?P<arch>[^.\s]+)")),
    # An installed package of cave's may have its slot and repository behind it.
    (
        "portage",
        re.compile(rf"(?P<name>[\w+.-]+/[\w+-]+)-(?P<version>{_VERSION_OF_PORTAGE})(?::[^:\s]+)?(?:::\S+)?", re.ASCII),
    ),
    ("apk", re.compile(r"(?P<name>\S+)-(?P<version>\d[^-\s]*-r\d+)")),
    ("xbps", re.compile(r"(?P<name>\S+) (?P<version>[^\s-]+_\d+)")),
    ("dpkg", re.compile(r"(?P<name>[a-z0-9][a-z0-9+.-]*) (?P<version>[0-9A-Za-z.+:~-]+) (?P<arch>[a-z0-9-]+)")),
    ("dpkg", re.compile(r"(?P<name>[a-z0-9][a-z0-9+.-]*) (?P<version>[0-9A-Za-z.+:~-]+)")),
    ("pacman", re.compile(r"(?P<name>[\w@.+-]+) (?P<version>(?:\d+:)?[^-:\s]+-\d+(?:\.\d+)?)")),
    ("rpm", re.compile(r"(?P<name>\S+) (?P<version>\S+)(?: (?P<arch>\S+))?")),
    ("pkgng", re.compile(r"(?P<name>[^\s/]+)-(?P<version>[^-\s/]+)")),
)

MANAGERS: Final = {
    **dict.fromkeys(("apt", "apt-get", "aptitude", "dpkg", "unattended-upgrade", "synaptic", "dselect"), "dpkg"),
    **dict.fromkeys(("dnf", "dnf5", "microdnf", "yum", "zypper", "rpm"), "rpm"),
    **dict.fromkeys(("pacman", "pacman-g2", "pacmatic", "pamac", "yay", "paru"), "pacman"),
    **dict.fromkeys(("pkg", "pkg-static", "pkgng"), "pkgng"),
    **dict.fromkeys(("emerge", "cave", "ebuild"), "portage"),
    **dict.fromkeys(("xbps", "xbps-install", "xbps-remove"), "xbps"),
    "apk": "apk",
}
"""Where the form of a line leaves it open, the manager or its command in the subject tells whose it is.

packagekitd is not here, it works for all of them.
"""


def package_changes(message: str) -> tuple[PackageChange, ...]:
    """What the package manager did, in the order of the message; an upgrade is one change.

    The list of packages with configuration changes repeats some of the same lines, and is not read.
    """
    head, found, listed = f"\n{message}\n".partition(f"\n{HEADING}\n")
    if not found:
        return ()
    paired: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for sign, family, name, version, arch in _lines(listed, _formats(head)):
        # Of several lines about one package the first that goes and the first that comes belong together.
        paired.setdefault((family, name, arch), ([], []))["-+".index(sign)].append(version)
    changes = (
        PackageChange(name, before, after, family)
        for (family, name, _), versions in paired.items()
        for before, after in zip_longest(*versions)
    )
    return tuple(dict.fromkeys(changes))


def _formats(head: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The forms in the order to try them, those of the manager that the subject names first."""
    subject = head.strip().partition("\n\n")[0]
    words = (word.rpartition("/")[2] for word in re.split(r"[\s\"']+", subject))
    named = next((MANAGERS[word] for word in words if word in MANAGERS), None)
    if named is None and " made by " in subject:
        # An etckeeper that quotes commands (since 1.18.9) writes architectures on dpkg's lines; so what has none is
        # pacman's, whose command it missed until 1.18.22 and named the shell above it.
        named = "pacman"
    # Anything with a hyphen has the form of pkgng's.
    possible = (form for form in FORMATS if form[0] != "pkgng" or named in {None, "pkgng"})
    return tuple(sorted(possible, key=lambda form: form[0] != named))


def _lines(listed: str, formats: tuple[tuple[str, re.Pattern[str]], ...]) -> Iterator[tuple[str, str, str, str, str]]:
    """Sign, format, name, version and architecture of every line that says all of them."""
    for line in listed.split("\n"):
        sign, item = line[:1], line[1:].rstrip()
        if sign not in {"-", "+"} or not item or item[0] in " -+" or len(item) > LONGEST:
            continue
        for family, form in formats:
            found = form.fullmatch(item)
            if found is None:
                continue
            said = {"epoch": "0", "arch": "", **{key: value for key, value in found.groupdict().items() if value}}
            epoch = "" if said["epoch"] == "0" else f"{said['epoch']}:"
            yield sign, family, said["name"], epoch + said["version"], said["arch"]
            break
