"""The part of SARIF 2.1.0 that driftscan writes, as types; the names of the members are the standard's.

What is not said is left out: no member is null, and the empty lists of the standard's defaults are not written.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from typing import Literal, TypeAlias

from msgspec import Struct, field

VERSION: Literal["2.1.0"] = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Level: TypeAlias = Literal["note", "warning", "error"]
BaselineState: TypeAlias = Literal["new", "unchanged", "absent"]


class _Member(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What all objects have in common."""


class Message(_Member, frozen=True):
    """Text for people; braces in it are doubled, and what looks like a link is escaped."""

    text: str


class MultiformatMessageString(_Member, frozen=True):
    """The same text for people, plain and as Markdown."""

    text: str
    markdown: str | None = None


class ArtifactContent(_Member, frozen=True):
    """What a file holds."""

    text: str


class ArtifactLocation(_Member, frozen=True):
    """A file; with a base, the address is relative to it, and without an address it is the base itself."""

    uri: str | None = None
    uri_base_id: str | None = None


class Region(_Member, frozen=True):
    """A part of a file; lines and columns count from 1, and the end column is the one behind the last character."""

    start_line: int
    start_column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class PhysicalLocation(_Member, frozen=True):
    """A place in a file."""

    artifact_location: ArtifactLocation
    region: Region | None = None


class LogicalLocation(_Member, frozen=True):
    """What a result is about, whatever file that is written in."""

    fully_qualified_name: str
    kind: str


class Location(_Member, frozen=True):
    """A place, and why it is named."""

    id: int | None = None
    physical_location: PhysicalLocation | None = None
    logical_locations: list[LogicalLocation] = []
    message: Message | None = None


class Replacement(_Member, frozen=True):
    """A region that gives way to other text; without text it is deleted."""

    deleted_region: Region
    inserted_content: ArtifactContent | None = None


class ArtifactChange(_Member, frozen=True):
    """What becomes of one file."""

    artifact_location: ArtifactLocation
    replacements: list[Replacement]


class Fix(_Member, frozen=True):
    """A change that was tried out and ends the result."""

    artifact_changes: list[ArtifactChange]
    description: Message | None = None


class SuppressionProperties(_Member, frozen=True):
    """What the standard has no place for in a decision."""

    until: str
    """The last day, as ISO 8601 writes it."""
    owner: str
    pattern: str
    """The shell glob that it was written with."""


class Suppression(_Member, frozen=True):
    """A decision to live with a result."""

    kind: Literal["inSource", "external"]
    status: Literal["accepted"]
    justification: str
    location: Location
    properties: SuppressionProperties


class Moment(_Member, frozen=True):
    """A commit and its time; with `notBefore`, the change is from any time between the two."""

    commit: str
    committed: str
    not_before: str | None = None


class ResultProperties(_Member, frozen=True):
    """What the standard has no place for in a result."""

    fingerprint: str
    state: str
    """`open`, `resolved`, `over at once` or `withdrawn`."""
    severity: str
    certainty: str
    certainty_note: str
    subjects: list[str]
    visitors: str
    remedy: str
    times: int
    """How often it has been introduced."""
    introduced: Moment | None = None
    """Left out: it was there when the examined history began, or no history was asked."""
    since: str | None = None
    """When it came by itself, because time passed."""
    resolved: Moment | None = None
    patch_brings: list[str] = []


class Result(_Member, frozen=True):
    """A finding with one life."""

    rule_id: str
    rule_index: int
    level: Level
    rank: float
    message: Message
    partial_fingerprints: dict[str, str]
    properties: ResultProperties
    locations: list[Location] = []
    related_locations: list[Location] = []
    baseline_state: BaselineState | None = None
    suppressions: list[Suppression] = []
    fixes: list[Fix] = []


class RuleProperties(_Member, frozen=True):
    """What GitHub's code scanning reads beside the standard."""

    tags: list[str]
    security_severity: str = field(name="security-severity")


class ReportingConfiguration(_Member, frozen=True):
    """How bad it is at worst."""

    level: Level
    rank: float


class ReportingDescriptor(_Member, frozen=True):
    """A known breakage."""

    id: str
    name: str | None = None
    short_description: MultiformatMessageString | None = None
    full_description: MultiformatMessageString | None = None
    help: MultiformatMessageString | None = None
    help_uri: str | None = None
    default_configuration: ReportingConfiguration | None = None
    properties: RuleProperties | None = None


class ToolComponent(_Member, frozen=True):
    """Driftscan itself."""

    name: str
    version: str
    semantic_version: str
    rules: list[ReportingDescriptor]
    """Written also when there is none: without it, no rule was found."""


class Tool(_Member, frozen=True):
    """What made the log."""

    driver: ToolComponent


class NotificationProperties(_Member, frozen=True):
    """What the standard has no place for in a gap."""

    cause: str
    remembered: bool


class Notification(_Member, frozen=True):
    """Something that a reader must know of the run: what could not be read, which decision is over."""

    level: Level
    message: Message
    locations: list[Location] = []
    properties: NotificationProperties | None = None


class Invocation(_Member, frozen=True):
    """One run; when it ran is not said, so that the same history is the same log."""

    execution_successful: bool
    tool_execution_notifications: list[Notification] = []


class VersionControlDetails(_Member, frozen=True):
    """Which repository and commit were read."""

    repository_uri: str
    revision_id: str | None = None
    mapped_to: ArtifactLocation | None = None


class RunAutomationDetails(_Member, frozen=True):
    """Which kind of run it was: those of one kind replace each other."""

    id: str


class RunProperties(_Member, frozen=True):
    """What was examined."""

    examined: str
    filters: list[str] = []
    commits: int | None = None
    read: int | None = None
    shallow: bool | None = None
    platform: str | None = None


class Run(_Member, frozen=True):
    """One run of driftscan."""

    tool: Tool
    automation_details: RunAutomationDetails
    invocations: list[Invocation]
    original_uri_base_ids: dict[str, ArtifactLocation]
    column_kind: Literal["unicodeCodePoints"]
    results: list[Result]
    properties: RunProperties
    version_control_provenance: list[VersionControlDetails] = []


class Log(_Member, frozen=True):
    """A whole log file."""

    schema: str = field(name="$schema")
    version: Literal["2.1.0"]
    runs: list[Run]
