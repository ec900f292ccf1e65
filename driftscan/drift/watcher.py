"""What a walk tells whoever watches it: more than it keeps itself."""

from collections.abc import Sequence

from driftscan.drift.compare import Transition
from driftscan.drift.findings import FindingEvent, Life
from driftscan.drift.state import State
from driftscan.history.commit import Commit
from driftscan.history.platform import Platform


class Watcher:
    """Is told of everything in the order of the walk, and keeps nothing of it: nobody watches."""

    def walked(self, commit: Commit, previous: Commit | None, was: Platform, now: Platform) -> None:
        """A commit of the segment is looked at, whether it touches the configuration or not.

        Args:
            commit: The commit.
            previous: The one before.
            was: The versions just before it, as far as it tells.
            now: The versions from then on.
        """

    def began(self, state: State, commit: Commit, lives: Sequence[Life], *, earlier: bool) -> None:
        """The first state is known.

        Args:
            state: It.
            commit: Whose tree it is.
            lives: What is wrong in it.
            earlier: The commit lies before the segment, and is not walked itself.
        """

    def judged_anew(self, state: State, commit: Commit, lives: Sequence[Life]) -> None:
        """The newest state is another one although no commit changed it: more is known, or time passed.

        Args:
            state: As it is understood now.
            commit: The commit that is walked; its own changes are not in the state yet, unless it is the last one.
            lives: What is wrong in it.
        """

    def stepped(
        self, transition: Transition, commit: Commit, previous: Commit | None, events: Sequence[FindingEvent]
    ) -> None:
        """A commit may have made another state; most that are told of changed nothing.

        Args:
            transition: From the state before it to its own.
            commit: The commit.
            previous: The one before.
            events: What it did to findings.
        """
