"""What a report says of a history beyond the outcome of a scan: raw differences, patches, lines of files, the host."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from driftscan.drift.findings import Life
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.patches import Patch
from driftscan.drift.patches import patches as patches_of
from driftscan.drift.scan import Outcome, Step
from driftscan.drift.state import State
from driftscan.errors import RepositoryError
from driftscan.history.commit import Kind
from driftscan.history.repository import Repository
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.nginx.includes import Layout
from driftscan.report.findings import OPEN, Told, group

LONGEST_NAME: Final = 253
"""Of a host, in the DNS (RFC 1035)."""


@dataclass(frozen=True, slots=True)
class About:
    """See the fields of the same names of :class:`~driftscan.report.rows.Request`."""

    diffs: Mapping[str, str] = field(default_factory=dict)
    patches: Mapping[str, Patch] = field(default_factory=dict)
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    host: str = ""


def about(repository: Repository, outcome: Outcome, layout: Layout, known: Sequence[Matcher]) -> About:
    """All that a whole report tells besides.

    Args:
        repository: what was walked.
        outcome: how that ended.
        layout: where things are on the host.
        known: everything that was looked for, so that no patch brings any of it.
    """
    diffs: dict[str, str] = {step.commit.id: _diff(repository, step) for step in outcome.steps if step.paths}
    if outcome.state is None or outcome.last is None:
        return About(diffs)
    tree = repository.tree(outcome.last.id)
    return About(
        diffs,
        tried_out(outcome.open, outcome.state, tree, known, layout),
        lines_of(outcome.state, tree),
        host_of(tree),
    )


def _diff(repository: Repository, step: Step) -> str:
    """The raw difference; why there is none, where a damaged repository has lost an object that it needs."""
    try:
        return repository.raw_diff(step.commit.id, step.paths)
    except RepositoryError as error:
        return f"[no difference: {error}]\n"


def host_of(tree: Snapshot) -> str:
    """What the host calls itself in /etc/hostname; empty where that is not in the history (hostname(5))."""
    entry = tree.entry("hostname")
    if entry is None or entry.kind is not Kind.FILE:
        return ""
    with contextlib.suppress(UnreadableBlob):
        lines = tree.read(entry.blob).decode("utf-8", "surrogateescape").split("\n")
        return next((line.strip()[:LONGEST_NAME] for line in lines if line.strip() and not line.startswith("#")), "")
    return ""


def lines_of(state: State, tree: Snapshot) -> Mapping[str, Sequence[str]]:
    """The lines of nginx's files, by path; without those that cannot be read."""
    lines: dict[str, Sequence[str]] = {}
    for path, blob in state.config.files.items():
        with contextlib.suppress(UnreadableBlob):
            lines[path] = tree.read(blob).decode("utf-8", "surrogateescape").split("\n")
    return lines


def tried_out(
    lives: Iterable[Life], state: State, tree: Snapshot, known: Sequence[Matcher], layout: Layout
) -> Mapping[str, Patch]:
    """The patches of the findings of a state that have one; findings that are told together share theirs."""
    groups = [[told.life.finding for told in rows] for rows in group(Told(life, OPEN) for life in lives)]
    return {str(mark): patch for mark, patch in patches_of(groups, state, tree, known, layout).items()}
