"""What a known breakage looks like once it is found: severity, certainty, identity and life."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum, StrEnum
from typing import Final, NewType, Protocol

from driftscan.drift.subjects import Subject
from driftscan.history.commit import Commit
from driftscan.history.platform import Platform
from driftscan.nginx.config import Location

PatternId = NewType("PatternId", str)
"""The name of a pattern's file with dashes: `session-tickets-mismatch`."""
Fingerprint = NewType("Fingerprint", str)
"""Twelve hexadecimal digits made of the pattern and what it is about: not of prose, lines or commits."""


class Severity(IntEnum):
    """How bad it is for visitors, or for the next restart."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    """Some visitors will fail, or security is lost."""
    CRITICAL = 4
    """A named class of visitors cannot connect, or nginx will not start."""

    def __str__(self) -> str:
        return self.name.lower()


class Certainty(StrEnum):
    """How sure a finding is, derived from what it rests on."""

    CERTAIN = "certain"
    ASSUMED = "assumed"
    """It depends on the nginx version, which is only assumed, or concluded from the distribution's release."""
    DEPENDS = "depends"
    """It depends on something that the history does not say: the TLS library, or what is outside this host's /etc."""


class Need(Enum):
    """Something that a finding would not be true without.

    The versions may be known of a commit; everything else is never in /etc, so a finding that needs it `depends`.
    """

    NGINX = "nginx version"
    LIBRARY = "TLS library version"
    UPSTREAM = "what the upstream accepts"
    FRONT = "what stands in front of nginx"
    KEY = "the private key"
    CERTIFICATE = "a certificate that is not in the history"
    DNS = "the records of the name"
    CLIENTS = "the visitors' software"
    RUNNING = "what runs on the host"


VERSIONS: Final = frozenset({Need.NGINX, Need.LIBRARY})


@dataclass(frozen=True, slots=True)
class Hit:
    """One match of a pattern: ids, evidence and facts. Wording happens where it is shown."""

    subject: Subject
    evidence: tuple[Location, ...]
    """Lines that a person would look at, the deciding one first."""
    facts: tuple[tuple[str, str], ...]
    """Values for the pattern's message, by name."""
    severity: Severity | None = None
    """When it is another one than the pattern's."""
    needs: frozenset[Need] = frozenset()
    variant: str = ""
    """Which of the pattern's messages and remedies applies; empty for the only one."""
    since: datetime | None = None
    """When it came by itself, because time passed; `None` for everything that a commit brings."""


class Entry(Protocol):
    """An entry of a catalogue, driftscan's own or a site's: what is said of a finding is worded there."""

    @property
    def id(self) -> PatternId:
        """The pattern's name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit, judged on the platform it was found on."""

    pattern: PatternId
    hit: Hit
    severity: Severity
    certainty: Certainty
    fingerprint: Fingerprint
    entry: Entry | None = field(default=None, compare=False)
    """Where the pattern is explained."""


def judge(pattern: PatternId, severity: Severity, hit: Hit, platform: Platform, entry: Entry | None = None) -> Finding:
    """A finding of a hit: its certainty follows from what is known of the platform."""
    certainty = Certainty.CERTAIN
    if Need.NGINX in hit.needs and not platform.nginx.evidence.is_of_host:
        certainty = Certainty.ASSUMED
    if (Need.LIBRARY in hit.needs and platform.library is None) or hit.needs - VERSIONS:
        certainty = Certainty.DEPENDS
    return Finding(pattern, hit, hit.severity or severity, certainty, fingerprint(pattern, hit.subject), entry)


def fingerprint(pattern: PatternId, subject: Subject, *apart: str) -> Fingerprint:
    """The same breakage of the same thing has the same fingerprint in every run, format and range.

    `apart` tells two subjects from each other that have the same key at the same time.
    """
    told = "\0".join([pattern, subject.key, *apart])
    return Fingerprint(hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:12])


class FindingState(StrEnum):
    """What a step did to a finding."""

    INTRODUCED = "introduced"
    RESOLVED = "resolved"
    RETURNED = "returned"
    """Introduced again, after it had been resolved."""


@dataclass(frozen=True, slots=True)
class Life:
    """A finding from its introduction to its end."""

    finding: Finding
    introduced: Commit | None
    """`None`: it was there when the examined history began."""
    introduced_not_before: Commit | None
    """The commit before: what is committed at night may have been changed at any time since then."""
    resolved: Commit | None = None
    times: int = 1
    """How often it has been introduced, this time included."""


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """What one step did to one finding."""

    state: FindingState
    life: Life

    @property
    def finding(self) -> Finding:
        """The finding, as it was when it was introduced."""
        return self.life.finding
