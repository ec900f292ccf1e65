"""Real histories: nothing crashes, and what was read by hand is what is found."""

from collections import defaultdict
from typing import Any

import pytest

from driftscan.drift.changes import (
    Scope,
    ServerAdded,
    ServerRemoved,
    SettingChanged,
    SocketAdded,
    SocketRemoved,
)
from driftscan.drift.scan import Outcome, Step
from driftscan.drift.subjects import EndpointSubject, ServerSubject
from driftscan.nginx.config import GapKind
from driftscan.nginx.directives.hsts import HSTS
from tests.corpus.conftest import Corpora
from tests.drift.walks import walk

pytestmark = pytest.mark.corpus

SERVERS: dict[str, type[ServerAdded | ServerRemoved]] = {"+server": ServerAdded, "-server": ServerRemoved}


def _hosts(step: Step | None, scope: Scope) -> dict[str, set[tuple[str, object]]]:
    """For each directive the servers of its changes."""
    found: dict[str, set[tuple[str, object]]] = defaultdict(set)
    for change in () if step is None else step.changes:
        if isinstance(change, SettingChanged) and change.scope is scope:
            subject = change.subject.server if isinstance(change.subject, EndpointSubject) else change.subject
            assert isinstance(subject, ServerSubject)
            found[change.directive].add((subject.name, subject.at))
    return found


def _told(truth: dict[str, Any], outcome: Outcome) -> Step | None:
    return next((step for step in outcome.steps if step.commit.id == truth["commit"]), None)


def _count(step: Step | None, kind: type[ServerAdded | ServerRemoved | SocketAdded | SocketRemoved]) -> int:
    return sum(isinstance(change, kind) for change in (() if step is None else step.changes))


def _truths(corpora: Corpora, kind: str) -> list[dict[str, Any]]:
    found = [truth for truth in corpora.truth() if truth["kind"] == kind and truth["bundle"] == "envs.bundle"]
    assert found
    return found


def test_every_true_effect_is_found_for_exactly_its_hosts(corpora: Corpora, envs: Outcome) -> None:
    for truth in _truths(corpora, "effective-change"):
        step = _told(truth, envs)
        wanted = dict(truth["resolver_hint"]["changed_fields_on_tls_vhosts"])
        servers = {name: wanted.pop(name, 0) for name in SERVERS}
        assert {name: _count(step, kind) for name, kind in SERVERS.items()} == servers, truth["commit"]
        wanted = {(HSTS.name if name == "hsts" else name): number for name, number in wanted.items()}
        for scope in Scope:
            found = {name: len(hosts) for name, hosts in _hosts(step, scope).items()}
            assert found == wanted, (truth["commit"], scope)


def test_what_has_no_effect_is_not_told(corpora: Corpora, envs: Outcome) -> None:
    for truth in _truths(corpora, "no-effect"):
        step = _told(truth, envs)
        assert step is None or step.changes == (), truth["commit"]


def test_http2_of_a_socket_does_not_go_with_one_host(corpora: Corpora, envs: Outcome) -> None:
    """One host drops the word from its `listen`, the others keep it: nothing changes for anybody."""
    (truth,) = _truths(corpora, "version-dependent")
    step = _told(truth, envs)
    assert step is not None
    (change,) = step.changes
    assert isinstance(change, SettingChanged)
    assert (change.scope, change.directive, change.in_force) == (Scope.CONFIGURED, "listen", False)
    assert change.reason == "its sockets are the same, and their options come from all servers on them together"


def test_only_what_lies_elsewhere_is_left_unknown(envs: Outcome) -> None:
    kinds = {gap.kind for gap in envs.gaps}
    assert kinds == {GapKind.OUTSIDE}
    assert all(gap.path.startswith("/usr/share/nginx/") for gap in envs.gaps)


def test_servers_and_sockets_are_what_the_steps_add_up_to(corpora: Corpora, envs: Outcome) -> None:
    repository = corpora.clone("envs")
    start = walk(repository, tip=repository.git("rev-list", "--first-parent", "--max-parents=0", "HEAD"))
    here = [step for step in envs.steps if step.merged_by is None]
    came, went, opened, closed = (
        sum(_count(step, kind) for step in here) for kind in (ServerAdded, ServerRemoved, SocketAdded, SocketRemoved)
    )
    assert [_sizes(start), (came - went, opened - closed)] == [
        (23, 5),
        tuple(now - then for now, then in zip(_sizes(envs), _sizes(start), strict=True)),
    ]


def _sizes(outcome: Outcome) -> tuple[int, int]:
    """How many servers answer somebody, and how many sockets speak TLS, at the end."""
    assert outcome.state is not None
    state = outcome.state
    return len({id(endpoint.server) for endpoint in state.endpoints.values()}), len(state.tls_sockets)


@pytest.mark.parametrize(("name", "commits"), [("envs", 401), ("vps", 1208), ("h5bp", 546)])
def test_a_real_history_is_walked_to_its_end(corpora: Corpora, name: str, commits: int) -> None:
    outcome = walk(corpora.clone(name))
    assert outcome.commits == commits
    assert outcome.read < commits / 2
    assert outcome.last is not None


@pytest.mark.parametrize("name", ["envs", "vps", "h5bp"])
def test_no_change_in_a_real_history_is_one_of_equal_values(corpora: Corpora, name: str) -> None:
    for step in walk(corpora.clone(name)).steps:
        assert len(set(step.changes)) == len(step.changes), step.commit.id
        for change in step.changes:
            if isinstance(change, SettingChanged):
                assert change.before.value != change.after.value
                assert change.in_force == (change.reason is None)
