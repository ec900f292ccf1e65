"""Whole reports, made of the rows: a history, two states, one state."""

from dataclasses import dataclass

from driftscan.report.chart import Timeline
from driftscan.report.facets import Facet
from driftscan.report.pieces import Moment, QuoteRow, Subjects
from driftscan.report.rows import ChangeRow, FindingRow, GapRow, PatternRow, PlatformRow, StepRow, SuppressedRow


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
    common: tuple[SettingRow, ...] = ()
    """The settings that most endpoints share, each with the same value from the same line; a page tells them once."""


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
    unchanged: tuple[FindingRow, ...] = ()
    """What was wrong in the baseline already, where there is one: it is counted in the verdict."""


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
class Answer:
    """What a reader asks first, about the finding that matters most."""

    headline: str
    """Whom it hit, for how long, and whether it is over: one sentence."""
    finding: FindingRow
    """Cause, window, visitors, remedy and evidence are its own."""
    changes: tuple[ChangeRow, ...]
    """What brought it."""
    sure: str
    """How sure it is, and on which versions it was judged."""
    others: str
    """How much else was found; may be empty."""
    start: str
    """What was there when the range began; empty where the range begins with the history."""


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
    host: str
    """What the host calls itself; empty where the history does not say."""
    range_line: str
    verdict: str
    verdict_kind: str
    """The severity of the worst open finding, `resolved`, or `none`."""
    answer: Answer | None
    """`None` when there is no finding at all."""
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
    start: EffectiveReport | None
    """What was in force when the range began; `None` where it begins with the history."""
    quotes: tuple[QuoteRow, ...]
    """The lines that the report points at, as they are at its end."""
    facets: tuple[Facet, ...]
    examined: tuple[Fact, ...]
    glossary: tuple[tuple[str, str], ...]
    generated: Moment
    version: str
