"""What holds for a walk over any history."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from driftscan.drift.compare import compare
from driftscan.drift.findings import FindingState
from driftscan.drift.scan import Outcome, Step, judge_state
from driftscan.drift.state import build_state
from driftscan.history.commit import CommitId
from driftscan.history.observe import Options
from driftscan.history.repository import Repository
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.includes import Layout, Sources, resolve
from tests.drift.trees import MAIN
from tests.drift.walks import EVERY_PATTERN, walk
from tests.etc import Content, EtcHistory
from tests.laws.configurations import configurations, in_files, split, written

OLD = Options(NginxVersion(1, 14, 2), Library.parse("1.0.2k"))
Tree = dict[str, Content]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A configuration, in one file or in many."""
    configuration = draw(configurations)
    return draw(st.one_of(st.just({MAIN: written(configuration)}), split(configuration), in_files(configuration)))


@st.composite
def histories(draw: st.DrawFn) -> list[Tree]:
    """A few trees in a row; between some of them a file is broken, or nothing that counts changes."""
    row: list[Tree] = []
    for tree in draw(st.lists(trees(), min_size=2, max_size=4)):
        row.append(tree)
        match draw(st.sampled_from(["", "", "broken", "other"])):
            case "broken":
                victim = draw(st.sampled_from(sorted(tree)))
                row.append({**tree, victim: f"{tree[victim]!s} {{"})
            case "other":
                row.append({**tree, "motd": str(len(row))})
    return row


@contextmanager
def committed(history: list[Tree]) -> Iterator[tuple[EtcHistory, list[CommitId]]]:
    with tempfile.TemporaryDirectory() as folder:
        etc = EtcHistory(Path(folder) / "etc")
        commits = []
        for before, after in zip([{}, *history], history, strict=False):
            gone: Tree = dict.fromkeys(before.keys() - after.keys())
            commits.append(etc.commit({**gone, **after}))
        yield etc, commits


LASTING_EVENTS = {matcher.id for matcher in EVERY_PATTERN if matcher.events and matcher.mended}
"""No state shows these, so a walk that begins after one of them cannot tell that it ends."""


def findings(steps: tuple[Step, ...]) -> list[tuple[str, bool, str]]:
    """What each commit brought or mended; whether for the first time is known to the longer walk alone."""
    return [
        (step.commit.id, event.state is FindingState.RESOLVED, event.finding.fingerprint)
        for step in steps
        for event in step.findings
        if event.state is not FindingState.RESOLVED or event.finding.pattern not in LASTING_EVENTS
    ]


def changes(steps: tuple[Step, ...]) -> list[tuple[str, object]]:
    return [(step.commit.id, change) for step in steps for change in step.changes]


@settings(max_examples=25)
@given(histories(), st.data())
def test_two_parts_of_a_history_tell_what_the_whole_tells(history: list[Tree], data: st.DataObject) -> None:
    with committed(history) as (etc, commits):
        cut = commits[data.draw(st.integers(0, len(commits) - 1))]
        whole = walk(etc, options=OLD)
        parts = walk(etc, options=OLD, tip=cut), walk(etc, options=OLD, after=cut)
        if parts[0].gaps:
            return  # a part that begins in a broken tree does not know what the files held before
        steps = (*parts[0].steps, *parts[1].steps)
        assert findings(steps) == findings(whole.steps)
        assert changes(steps) == changes(whole.steps)


@settings(max_examples=15)
@given(histories())
def test_the_same_history_tells_the_same(history: list[Tree]) -> None:
    with committed(history) as (etc, _):
        first, second = walk(etc, options=OLD), walk(etc, options=OLD)
        assert _comparable(first) == _comparable(second)


def _comparable(outcome: Outcome) -> tuple[object, ...]:
    return outcome.steps, outcome.open, outcome.gaps, outcome.start, outcome.last, outcome.commits, outcome.read


@settings(max_examples=15)
@given(histories())
def test_what_a_walk_knows_at_its_end_is_what_the_last_tree_says(history: list[Tree]) -> None:
    """Nothing that was skipped, cached or remembered on the way has left a trace."""
    with committed(history) as (etc, commits):
        outcome = walk(etc, options=OLD)
        assert outcome.state is not None
        with Repository.open(etc.path) as repository:
            config = resolve(repository.tree(repository.resolve(commits[-1])), Sources(), Layout())
            fresh = build_state(config, outcome.state.platform)
        if fresh.gaps:
            return
        assert compare(outcome.state, fresh).changes == ()
        assert outcome.state.config.files == config.files
        hazards = {matcher.id for matcher in EVERY_PATTERN if matcher.hazards}
        assert {life.finding for life in outcome.open if life.finding.pattern in hazards} == {
            life.finding for life in judge_state(fresh, EVERY_PATTERN)
        }


@settings(max_examples=10)
@given(histories())
def test_a_walk_leaves_the_repository_as_it_was(history: list[Tree]) -> None:
    with committed(history) as (etc, _):
        etc.checkout()
        before = _contents(etc.path)
        walk(etc, options=OLD)
        assert _contents(etc.path) == before


def _contents(top: Path) -> dict[str, tuple[int, int, str]]:
    """Mode, time and content of everything."""
    return {
        str(path.relative_to(top)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(top.rglob("*"))
    }
