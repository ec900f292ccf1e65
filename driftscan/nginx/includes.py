"""Includes resolved inside one commit's tree: many files become one configuration.

nginx replaces `include` by the statements of the files it names, wherever it stands, relative to the directory of
the main file and never to the including file (ngx_conf_include, ngx_conf_full_name). What cannot be read becomes a
:class:`~driftscan.nginx.config.Hole` in its place, so that later stages know what they do not know.
"""

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from driftscan.history.commit import BlobId
from driftscan.history.modes import ModesFile
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.nginx.certificates import CertificateFile, read_certificates
from driftscan.nginx.config import (
    Directive,
    Gap,
    GapKind,
    Hole,
    Location,
    MainConfig,
    Node,
    ResolvedConfig,
    WildcardInclude,
)
from driftscan.nginx.dhparam import prime_bits
from driftscan.nginx.files import NamedFile, look_up
from driftscan.nginx.syntax import Broken, Statement, parse
from driftscan.nginx.treeglob import File, Folder, Looping, Missing, Outside, Place, TreeView, has_magic

MAIN_FILE = "nginx/nginx.conf"
"""Where Debian, Red Hat, Alpine and nginx.org put it below /etc."""
FRAGMENTS = ("conf.d/*.conf", "http.d/*.conf", "sites-enabled/*")
"""What the packaged main files include inside `http {}`, tried in that order when there is no main file."""
_MOST_STATEMENTS = 200_000
"""Statements at the top of files, and files, followed in one tree: includes of includes multiply."""
_MOST_INCLUDED = 100_000
"""Files that all includes of one tree name, each as often as it is named: even what leads nowhere takes its time."""

_MAY_BE_ON_THE_HOST = frozenset({GapKind.MISSING, GapKind.DANGLING_LINK})
"""What this history lacks and nginx may well have: files that git ignores."""


@dataclass(slots=True)
class Sources:
    """The parsed content of blobs, each parsed once. A blob id names its bytes, so nothing here goes stale."""

    targets: dict[BlobId, str] = field(default_factory=dict)
    """The targets of links, by blob."""
    _parsed: dict[BlobId, tuple[Statement, ...] | Broken] = field(default_factory=dict)
    _located: dict[tuple[str, BlobId], tuple[Node, ...]] = field(default_factory=dict)
    _spliced: dict[int, Directive] = field(default_factory=dict)
    """By the identity of a located block, which `_located` keeps alive."""
    _certificates: dict[BlobId, CertificateFile | None] = field(default_factory=dict)
    _primes: dict[BlobId, int | None] = field(default_factory=dict)
    _holes: dict[Gap, Hole] = field(default_factory=dict)

    def parsed(self, blob: BlobId, snapshot: Snapshot) -> tuple[Statement, ...] | Broken:
        """The statements of a blob, or why it has none."""
        if blob not in self._parsed:
            try:
                self._parsed[blob] = parse(snapshot.read(blob))
            except UnreadableBlob as error:
                self._parsed[blob] = Broken(GapKind.UNREADABLE, f"cannot be read from the repository: {error}")
        return self._parsed[blob]

    def located(self, path: str, blob: BlobId, statements: tuple[Statement, ...]) -> tuple[Node, ...]:
        """The statements as nodes that know their file. The same objects each time, so they compare at no cost."""
        key = (path, blob)
        if key not in self._located:
            self._located[key] = tuple(_locate(statement, path) for statement in statements)
        return self._located[key]

    def certificates(self, blob: BlobId, snapshot: Snapshot) -> CertificateFile | None:
        """The certificates in a blob; `None` where it cannot be read."""
        if blob not in self._certificates:
            try:
                self._certificates[blob] = read_certificates(snapshot.read(blob))
            except UnreadableBlob:
                self._certificates[blob] = None
        return self._certificates[blob]

    def prime_bits(self, blob: BlobId, snapshot: Snapshot) -> int | None:
        """The length of the prime in a blob of parameters; `None` where it cannot be read."""
        if blob not in self._primes:
            try:
                self._primes[blob] = prime_bits(snapshot.read(blob))
            except UnreadableBlob:
                self._primes[blob] = None
        return self._primes[blob]

    def hole(self, gap: Gap) -> Hole:
        """A hole in the configuration, the same object each time."""
        return self._holes.setdefault(gap, Hole(gap))

    def spliced(self, block: Directive, nodes: tuple[Node, ...]) -> Directive:
        """A block of :meth:`located` with its includes resolved; the same object as last time while that is the same.

        So two configurations that follow each other share every block that no changed file reaches.
        """
        known = self._spliced.get(id(block))
        if known is None or len(known.inside()) != len(nodes) or not all(map(operator.is_, known.inside(), nodes)):
            known = self._spliced[id(block)] = replace(block, block=nodes)
        return known


def _locate(statement: Statement, path: str) -> Directive:
    block = None if statement.block is None else tuple(_locate(inner, path) for inner in statement.block)
    return Directive(
        statement.name,
        statement.args,
        Location(path, statement.line),
        block,
        has_include=statement.name == "include" or any(inner.has_include for inner in block or ()),
        ends=statement.ends,
        closes=statement.closes,
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """Where nginx and its main file are on the host that the tree belongs to."""

    root: str = "/etc"
    """The directory that the root of the tree is."""
    main_files: tuple[str, ...] = ()
    """Main files as paths in the tree; none means :data:`MAIN_FILE`, or the fragments when that is absent."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What nginx had read before the tree that is resolved: it runs on with that when it refuses the new one."""

    blobs: Mapping[str, BlobId]
    """For each file the last blob that parsed."""
    unread: frozenset[str]
    """The files that could not be read then either, so that nothing is known to stand in for them."""
    named: Mapping[str, NamedFile] = field(default_factory=dict)
    """The files that directives named then."""


def resolve(snapshot: Snapshot, sources: Sources, layout: Layout, memory: Memory | None = None) -> ResolvedConfig:
    """The configuration of one tree.

    Args:
        snapshot: the tree.
        sources: parsed blobs, shared between the trees of a walk.
        layout: where things are on the host.
        memory: what was read before. A file that is broken or gone while something still includes it is read from
            there, so that one typo does not look like the removal of every server in the file; a new file with a
            typo brings nothing. `None` when no earlier tree was read: then what is broken is not known at all.
    """
    view = TreeView(snapshot, layout.root, sources.targets)
    resolver = _Resolver(view, sources, memory)
    mains = tuple(resolver.main(main, required=bool(layout.main_files)) for main in layout.main_files or (MAIN_FILE,))
    named = look_up(
        mains,
        view,
        lambda blob: sources.certificates(blob, snapshot),
        lambda blob: sources.prime_bits(blob, snapshot),
        {} if memory is None else memory.named,
    )
    gaps = tuple(dict.fromkeys(resolver.gaps))
    modes, wildcards = ModesFile.of_tree(snapshot), tuple(resolver.wildcards)
    return ResolvedConfig(mains, gaps, view.footprint(), resolver.files, named, modes, wildcards)


@dataclass(slots=True)
class _Resolver:
    view: TreeView
    sources: Sources
    memory: Memory | None
    gaps: list[Gap] = field(default_factory=list)
    files: dict[str, BlobId] = field(default_factory=dict)
    wildcards: list[WildcardInclude] = field(default_factory=list)
    _prefix: str = ""
    _open: list[str] = field(default_factory=list)
    _count: int = 0
    _named: int = 0

    def main(self, main: str, *, required: bool) -> MainConfig:
        """One main file, or the known fragments around a missing one."""
        path = main if main.startswith("/") else f"{self.view.root.rstrip('/')}/{main}"
        self._prefix = path.rpartition("/")[0]
        place = self.view.locate(path)
        if isinstance(place, File) and "/" in place.path:
            self.view.homes.add(place.path.rpartition("/")[0])
        if isinstance(place, Missing) and not required and not self._had(place.path):
            return MainConfig(self._prefix, tuple(self._fragments(main)))
        return MainConfig(self._prefix, tuple(self._read(place, path, None)))

    def _had(self, path: str) -> bool:
        return self.memory is not None and path in self.memory.blobs

    def _fragments(self, main: str) -> Iterable[Node]:
        """Servers without their main file: what is usually included is read as if inside `http {}`."""
        at = Location(main, 0)
        nodes: list[Node] = []
        for pattern in FRAGMENTS:
            nodes.extend(self._include(Directive("include", (pattern,), at)))
        if not self.files:
            return []
        reason = "is not in this history; read conf.d, http.d and sites-enabled as if inside its http block"
        gap = Gap(main, reason, GapKind.NO_MAIN_FILE)
        self.gaps.append(gap)
        return [Directive("http", (), at, (Hole(gap), *nodes))]

    def _splice(self, nodes: Iterable[Node]) -> Iterable[Node]:
        for node in nodes:
            if isinstance(node, Hole) or not node.has_include:
                yield node
            elif node.name == "include" and node.block is None:
                yield from self._include(node)
            else:
                yield self.sources.spliced(node, tuple(self._splice(node.inside())))

    def _include(self, include: Directive) -> Iterable[Node]:
        if len(include.args) != 1:
            says = 'invalid number of arguments in "include" directive'
            return self._hole(Gap(include.at.path, says, GapKind.INVALID, include.read_at, says))
        pattern = include.args[0] if include.args[0].startswith("/") else f"{self._prefix}/{include.args[0]}"
        self._named += 1
        if self._named > _MOST_INCLUDED:
            return self._too_many(include)
        if not has_magic(pattern):
            return self._read(self.view.locate(pattern), pattern, include.read_at)
        nodes: list[Node] = []
        files: list[str] = []
        for match in self.view.glob(pattern):
            self._named += 1
            if self._named > _MOST_INCLUDED:
                nodes.extend(self._too_many(include))
                break
            place = match if isinstance(match, Outside) else self.view.locate(match)
            name = match.host_path if isinstance(match, Outside) else match
            files.append(place.path if isinstance(place, File) else name)
            nodes.extend(self._read(place, name, include.read_at))
        if include.at.line:  # the fragments around a missing main file stand nowhere
            self.wildcards.append(WildcardInclude(pattern, include.at, tuple(files)))
        return nodes

    def _too_many(self, include: Directive) -> Iterable[Node]:
        reason = f"more than {_MOST_INCLUDED} files are included"
        return self._hole(Gap(include.at.path, reason, GapKind.CYCLE, include.read_at))

    def _read(self, place: Place, host_path: str, at: Location | None) -> Iterable[Node]:
        match place:
            case File(path):
                return self._file(path, host_path, at)
            case Missing(path, link):
                kind = GapKind.MISSING if link is None else GapKind.DANGLING_LINK
                reason = f'open() "{host_path}" failed (2: No such file or directory)'
                says = reason if self.view.is_absent(path, had=self._had(path)) else None
                return self._stand_in(Gap(path, reason, kind, at, says))
            case Folder(path):
                reason = f'pread() "{host_path}" failed (21: Is a directory)'
                return self._stand_in(Gap(path, reason, GapKind.DIRECTORY, at, reason))
            case Looping(path, reason):
                return self._hole(Gap(path, reason, GapKind.UNREADABLE, at))
            case Outside(outside):
                return self._hole(Gap(outside, "lies outside this history", GapKind.OUTSIDE, at))

    def _file(self, path: str, host_path: str, at: Location | None) -> Iterable[Node]:
        if path in self._open:
            says = f'open() "{host_path}" failed (24: Too many open files)'
            return self._hole(Gap(path, f"{says}: it includes itself", GapKind.CYCLE, at, says))
        entry = self.view.snapshot.entry(path)
        if entry is None:
            return self._hole(Gap(path, f'open() "{host_path}" failed', GapKind.UNREADABLE, at))
        blob = entry.blob
        statements = self.sources.parsed(blob, self.view.snapshot)
        self._count += 1 if isinstance(statements, Broken) else 1 + len(statements)
        if self._count > _MOST_STATEMENTS:
            return self._hole(Gap(path, f"more than {_MOST_STATEMENTS} statements are included", GapKind.CYCLE, at))
        if isinstance(statements, Broken):
            where = Location(path, statements.line) if statements.line else at
            return self._stand_in(Gap(path, statements.reason, statements.kind, where, statements.says))
        self.files[path] = blob
        return self._nodes(path, blob, statements)

    def _stand_in(self, gap: Gap) -> Iterable[Node]:
        """What the file last held, which is nothing for one that was never read; else a hole."""
        # What git-crypt encrypts, and what this clone lacks, nginx reads on the host as it is there now.
        unlike_nginx = gap.kind in {GapKind.ENCRYPTED, GapKind.UNREADABLE}
        if self.memory is None or gap.path in self._open or unlike_nginx:
            return self._hole(gap)
        blob = self.memory.blobs.get(gap.path)
        if blob is None and (gap.kind in _MAY_BE_ON_THE_HOST or gap.path in self.memory.unread):
            return self._hole(gap)
        statements = () if blob is None else self.sources.parsed(blob, self.view.snapshot)
        if isinstance(statements, Broken):
            return self._hole(gap)
        gap = replace(gap, remembered=True)
        self.gaps.append(gap)
        nodes = () if blob is None else self._nodes(gap.path, blob, statements)
        return (self.sources.hole(gap), *nodes)

    def _nodes(self, path: str, blob: BlobId, statements: tuple[Statement, ...]) -> tuple[Node, ...]:
        self._open.append(path)
        nodes = tuple(self._splice(self.sources.located(path, blob, statements)))
        self._open.pop()
        return nodes

    def _hole(self, gap: Gap) -> Iterable[Node]:
        self.gaps.append(gap)
        return (self.sources.hole(gap),)
