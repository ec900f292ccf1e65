"""The small parts that rows are made of: moments, lists of who is hit, lines, and the halves of a picture."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in its own zone."""

    text: str
    """`2019-07-13 03:17 +0900`"""
    iso: str


@dataclass(frozen=True, slots=True)
class Subjects:
    """Who is hit: short enough for a line, and complete."""

    summary: str
    complete: tuple[str, ...]
    """One line each; the summary leaves none of them out when `hidden` is 0."""
    hidden: int


@dataclass(frozen=True, slots=True)
class Delta:
    """What two long lists do not share."""

    removed: tuple[str, ...]
    added: tuple[str, ...]
    kept: int
    reordered: bool


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a raw diff: `kind` is `file`, `hunk`, `added`, `removed` or `same`."""

    kind: str
    text: str
    place: str = ""
    """Where it stands in the new file, `file:line`; empty for what is not there any more."""
    was: str = ""
    """Where it stood in the old file; empty for what was not there."""
    mark: str = ""
    """What a link leads to, where something is said about the line."""


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A line of the configuration that the report points at."""

    id: str
    place: str
    """`file:line`"""
    text: str


@dataclass(frozen=True, slots=True)
class SaidRow:
    """What servers of a socket say about a directive, alike."""

    is_default: bool
    who: str
    value: str
    source: str
    differs: bool
    """Whether the default server says something else."""
    contradicts: bool
    """Whether that is a contradiction, because the default server has a say in it for every name."""
    decides: bool
    """Whether it has a say in what clients meet."""


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A listen socket for a while."""

    kind: str
    """`before`, `broken` (or `found`, where nobody fails by it) and `mended`."""
    when: str
    short: str
    """The commit at which it changed; empty where there is none."""
    said: tuple[SaidRow, ...]
    """The default server first."""
    verdict: str
    left_out: int
    """How many more values there are."""


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A listen socket over the life of a finding."""

    socket: str
    directive: str
    rule: str
    """Who decides, in words."""
    shared: bool
    """Whether the default server has a say for every name: only then do two values contradict each other."""
    panels: tuple[PanelRow, ...]
