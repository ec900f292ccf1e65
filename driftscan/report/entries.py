"""What JSON documents are made of, as types: the published schema. Changes only ever add."""

from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

SeverityWord: TypeAlias = Literal["low", "medium", "high", "critical"]
SEVERITY_WORDS: tuple[SeverityWord, ...] = ("low", "medium", "high", "critical")
"""By the number of the severity, from 1."""
GapFate: TypeAlias = Literal["opened", "closed"]


class Place(Struct, frozen=True):
    """A line of a file, with its path inside the tree; lines count from 1."""

    path: str
    line: int


class Identity(Struct, frozen=True):
    """A name and address as committed."""

    name: str
    email: str


class Commit(Struct, frozen=True):
    """A commit. Times are ISO 8601 in the zone they were made in."""

    id: str
    parents: list[str]
    author: Identity
    committer: Identity
    authored: str
    committed: str
    subject: str
    made_by: Literal["package-manager", "daily", "before-package-run", "initial", "person"]
    command: str | None
    """What the package manager was called with, secrets redacted."""
    person: str | None
    """Who committed or called sudo; null when that was nobody but root."""
    not_before: str | None
    """When set, the change was made at any time from then to `committed`: only a timer committed it."""


class Version(Struct, frozen=True):
    """A version and how it is known."""

    version: str
    family: str
    """`nginx`, `OpenSSL`, `LibreSSL`, `BoringSSL` or `certbot`."""
    evidence: Literal["option", "nginx -V", "package", "certbot", "distribution", "assumed"]
    source: str


class Platform(Struct, frozen=True):
    """What ran; null is not known."""

    nginx: Version
    openssl: Version | None
    """The TLS library, of whichever family."""
    certbot: Version | None


class Server(Struct, frozen=True, tag_field="type", tag="server"):
    """A server, known by its names and TLS sockets."""

    name: str
    names: list[str]
    sockets: list[str]
    at: Place


class Endpoint(Struct, frozen=True, tag_field="type", tag="endpoint"):
    """A name on a socket; the empty name is every client that sends none, or one that no server has."""

    socket: str
    name: str
    server: Server


class SocketSubject(Struct, frozen=True, tag_field="type", tag="socket"):
    """A listening socket."""

    socket: str


class Zone(Struct, frozen=True, tag_field="type", tag="zone"):
    """A shared memory zone."""

    name: str


class Upstream(Struct, frozen=True, tag_field="type", tag="upstream"):
    """A place of a server that passes requests on."""

    server: Server
    path: str
    """The location as written; empty for a server of stream."""
    target: str


class Configuration(Struct, frozen=True, tag_field="type", tag="configuration"):
    """The whole configuration of one nginx."""

    main: str


class NamedFile(Struct, frozen=True, tag_field="type", tag="file"):
    """A file of the tree that is no configuration of nginx."""

    path: str


class Load(Struct, frozen=True):
    """Whether nginx would load it; null is: that cannot be told, see `doubts`."""

    ok: bool | None = None
    messages: list[str] = []
    """What `nginx -t` says, the refusal first."""
    doubts: list[str] = []
    """What nginx may refuse and a tree cannot settle."""
    granted: list[str] = []
    """Files that are not in the tree and taken to be there and in order."""


Subject: TypeAlias = Server | Endpoint | SocketSubject | Zone | Upstream | Configuration | NamedFile
Value: TypeAlias = str | list[str] | None
"""Flags are `on` and `off`, sizes and times as written, sets and lists are lists, null is not set (or not known)."""


class Split(Struct, frozen=True):
    """What each of two servers says that decide together and disagree."""

    sni_server: Value
    default_server: Value


class Setting(Struct, frozen=True):
    """A value with its origin."""

    value: Value
    origin: Literal["explicit", "inherited", "default", "unknown"]
    at: Place | None
    """The first line that holds it; null for a default."""
    more_at: list[Place]
    """Further lines, where a directive is repeated."""
    decided_by: str
    split: Split | None = None


class InForce(Setting, frozen=True):
    """A value as a client meets it."""

    reason: str | None = None
    """Why the selected server's own value is not the one."""


class Moment(Struct, frozen=True):
    """A commit and its time; with `not_before`, the change is from any time between the two."""

    commit: str
    committed: str
    not_before: str | None


class Finding(Struct, frozen=True):
    """A known breakage that was found."""

    pattern: str
    state: Literal["introduced", "resolved", "returned"]
    severity: SeverityWord
    certainty: Literal["certain", "depends", "assumed"]
    certainty_note: str
    """What it depends on, and how to find out; empty when it is certain."""
    title: str
    subjects: list[Subject]
    evidence: list[Place]
    """The deciding line first."""
    fingerprint: str
    """Twelve hexadecimal digits: the same breakage of the same thing, in every run and format."""
    because: str
    remedy: str
    references: list[str]
    introduced: Moment | None
    """Null: it was there when the examined history began, or no history was asked."""
    resolved: Moment | None
    times: int
    """How often it has been introduced."""
    visitors: str = ""
    """Who is hit, as a noun phrase."""
    patch: str | None = None
    """A unified diff that was tried out and ends it, perhaps with others of its kind; for `git apply` at the top of
    the tree. Null: there is none, or none was asked for, as for what is not open."""
    patch_brings: list[str] = []
    """The patterns that will tell of the patch itself, because some clients lose by it."""
    baseline: Literal["new", "unchanged"] | UnsetType = UNSET
    """With `check --baseline` only: whether it was there, and as bad, in the state that this one is measured by."""


class Gap(Struct, frozen=True):
    """Something that could not be read."""

    path: str
    reason: str
    cause: str
    """`unparsable`, `missing`, `outside`, ..."""
    at: Place | None
    remembered: bool
    """Its last readable content stands in for it."""


class GapChanged(Struct, frozen=True):
    """Something that cannot be read any more, or can be again."""

    kind: GapFate
    path: str
    reason: str
    cause: str
    at: Place | None
    remembered: bool
