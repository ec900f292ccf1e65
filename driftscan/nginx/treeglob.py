"""Paths and patterns inside a tree: links followed as open(2) does, patterns expanded as glob(3) does.

Everything is looked up in one commit's tree, never on disk, and everything that is looked up is recorded, so that
a later commit that touches none of it can be skipped.
"""

import functools
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from driftscan.history.commit import BlobId, Kind
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.nginx.config import Footprint


@dataclass(frozen=True, slots=True)
class File:
    """A regular file, by its path in the tree once every link is followed. It has not been opened."""

    path: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory of the tree."""

    path: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing is there; `path` is whole, whichever part of it is missing. `link` is the last one on the way."""

    path: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Outside:
    """The place lies outside the tree or in a nested repository: it exists or not, this history cannot say."""

    host_path: str


@dataclass(frozen=True, slots=True)
class Looping:
    """Links lead in a circle, or a link's target cannot be read: open(2) or git cannot go on."""

    path: str
    reason: str


Place: TypeAlias = File | Folder | Missing | Outside | Looping

_MOST_LINKS = 40
"""Linux gives up with ELOOP after 40 links (path_resolution(7))."""


@dataclass(slots=True)
class TreeView:
    """A snapshot as a host's file system: `root` is where the tree lives there, `/etc` unless told otherwise."""

    snapshot: Snapshot
    root: str
    targets: dict[BlobId, str] = field(default_factory=dict)
    """What links hold, by blob; shared between the trees of a walk, in which links hardly ever change."""
    homes: set[str] = field(default_factory=set)
    """The directories of main files: nothing in them is left out of a history that has the main file."""
    _paths: set[str] = field(default_factory=set)
    _directories: set[str] = field(default_factory=set)

    def footprint(self) -> Footprint:
        """Everything looked up so far."""
        return Footprint(frozenset(self._paths), frozenset(self._directories))

    def locate(self, host_path: str) -> Place:
        """What `host_path` (absolute) is after following every link, with `..` meaning the real parent."""
        todo = _parts(host_path)[::-1]
        done: list[str] = []
        link: str | None = None
        links = 0
        root = _parts(self.root)
        while todo:
            part = todo.pop()
            if part == "..":
                del done[-1:]
                continue
            done.append(part)
            if root[: len(done)] == done:
                continue
            path = self._inside(done, root)
            if path is None:
                return Outside("/" + "/".join([*done, *reversed(todo)]))
            self._paths.add(path)
            kind = self.snapshot.kind(path)
            if kind is None:
                if self.snapshot.names(path) is not None:
                    continue
                # A later commit may bring it as a file, or as a directory by adding something below it.
                self._directories.add(path)
                return Missing(_joined(path, todo), link)
            if kind is Kind.GITLINK:
                if todo:
                    return Outside("/" + "/".join([*done, *reversed(todo)]))
                continue
            if kind is Kind.FILE:
                return Missing(_joined(path, todo), link) if todo else File(path)
            links += 1
            if links > _MOST_LINKS:
                return Looping(path, "too many levels of symbolic links")
            link = path
            target = self._target(path)
            if target is None:
                return Looping(path, "the link's target cannot be read from the repository")
            done = [] if target.startswith("/") else done[:-1]
            todo.extend(_parts(target)[::-1])
        path = self._inside(done, root)
        if path is None:
            return Outside("/" + "/".join(done))
        # A commit that takes away all that is below it takes away the directory.
        self._directories.add(path)
        return Folder(path)

    def path_of(self, host_path: str) -> str | None:
        """A name on the host as a path in the tree, no link followed; `None` where it is outside."""
        return self._inside(_parts(posixpath.normpath(host_path)), _parts(self.root))

    def is_absent(self, path: str, *, had: bool) -> bool:
        """Whether a path where the tree has nothing is sure to be missing on the host too; `had` as in the snapshot."""
        had = had or any(path.startswith(f"{home}/") for home in self.homes)
        self._paths.add(".etckeeper")
        directory = path
        while directory:
            directory = directory.rpartition("/")[0]
            self._paths.add(f"{directory}/.gitignore".lstrip("/"))
        return not self.snapshot.may_lack(path, had=had)

    def _target(self, link: str) -> str | None:
        entry = self.snapshot.entry(link)
        if entry is None:
            return None
        if entry.blob not in self.targets:
            try:
                self.targets[entry.blob] = self.snapshot.read(entry.blob).decode("utf-8", "surrogateescape")
            except UnreadableBlob:
                return None
        return self.targets[entry.blob]

    @staticmethod
    def _inside(parts: list[str], root: list[str]) -> str | None:
        return "/".join(parts[len(root) :]) if parts[: len(root)] == root else None

    def glob(self, host_pattern: str) -> Iterator[str | Outside]:
        """Every host path that matches, in nginx's order.

        These are the matches of the C library's glob without flags: `*` and `?` match neither `/` nor a leading dot,
        and links are not followed for the last part, so that a dangling link is a match. nginx sorts them since
        1.3.10 by strcoll in the C locale, which is byte order (ngx_open_glob). An :class:`Outside` in the result
        stands for matches that this tree cannot know.
        """
        found = list(self._expand("", _parts(host_pattern)))
        matches = [match for match in found if isinstance(match, str)]
        yield from (match for match in found if isinstance(match, Outside))
        yield from sorted(matches, key=lambda match: match.encode("utf-8", "surrogateescape"))

    def _expand(self, base: str, parts: list[str]) -> Iterator[str | Outside]:
        for position, part in enumerate(parts):
            if not has_magic(part):
                base = f"{base}/{_unescaped(part)}"
                continue
            rest = parts[position + 1 :]
            match self.locate(base or "/"):
                case Folder(path):
                    if self.snapshot.kind(path) is not None:
                        yield Outside("/".join([base, *parts[position:]]))
                        return
                    matcher = _matcher(_bytewise(part))
                    for name in (".", "..", *(self.snapshot.names(path) or ())):
                        if matcher(_bytewise(name)) is not None:
                            yield from self._expand(f"{base}/{name}", rest) if rest else [f"{base}/{name}"]
                case Outside(host_path):
                    yield Outside("/".join([host_path.rstrip("/"), *parts[position:]]))
                case _:
                    pass
            return
        place = self.locate(base)
        if not isinstance(place, Missing | Looping):
            yield base
            return
        # lstat(2) decides, so a link that leads nowhere is there.
        parent, _, name = base.rpartition("/")
        above = self.locate(parent or "/")
        if isinstance(above, Folder) and self.snapshot.kind(f"{above.path}/{name}".lstrip("/")) is not None:
            yield base


def has_magic(pattern: str) -> bool:
    """Whether nginx hands an include to glob(3) (ngx_conf_include looks for these three characters only)."""
    return any(character in pattern for character in "*?[")


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _joined(path: str, todo: list[str]) -> str:
    return posixpath.normpath("/".join([path, *reversed(todo)]))


def _unescaped(part: str) -> str:
    return re.sub(r"\\(.)", r"\1", part)


def _bytewise(name: str) -> str:
    """One character for each byte: nginx runs in the C locale, where `?` is one byte of a name in UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("latin-1")


_BRACKET = re.compile(r"\[(?P<not>[!^]?)(?P<inside>\]?(?:\[:[a-z]*:\]|\\.|[^\]\\])*)\]", re.DOTALL)
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
"""What is in a character class, in the C locale."""


@functools.lru_cache(maxsize=256)
def _matcher(part: str) -> Callable[[str], re.Match[str] | None]:
    """One part of a pattern as fnmatch(3) with FNM_PERIOD understands it."""
    runs = [""]
    position = 0
    while position < len(part):
        character = part[position]
        bracket = _BRACKET.match(part, position)
        position = position + 1 if bracket is None else bracket.end()
        if character == "*":
            runs.append("")
        elif character == "?":
            runs[-1] += "."
        elif bracket is not None:
            runs[-1] += f"[{'^' if bracket['not'] else ''}{_bracket(bracket['inside'])}]"
        elif character == "\\" and position < len(part):
            runs[-1] += re.escape(part[position])
            position += 1
        else:
            runs[-1] += re.escape(character)
    # Between two stars the first place that fits is as good as any other, so nobody need come back and try the next:
    # a name of a few dozen bytes would else keep a pattern of many stars busy for ever.
    first, *inner, last = runs if len(runs) > 1 else (runs[0], "")
    between = "".join(f"(?>.*?{run})" for run in inner if run)
    pattern = "" if part.startswith((".", "\\.")) else r"(?!\.)"
    pattern += first + between + (f".*{last}" if len(runs) > 1 else "")
    try:
        return re.compile(pattern, re.DOTALL).fullmatch
    except re.error:
        return _nothing  # a range that runs backwards, [z-a]: fnmatch(3) matches nothing


def _nothing(_name: str) -> None:
    return None


def _bracket(inside: str) -> str:
    """A bracket expression's content for `re`: classes, ranges and single characters, none of them special."""

    def member(found: re.Match[str]) -> str:
        if found["name"] is not None:
            return _CLASSES.get(found["name"], "")
        ends = [re.escape(end.removeprefix("\\") or end) for end in (found["low"], found["high"]) if end is not None]
        return "-".join(ends)

    return re.sub(r"\[:(?P<name>[a-z]*):\]|(?P<low>\\.|.)(?:-(?P<high>\\.|.))?", member, inside, flags=re.DOTALL)
