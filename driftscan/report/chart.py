"""What a timeline is drawn from: lanes of servers with bars and dots, marks of the host, strips of policies.

Everything is placed by minutes since the start of the picture. A place across is a share of the width, in per cent,
so that the picture fits every screen; a place down is in pixels.
"""

from dataclasses import dataclass

from driftscan.report.pieces import Moment


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the picture."""

    begin: int
    """Minutes since the start of the picture."""
    end: int
    x: str
    """Where it begins: `12.34%`."""
    width: str
    """How wide it is: `3.2%`."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The life of a finding: the time in which it was there for certain, with soft edges for what is not known."""

    y: int
    severity: str
    state: str
    label: str
    fingerprint: str
    certain: Span
    before: Span | None
    """The time before in which it may have been there already."""
    after: Span | None
    """The time after in which it may have been mended already: `certain` ends where this begins."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A commit in a lane."""

    minute: int
    x: str
    shape: str
    """The worst finding that it brought: a severity, or `quiet`."""
    short: str
    label: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Servers that were hit by the same findings, or else were changed by the same commits."""

    label: str
    servers: tuple[str, ...]
    y: int
    track: int
    """Where its dots are."""
    height: int
    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something of the host: `upgrade`, `renewal`, `gap`."""

    kind: str
    span: Span
    label: str
    short: str
    """The commit, where the report tells of it; else empty."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The protocols of some servers for a while."""

    span: Span
    kind: str
    """`weak`, `tls12`, `modern`, `tls13` or `unknown`."""
    label: str
    """`TLS 1.2 and 1.3`"""
    since: Moment
    is_wide: bool
    """Whether there is room for its label."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Servers of which no two spoke different protocols at any time."""

    label: str
    servers: tuple[str, ...]
    y: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A date under the picture."""

    x: str
    label: str
    anchor: str
    """`start`, `middle` or `end`."""


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the table that says what the picture shows."""

    time: Moment
    short: str
    """The commit, where the report tells of it; else empty."""
    kind: str
    """`change`, `upgrade`, `renewal`, `gap`."""
    text: str
    servers: str
    severity: str
    """Of the worst finding that it brought; else empty."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A picture of the history."""

    start: Moment
    end: Moment
    minutes: int
    """How long it is; at least one."""
    height: int
    """Of the lanes, without the dates."""
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    events: tuple[Event, ...]
    """Newest first."""
    left_out: int
    """How many lanes there is no room for; the table tells of them too."""
    strips: tuple[Strip, ...]
    strips_height: int
    strips_left_out: int
