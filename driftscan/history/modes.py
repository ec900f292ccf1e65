"""Modes and owners of the files in /etc, from the script that etckeeper keeps in `.etckeeper`; never their contents.

git knows of a file only whether it may be executed. The rest is in a shell script at the top of the tree, which
etckeeper's pre-commit.d/30store-metadata writes anew for each commit. Read in its history, it has had these forms:

    0.12 and older (2008)   `mkdir -p` alone; the modes are in a binary .metadata
    0.13                    chown, chgrp and chmod lines of what is not root's, or neither 0644 nor 0755
    0.24                    the same, as `maybe chmod 640 './path'`
    0.58 (2011)             a mode of four digits for every file and directory; an owner still only when not root
    1.5                     names of owners in quotes
    1.8 (2013)              nothing for what git ignores; then, and only then, paths without `./`

A path is in single quotes; a quote within is `'"'"'`, and before 0.58 just itself. Links have no mode. A name with a
newline in it makes lines about files that do not exist. Access lists and capabilities are not kept at all.

etckeeper does not commit for the sake of a mode: one that changed alone is in the next commit that has another reason,
so it changed some time since the last commit that wrote the script.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from driftscan.history.commit import Kind
from driftscan.history.snapshot import Snapshot, UnreadableBlob

PATH: Final = ".etckeeper"
LARGEST: Final = 16 * 1024 * 1024
"""More bytes than any /etc needs; more than this is not read."""

ROOT: Final = "root"
NAMELESS: Final = "UNKNOWN"
"""What stands for an owner without a name where etckeeper had no perl."""

_LINE: Final = re.compile(
    rb"(?m)^(?:maybe )?(?P<what>ch(?:mod|own|grp)) (?:'(?P<quoted>[^'\n]*)'|(?P<bare>[^'\n]*?)) '(?P<path>[^\n]*)'$"
)
_EMPTY: Final = re.compile(rb"(?m)^mkdir -p '([^\n]*)'$")
_MODE: Final = re.compile(r"0?[0-7]{1,4}")
_ORDINARY: Final = frozenset({0o644, 0o755})
"""What is only written down by an etckeeper that writes down every mode."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Who may do what with a file or directory."""

    mode: int | None
    """The twelve bits of chmod. `None` where an old etckeeper left out what is ordinary: 0644, or 0755 for a directory
    or a program."""
    owner: str | None
    """By name, or by number where there was none; `None` when etckeeper could not say."""
    group: str | None

    @property
    def is_readable_by_all(self) -> bool:
        """Whether any user could read it, as far as its own mode says; the directories above it may still refuse."""
        return self.mode is None or bool(self.mode & 0o004)


@dataclass(frozen=True, slots=True, eq=False)
class Modes(Mapping[str, Permissions]):
    """What one `.etckeeper` says, by path from the top of the tree; the top itself is the empty path."""

    listed: Mapping[str, Permissions]
    empty_directories: frozenset[str]
    """Directories without a file in them, which git cannot hold."""
    is_complete: bool
    """Whether all files have a line. Then one without is ignored by git, a link, or newer than the script."""

    def of(self, path: str) -> Permissions | None:
        """The permissions of a path that is a file or directory of the same commit; `None` when nothing tells.

        Where only what is out of the ordinary has a line, no line means an ordinary mode, and root.
        """
        found = self.listed.get(path)
        return Permissions(None, ROOT, ROOT) if found is None and not self.is_complete and self.listed else found

    def __getitem__(self, path: str) -> Permissions:
        return self.listed[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.listed)

    def __len__(self) -> int:
        return len(self.listed)


NOTHING: Final = Modes({}, frozenset(), is_complete=True)


@dataclass(slots=True, eq=False)
class ModesFile:
    """The `.etckeeper` of one tree: it changes with nearly every commit, and a few of its lines are ever asked for."""

    read: Callable[[], bytes]
    _data: bytes | None = None
    _asked: dict[str, Permissions | None] = field(default_factory=dict)

    @classmethod
    def of_tree(cls, tree: Snapshot) -> "ModesFile":
        """That of a tree as it is now."""
        entry = tree.entry(PATH)
        return cls(bytes if entry is None or entry.kind is not Kind.FILE else functools.partial(tree.read, entry.blob))

    def of(self, path: str) -> Permissions | None:
        """The permissions of a path of the tree; `None` when nothing tells."""
        if path not in self._asked:
            self._asked[path] = _of(self._script(), path)
        return self._asked[path]

    def differs_at(self, other: "ModesFile", paths: Iterable[str]) -> bool:
        """Whether two scripts say different things of one of these paths."""
        return self._script() != other._script() and any(  # noqa: SLF001 - of the same class
            self.of(path) != other.of(path) for path in paths
        )

    def _script(self) -> bytes:
        if self._data is None:
            try:
                self._data = self.read()
            except UnreadableBlob:
                self._data = b""
            if len(self._data) > LARGEST:
                self._data = b""
        return self._data


_ORDINARY_LINE: Final = re.compile(rb"(?m)^(?:maybe )?chmod '?0?(?:644|755)'? '")
_MODE_LINE: Final = re.compile(rb"(?m)^(?:maybe )?(?:chmod '?0?[0-7]{1,4}'? |ch(?:own|grp) '?[^'\n]+'? )'")


def _of(script: bytes, path: str) -> Permissions | None:
    """What :func:`parse_modes` reads of one path, without reading the lines of all others."""
    quoted = path.encode("utf-8", "surrogateescape").replace(b"'", b"""'"'"'""")
    lines: dict[int, bytes] = {}
    for end in (b" './%s'\n" % quoted, b" '%s'\n" % quoted, b" './%s'\n" % path.encode("utf-8", "surrogateescape")):
        start = script.find(end)
        while start >= 0:
            begin = script.rfind(b"\n", 0, start) + 1
            lines[begin] = script[begin : start + len(end)]
            start = script.find(end, start + len(end) - 1)
    found = parse_modes(b"".join(line for _, line in sorted(lines.items()))).listed.get(path)
    if found is not None or _ORDINARY_LINE.search(script) or not _MODE_LINE.search(script):
        return found
    return Permissions(None, ROOT, ROOT)


def parse_modes(data: bytes) -> Modes:
    """Read a `.etckeeper` of any release; lines that none of them writes are passed over.

    A script that says nothing of modes (an empty one is committed by `etckeeper init`) tells nothing of any file.
    """
    if len(data) > LARGEST:
        return NOTHING
    modes: dict[str, int] = {}
    owners: dict[str, str | None] = {}
    groups: dict[str, str | None] = {}
    for found in _LINE.finditer(data):
        path = _path(found["path"])
        word = _text(found["bare"] if found["quoted"] is None else found["quoted"])
        if path is None or not word:
            continue
        if found["what"] == b"chmod":
            if _MODE.fullmatch(word):
                modes[path] = int(word, 8)
        else:
            (owners if found["what"] == b"chown" else groups)[path] = None if word == NAMELESS else word
    return Modes(
        {
            path: Permissions(modes.get(path), owners.get(path, ROOT), groups.get(path, ROOT))
            for path in {**modes, **owners, **groups}
        },
        frozenset(filter(None, (_path(found[1]) for found in _EMPTY.finditer(data)))),
        is_complete=not _ORDINARY.isdisjoint(modes.values()),
    )


def _path(quoted: bytes) -> str | None:
    """A path as git has it; `None` for one that leads out of the tree."""
    path = _text(quoted.replace(b"""'"'"'""", b"'")).removeprefix("./")
    if path in {"", "."}:
        return "" if quoted else None
    return None if path.startswith("/") or ".." in path.split("/") else path


def _text(word: bytes) -> str:
    return word.decode("utf-8", "surrogateescape")
