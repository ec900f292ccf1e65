"""`blame` over a real history, checked against the trees of its commits."""

import pytest

from driftscan.drift.beginnings import Added, Changed, FromStart
from driftscan.drift.blame import blame
from driftscan.drift.state import State, build_state
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Segment
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.includes import Layout, Sources, resolve
from tests.corpus.conftest import Corpora
from tests.laws.test_blame import met
from tests.laws.test_scan import OLD

pytestmark = pytest.mark.corpus


def test_each_value_of_a_live_server_is_the_same_since_the_blamed_commit(corpora: Corpora) -> None:
    with Repository.open(corpora.clone("envs").path) as repository:
        found = blame(repository, repository.head, Observer(repository.read, OLD), Layout())
        commits = [each.commit.id for each in repository.revisions(Segment(last=repository.head))]
        blamed = [
            (key, declaration, found.of(endpoint, declaration).since)
            for key, endpoint in found.state.endpoints.items()
            for declaration in COMPARED[endpoint.server.family].values()
        ]
        beginnings = [since.beginning for _, _, since in blamed]
        told = {one.commit.id for one in beginnings if isinstance(one, Added | Changed | FromStart)}
        assert len({type(one) for one in beginnings}) == 3
        # At each blamed commit, and just before it, every value is looked up in the tree alone.
        sources = Sources()
        states: dict[int, State] = {}
        for place in {commits.index(commit) + offset for commit in told for offset in (0, -1)} - {-1}:
            config = resolve(repository.tree(commits[place]), sources, Layout())
            states[place] = build_state(config, found.state.platform)
    for key, declaration, since in blamed:
        beginning = since.beginning
        assert isinstance(beginning, Added | Changed | FromStart)
        begun, now = commits.index(beginning.commit.id), met(found.state, key, declaration.name)
        for place, state in states.items():
            name = next((one.name for one in since.formerly if place < commits.index(one.until.id)), key[1])
            there = met(state, (key[0], name), declaration.name)
            if place >= begun:
                assert there == now, (key, declaration.name, commits[place])
            elif place == begun - 1:
                assert there != now, (key, declaration.name, commits[place])
                assert (there is None) == isinstance(beginning, Added)
