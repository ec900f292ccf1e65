"""The JSON documents of version 1, as types: what stands here is the published schema. Changes only ever add."""

from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from driftscan.report.blame_document import Blame
from driftscan.report.change_entries import Change
from driftscan.report.doctor_document import Doctor
from driftscan.report.entries import (
    Commit,
    Finding,
    Gap,
    GapChanged,
    InForce,
    Load,
    Place,
    Platform,
    Server,
    SeverityWord,
)

SCHEMA: Literal["driftscan/1"] = "driftscan/1"


class Step(Struct, frozen=True):
    """One commit that changed something."""

    commit: Commit
    platform: Platform
    changes: list[Change]
    findings: list[Finding]
    gaps: list[GapChanged]
    paths: list[str]
    """The paths it changed that the configuration depends on."""
    loads: bool | None = True
    """Whether nginx would load what it left; if not, none of its changes is in force. Null: that cannot be told."""
    merged_by: str | None = None
    """Id of the merge that brought it from another branch; what it broke or mended here is told by the merge."""


class Repository(Struct, frozen=True):
    """What was read."""

    path: str
    head: str


class Range(Struct, frozen=True):
    """What was asked for, and how much that was."""

    description: str
    since: str | None
    until: str | None
    commits: int
    """How many commits were walked."""
    read: int
    """How many of them touched the configuration."""
    steps: int
    shallow: bool
    """The history is cut off at its start."""
    filters: list[str]


class Suppression(Struct, frozen=True):
    """A decision to live with findings, until a day."""

    pattern: str
    """A shell glob."""
    until: str
    owner: str
    reason: str
    at: Place


class Suppressed(Struct, frozen=True):
    """An open finding that is set aside, and by which decision."""

    finding: Finding
    by: Suppression


class Log(Struct, frozen=True, kw_only=True):
    """`driftscan log`, `driftscan show` and `driftscan report`: a history, newest step first."""

    schema: Literal["driftscan/1"] = SCHEMA
    repository: Repository
    range: Range
    steps: list[Step]
    open: list[Finding]
    """What nothing has resolved, worst first, without what is suppressed."""
    suppressed: list[Suppressed] = []
    """Open findings that somebody has decided to live with."""
    expired: list[Suppression] = []
    """Decisions whose last day has passed."""
    gaps: list[Gap]
    """What could not be read at the end."""
    version: str


class Side(Struct, frozen=True):
    """One of two states."""

    name: str
    platform: Platform


class Diff(Struct, frozen=True, kw_only=True):
    """`driftscan diff`: two states, and what a step from one to the other does."""

    schema: Literal["driftscan/1"] = SCHEMA
    before: Side
    after: Side
    changes: list[Change]
    findings: list[Finding]
    gaps: list[GapChanged]
    version: str


class Socket(Struct, frozen=True):
    """A listening socket that speaks TLS, or does not."""

    address: str
    ssl: bool
    http2: bool
    proxy_protocol: bool
    default_server: str
    explicit: bool
    """Whether a `listen` says `default_server`; else it is the server that is read first."""
    at: Place


class ClientMet(Struct, frozen=True):
    """What one kind of client gets; null is: there is no such thing, or it cannot be told."""

    client: str
    outcome: Literal["complete", "refused", "plain", "unreachable", "unknown"]
    why: str
    certificate: str | None
    """The file that is sent, by its name on the host."""
    protocol: str | None
    alpn: str | None
    client_certificate: bool | None
    """Whether it is asked for one."""
    ticket: bool | None
    """Whether it is sent a session ticket."""


class EndpointSettings(Struct, frozen=True):
    """What a client meets that asks this socket for this name."""

    socket: str
    name: str
    server: Server
    settings: dict[str, InForce]
    selected: str = ""
    """Why this server answers for the name."""
    clients: list[ClientMet] = []


class File(Struct, frozen=True):
    """A file that nginx needs, and who may read it. Of keys and other secrets nothing else is ever known."""

    path: str
    """Its name on the host."""
    presence: Literal["there", "directory", "absent", "unknown"]
    mode: str | None
    """Octal, as chmod takes it; null where `.etckeeper` does not say."""
    owner: str | None
    group: str | None


class Effective(Struct, frozen=True, kw_only=True):
    """`driftscan effective`: the settings in force in one state."""

    schema: Literal["driftscan/1"] = SCHEMA
    platform: Platform
    load: Load
    sockets: list[Socket]
    endpoints: list[EndpointSettings]
    files: list[File] = []
    """Certificates, keys, parameters and whatever else directives name; includes are not among them."""
    open: list[Finding]
    gaps: list[Gap]
    version: str


class Check(Struct, frozen=True, kw_only=True):
    """`driftscan check`: what is wrong in one state, worst first."""

    schema: Literal["driftscan/1"] = SCHEMA
    state: str
    """What was asked for."""
    platform: Platform
    load: Load
    baseline: str | UnsetType = UNSET
    """The state that it is measured by, with `--baseline` only: findings then say whether they are new."""
    open: list[Finding]
    """Without what is suppressed."""
    suppressed: list[Suppressed]
    expired: list[Suppression]
    gaps: list[Gap]
    version: str


class Pattern(Struct, frozen=True):
    """A known breakage."""

    id: str
    title: str
    severity: SeverityWord
    category: str
    affects: str
    symptoms: list[str]
    sections: dict[str, str]
    references: list[str]
    also: list[str] = []
    """Other names of it."""
    visitors: dict[str, str] = {}
    """By variant, the empty one for all others: who is hit, facts of a finding in braces."""
    remedies: dict[str, str] = {}
    """By variant: what to do about a finding, its facts in braces."""


class Patterns(Struct, frozen=True, kw_only=True):
    """`driftscan patterns`: the catalogue."""

    schema: Literal["driftscan/1"] = SCHEMA
    patterns: list[Pattern]
    version: str


class Suspect(Struct, frozen=True):
    """One change that may have caused an incident."""

    rank: int
    score: float
    """From 0 to 1: it orders, and is no probability."""
    commit: str | None
    """Null: no commit brought it, see `began`."""
    committed: str | None
    not_before: str | None
    who: str | None
    began: str | None
    pattern: str | None
    """Null: no known breakage tells of the change."""
    severity: str | None
    fingerprint: str | None
    because: str
    hits: str
    visitors: str
    changes: list[str]
    why: list[str]
    """One sentence for each part of the score."""
    remedy: str
    beside: list[str] = []
    """What else the same commit brought: pattern and severity."""


class Suspects(Struct, frozen=True, kw_only=True):
    """`driftscan suspects`: the changes before an incident, the likeliest cause first."""

    schema: Literal["driftscan/1"] = SCHEMA
    at: str
    symptom: str | None
    server: str | None
    suspects: list[Suspect]
    version: str


Document: TypeAlias = Log | Diff | Effective | Check | Patterns | Suspects | Blame | Doctor
