"""Findings and their cures -> patches that were tried out: nobody is offered a change that does not work.

The edits of a pattern are made on the tree in memory, and the result is judged as if somebody had committed it.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from driftscan.drift.compare import compare
from driftscan.drift.findings import Finding, FindingState, Fingerprint, PatternId, Severity
from driftscan.drift.lifecycle import Matcher, Tracker
from driftscan.drift.state import State, build_state
from driftscan.drift.subjects import ServerSubject
from driftscan.history.commit import Kind
from driftscan.history.overlay import Overlay
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.listen import Address
from driftscan.nginx.loadtest import Load
from driftscan.nginx.rewrite import rewrite

UNTOUCHED: Final = "letsencrypt/"
"""What certbot manages: a file of its own that somebody has changed gets no updates any more."""
WORST_LEFT: Final = Severity.LOW
"""A patch after which anything worse than this is wrong that was not is no cure."""
WORST_BROUGHT: Final = Severity.MEDIUM
"""What the step itself may do to somebody, if what it ends is as bad: no old protocol goes without its last clients."""
MOST_APART: Final = 10
"""Cures that fail together are tried one by one up to this many: each try judges the whole tree."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A change that was tried out: with it these findings are gone, no others come, and nginx still loads it."""

    text: str
    """A unified diff for `git apply` or `patch -p1` at the top of the tree; bytes that are no UTF-8 are surrogates."""
    mends: frozenset[Fingerprint]
    brings: tuple[Finding, ...] = ()
    """What will be told of the step itself, which nobody can have without it: who loses an old protocol."""


def patches(
    groups: Iterable[Sequence[Finding]], state: State, tree: Snapshot, matchers: Sequence[Matcher], layout: Layout
) -> Mapping[Fingerprint, Patch]:
    """The patch of every finding that has one.

    Args:
        groups: The findings that are told together; they are mended by one patch, as far as that goes.
        state: The state that they were found in.
        tree: Its tree.
        matchers: All known breakages.
        layout: Where things are on the host.
    """
    curable = {matcher.id for matcher in matchers if matcher.fix is not None}
    wanted = [group for group in groups if any(finding.pattern in curable for finding in group)]
    if not wanted:
        return {}
    bench = Bench(state, tree, tuple(matchers), layout)
    return {mark: made for group in wanted if (made := bench.patch(group)) is not None for mark in made.mends}


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of a tree with some edits made."""

    after: State
    left: tuple["_Identity", ...]
    """What is still found in it."""
    contents: Mapping[str, tuple[bytes, bytes]]
    """By path what the file held, and what it would hold."""
    brings: tuple[Finding, ...]


@dataclass(slots=True)
class Bench:
    """Where patches are tried out: one tree, read as it is, without what nginx may remember of an earlier one."""

    state: State
    tree: Snapshot
    matchers: tuple[Matcher, ...]
    layout: Layout
    _sources: Sources = field(default_factory=Sources)
    _before: State = field(init=False)
    _known: Mapping[Fingerprint, Finding] = field(init=False)
    _tried: dict[frozenset[Edit], _Result | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Judge the tree as it is."""
        self._before = self._read(self.tree, None)
        tracker = Tracker(self.matchers)
        tracker.rebase(self._before)
        self._known = {life.finding.fingerprint: life.finding for life in tracker.open}

    def patch(self, findings: Sequence[Finding]) -> Patch | None:
        """One patch for findings of one cause: for all that have a cure, or else for those whose cure works alone."""
        cures = {finding: edits for finding in findings if (edits := self._edits(finding))}
        result = self._cure(cures)
        if result is None and 1 < len(cures) <= MOST_APART:
            cures = {finding: edits for finding, edits in cures.items() if self._cure({finding: edits}) is not None}
            result = self._cure(cures)
        text = None if result is None else _diff(result.contents)
        if result is None or text is None:
            return None
        mended = (finding.fingerprint for finding in findings if self._is_mended(finding, result))
        return Patch(text, frozenset(mended), result.brings)

    def _edits(self, finding: Finding) -> tuple[Edit, ...]:
        """What the pattern proposes, for the tree as it is; nothing when it proposes to edit what is certbot's."""
        matcher = self._matcher(finding)
        found = self._counterpart(finding)
        if matcher is None or matcher.fix is None or found is None:
            return ()
        edits = tuple(dict.fromkeys(matcher.fix(self._before, found.hit)))
        return () if any(_path(edit).startswith(UNTOUCHED) for edit in edits) else edits

    def _matcher(self, finding: Finding) -> Matcher | None:
        return next((matcher for matcher in self.matchers if matcher.id == finding.pattern), None)

    def _counterpart(self, finding: Finding) -> Finding | None:
        """The finding in the tree alone; one that an event brought is there as long as nothing has mended it."""
        matcher = self._matcher(finding)
        if matcher is None:
            return None
        if matcher.hazards is None:
            lasts = matcher.mended is not None and not matcher.mended(self._before, finding.hit)
            return finding if lasts else None
        alike = [known for known in self._known.values() if known.pattern == finding.pattern]
        same = [known for known in alike if known.hit.subject == finding.hit.subject]
        return same[0] if same else None

    # ------------------------------------------------------------------ trying it out

    def _cure(self, cures: Mapping[Finding, tuple[Edit, ...]]) -> _Result | None:
        """What all these edits make of the tree, when that ends every one of these findings."""
        edits = dict.fromkeys(edit for proposed in cures.values() for edit in proposed)
        if not edits:
            return None
        if frozenset(edits) not in self._tried:
            self._tried[frozenset(edits)] = self._try(tuple(edits))
        result = self._tried[frozenset(edits)]
        if result is None or not all(self._is_mended(found, result) for found in cures):
            return None
        worst = max((brought.severity for brought in result.brings), default=None)
        return result if worst is None or worst <= min(found.severity for found in cures) else None

    def _try(self, edits: tuple[Edit, ...]) -> _Result | None:
        contents = self._edited(edits)
        if contents is None:
            return None
        after = self._read(Overlay.of(self.tree, {path: new for path, (_, new) in contents.items()}), self._before)
        if _is_worse(self._before.load, after.load):
            return None
        tracker = Tracker(self.matchers)
        tracker.rebase(self._before)
        events = tracker.step(compare(self._before, after), None, None)
        news = [event.finding for event in events if event.state is not FindingState.RESOLVED]
        lasting = [finding for finding in news if not self._is_event(finding)]
        lasting += [life.finding for life in tracker.open if self._has_grown(life.finding)]
        brings = tuple(finding for finding in news if self._is_event(finding) and finding.severity > WORST_LEFT)
        if any(found.severity > WORST_LEFT for found in lasting) or any(
            found.severity > WORST_BROUGHT for found in brings
        ):
            return None
        return _Result(after, tuple(_identity(life.finding) for life in tracker.open), contents, brings)

    def _is_event(self, finding: Finding) -> bool:
        matcher = self._matcher(finding)
        return matcher is not None and matcher.hazards is None

    def _has_grown(self, finding: Finding) -> bool:
        was = self._known.get(finding.fingerprint)
        return was is not None and finding.severity > was.severity

    def _edited(self, edits: Iterable[Edit]) -> Mapping[str, tuple[bytes, bytes]] | None:
        """The files that the edits change; `None` when one of them cannot be made."""
        by_path: dict[str, list[Edit]] = {}
        for edit in edits:
            by_path.setdefault(_path(edit), []).append(edit)
        contents: dict[str, tuple[bytes, bytes]] = {}
        for path, here in by_path.items():
            entry = self.tree.entry(path)
            if entry is None or entry.kind is not Kind.FILE:
                return None
            try:
                old = self.tree.read(entry.blob)
            except UnreadableBlob:
                return None
            new = rewrite(old, here)
            # A file that is empty afterwards would be deleted by git apply.
            if not new:
                return None
            if new != old:
                contents[path] = (old, new)
        return contents or None

    def _read(self, tree: Snapshot, previous: State | None) -> State:
        config = resolve(tree, self._sources, self.layout)
        return build_state(config, self.state.platform, previous, host=self.state.host, when=self.state.when)

    def _is_mended(self, finding: Finding, result: _Result) -> bool:
        matcher, found = self._matcher(finding), self._counterpart(finding)
        if matcher is None or found is None:
            return False
        if matcher.hazards is None:
            return matcher.mended is not None and matcher.mended(result.after, finding.hit)
        identity = _identity(found)
        # Of two servers with one name, one may be mended. One that moved to another socket with its fault is not.
        before = sum(_identity(known)[:2] == identity[:2] for known in self._known.values())
        return identity not in result.left and sum(left[:2] == identity[:2] for left in result.left) < before


_Identity: TypeAlias = tuple[PatternId, str, tuple[Address, ...]]


def _identity(finding: Finding) -> _Identity:
    """What tells a finding from others of its tree: a fingerprint does so too, but depends on what else is found."""
    subject = finding.hit.subject
    return finding.pattern, subject.key, subject.sockets if isinstance(subject, ServerSubject) else ()


def _path(edit: Edit) -> str:
    return edit.block.path if isinstance(edit, Inside) else edit.at.path


def _is_worse(before: Load, after: Load) -> bool:
    """Whether nginx would refuse now, or may, what it would have loaded, or refuses it for another reason."""
    order = (False, None, True)
    if order.index(after.ok) < order.index(before.ok):
        return True
    was, now = before.refusal, after.refusal
    return was is not None and now is not None and was.text != now.text


# ------------------------------------------------------------------ diffs


_UNSAFE: Final = frozenset(map(chr, range(0x20))) | {'"', "\\", "\x7f"}
"""What git and patch only take in names that are quoted."""


def _diff(contents: Mapping[str, tuple[bytes, bytes]]) -> str | None:
    """One unified diff of all the files; `None` where the name of one would be misread."""
    if any(_UNSAFE & set(path) for path in contents):
        return None
    text = b"".join(line for path in sorted(contents) for line in _file_diff(path, *contents[path]))
    return text.decode("utf-8", "surrogateescape")


def _file_diff(path: str, old: bytes, new: bytes) -> Iterator[bytes]:
    name = path.encode("utf-8", "surrogateescape")
    # Behind a name with a space in it, a tab says where the name ends.
    end = b"\t" if b" " in name else b""
    yield b"--- a/%s%s\n+++ b/%s%s\n" % (name, end, name, end)
    lines = difflib.diff_bytes(difflib.unified_diff, _lines(old), _lines(new), lineterm=b"\n")
    for line in list(lines)[2:]:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[bytes]:
    r"""The lines with their ends; only `\n` is one."""
    *whole, last = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([last] if last else [])
