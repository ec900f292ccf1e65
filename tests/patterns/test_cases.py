"""Every pattern on every case: what fires, what stays silent, and that this test could say otherwise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.drift.compare import Transition
from driftscan.drift.findings import FindingState, Hit
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.scan import compare_states
from driftscan.drift.state import State
from driftscan.drift.subjects import ZoneSubject
from driftscan.nginx.config import Location
from driftscan.patterns.catalogue import catalogue
from tests.case_files import (
    FOLDER,
    Case,
    CaseError,
    Kind,
    all_cases,
    complaints,
    directives,
    found,
    holds_a_directive,
    read_case,
)
from tests.etc import Content
from tests.patterns.conftest import Play, Stage

CASES = all_cases()
MATCHERS = tuple(entry.matcher for entry in catalogue())
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
def test_all_patterns_say_exactly_what_the_case_expects(case: Case, played: Play) -> None:
    assert complaints(case, played(case)) == []


@every_case
def test_a_tree_is_no_news_to_itself(case: Case, staged: Stage) -> None:
    for state, again in zip(staged(case).states(), staged(case).states(), strict=True):
        comparison = compare_states(state, again, MATCHERS)
        assert (comparison.changes, comparison.introduced, comparison.resolved) == ((), (), ())


@every_case
def test_every_line_of_evidence_holds_a_directive(case: Case, played: Play, staged: Stage) -> None:
    before, after = staged(case).states()
    for _, event in found(played(case).steps):
        gone = event.state is FindingState.RESOLVED
        state, files = (before, case.before) if gone else (after, case.after)
        assert event.finding.hit.evidence
        for at in event.finding.hit.evidence:
            found_there = holds_a_directive(at, state, files) or _stops(at, state, files)
            assert found_there, f"{event.state} {event.finding.pattern}: {at}"


def _stops(at: Location, state: State, files: Mapping[str, Content]) -> bool:
    """Whether nginx reads no further there: at the end of a directive or of a broken file, or at an include."""
    text = files.get(at.path)
    ends = {directive.read_at for directive in directives(state.config.nodes)} | {gap.at for gap in state.config.gaps}
    ends |= {include.at for include in state.config.wildcards}
    return isinstance(text, str) and 0 < at.line <= text.count("\n") + 1 and at in ends


@pytest.mark.parametrize("pattern", [entry.id for entry in catalogue()])
def test_every_pattern_has_a_case_that_fires_and_two_near_misses(pattern: str) -> None:
    kinds = [case.kind for case in CASES if case.pattern == pattern]
    assert kinds.count(Kind.FIRES) >= 1
    assert kinds.count(Kind.SILENT) >= 2


def test_every_case_belongs_to_a_pattern() -> None:
    assert {case.pattern for case in CASES} == {entry.id for entry in catalogue()}
    assert {file.suffix for file in FOLDER.glob("*/*")} == {".case"}


# ---------------------------------------------------------------------- the harness can fail


def _nothing(_: State | Transition) -> Iterator[Hit]:
    return iter(())


def _always(transition: Transition) -> Iterator[Hit]:
    yield Hit(ZoneSubject("stub"), (Location(next(iter(transition.after.config.files)), 1),), ())


def _with(pattern: str, stub: Matcher) -> tuple[Matcher, ...]:
    return tuple(stub if matcher.id == pattern else matcher for matcher in MATCHERS)


def _without_effect(matcher: Matcher) -> Matcher:
    hazards, events = (_nothing if kind else None for kind in (matcher.hazards, matcher.events))
    return replace(matcher, hazards=hazards, events=events)


@pytest.mark.parametrize("case", [case for case in CASES if case.kind is not Kind.SILENT], ids=lambda case: case.name)
def test_a_pattern_that_finds_nothing_fails_its_cases(case: Case, staged: Stage) -> None:
    (real,) = (matcher for matcher in MATCHERS if matcher.id == case.pattern)
    outcome = staged(case).play(_with(case.pattern, _without_effect(real)))
    assert set(complaints(case, outcome)) >= {f"missing: {line}" for line in (*case.own("+"), *case.own("-"))}


@pytest.mark.parametrize("case", [case for case in CASES if case.kind is Kind.SILENT], ids=lambda case: case.name)
def test_a_pattern_that_always_speaks_fails_its_near_misses(case: Case, staged: Stage) -> None:
    (real,) = (matcher for matcher in MATCHERS if matcher.id == case.pattern)
    outcome = staged(case).play(_with(case.pattern, Matcher(real.id, real.severity, events=_always)))
    assert any(line.startswith(f"not expected: {case.pattern}  zone stub") for line in complaints(case, outcome))


@pytest.fixture
def one_case() -> Case:
    return next(case for case in CASES if case.name == "session-tickets-mismatch/fires_certbot_rewrites_options")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"at": "letsencrypt/options-ssl-nginx.conf:3"}, "missing"),
        ({"at": "nginx/sites-available/shop:4"}, "missing"),
        ({"subject": "shop.example:8443"}, "missing"),
        ({"pattern": "hsts-lost"}, "missing"),
        ({"state": "-"}, "missing"),
        ({"words": frozenset({"low"})}, "not as expected"),
    ],
    ids=str,
)
def test_a_wrong_line_is_seen(one_case: Case, played: Play, wrong: dict[str, str], complaint: str) -> None:
    lines = (replace(one_case.expected[0], **wrong), *one_case.expected[1:])  # type: ignore[arg-type]
    seen = complaints(replace(one_case, expected=lines), played(one_case))
    assert [line for line in seen if line.startswith(complaint)]


def test_a_finding_that_is_left_out_is_seen(one_case: Case, played: Play) -> None:
    seen = complaints(replace(one_case, expected=one_case.expected[1:]), played(one_case))
    assert seen == [f"not expected: {one_case.expected[0]}"]


# ---------------------------------------------------------------------- the grammar

BEGINNING = "A story.\n\n-- both: /etc/nginx/nginx.conf --\nevents {}\n-- after: /etc/a --\n"
LINE = "some-pattern  a.example:443  /etc/nginx/nginx.conf:1\n"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("fires_x", BEGINNING, "sections must be"),
        ("fires_x", f"{BEGINNING}-- expect --\n", "must expect some-pattern to be introduced"),
        ("fires_x", f"{BEGINNING}-- expect --\n- {LINE}", "must expect some-pattern to be introduced"),
        ("ends_x", f"{BEGINNING}-- expect --\n{LINE}", "must expect some-pattern to be resolved"),
        ("silent_x", f"{BEGINNING}-- expect --\n{LINE}", "must not expect some-pattern"),
        ("silent_x", f"{BEGINNING}-- expected --\n", "sections must be"),
        ("silent_x", f"{BEGINNING}-- exepct: --\n-- expect --\n", "no heading"),
        ("silent_x", BEGINNING.partition("\n")[2] + "-- expect --\n", "begin with what it is about"),
        ("silent_x", f"{BEGINNING}-- both: /usr/share/a --\n-- expect --\n", "not below /etc"),
        ("silent_x", f"{BEGINNING}-- before: /etc/nginx/nginx.conf --\nx;\n-- expect --\n", "twice before"),
        ("silent_x", f"{BEGINNING}-- expect --\nother a.example:443 /etc/a:1\n", "this is no finding"),
        ("silent_x", f"{BEGINNING}-- expect --\nother  a.example:443  nginx.conf:1\n", "this is no finding"),
        ("silent_x", f"{BEGINNING}-- platform --\napache: 2\n-- expect --\n", "the platform is nginx and openssl"),
        ("silent_x", "A story.\n\n-- both: /etc/a --\nx;\n-- expect --\n", "nothing changes"),
    ],
)
def test_a_case_that_breaks_the_grammar_is_refused(tmp_path: Path, name: str, text: str, reason: str) -> None:
    file = tmp_path / "some-pattern" / f"{name}.case"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(CaseError, match=reason):
        read_case(file)
