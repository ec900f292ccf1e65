"""Which part of the first-parent chain of commits is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from driftscan.history.commit import Commit, CommitId


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for. The bounds in time are inclusive and mean the committer's date."""

    tip: str = "HEAD"
    after: str | None = None
    """The left side of `A..B`: commits that can be reached from it are left out."""
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    """The newest so many of what the rest selects."""

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the chain, which can then be read in one go."""
        return self.after is None and self.since is None and self.until is None and self.limit is None

    def covers(self, moment: datetime) -> bool:
        """Whether a commit of that moment is wanted."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment <= self.until)


@dataclass(frozen=True, slots=True)
class Segment:
    """A contiguous part of the first-parent chain, from the oldest wanted commit to the newest."""

    last: CommitId | None
    """The newest commit; `None` when nothing is selected."""
    count: int | None = None
    """How many commits it has; `None` for all of them back to the root."""
    base: CommitId | None = None
    """The commit before the first one, whose tree is the state at the start; `None` when it starts at a root."""
    earlier: tuple[Commit, ...] = ()
    """The commits of the chain before the segment, oldest first."""
    selected: frozenset[CommitId] | None = None
    """The wanted commits when they are not all: a commit with a wrong clock is wanted without its neighbours."""

    def wants(self, commit: CommitId) -> bool:
        """Whether that commit of the segment was asked for, and is not only on the way between two that were."""
        return self.selected is None or commit in self.selected


NOTHING = Segment(last=None, count=0, selected=frozenset())


def segment(chain: Sequence[Commit], selection: Selection, start: int = 0) -> Segment:
    """The part of the chain that holds everything selected.

    git's own `--since` gives up at the first older commit, and with it everything behind a commit
    whose clock was wrong; here every commit is asked.

    Args:
        chain: All first-parent ancestors of the tip, oldest first.
        selection: The bounds in time and number.
        start: Where in the chain the range `A..B` begins.
    """
    wanted = [place for place in range(start, len(chain)) if selection.covers(chain[place].committed)]
    if selection.limit is not None:
        wanted = wanted[max(len(wanted) - selection.limit, 0) :]
    if not wanted:
        return NOTHING
    first, last = wanted[0], wanted[-1]
    count = last - first + 1
    return Segment(
        last=chain[last].id,
        count=count,
        base=chain[first - 1].id if first else None,
        earlier=tuple(chain[:first]),
        selected=None if len(wanted) == count else frozenset(chain[place].id for place in wanted),
    )
