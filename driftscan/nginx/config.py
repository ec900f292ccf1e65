"""A configuration as nginx sees it after all includes, every node knowing the line a person edits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from driftscan.history.commit import BlobId, PathChange
from driftscan.history.modes import ModesFile

if TYPE_CHECKING:
    from driftscan.nginx.files import NamedFile


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A line of a file as it was in one tree. `path` is relative to the root of the tree; lines count from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class GapKind(Enum):
    """Why a part of the configuration is not known."""

    UNPARSABLE = "unparsable"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    DANGLING_LINK = "dangling-link"
    OUTSIDE = "outside"
    CYCLE = "cycle"
    DIRECTORY = "directory"
    INVALID = "invalid"
    NO_MAIN_FILE = "no-main-file"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read. It is shown, and nothing is concluded from what it hides."""

    path: str
    """The file that is not known, or the include pattern."""
    reason: str
    """One sentence for people; nginx's own words where nginx would refuse it too."""
    kind: GapKind
    at: Location | None = None
    """The line that nginx would complain about: in the file itself, or the include that asked for it."""
    says: str | None = None
    """What `nginx -t` prints of it; `None` where nginx on the host may well read what this history cannot."""
    remembered: bool = False
    """The file's last readable content stands in for it: nginx runs on with that until it is restarted."""

    def order(self) -> tuple[str, str, str, Location]:
        """The key by which gaps are listed."""
        return (self.path, self.kind.value, self.reason, self.at or Location("", 0))


def new_gaps(before: Iterable[Gap], after: Iterable[Gap]) -> tuple[Gap, ...]:
    """The gaps whose place was none before, in order; a file that several includes ask for is one gap.

    A reason that changes its wording is the same gap.
    """
    known = {(gap.path, gap.kind) for gap in before}
    new: dict[tuple[str, GapKind], Gap] = {}
    for gap in sorted(after, key=Gap.order):
        if (gap.path, gap.kind) not in known:
            new.setdefault((gap.path, gap.kind), gap)
    return tuple(new.values())


@dataclass(frozen=True, slots=True)
class Directive:
    """A simple directive or a block, with includes already replaced by what they bring."""

    name: str
    args: tuple[str, ...]
    at: Location
    block: "tuple[Node, ...] | None" = None
    has_include: bool = False
    """Whether an include stood in it, at any depth, before it was resolved."""
    ends: int = field(default=0, compare=False)
    """The line of its semicolon or opening brace, where nginx has read it; 0: not known."""
    closes: int = field(default=0, compare=False)
    """The line of its closing brace, if it has one."""

    @property
    def read_at(self) -> Location:
        """The line that nginx's messages name: where the directive ends."""
        return Location(self.at.path, self.ends) if self.ends else self.at

    @property
    def closed_at(self) -> Location:
        """The line where its block ends."""
        return Location(self.at.path, self.closes) if self.closes else self.at

    def inside(self) -> "tuple[Node, ...]":
        """The content of a block; nothing for a simple directive."""
        return self.block or ()


@dataclass(frozen=True, slots=True)
class Hole:
    """Where an include brought something that is not known, or (`gap.remembered`) what it brought before."""

    gap: Gap


Node: TypeAlias = Directive | Hole


def named(nodes: "tuple[Node, ...]", *names: str) -> Iterator[Directive]:
    """The directives of these names in one block, in order; nested blocks are not entered."""
    for node in nodes:
        if isinstance(node, Directive) and node.name in names:
            yield node


_WITHOUT_TLS = frozenset(
    {"mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "proxy_params", "koi-utf"}
    | {"koi-win", "win-utf"}
)
"""Stock files by name. When one is not in the history, nothing about TLS is unknown because of it."""


def hole(nodes: "tuple[Node, ...]") -> Gap | None:
    """The first part of one block that is not known and may say something about TLS; nested blocks are not entered."""
    gaps = (node.gap for node in nodes if isinstance(node, Hole) and not node.gap.remembered)
    return next((gap for gap in gaps if gap.path.rpartition("/")[2] not in _WITHOUT_TLS), None)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Every place that resolution looked at: a commit that touches none of them cannot change its result."""

    paths: frozenset[str]
    """Files and links that were read, and names that were looked up and not there."""
    directories: frozenset[str]
    """Directories whose names were listed for a glob, and places where nothing was found."""

    def touched_by(self, changes: Iterable[PathChange]) -> bool:
        """Whether a commit with these changes may resolve differently. Never wrong when it says no."""
        return any(self._touched(change) for change in changes)

    def _touched(self, change: PathChange) -> bool:
        if change.path in self.paths:
            return True
        if change.before is not None and change.after is not None:
            return False
        # Something appeared or went away: every directory above it may have gained or lost a name.
        directory = change.path
        while directory:
            directory = directory.rpartition("/")[0]
            if directory in self.directories:
                return True
        return False


@dataclass(frozen=True, slots=True)
class WildcardInclude:
    """An include of whatever files there are: to match none is no error for nginx."""

    pattern: str
    """As an absolute path on the host."""
    at: Location
    files: tuple[str, ...]
    """What it matched, links followed: paths in the tree, and what lies outside by its path on the host."""


@dataclass(frozen=True, slots=True)
class MainConfig:
    """One main file with everything it includes: what one nginx reads."""

    prefix: str
    """The directory of the main file on the host (the conf prefix), where relative names begin."""
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ResolvedConfig:
    """The whole configuration of one tree."""

    mains: tuple[MainConfig, ...]
    """Usually one; a host with several nginx has one for each."""
    gaps: tuple[Gap, ...]
    footprint: Footprint
    files: Mapping[str, BlobId]
    """The files that were read, in the order nginx first opens them, with their blobs."""
    named: "Mapping[str, NamedFile]" = field(default_factory=dict)
    """The other files that directives name, by their absolute path on the host."""
    modes: ModesFile = field(default_factory=lambda: ModesFile(bytes), compare=False)
    """Who may read which file of the tree."""
    wildcards: tuple[WildcardInclude, ...] = field(default=(), compare=False)
    """Every include with a wildcard, in the order nginx reads them."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of every main file, one after the other."""
        return tuple(node for main in self.mains for node in main.nodes)
