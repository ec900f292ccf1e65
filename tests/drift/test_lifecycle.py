"""Findings over time: introduced, resolved, returned, and what no commit did."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from driftscan.drift.compare import Transition, compare
from driftscan.drift.findings import (
    Certainty,
    FindingState,
    Hit,
    Life,
    Need,
    PatternId,
    Severity,
    fingerprint,
    judge,
)
from driftscan.drift.lifecycle import Matcher, Tracker
from driftscan.drift.state import State
from driftscan.drift.subjects import EndpointSubject, ServerSubject, SocketSubject, Subject, ZoneSubject
from driftscan.history.commit import Commit, CommitId, Identity
from driftscan.history.platform import Evidence
from driftscan.nginx.config import Location
from tests.drift.trees import MAIN, address, http, platform, server, state
from tests.etc import FIRST_DAY

ROOT = Identity("root", "root@host.example")


def commit(number: int) -> Commit:
    return Commit(CommitId(f"{number:040x}"), (), ROOT, ROOT, FIRST_DAY, FIRST_DAY, f"commit {number}")


def zones(state: State) -> Iterator[Hit]:
    """A hazard for every server name, as if it were a zone that is wrong."""
    for number, found in enumerate(state.servers):
        yield Hit(ZoneSubject(found.name), (Location(MAIN, number + 1),), ())


def names(*wrong: str) -> State:
    return state(http(*(f"server {{ listen 443 ssl; server_name {name}; }}" for name in wrong)))


HAZARD = Matcher(PatternId("hazard"), Severity.HIGH, hazards=zones)


def steps(tracker: Tracker, *states: State) -> list[list[tuple[str, str, int]]]:
    """What each step from one state to the next says."""
    tracker.rebase(states[0])
    told = []
    for number, (before, after) in enumerate(pairwise(states), start=1):
        events = tracker.step(compare(before, after), commit(number), commit(number - 1))
        told.append([(event.state.value, str(event.finding.hit.subject), event.life.times) for event in events])
    return told


def test_what_is_there_at_the_start_was_introduced_by_no_commit() -> None:
    tracker = Tracker((HAZARD,))
    tracker.rebase(names("a"))
    (life,) = tracker.open
    assert (life.introduced, life.introduced_not_before, life.resolved, life.times) == (None, None, None, 1)


def test_a_finding_lives_from_its_commit_to_another() -> None:
    tracker = Tracker((HAZARD,))
    assert steps(tracker, names("x"), names("x", "a"), names("x", "a", "b"), names("x", "b")) == [
        [("introduced", "zone a", 1)],
        [("introduced", "zone b", 1)],
        [("resolved", "zone a", 1)],
    ]
    assert [(str(life.finding.hit.subject), life.introduced, life.resolved) for life in tracker.open] == [
        ("zone b", commit(2), None),
        ("zone x", None, None),
    ]


def test_the_window_begins_after_the_commit_before() -> None:
    tracker = Tracker((HAZARD,))
    tracker.rebase(names("x"))
    (event,) = tracker.step(compare(names("x"), names("x", "a")), commit(7), commit(6))
    assert event.life == Life(event.finding, commit(7), commit(6))


def test_the_end_is_told_with_the_whole_life() -> None:
    tracker = Tracker((HAZARD,))
    tracker.rebase(names("x"))
    tracker.step(compare(names("x"), names("x", "a")), commit(1), commit(0))
    (event,) = tracker.step(compare(names("x", "a"), names("x")), commit(5), commit(4))
    assert (event.state, event.life.introduced, event.life.introduced_not_before, event.life.resolved) == (
        FindingState.RESOLVED,
        commit(1),
        commit(0),
        commit(5),
    )


def test_what_comes_back_is_counted() -> None:
    away, there = names("x"), names("x", "a")
    assert steps(Tracker((HAZARD,)), away, there, away, there, away, there) == [
        [("introduced", "zone a", 1)],
        [("resolved", "zone a", 1)],
        [("returned", "zone a", 2)],
        [("resolved", "zone a", 2)],
        [("returned", "zone a", 3)],
    ]


def test_better_knowledge_neither_introduces_nor_resolves() -> None:
    tracker = Tracker((HAZARD,))
    assert steps(tracker, names("x"), names("x", "a")) == [[("introduced", "zone a", 1)]]
    tracker.rebase(names("x", "b"))
    assert [(str(life.finding.hit.subject), life.introduced) for life in tracker.open] == [
        ("zone b", None),
        ("zone x", None),
    ]
    assert tracker.step(compare(names("x", "b"), names("x", "b")), commit(9), None) == ()


def test_better_knowledge_keeps_when_a_finding_came() -> None:
    tracker = Tracker((HAZARD,))
    steps(tracker, names("x"), names("x", "a"))
    tracker.rebase(names("a"))
    assert [life.introduced for life in tracker.open] == [commit(1)]


def test_a_finding_that_stays_is_kept_up_to_date() -> None:
    tracker = Tracker((HAZARD,))
    assert steps(tracker, names("a"), names("b", "a")) == [[("introduced", "zone b", 1)]]
    assert [life.finding.hit.evidence for life in tracker.open] == [(Location(MAIN, 2),), (Location(MAIN, 1),)]


def _gone(transition: Transition) -> Iterator[Hit]:
    for removed in transition.pairs.removed:
        yield Hit(ZoneSubject(removed.name), (removed.at,), ())


def _is_back(state: State, hit: Hit) -> bool:
    return str(hit.subject) in {f"zone {found.name}" for found in state.servers}


LASTING = Matcher(PatternId("event"), Severity.LOW, events=_gone, mended=_is_back)
MOMENTARY = replace(LASTING, mended=None)


def other(*servers: str) -> State:
    """Servers that are too different to be taken for renamed ones."""
    return state(
        http(*(f"server {{ listen 443 ssl; server_name {name}; root /{name}; index {name}; }}" for name in servers))
    )


def test_an_event_lasts_until_it_is_mended() -> None:
    tracker = Tracker((LASTING,))
    assert steps(tracker, other("x", "a"), other("x"), other("x", "b"), other("x", "b", "a")) == [
        [("introduced", "zone a", 1)],
        [],
        [("resolved", "zone a", 1)],
    ]
    assert tracker.open == ()


def test_an_event_that_happens_again_has_returned() -> None:
    assert steps(Tracker((LASTING,)), other("x", "a"), other("x"), other("x", "a"), other("x")) == [
        [("introduced", "zone a", 1)],
        [("resolved", "zone a", 1)],
        [("returned", "zone a", 2)],
    ]


def test_an_event_that_nothing_mends_is_over_at_once() -> None:
    tracker = Tracker((MOMENTARY,))
    assert steps(tracker, other("x", "a"), other("x"), other("x", "a")) == [[("introduced", "zone a", 1)], []]
    assert tracker.open == ()


def test_better_knowledge_forgets_no_event() -> None:
    tracker = Tracker((LASTING,))
    steps(tracker, other("x", "a"), other("x"))
    tracker.rebase(other("x"))
    assert [str(life.finding.hit.subject) for life in tracker.open] == ["zone a"]


def test_events_are_told_worst_first_and_ends_last() -> None:
    def both(state: State) -> Iterator[Hit]:
        for found in state.servers:
            yield Hit(ZoneSubject(found.name), (found.at,), (), Severity.CRITICAL if found.name == "z" else None)

    tracker = Tracker((replace(HAZARD, hazards=both),))
    assert steps(tracker, names("gone"), names("a", "z", "m")) == [
        [
            ("introduced", "zone z", 1),
            ("introduced", "zone a", 1),
            ("introduced", "zone m", 1),
            ("resolved", "zone gone", 1),
        ]
    ]
    assert [str(life.finding.hit.subject) for life in tracker.open] == ["zone z", "zone a", "zone m"]


# ---------------------------------------------------------------------- judging

HIT = Hit(ZoneSubject("z"), (Location(MAIN, 1),), ())


@pytest.mark.parametrize(
    ("needs", "evidence", "library", "certainty"),
    [
        (set(), Evidence.ASSUMED, None, Certainty.CERTAIN),
        ({Need.NGINX}, Evidence.PACKAGE, None, Certainty.CERTAIN),
        ({Need.NGINX}, Evidence.ASSUMED, "3.0.11", Certainty.ASSUMED),
        ({Need.NGINX}, Evidence.DISTRIBUTION, "3.0.11", Certainty.ASSUMED),
        ({Need.LIBRARY}, Evidence.DISTRIBUTION, "3.0.11", Certainty.CERTAIN),
        ({Need.LIBRARY}, Evidence.ASSUMED, "3.0.11", Certainty.CERTAIN),
        ({Need.LIBRARY}, Evidence.PACKAGE, None, Certainty.DEPENDS),
        ({Need.NGINX, Need.LIBRARY}, Evidence.ASSUMED, None, Certainty.DEPENDS),
    ],
)
def test_a_finding_is_as_sure_as_what_it_rests_on(
    needs: set[Need], evidence: Evidence, library: str | None, certainty: Certainty
) -> None:
    hit = replace(HIT, needs=frozenset(needs))
    finding = judge(PatternId("p"), Severity.HIGH, hit, platform("1.24.0", library, evidence))
    assert (finding.certainty, finding.severity) == (certainty, Severity.HIGH)


def test_a_hit_may_be_less_bad_than_its_pattern() -> None:
    hit = replace(HIT, severity=Severity.LOW)
    assert judge(PatternId("p"), Severity.HIGH, hit, platform()).severity is Severity.LOW


def test_a_fingerprint_is_twelve_digits_of_pattern_and_subject() -> None:
    assert fingerprint(PatternId("hazard"), ZoneSubject("SSL")) == "f3f9f6a82463"


def test_neither_prose_nor_lines_nor_severity_are_in_a_fingerprint() -> None:
    moved = replace(HIT, evidence=(Location("other.conf", 9),), facts=(("x", "y"),), variant="v", severity=Severity.LOW)
    marks = {judge(PatternId("p"), Severity.HIGH, hit, platform()).fingerprint for hit in (HIT, moved)}
    assert len(marks) == 1


def test_a_server_is_the_same_subject_wherever_it_stands() -> None:
    marks = {
        fingerprint(PatternId("p"), subject)
        for subject in (server("a", 3), server("a", 9), server("a", 1, path="sites/a", names=("a", "b")))
    }
    assert len(marks) == 1


def test_different_subjects_have_different_fingerprints() -> None:
    subjects: list[Subject] = [
        server("a", 1),
        server("a", 1, port=8443),
        server("b", 1),
        server("", 1),
        SocketSubject(address()),
        SocketSubject(address(8443)),
        ZoneSubject("a"),
        EndpointSubject(address(), "a", server("a", 1)),
        EndpointSubject(address(), "", server("a", 1)),
    ]
    marks = {fingerprint(PatternId(pattern), subject) for pattern in ("p", "q") for subject in subjects}
    assert len(marks) == 2 * len(subjects)


def test_a_server_is_called_by_its_name_and_ports() -> None:
    two = ServerSubject("a", ("a",), (address(443), address(443, "[::]"), address(8443)), Location(MAIN, 1))
    assert [str(subject) for subject in (two, server("", 1), replace(server("a", 1), sockets=()))] == [
        "a:443,8443",
        "(no name):443",
        "a",
    ]
