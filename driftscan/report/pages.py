"""Whole reports, made of the rows: a history, two states, one state."""

from dataclasses import dataclass

from driftscan.report.rows import (
    ChangeRow,
    FindingRow,
    GapRow,
    Moment,
    PatternRow,
    PlatformRow,
    StepRow,
    Subjects,
    SuppressedRow,
)


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting in force, and who says so."""

    directive: str
    value: str
    origin: str
    """`explicit`, `inherited`, `default` or `unknown`."""
    places: tuple[str, ...]
    source: str
    """The origin in words."""
    decided_by: str
    """Empty when it is simply the server that answers."""
    note: str


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """Names and sockets where clients meet the same settings."""

    subjects: Subjects
    server: str
    place: str
    settings: tuple[SettingRow, ...]
    selected: str
    """Why this server answers, where somebody asked for a name; else empty."""
    clients: tuple[tuple[str, str], ...]
    """Kinds of clients, and what each of them gets."""


@dataclass(frozen=True, slots=True)
class SocketRow:
    """A listening socket."""

    address: str
    ssl: bool
    options: str
    default_server: str
    place: str
    chosen: str
    """How the default server came to be it."""


@dataclass(frozen=True, slots=True)
class EffectiveReport:
    """What is in force in one state."""

    title: str
    platform: PlatformRow
    load: tuple[str, ...]
    """Whether nginx would load it, and why not or what that rests on, a sentence each."""
    sockets: tuple[SocketRow, ...]
    endpoints: tuple[EndpointRow, ...]
    findings: tuple[FindingRow, ...]
    gaps: tuple[GapRow, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What is wrong in one state."""

    title: str
    verdict: tuple[str, ...]
    """How much is wrong, and what was set aside; a sentence each."""
    platform: PlatformRow
    load: tuple[str, ...]
    findings: tuple[FindingRow, ...]
    """Worst first."""
    suppressed: tuple[SuppressedRow, ...]
    """What somebody has decided to live with, where that is listed."""
    gaps: tuple[GapRow, ...]


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Two states and what lies between them."""

    title: str
    verdict: str
    before: PlatformRow
    after: PlatformRow
    findings: tuple[FindingRow, ...]
    changes: tuple[ChangeRow, ...]
    opened: tuple[GapRow, ...]
    closed: tuple[GapRow, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A number with its noun, both ready to print."""

    number: int
    noun: str
    kind: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A finding on the timeline: from `start` for `width`, and perhaps from `perhaps` on."""

    y: int
    perhaps: int
    start: int
    width: int
    severity: str
    state: str
    label: str
    detail: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A commit on the timeline."""

    x: int
    y: int
    short: str
    severity: str
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A date under the timeline."""

    x: int
    y: int
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A picture of the history, in whole numbers."""

    width: int
    height: int
    axis: int
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    left_out: int
    """How many findings have no lane."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what was examined."""

    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole history, told."""

    title: str
    path: str
    range_line: str
    verdict: str
    verdict_kind: str
    """The severity of the worst open finding, `resolved`, or `none`."""
    notes: tuple[str, ...]
    suppressed: tuple[SuppressedRow, ...]
    """Open findings that somebody has decided to live with, where they are listed."""
    """What weakens the verdict: gaps, a cut history, assumptions."""
    counts: tuple[Count, ...]
    steps: tuple[StepRow, ...]
    """Newest first."""
    findings: tuple[FindingRow, ...]
    """Every finding with its life: open first, worst first."""
    gaps: tuple[GapRow, ...]
    timeline: Timeline | None
    patterns: tuple[PatternRow, ...]
    """The ones that were found."""
    effective: EffectiveReport | None
    examined: tuple[Fact, ...]
    glossary: tuple[tuple[str, str], ...]
    generated: Moment
    version: str
