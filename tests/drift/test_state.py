"""What is worked out once for a state."""

from dataclasses import replace

from driftscan.drift.state import State, once
from tests.drift.trees import http, state


def test_an_answer_is_worked_out_once_for_each_state_and_part() -> None:
    asked: list[tuple[State, str]] = []

    @once
    def answer(of: State, part: str) -> int:
        asked.append((of, part))
        return len(asked)

    one, other = state(http("server { listen 443 ssl; }")), state("events {}")
    assert [answer(one, "a"), answer(one, "a"), answer(one, "b"), answer(other, "a")] == [1, 1, 2, 3]
    # The same tree at another moment is another state.
    assert answer(replace(one), "a") == 4
    assert asked == [(one, "a"), (one, "b"), (other, "a"), asked[3]]
