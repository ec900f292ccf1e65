"""What eighteen releases of nginx did with the recorded configurations, and what our model says they do."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from driftscan.history.versions import NginxVersion
from tests.oracle import pki
from tests.oracle.live import Live
from tests.oracle.scenarios import VERSIONS, Met, Scenario, ScenarioError, read_scenario, read_scenarios
from tests.oracle.score import CLIENT, LOAD, REFUSAL, WARNINGS, Row, Verdict, score, share, table
from tests.oracle.server import installed

SCENARIOS = tuple(read_scenarios())
MOST_WRONG, MOST_UNKNOWN = 0.01, 0.05

FOUND = "found/"
"""Where what generated configurations have found is kept: their messages must be right as well, and nothing unknown."""
UNDECIDED = {
    f"{FOUND}keys_in_another_order",
    f"{FOUND}name_as_the_client_writes_it",
    f"{FOUND}a_variable_that_nobody_has",
}
"""What was predicted of these was wrong, and cannot be known."""

each = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)

Predicted = Callable[[Scenario], tuple[Row, ...]]


@pytest.fixture
def tree(made_pki: Path, tmp_path: Path) -> Path:
    """A directory that holds the certificates only."""
    directory = tmp_path / "nginx"
    directory.mkdir()
    pki.place(made_pki, directory)
    return directory


@pytest.fixture(scope="module")
def predicted(made_pki: Path, tmp_path_factory: pytest.TempPathFactory) -> Predicted:
    """Every row of a scenario; worked out once."""
    known: dict[str, tuple[Row, ...]] = {}

    def rows(scenario: Scenario) -> tuple[Row, ...]:
        if scenario.name not in known:
            tree = tmp_path_factory.mktemp("tree")
            pki.place(made_pki, tree)
            scenario.write(tree)
            known[scenario.name] = tuple(score(scenario, tree))
        return known[scenario.name]

    return rows


@each
def test_the_model_says_what_nginx_did(scenario: Scenario, predicted: Predicted) -> None:
    found = scenario.name.startswith(FOUND)
    asserted = {LOAD, CLIENT, REFUSAL, WARNINGS} if found else {LOAD, CLIENT}
    right = {Verdict.RIGHT} if found and scenario.name not in UNDECIDED else {Verdict.RIGHT, Verdict.UNKNOWN}
    assert [str(row) for row in predicted(scenario) if row.kind in asserted and row.verdict not in right] == []


def test_the_model_is_hardly_ever_wrong(predicted: Predicted, announce: Callable[[str], None]) -> None:
    rows = [row for scenario in SCENARIOS for row in predicted(scenario)]
    announce(f"recorded configurations, by release\n{table(rows, (LOAD, REFUSAL, WARNINGS, CLIENT))}")
    for kind in (LOAD, CLIENT):
        of_kind = [row for row in rows if row.kind == kind]
        assert share(of_kind, Verdict.WRONG) <= MOST_WRONG
        assert share(of_kind, Verdict.UNKNOWN) <= MOST_UNKNOWN


@pytest.mark.nginx
@each
def test_nginx_of_this_machine_does_what_was_recorded(scenario: Scenario, tree: Path) -> None:
    """So the files still mean what they meant when they were recorded, lines included."""
    version = installed().nginx.version
    if version not in scenario.loads:
        pytest.skip(f"nothing was recorded of it for nginx {version}")
    scenario.write(tree)
    live = Live(tree)
    live.prepare()
    try:
        found = live.check()
    except FileNotFoundError as missing:
        pytest.skip(f"{missing} is not here; `apt-get install libnginx-mod-stream libnginx-mod-mail`")
    if os.geteuid() != 0 and any("Permission denied" in said.text for said in found.messages):
        pytest.skip("a port below 1024 needs root")
    assert found == scenario.loads[version]
    _meet(scenario, live, version)


def _meet(scenario: Scenario, live: Live, version: NginxVersion) -> None:
    visits = [
        visit
        for number, visit in enumerate(scenario.visits, start=1)
        if version in visit.met and not visit.reloaded and visit.port > 1024
        if scenario.excuse(version, f"client {number}") is None
    ]
    if not visits:
        return
    moved = live.move()
    addresses = ((visit.host.strip("[]"), visit.port + moved) for visit in visits if visit.met[version].is_answered)
    with live.running(*dict.fromkeys(addresses)):
        for visit in visits:
            recorded, found = visit.met[version], live.ask(visit, moved)
            known = {name: value for name, value in found.facts.items() if name in recorded.facts}
            assert Met(found.outcome, known) == recorded, visit


SMALL = """\
a plain server
-- nginx.conf --
events {}
http {
    server {
        listen 127.0.0.1:18400;
        return 200 name=a;
    }
}
-- load --
1.10.3-1.31.4 ok
-- client 127.0.0.1:18400 plain --
1.10.3-1.31.4 plain answers=a
"""


def test_a_wrong_prediction_is_told(made_pki: Path, tmp_path: Path) -> None:
    pki.place(made_pki, tmp_path)
    right, wrong = (
        read_scenario("right", SMALL),
        read_scenario("wrong", SMALL.replace("4 plain answers=a", "4 refused")),
    )
    right.write(tmp_path)
    assert {row.verdict for row in score(right, tmp_path)} == {Verdict.RIGHT}
    rows = list(score(wrong, tmp_path))
    assert {row.verdict for row in rows if row.kind == CLIENT} == {Verdict.WRONG}
    assert len(rows) == 2 * len(VERSIONS)
    assert share(rows, Verdict.WRONG) == 0.5


def test_the_scenarios_are_all_there() -> None:
    assert len(SCENARIOS) == 250
    assert sum(len(scenario.loads) for scenario in SCENARIOS) == 3174
    assert sum(len(visit.met) for scenario in SCENARIOS for visit in scenario.visits) == 2080
    assert len({scenario.title for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("1.10.3-1.31.4 ok", "1.10.3-1.30.0 ok", "1.10.3-1.30.0 does not begin and end with recorded releases"),
        ("1.10.3-1.31.4 ok", "1.10.3-1.31.4 fine", "1.10.3-1.31.4 is neither ok nor refused for a reason"),
        ("1.10.3-1.31.4 ok", "1.10.3-1.31.4 refused", "1.10.3-1.31.4 is neither ok nor refused for a reason"),
        ("1.10.3-1.31.4 ok", "1.10.3-1.31.4 ok and so on", "'and so on' is no message of nginx"),
        ("4 ok", "4 ok\n-- cannot know --\n1.10.3 load", "'1.10.3 load' does not say what cannot be known, and why"),
        (
            "1.10.3-1.31.4 plain",
            "1.12.2-1.31.4 plain",
            "client 1 must have met every release that loads it, and no other",
        ),
        ("plain answers", "plane answers", "'plane' is not a valid Outcome"),
        ("answers=a", "answers", "'answers' is not written NAME=VALUE"),
        ("-- load --", "-- loading it twice --", "no section begins with 'loading it twice'"),
        ("-- nginx.conf --", "-- other.conf --", "it needs nginx.conf and what nginx said of it"),
    ],
)
def test_a_file_that_breaks_the_grammar_says_how(before: str, after: str, complaint: str) -> None:
    assert before in SMALL
    with pytest.raises(ScenarioError) as raised:
        read_scenario("small", SMALL.replace(before, after))
    assert str(raised.value) == f"small: {complaint}"
