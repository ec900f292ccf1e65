"""A state as Markdown, for an issue: what is wrong in it, as a list to be ticked off.

What an issue cannot hold is left out part by part: the details of findings, the least bad first; then what is set
aside; in the end findings themselves.
"""

import functools
from collections.abc import Iterator

from driftscan.report.markup import clipped, code, inert
from driftscan.report.pages import CheckReport
from driftscan.report.passages import Room, document, findings, fitting, headed, left_out, questions, set_aside
from driftscan.report.rows import VersionRow


def render(report: CheckReport) -> str:
    """The document, as much of it as an issue holds."""
    rows = len(report.findings)
    whole = Room(0, 0, rows, len(report.suppressed), rows)
    return fitting(functools.partial(_written, report, whole), whole)


def _written(report: CheckReport, whole: Room, room: Room) -> str:
    lines = [f"# {inert(report.title)}", "", *(f"- {inert(said)}" for said in report.verdict)]
    lines += [f"- {inert(report.platform.line)}", *(f"- {inert(said)}" for said in report.load), ""]
    lines += left_out(whole, room, "driftscan check --show-suppressed")
    if report.findings:
        lines += ["## To do", "", *_to_do(report, room), "", "## Findings", "", *findings(report.findings, room)]
    if report.suppressed:
        lines += ["## Set aside", "", *set_aside(report.suppressed, room)]
    unproved = [_unproved(row) for row in report.platform.versions if row.evidence in {"", "assumed"}]
    return document([*lines, "## Open questions", "", *questions(report.findings, report.gaps, unproved)])


def _to_do(report: CheckReport, room: Room) -> Iterator[str]:
    for row in report.findings[: room.named]:
        remedy = f": {inert(row.remedy)}" if row.remedy else ""
        yield f"- [ ] {headed(row)} of {code(clipped(row.who))}{remedy}"
    left = len(report.findings) - room.named
    if left > 0:
        yield f"- and {left} more"


def _unproved(row: VersionRow) -> str:
    if row.evidence:
        return f"Which {row.program} runs is not known, and {row.version} is assumed: `nginx -v` tells."
    return f"Which {row.program} runs is not known: `nginx -V` tells."
