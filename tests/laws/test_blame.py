"""What `blame` says of any history: checked against the tree of every commit, each read on its own."""

from dataclasses import dataclass

from hypothesis import given, settings

from driftscan.drift.beginnings import Added, Beginning, Changed, FromStart, NotKnown
from driftscan.drift.blame import Blame, blame
from driftscan.drift.state import State, build_state
from driftscan.history.commit import CommitId
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.nginx.directives.base import AnyDeclaration
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.listen import Address
from tests.laws.test_scan import OLD, Tree, committed, histories


@dataclass(frozen=True)
class Met:
    """What a client meets; equal only when the value is."""

    value: object


def met(state: State, key: tuple[Address, str], name: str) -> Met | None:
    """What a client meets, `None` where nobody answers it."""
    endpoint = state.endpoints.get(key)
    if endpoint is None or name not in COMPARED[endpoint.server.family]:
        return None
    found = endpoint.in_force(COMPARED[endpoint.server.family][name], state.platform)
    assert found.known
    return Met(found.value)


def alone(repository: Repository, commits: list[CommitId], last: State) -> list[State | None]:
    """The state of each commit from its tree alone; `None` where a part of that cannot be read."""
    states = [build_state(resolve(repository.tree(commit), Sources(), Layout()), last.platform) for commit in commits]
    return [None if state.gaps else state for state in states]


def check(
    found: Blame, states: list[State | None], commits: list[CommitId], key: tuple[Address, str], of: AnyDeclaration
) -> None:
    """The value is the same from the blamed commit on, and was not before it."""
    since = found.of(found.state.endpoints[key], of).since
    beginning: Beginning = since.beginning
    assert not isinstance(beginning, NotKnown)
    place = commits.index(beginning.commit.id)
    now = met(found.state, key, of.name)

    def asked(number: int) -> tuple[Address, str]:
        """The endpoint as it was called in the state of that number."""
        names = (one.name for one in since.formerly if number < commits.index(one.until.id))
        return key[0], next(names, key[1])

    read = [(number, state) for number, state in enumerate(states) if state is not None]
    assert {met(state, asked(number), of.name) for number, state in read if number >= place} == {now}
    before = next(((number, state) for number, state in reversed(read) if number < place), None)
    match beginning:
        case FromStart():
            assert place == 0
        case Added() if before is not None:
            assert met(before[1], asked(before[0]), of.name) is None
        case Changed(before=side) if before is not None:
            assert Met(side.value) == met(before[1], asked(before[0]), of.name) != now
        case _:
            pass


@settings(max_examples=25)
@given(histories())
def test_a_value_is_the_same_since_the_blamed_commit_and_was_not_before_it(history: list[Tree]) -> None:
    with committed(history) as (etc, commits), Repository.open(etc.path) as repository:
        found = blame(repository, repository.head, Observer(repository.read, OLD), Layout())
        states = alone(repository, commits, found.state)
        if states[-1] is None:
            return  # what is remembered of a broken file is not in its tree
        for key, endpoint in found.state.endpoints.items():
            for declaration in COMPARED[endpoint.server.family].values():
                check(found, states, commits, key, declaration)
