"""The whole road in one module: a history in, steps and findings out. Read this first.

    history    Repository.select, .revisions      who changed which paths, oldest commit first
    nginx      resolve                            the configuration of that tree, includes and all
    tls        build_state                        servers, sockets, and what a client meets at each name
    drift      compare, Tracker.step              typed changes, and what they introduced or resolved

A commit that touches nothing that resolution looked at last time is passed over without being read. A file that no
longer parses is read as it last did, so that a typo is one gap and not the removal of every server in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from driftscan.drift.changes import Change
from driftscan.drift.compare import compare
from driftscan.drift.deadlines import falls_due
from driftscan.drift.findings import FindingEvent, FindingState, Life
from driftscan.drift.knowledge import is_news, known_before, on_known_versions
from driftscan.drift.lifecycle import Matcher, Tracker
from driftscan.drift.state import State, build_state
from driftscan.drift.watcher import Watcher
from driftscan.history import modes
from driftscan.history.commit import BlobId, Commit, CommitId, PathChange, Revision
from driftscan.history.observe import Observer
from driftscan.history.platform import Platform
from driftscan.history.repository import Repository
from driftscan.history.selection import Segment, Selection
from driftscan.history.snapshot import Snapshot, TreeIndex
from driftscan.host.read import read_host
from driftscan.nginx.config import Gap, new_gaps
from driftscan.nginx.includes import Layout, Memory, Sources, resolve
from driftscan.nginx.treeglob import TreeView


@dataclass(frozen=True, slots=True)
class Step:
    """One commit that changed something: a TLS setting, a finding, or what is known."""

    commit: Commit
    previous: Commit | None
    """The commit before: whatever this one committed was changed some time after that."""
    platform: Platform
    changes: tuple[Change, ...]
    findings: tuple[FindingEvent, ...]
    opened: tuple[Gap, ...]
    """What could not be read any more from here on."""
    closed: tuple[Gap, ...]
    """What could be read again."""
    paths: tuple[str, ...]
    """The paths this commit changed that the configuration depends on."""
    loads: bool | None = True
    """Whether nginx would load what the commit left; if not, nothing of it is in force. `None`: it cannot be told."""
    merged_by: Commit | None = None
    """The merge that brought it, when it was made on another branch: only then did it reach this host. Such a step
    tells who made a change and why; what it introduced or resolved here is told by the merge."""

    @property
    def by_upgrade(self) -> bool:
        """No line of the configuration changed: another nginx or TLS library makes something else of it."""
        return not self.paths


@dataclass(slots=True)
class Scan:
    """A walk over a segment of history. Iterate :meth:`steps` once; the other attributes then tell how it ended."""

    repository: Repository
    segment: Segment
    catalogue: tuple[Matcher, ...]
    observer: Observer
    layout: Layout = field(default_factory=Layout)
    witness: Watcher = field(default_factory=Watcher)
    """Is told what the walk does not keep; what merged branches did on their own is not told."""
    commits: int = 0
    """How many commits were walked."""
    read: int = 0
    """How many of them touched the configuration."""
    state: State | None = None
    """The state after the newest commit."""
    start: Commit | None = None
    """The commit before the first one that was walked; `None` when the walk begins with the history."""
    last: Commit | None = None
    """The newest commit."""
    shallow: bool = False
    """The history is cut off at the start: what is there may be older than it seems."""
    _sources: Sources = field(default_factory=Sources)
    _remembered: dict[str, BlobId] = field(default_factory=dict)
    _met: set[CommitId] = field(default_factory=set)
    """Commits already walked: a branch that was merged back and forth is told once."""
    _platform: Platform | None = None
    _host_files: dict[Any, Any] = field(default_factory=dict)
    """What the files of the host said, by blob."""
    _tracker: Tracker = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing known."""
        self._tracker = Tracker(self.catalogue)

    @property
    def open(self) -> tuple[Life, ...]:
        """The findings that nothing has resolved."""
        return self._tracker.open

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read at the end."""
        return () if self.state is None else self.state.gaps

    def steps(self) -> Iterator[Step]:
        """Every commit of the segment that changed something, oldest first."""
        tree = TreeIndex(self.repository.read, self.repository.size)
        previous: Commit | None = None
        self.shallow = self.repository.is_shallow
        for commit in self.segment.earlier:
            self.observer.note(commit)
            previous = commit
        if self.segment.base is not None and previous is not None:
            tree = self.repository.tree(self.segment.base)
            self.start = previous
            self.observer.start(tree, f"in commit {previous.id[:12]}")
            self._begin(tree, self.observer.at(Revision(previous, ())), previous)
        for revision in self.repository.revisions(self.segment):
            tree.apply(revision.changes)
            step = self._step(tree, revision, previous)
            previous = self.last = revision.commit
            new = revision.commit.id not in self._met
            self.commits += new
            self._met.add(revision.commit.id)
            if self.segment.wants(revision.commit.id):
                yield from self._merged(revision.commit)
                if step is not None and new:
                    yield step
        self._catch_up()

    def _catch_up(self) -> None:
        """Judge the last state on the platform of the newest commit, which need not have touched the configuration."""
        state, platform = self.state, self._platform
        if state is None or platform is None or self.last is None:
            return
        if platform.knowledge != state.platform.knowledge or falls_due(state, self.last.committed):
            self.state = _again(state, platform, self.last.committed)
            self._tracker.rebase(self.state)
            self.witness.judged_anew(self.state, self.last, self.open)

    def _merged(self, merge: Commit) -> Iterator[Step]:
        """What a merge brought from other branches, each commit compared with its own first parent."""
        for parent in merge.parents[1:]:
            if parent in self._met:
                continue
            branch = Scan(
                self.repository,
                self.repository.select(Selection(tip=parent, after=merge.parents[0])),
                catalogue=(),
                observer=Observer(self.repository.read, self.observer.options),
                layout=self.layout,
                _sources=self._sources,
                _met=self._met,
            )
            for step in branch.steps():
                yield replace(step, merged_by=step.merged_by or merge)
            self.commits += branch.commits
            self.read += branch.read

    def _begin(self, tree: Snapshot, platform: Platform, commit: Commit) -> None:
        """The first state: what is there was there before anything that is examined."""
        self.state = self._resolve(tree, platform, commit)
        self._tracker.rebase(self.state)
        self.witness.began(self.state, commit, self.open, earlier=self.start is not None)

    def _resolve(
        self, tree: Snapshot, platform: Platform, commit: Commit, changes: tuple[PathChange, ...] = ()
    ) -> State:
        # A file that went missing is a mistake; all of them at once is nginx purged, or moved to another place.
        if self.state is not None and not any(tree.entry(path) for path in self.state.config.files):
            self._remembered.clear()
        memory = None
        if self.state is not None:
            unread = frozenset(gap.path for gap in self.state.config.gaps if not gap.remembered)
            memory = Memory(self._remembered, unread, self.state.config.named)
        config = resolve(tree, self._sources, self.layout, memory)
        stand_ins = {gap.path for gap in config.gaps if gap.remembered}
        kept = {path: blob for path, blob in self._remembered.items() if path in stand_ins}
        self._remembered = kept | dict(config.files)
        if self.state is not None and not self.state.host.footprint.touched_by(changes):
            host = self.state.host
        else:
            host = read_host(TreeView(tree, self.layout.root, self._sources.targets), tree.read, self._host_files)
        return build_state(config, platform, self.state, host=host, when=commit.committed)

    def _step(self, tree: Snapshot, revision: Revision, previous: Commit | None) -> Step | None:
        commit = revision.commit
        was, platform = self.observer.around(revision)
        self._platform = platform
        self.witness.walked(commit, previous, was, platform)
        if self.state is None:
            self.read += 1
            self._begin(tree, platform, commit)
            return None
        before = self.state
        touched, modes_changed = before.touched_by(revision.changes), False
        known = known_before(was, platform)
        if not touched and any(change.path == modes.PATH for change in revision.changes):
            permissions = modes.ModesFile.of_tree(tree)
            touched = modes_changed = permissions.differs_at(before.config.modes, before.guarded)
            if not touched:
                before = self.state = replace(before, config=replace(before.config, modes=permissions))
        if not touched and not is_news(before.platform, known) and not is_news(known, platform):
            return None
        self.read += touched
        if known.knowledge != before.platform.knowledge or falls_due(before, commit.committed):
            before = _again(before, known, commit.committed)
            self._tracker.rebase(before)
            self.witness.judged_anew(before, commit, self.open)
        self.state = before
        after = self.state = (
            self._resolve(tree, platform, commit, revision.changes)
            if touched
            else _again(before, platform, commit.committed)
        )
        transition = compare(before, after)
        events = self._tracker.step(transition, commit, previous)
        self.witness.stepped(transition, commit, previous, events)
        opened, closed = new_gaps(before.gaps, after.gaps), new_gaps(after.gaps, before.gaps)
        if not (transition.changes or events or opened or closed):
            return None
        paths = {
            change.path
            for change in revision.changes
            if after.touched_by([change])
            or before.touched_by([change])
            or (modes_changed and change.path == modes.PATH)
        }
        return Step(
            commit, previous, platform, transition.changes, events, opened, closed, tuple(sorted(paths)), after.load.ok
        )


def _again(state: State, platform: Platform, when: datetime | None) -> State:
    """The same tree on another platform, or at a later moment."""
    return build_state(state.config, platform, state, host=state.host, when=when)


def judge_state(state: State, catalogue: tuple[Matcher, ...]) -> tuple[Life, ...]:
    """What is wrong in one state, with no history to say since when."""
    tracker = Tracker(catalogue)
    tracker.rebase(state)
    return tracker.open


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished scan, for everything that is written about it."""

    steps: tuple[Step, ...]
    """Oldest first."""
    open: tuple[Life, ...]
    """The findings that nothing has resolved, worst first."""
    gaps: tuple[Gap, ...]
    """What could not be read at the end."""
    state: State | None
    """The state after the newest commit; `None` when the segment is empty."""
    start: Commit | None
    last: Commit | None
    commits: int
    read: int
    shallow: bool


def finish(scan: Scan) -> Outcome:
    """Walk to the end and keep what changed."""
    steps = tuple(scan.steps())
    return Outcome(
        steps, scan.open, scan.gaps, scan.state, scan.start, scan.last, scan.commits, scan.read, scan.shallow
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of which neither need come from a commit, and what a step from one to the other would do."""

    before: State
    after: State
    changes: tuple[Change, ...]
    introduced: tuple[Life, ...]
    resolved: tuple[Life, ...]
    opened: tuple[Gap, ...]
    """What can be read in the first state and not in the second."""
    closed: tuple[Gap, ...]


def compare_states(before: State, after: State, catalogue: tuple[Matcher, ...]) -> Comparison:
    """Compare two states as if one commit lay between them, :func:`on_known_versions`."""
    before, after = on_known_versions(before, after)
    transition = compare(before, after)
    tracker = Tracker(catalogue)
    tracker.rebase(before)
    there = {life.finding.fingerprint: life for life in tracker.open}
    events = tracker.step(transition, None, None)
    return Comparison(
        before,
        after,
        transition.changes,
        tuple(event.life for event in events if event.state is not FindingState.RESOLVED),
        tuple(there[event.finding.fingerprint] for event in events if event.state is FindingState.RESOLVED),
        new_gaps(before.gaps, after.gaps),
        new_gaps(after.gaps, before.gaps),
    )
