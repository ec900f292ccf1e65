"""The rows of a report: strings, numbers and tuples, sorted, grouped and worded. Every format prints these.

Nothing here knows nginx or git any more. Every string is printable, whatever the repository held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from driftscan.drift.chronicle import Chronicle
from driftscan.drift.patches import Patch
from driftscan.report.pieces import Delta, DiffLine, Moment, PictureRow, Subjects
from driftscan.site.decided import Decided


class Extent(Enum):
    """How much of a report is wanted."""

    CHANGES = "changes"
    """Steps and findings, for a terminal."""
    WHOLE = "whole"
    """Also what is in force now, and the patterns explained."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a report says about itself that is not in the outcome of a scan."""

    path: str
    """The repository, or whatever else was read."""
    head: str
    """Id of the newest commit that was looked at."""
    range_line: str
    """What was asked for, in words: `the whole history`, `2019-07-01 00:00 +0900 to now`."""
    generated: datetime
    """Aware. For the same bytes every time, the caller takes it from SOURCE_DATE_EPOCH."""
    version: str
    since: datetime | None = None
    until: datetime | None = None
    filters: tuple[str, ...] = ()
    """As the user wrote them: `--server *.example`."""
    extent: Extent = Extent.WHOLE
    diffs: Mapping[str, str] = field(default_factory=dict)
    """Raw diffs by commit id, for the formats that show them."""
    decided: Decided = field(default_factory=Decided)
    """What somebody has decided to live with."""
    show_suppressed: bool = False
    """Whether that is listed, and not only counted."""
    patches: Mapping[str, Patch] = field(default_factory=dict)
    """For open findings what would mend them, by fingerprint; tried out."""
    host: str = ""
    """What the host calls itself; empty where the history does not say."""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The lines of nginx's files at the end, for quotations; by path."""
    chronicle: Chronicle | None = None
    """What else was seen on the way, for pictures."""


@dataclass(frozen=True, slots=True)
class SuppressedRow:
    """An open finding that somebody has decided to live with."""

    pattern: str
    severity: str
    subject: str
    fingerprint: str
    until: str
    """The last day, as ISO 8601 writes it."""
    owner: str
    """Empty where a comment names nobody."""
    reason: str
    place: str
    """Where the decision is written."""


@dataclass(frozen=True, slots=True)
class CommitRow:
    """A commit as people name it."""

    id: str
    short: str
    time: Moment
    subject: str
    who: str
    """`daily timer`, `package manager: apt upgrade -y`, `mina`."""
    made_by: str
    """One word, for filters: `daily`, `person`."""
    window: str
    """When the change was made, where that is not the time of the commit; else empty."""
    not_before: Moment | None
    actor: str = ""
    """The same as `who`, without what a package manager was told: `package manager`."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One program of the platform."""

    program: str
    version: str
    """`not known` where it is not."""
    evidence: str
    """`package`, `option`, `certbot`, `assumed`, or empty."""
    source: str


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """What ran, in one line and in parts."""

    line: str
    versions: tuple[VersionRow, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One cause and everything it changed."""

    kind: str
    """`in-force`, `configured`, `no-effect`, `server-added`, ...; for filters and colours."""
    label: str
    what: str
    """The directive, or what a row that is about no directive says."""
    before: str
    after: str
    """Both empty when the row is about no value."""
    delta: Delta | None
    subjects: Subjects
    places: tuple[str, ...]
    """`file:line`, the place to look at first."""
    note: str
    """Why, who decides, or why nobody meets it; may be empty."""
    fingerprints: tuple[str, ...] = ()
    """Findings of the same step that this change brought or ended."""
    servers: tuple[str, ...] = ()
    """The servers that it is about; none where it is about the whole host or a socket alone."""
    origin_before: str = ""
    """Where the value before was from; empty when the row is about no value."""
    origin_after: str = ""
    places_before: tuple[str, ...] = ()
    """The lines that the value before was from; none of a default."""


@dataclass(frozen=True, slots=True)
class Member:
    """One subject of a finding, with its own fingerprint."""

    fingerprint: str
    subject: str
    because: str
    places: tuple[str, ...]
    is_anchor: bool = False
    """Whether a link to the fingerprint leads here: a finding that returned has several lives."""
    server: str = ""
    """The server that it is about; empty where it is about the whole host, a socket or a file."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One known breakage of one cause, with everything it hits."""

    pattern: str
    title: str
    state: str
    """In a step `introduced`, `resolved` or `returned`; in a list of lives `open`, `resolved`, `over at once`, ..."""
    severity: str
    members: tuple[Member, ...]
    who: str
    """`2 servers`, or the one subject."""
    because: str
    visitors: str
    """Whose visits fail, as a noun phrase; empty where the pattern does not say."""
    certainty: str
    certainty_note: str
    """What it depends on and how to find out; empty when it is certain."""
    places: tuple[str, ...]
    remedy: str
    """The first sentence of what helps."""
    remedy_full: tuple[str, ...]
    references: tuple[str, ...]
    again: str
    """`for the second time`, or empty."""
    began: str
    """When it was introduced, and by which commit."""
    ended: str
    """When and by which commit it was resolved, or that it is open."""
    lasted: str
    """Between which durations; empty when that cannot be said."""
    introduced: CommitRow | None
    resolved: CommitRow | None
    first: str
    """The fingerprint under which the group is linked."""
    patch: tuple[str, ...] = ()
    """The lines of a unified diff that mends it; none where there is no such cure, or it cannot be copied."""
    patch_note: str = ""
    """What is known of the patch, and how it is applied."""
    category: str = ""
    """What kind of harm it does."""
    versions: tuple[str, ...] = ()
    """What it was judged on: each version with its proof."""
    since: Moment | None = None
    """When it came by itself, because time passed; `None` for everything that a commit brings."""
    too: str = ""
    """That visitors of the others are hit likewise, where `visitors` names one member only; else empty."""
    picture: PictureRow | None = None
    """The socket that it is about, where servers of a socket have a say in each other's handshakes."""
    marks: tuple[tuple[str, str], ...] = ()
    """What it can be found by: a facet, and the places of its values there."""


@dataclass(frozen=True, slots=True)
class GapRow:
    """Something that could not be read."""

    path: str
    kind: str
    text: str
    remembered: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """One commit that changed something."""

    commit: CommitRow
    platform: PlatformRow
    findings: tuple[FindingRow, ...]
    changes: tuple[ChangeRow, ...]
    opened: tuple[GapRow, ...]
    closed: tuple[GapRow, ...]
    paths: tuple[str, ...]
    command: str
    """The git command that shows the raw difference."""
    diff: tuple[DiffLine, ...]
    worst: str
    """The severity of its worst new finding, or empty."""
    left_out: int = 0
    """How many lines of the raw difference are not shown."""
    marks: tuple[tuple[str, str], ...] = ()
    """What it can be found by: a facet, and the places of its values there."""


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A known breakage explained."""

    id: str
    title: str
    severity: str
    category: str
    affects: str
    symptoms: tuple[str, ...]
    prose: tuple[tuple[str, tuple[str, ...]], ...]
    """Section and paragraphs."""
    code: tuple[tuple[str, tuple[str, ...]], ...]
    """Section and lines."""
    references: tuple[str, ...]
    also: tuple[str, ...] = ()
    """Other names of it."""
