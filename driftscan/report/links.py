"""Which finding came or went with which change of the same step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from driftscan.drift.findings import Finding, FindingEvent
from driftscan.drift.subjects import EndpointSubject, SocketSubject, Subject
from driftscan.nginx.config import Location
from driftscan.report.patterns import explained
from driftscan.report.rows import ChangeRow
from driftscan.report.subjects import server_of


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a report and what it was made of."""

    row: ChangeRow
    subjects: tuple[Subject, ...]
    places: frozenset[Location]


def linked(row: Row, findings: Sequence[FindingEvent]) -> ChangeRow:
    """The row with the servers that it is about, and the findings that came or went with it."""
    keys = frozenset[str]().union(*(_keys(subject) for subject in row.subjects))
    linked = [
        event.finding.fingerprint
        for event in findings
        if keys & _keys(event.finding.hit.subject) and _is_about(event.finding, row)
    ]
    servers = {server for subject in row.subjects if (server := server_of(subject))}
    return replace(row.row, fingerprints=tuple(linked), servers=tuple(sorted(servers)))


def _is_about(finding: Finding, row: Row) -> bool:
    """Whether a finding of the same subject came or went with this row: they share a line, or a file and a directive.

    What resolves a finding is often a new line, which the finding cannot have named when it was introduced.
    """
    evidence = finding.hit.evidence
    if row.row.kind == "default-server" or row.places & set(evidence):
        return True
    same_file = {place.path for place in row.places} & {place.path for place in evidence}
    return bool(same_file) and any(row.row.what in text.split() for text in _code(finding))


def _code(finding: Finding) -> tuple[str, ...]:
    """What a pattern's documentation shows as configuration."""
    entry = explained(finding)
    return () if entry is None else (entry.section("Before"), entry.section("After"))


def _keys(subject: Subject) -> frozenset[str]:
    """What a subject has in common with another one that is about the same thing."""
    if isinstance(subject, EndpointSubject):
        return frozenset({subject.server.key, SocketSubject(subject.socket).key})
    return frozenset({subject.key})
