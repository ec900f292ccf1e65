"""The package lines that etckeeper writes into commit messages.

They are observations, not a ledger: a run that left /etc as it was is in no message, not even in the next one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEADING = "Package changes:"


@dataclass(frozen=True, slots=True)
class PackageChange:
    """One package of one architecture; `None` is: not installed then."""

    name: str
    before: str | None
    after: str | None
    manager_format: str
    """Whose way of writing the line has: `dpkg`, `rpm`, `apk`, `pacman`, `xbps` or `pkgng`."""


# The first that fits wins, so the stricter come first.
FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("rpm", re.compile(r"(?P<epoch>\d+):(?P<name>\S+)-(?P<version>[^-\s]+-[^-\s]+)\.(?P<arch>[^.\s]+)")),
    ("apk", re.compile(r"(?P<name>\S+)-(?P<version>\d[^-\s]*-r\d+)")),
    ("xbps", re.compile(r"(?P<name>\S+) (?P<version>[^\s-]+_\d+)")),
    ("dpkg", re.compile(r"(?P<name>[a-z0-9][a-z0-9+.-]*) (?P<version>[0-9A-Za-z.+:~-]+)(?: (?P<arch>[a-z0-9-]+))?")),
    ("pacman", re.compile(r"(?P<name>\S+) (?P<version>\S+)")),
    ("rpm", re.compile(r"(?P<name>\S+) (?P<version>\S+)(?: (?P<arch>\S+))?")),
    ("pkgng", re.compile(r"(?P<name>\S+)-(?P<version>[^-\s]+)")),
)

MANAGERS = {
    "pacman": re.compile(r"\b(?:pacman|pacmatic|yay|paru)"),
    "rpm": re.compile(r"\b(?:dnf|yum|zypper|packagekitd)"),
    "xbps": re.compile(r"\bxbps"),
    "pkgng": re.compile(r"\bpkg(?:ng)?\b"),
}
"""Where the form of a line leaves it open, the first paragraph of the message tells whose it is."""


def package_changes(message: str) -> tuple[PackageChange, ...]:
    """What the package manager did, in the order of the message; an upgrade is one change.

    The list of packages with configuration changes repeats some of the same lines, and is not read.
    """
    head, found, listed = f"\n{message}\n".partition(f"\n{HEADING}\n")
    if not found:
        return ()
    paired: dict[tuple[str, str, str], list[list[str | None]]] = {}
    for sign, family, name, version, arch in _lines(listed, _formats(head)):
        pairs = paired.setdefault((family, name, arch), [])
        place = ("-", "+").index(sign)
        open_pair: list[str | None] | None = next((pair for pair in pairs if pair[place] is None), None)
        if open_pair is None:
            open_pair = [None, None]
            pairs.append(open_pair)
        open_pair[place] = version
    changes = (
        PackageChange(name, before, after, family)
        for (family, name, _), pairs in paired.items()
        for before, after in pairs
    )
    return tuple(dict.fromkeys(changes))


def _formats(head: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    subject = head.strip().partition("\n\n")[0]
    named = {family for family, words in MANAGERS.items() if words.search(subject)}
    return tuple(sorted(FORMATS, key=lambda family: family[0] not in named))


def _lines(listed: str, formats: tuple[tuple[str, re.Pattern[str]], ...]) -> Iterator[tuple[str, str, str, str, str]]:
    """Sign, format, name, version and architecture of every line that says all of them."""
    for line in listed.split("\n"):
        sign, item = line[:1], line[1:].rstrip()
        if sign not in {"-", "+"} or not item or item[0] in " -+":
            continue
        for family, form in formats:
            found = form.fullmatch(item)
            if found is None:
                continue
            said = {"epoch": "0", "arch": "", **{key: value for key, value in found.groupdict().items() if value}}
            epoch = "" if said["epoch"] == "0" else f"{said['epoch']}:"
            yield sign, family, said["name"], epoch + said["version"], said["arch"]
            break
