"""Generated configurations: `nginx -t` and the prediction agree, and so do handshakes with what is said to be in force.

By hand more of them, other ones each time: `make oracle`. What fails prints a scenario that can be kept as it is.
"""

import os
import resource
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from driftscan.tls.handshake import Client, meet
from tests.oracle.clients import ASKED, CLIENTS, ask, differs, names_of
from tests.oracle.differential import (
    addresses,
    disagreement,
    kept,
    request_to,
    running,
    starts,
    state_of,
    written,
)
from tests.oracle.generated import Files, configurations, shown
from tests.oracle.live import module
from tests.oracle.score import said

pytestmark = pytest.mark.nginx

EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "1000"))
BY_HAND = "ORACLE_EXAMPLES" in os.environ
MOST_UNKNOWN, MOST_WRONG = 0.05, 0.01
LEAST_OF_EACH = 0.15
"""How much of all at least loads, is refused, completes."""
STARTED = 0.15
"""How many of the examples are started and asked."""
_OPEN_FILES = 256
"""How many files nginx may open: an include of itself ends there."""
several = settings(
    max_examples=EXAMPLES,
    derandomize=not BY_HAND,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module", autouse=True)
def _everything() -> None:
    """Skip what would fail for another reason than a wrong prediction."""
    for name in ("stream", "mail"):
        try:
            module(name)
        except FileNotFoundError as missing:
            pytest.skip(f"{missing} is not here; `apt-get install libnginx-mod-{name}`")
    if os.geteuid() != 0:
        pytest.skip("a server without listen is on another port unless root starts nginx; run the tests as root")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1; `sysctl net.ipv6.conf.lo.disable_ipv6=0`")


@pytest.fixture(scope="module")
def _narrow() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def _disagree(text: str, wrongs: list[str]) -> None:
    """By hand the first disagreement ends it, made as small as it gets; else it counts, and is told."""
    if BY_HAND:
        pytest.fail(text, pytrace=False)
    wrongs.append(text)


def _hardly_ever(wrongs: list[str], examples: int, announce: Callable[[str], None]) -> None:
    """Hypothesis draws from whatever is imported, so that the examples differ from one run of all tests to the next."""
    for text in wrongs:
        announce(f"a disagreement: {text}")
    assert len(wrongs) <= MOST_WRONG * examples, wrongs[0]


@pytest.mark.usefixtures("_narrow")
def test_nginx_loads_what_the_model_says_it_loads(made_pki: Path, announce: Callable[[str], None]) -> None:
    counts: Counter[str] = Counter()
    wrongs: list[str] = []

    @several
    @given(configurations(mistakes=3))
    def agree(files: Files) -> None:
        with written(files, made_pki) as live:
            found, state = live.check(), state_of(live.tree)
            counts["unknown" if state.load.ok is None else "loads" if found.ok else "is refused"] += 1
            wrong = disagreement(found, state, files, live.tree)
            if wrong is not None:
                predicted = [str(said(each, live.tree)) for each in (*state.load.warnings, state.load.refusal) if each]
                _disagree(f"{wrong}: predicted is {state.load.ok}, {predicted}\n\n{kept(files, found)}", wrongs)

    agree()
    announce(f"generated configurations: {dict(counts)}")
    _hardly_ever(wrongs, counts.total(), announce)
    assert counts["unknown"] <= MOST_UNKNOWN * counts.total()
    assert min(counts["loads"], counts["is refused"]) >= LEAST_OF_EACH * counts.total()


visits = st.tuples(st.sampled_from([0, 1, 0, 2, 3, 1, 9]), st.sampled_from(CLIENTS), st.sampled_from(ASKED))


def test_clients_meet_what_the_model_says_they_meet(made_pki: Path, announce: Callable[[str], None]) -> None:
    counts: Counter[str] = Counter()
    wrongs: list[str] = []
    names = names_of(made_pki)

    @settings(several, max_examples=max(1, int(EXAMPLES * STARTED)))
    @given(configurations(), st.lists(visits, min_size=6, max_size=12))
    def agree(files: Files, chosen: list[tuple[int, Client, str | None]]) -> None:
        with written(files, made_pki) as live:
            moved = live.move()
            state = state_of(live.tree)
            assume(state.load.ok is True and starts(state, moved))
            with running(live):
                for number, client, name in chosen:
                    places = addresses(state, moved)
                    place = places[number % len(places)]
                    request = request_to(state, place, name)
                    if request is None:
                        continue
                    predicted = meet(state, place.host, place.port, replace(client, sni=name))
                    met = ask(place, replace(client, sni=name), names, request)
                    counts[str(predicted.outcome)] += 1
                    wrong = differs(predicted, met)
                    if wrong is not None:
                        told = f"{wrong} of {client} for {name} at {place}, moved by {moved}"
                        _disagree(f"{told}: {predicted} is predicted, {met} was met\n\n{shown(files)}", wrongs)

    agree()
    announce(f"generated handshakes: {dict(counts)}")
    _hardly_ever(wrongs, counts.total(), announce)
    assert counts["unknown"] <= MOST_UNKNOWN * counts.total()
    assert min(counts["complete"], counts["refused"]) >= LEAST_OF_EACH * counts.total()
