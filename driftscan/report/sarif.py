"""Findings as SARIF 2.1.0, for code scanning and for every tool that reads it.

A result is a finding with one life, so one that came back has two, with the same fingerprint. What is resolved is
`absent`; what is suppressed says by which decision. The same history is the same bytes: no time is written but the
commits' own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from driftscan import __version__
from driftscan.drift.findings import Finding, Severity
from driftscan.drift.scan import Outcome
from driftscan.nginx.config import Gap
from driftscan.report import entries, markdown, text
from driftscan.report import sarif_log as sarif
from driftscan.report.check import Checked
from driftscan.report.decided import over
from driftscan.report.encoding import encoded
from driftscan.report.patterns import explained, pattern_row
from driftscan.report.printable import all_printable
from driftscan.report.rows import Request
from driftscan.report.sarif_fixes import replacements
from driftscan.report.sarif_lives import Origin, Told, of_history, of_state
from driftscan.report.sarif_places import BASE, artifact, file_uri, message, place, places
from driftscan.report.wording import gap_row, platform_row
from driftscan.site.decided import Decided
from driftscan.site.suppressions import Suppression

FINGERPRINT: Final = "driftscan/1"
"""The name of our fingerprint; it would change with what the fingerprint is made of."""
LEVELS: Final[Mapping[Severity, sarif.Level]] = MappingProxyType(
    {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
)
RANKS: Final[Mapping[Severity, float]] = MappingProxyType(
    {Severity.LOW: 25.0, Severity.MEDIUM: 55.0, Severity.HIGH: 80.0, Severity.CRITICAL: 95.0}
)
"""From 0 to 100. A tenth of it is the security severity, which GitHub calls critical from 9.0 on, high from 7.0 and
medium from 4.0 (docs.github.com, SARIF support for code scanning)."""


def log(outcome: Outcome, request: Request, root: str = "/etc") -> str:
    """A history: every finding of it, open, past and suppressed; `root` is where the tree lives on its host."""
    examined = sarif.RunProperties(
        request.range_line,
        list(request.filters),
        outcome.commits,
        outcome.read,
        outcome.shallow,
        None if outcome.state is None else platform_row(outcome.state.platform).line,
    )
    origin = Origin(root, request.path, request.head)
    run = _Run("history", origin, request.decided, outcome.gaps, examined)
    return run.log(of_history(outcome, request), request.version)


def check(checked: Checked, origin: Origin, version: str = __version__) -> str:
    """One state: what is wrong in it, and what of that is suppressed."""
    examined = sarif.RunProperties(checked.name, platform=platform_row(checked.state.platform).line)
    run = _Run("state", origin, checked.decided, checked.gaps, examined)
    return run.log(of_state(checked, origin), version)


@dataclass(frozen=True, slots=True)
class _Run:
    """What is said of a run besides its results."""

    kind: str
    origin: Origin
    decided: Decided
    gaps: Sequence[Gap]
    examined: sarif.RunProperties

    def log(self, findings: Iterable[Told], version: str) -> str:
        """The whole log."""
        told = sorted(findings, key=lambda one: one.order)
        entries = {one.found.pattern: one.life.finding for one in told}
        rules = [_rule(entries[pattern]) for pattern in sorted(entries)]
        index = {rule.id: number for number, rule in enumerate(rules)}
        notifications = [*_notifications(self.gaps, self.decided)]
        run = sarif.Run(
            tool=sarif.Tool(sarif.ToolComponent("driftscan", version, version, rules)),
            automation_details=sarif.RunAutomationDetails(f"driftscan/{self.kind}/"),
            invocations=[sarif.Invocation(execution_successful=True, tool_execution_notifications=notifications)],
            original_uri_base_ids={BASE: sarif.ArtifactLocation(f"{file_uri(self.origin.root).rstrip('/')}/")},
            column_kind="unicodeCodePoints",
            results=[_result(one, index[one.found.pattern]) for one in told],
            properties=self.examined,
            version_control_provenance=[*self._provenance()],
        )
        return encoded(sarif.Log(sarif.SCHEMA, sarif.VERSION, [run]))

    def _provenance(self) -> Iterator[sarif.VersionControlDetails]:
        if self.origin.repository:
            yield sarif.VersionControlDetails(
                file_uri(str(Path(self.origin.repository).absolute())),
                self.origin.commit or None,
                sarif.ArtifactLocation(uri_base_id=BASE),
            )


def _result(told: Told, index: int) -> sarif.Result:
    found, finding = told.found, told.life.finding
    decides, *others = places(finding)
    subject = sarif.LogicalLocation(str(finding.hit.subject), "resource")
    return sarif.Result(
        rule_id=found.pattern,
        rule_index=index,
        level=LEVELS[finding.severity],
        rank=RANKS[finding.severity],
        message=message(_sentences(told)),
        partial_fingerprints={FINGERPRINT: found.fingerprint},
        properties=_properties(told),
        locations=[sarif.Location(physical_location=decides, logical_locations=[subject])],
        related_locations=[
            sarif.Location(number, place, message=message("This line has a part in it."))
            for number, place in enumerate(others, 1)
        ],
        baseline_state=told.baseline,
        suppressions=[] if told.by is None else [_suppression(told.by)],
        fixes=[] if found.patch is None else [_fix(found)],
    )


def _sentences(told: Told) -> str:
    """Why, who is hit, how sure, and since when."""
    found = told.found
    visitors = f"It hits {found.visitors}." if found.visitors else ""
    depends = f"It holds {found.certainty_note}." if found.certainty_note else ""
    return " ".join(filter(None, [found.because or found.title or found.pattern, visitors, depends, told.fate]))


def _properties(told: Told) -> sarif.ResultProperties:
    found = told.found
    since = told.life.finding.hit.since
    return sarif.ResultProperties(
        fingerprint=found.fingerprint,
        state=told.state,
        severity=found.severity,
        certainty=found.certainty,
        certainty_note=found.certainty_note,
        subjects=[str(told.life.finding.hit.subject)],
        visitors=found.visitors,
        remedy=found.remedy,
        times=found.times,
        introduced=_moment(found.introduced),
        since=None if since is None else since.isoformat(),
        resolved=_moment(found.resolved),
        patch_brings=found.patch_brings,
    )


def _moment(at: entries.Moment | None) -> sarif.Moment | None:
    return None if at is None else sarif.Moment(at.commit, at.committed, at.not_before)


def _suppression(by: Suppression) -> sarif.Suppression:
    who = f" ({by.owner})" if by.owner else ""
    return sarif.Suppression(
        kind="inSource" if by.lines else "external",
        status="accepted",
        justification=f"{by.reason}{who}, until {by.until.isoformat()}",
        location=sarif.Location(physical_location=place(by.at)),
        properties=sarif.SuppressionProperties(by.until.isoformat(), by.owner, by.pattern),
    )


def _fix(found: entries.Finding) -> sarif.Fix:
    brings = f" It brings {', '.join(found.patch_brings)}." if found.patch_brings else ""
    changes = [
        sarif.ArtifactChange(artifact(path), replaced) for path, replaced in replacements(found.patch or "") if replaced
    ]
    return sarif.Fix(changes, message(f"{found.remedy} This was tried out and ends it.{brings}"))


# ------------------------------------------------------------------ rules and notifications


def _rule(finding: Finding) -> sarif.ReportingDescriptor:
    """The entry of the catalogue that explains a finding."""
    entry = explained(finding)
    if entry is None:
        return sarif.ReportingDescriptor(finding.pattern)
    row = all_printable(pattern_row(entry))
    severity = entry.pattern.severity
    prose = dict(row.prose)
    return sarif.ReportingDescriptor(
        id=row.id,
        name="".join(word.capitalize() for word in row.id.split("-")),
        short_description=sarif.MultiformatMessageString(f"{row.title}."),
        full_description=sarif.MultiformatMessageString(" ".join(prose.get("Symptom") or (row.title,))),
        help=sarif.MultiformatMessageString(text.pattern(row), markdown.entry(entry)),
        help_uri=next(iter(row.references), None),
        default_configuration=sarif.ReportingConfiguration(LEVELS[severity], RANKS[severity]),
        properties=sarif.RuleProperties(["security", "nginx", "tls", row.category], f"{RANKS[severity] / 10}"),
    )


def _notifications(gaps: Iterable[Gap], decided: Decided) -> Iterator[sarif.Notification]:
    """What could not be read, and which decisions are over."""
    for gap, sentence in {(gap.kind, gap_row(gap).text): (gap, gap_row(gap).text) for gap in gaps}.values():
        places = [] if (at := _gap_place(gap)) is None else [sarif.Location(physical_location=at)]
        unread = sarif.NotificationProperties(gap.kind.value, gap.remembered)
        yield sarif.Notification("warning", message(f"Could not be read: {sentence}"), places, unread)
    for found in decided.over:
        places = [sarif.Location(physical_location=place(found.at))]
        yield sarif.Notification("note", message(f"A suppression is over: {over(found)}."), places)


def _gap_place(gap: Gap) -> sarif.PhysicalLocation | None:
    if gap.at is not None:
        return place(gap.at)
    return sarif.PhysicalLocation(artifact(gap.path)) if gap.path else None
