"""Which server of a socket decides: two values crossed on two servers, at thirteen releases, and our model's answer."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driftscan.drift.state import State
from driftscan.nginx.directives.base import Family
from driftscan.nginx.sockets import reached
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.handshake import meet
from tests.oracle import pki
from tests.oracle.crossings import HOST, PORT, SNI, VERSIONS, WAYS, Crossing, read_crossing, read_crossings
from tests.oracle.live import Live
from tests.oracle.observations import OBSERVATIONS, NotKnownError, Question, observe
from tests.oracle.scenarios import Outcome, ScenarioError, Visit
from tests.oracle.score import Row, Verdict, client, share, states_of, table
from tests.oracle.server import installed

CROSSINGS = tuple(read_crossings())
MOST_WRONG, MOST_UNKNOWN = 0.01, 0.05

Predicted = Callable[[Crossing], tuple[Row, ...]]


@pytest.fixture(scope="module")
def predicted(made_pki: Path, tmp_path_factory: pytest.TempPathFactory) -> Predicted:
    """Every row of a crossing; worked out once."""
    known: dict[str, tuple[Row, ...]] = {}

    def rows(crossing: Crossing) -> tuple[Row, ...]:
        if crossing.name not in known:
            known[crossing.name] = tuple(_rows(crossing, made_pki, tmp_path_factory.mktemp("crossing")))
        return known[crossing.name]

    return rows


def _rows(crossing: Crossing, made_pki: Path, directory: Path) -> Iterator[Row]:
    for family, seen in crossing.seen.items():
        for number, way in enumerate(WAYS):
            tree = directory / f"{family}-{way}"
            tree.mkdir()
            pki.place(made_pki, tree)
            crossing.configuration(family, way).write(tree)
            for version, state in states_of(tree, seen).items():
                recorded = seen[version][number]
                found = _answer(crossing, state)
                verdict = Verdict.UNKNOWN if found is None else Verdict.RIGHT if found == recorded else Verdict.WRONG
                yield Row(
                    version, str(family), verdict, f"{crossing.name} of {family}", way, recorded, found or "nothing"
                )


def _answer(crossing: Crossing, state: State) -> str | None:
    """What the client sees, in the words of the file; `None` where the model cannot tell."""
    if state.load.ok is False:
        return "not-loaded"
    socket = reached(state.sockets, HOST, PORT)
    assert socket is not None
    endpoint = Endpoint(socket, SNI, socket.select(SNI))
    found = meet(state, HOST, PORT, client(crossing.client))
    question = Question(endpoint, state.platform, crossing.client, found)
    try:
        seen = [observe(name, question) for name in crossing.shows]
    except NotKnownError:
        return None
    return ",".join(dict.fromkeys(seen) if found.certificate is None else seen)


@pytest.mark.parametrize("crossing", CROSSINGS, ids=lambda crossing: crossing.name)
def test_the_model_says_who_decides(crossing: Crossing, predicted: Predicted) -> None:
    assert [str(row) for row in predicted(crossing) if row.verdict is Verdict.WRONG] == []


def test_the_model_is_hardly_ever_wrong(predicted: Predicted, announce: Callable[[str], None]) -> None:
    rows = [row for crossing in CROSSINGS for row in predicted(crossing)]
    announce(f"who decides in the handshake, by release\n{table(rows, ('http', 'stream'))}")
    assert share(rows, Verdict.WRONG) <= MOST_WRONG
    assert share(rows, Verdict.UNKNOWN) <= MOST_UNKNOWN


LIVE = {"handshake": "protocol", "certificate": "certificate", "cipher": "cipher", "alpn": "alpn", "ticket": "ticket"}
"""What can be seen of one handshake on this machine, by the name that it has in the facts of a visit."""


@pytest.mark.nginx
@pytest.mark.parametrize(
    "crossing",
    [crossing for crossing in CROSSINGS if Family.HTTP in crossing.seen and {*crossing.shows} <= LIVE.keys()],
    ids=lambda crossing: crossing.name,
)
def test_nginx_of_this_machine_shows_what_was_recorded(crossing: Crossing, made_pki: Path, tmp_path: Path) -> None:
    version = installed().nginx.version
    if version not in crossing.seen[Family.HTTP]:
        pytest.skip(f"nothing was recorded of it for nginx {version}")
    visit = Visit(HOST, PORT, plain=False, words=crossing.client, met={}, reloaded={})
    seen = []
    for way in WAYS:
        tree = tmp_path / way
        tree.mkdir()
        pki.place(made_pki, tree)
        crossing.configuration(Family.HTTP, way).write(tree)
        live = Live(tree)
        live.prepare()
        moved = live.move()
        with live.running((HOST, PORT + moved)):
            met = live.ask(visit, moved)
        seen.append(met.facts[LIVE[crossing.shows[0]]] if met.outcome is Outcome.COMPLETES else met.outcome)
    cells = crossing.seen[Family.HTTP][version]
    assert [{"stateless": "issued", "stateful": "issued"}.get(cell, cell) for cell in cells] == seen


def test_every_observation_is_made_somewhere() -> None:
    assert {name for crossing in CROSSINGS for name in crossing.shows} == OBSERVATIONS.keys()


SMALL = """\
two ciphers
A: ssl_ciphers AES128-SHA;
B: ssl_ciphers AES256-SHA;
client: protocol=TLSv1.2
shows: cipher
-- http --
1.14.2-1.31.4 AES128-SHA AES256-SHA AES128-SHA AES256-SHA
"""


def test_a_wrong_prediction_is_told(made_pki: Path, tmp_path: Path) -> None:
    crossing = read_crossing("wrong", SMALL.replace("AES256-SHA\n", "AES128-SHA\n"))
    verdicts = [row.verdict for row in _rows(crossing, made_pki, tmp_path)]
    assert (verdicts.count(Verdict.WRONG), len(verdicts)) == (len(VERSIONS), 4 * len(VERSIONS))


def test_the_crossings_are_all_there() -> None:
    seen = [seen for crossing in CROSSINGS for seen in crossing.seen.values()]
    assert (len(CROSSINGS), len(seen), sum(map(len, seen))) == (60, 112, 1106)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("1.14.2-", "1.15.0-", "1.15.0-1.31.4 does not begin and end with recorded releases"),
        ("AES256-SHA\n", "AES256-SHA none\n", "must have 4 observations"),
        ("client:", "klient:", "'klient: protocol=TLSv1.2' has no meaning here"),
        ("-- http --", "-- smtp --", "'smtp' is not a valid Family"),
    ],
)
def test_a_file_that_breaks_the_grammar_says_how(before: str, after: str, complaint: str) -> None:
    assert before in SMALL
    with pytest.raises(ScenarioError) as raised:
        read_crossing("small", SMALL.replace(before, after))
    assert str(raised.value).startswith("small: ")
    assert complaint in str(raised.value)
