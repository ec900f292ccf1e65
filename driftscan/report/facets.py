"""What a reader can narrow a report down by: for each facet its values, and for each row which of them it has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from driftscan.report.rows import FindingRow, StepRow
from driftscan.report.wording import SEVERITIES

Marks = Mapping[str, set[str]]
SETTINGS = frozenset({"in-force", "configured", "no-effect"})
"""The kinds of changes that are about a directive."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing to narrow down by."""

    name: str
    """As it stands in the address of the page."""
    label: str
    values: tuple[str, ...]
    """Rows name them by their place here."""


_LABELS = {"severity": "Severity", "server": "Server", "directive": "Directive", "pattern": "Pattern", "who": "Who"}


def faceted(
    steps: Sequence[StepRow], findings: Sequence[FindingRow]
) -> tuple[tuple[Facet, ...], tuple[StepRow, ...], tuple[FindingRow, ...]]:
    """The facets, and the same rows with their marks: `("server", "0-3 7")`."""
    of_steps = [_of_step(step) for step in steps]
    of_findings = [_of_finding(row, steps) for row in findings]
    values = {name: _values(name, [marks[name] for marks in (*of_steps, *of_findings)]) for name in _LABELS}
    facets = tuple(Facet(name, label, values[name]) for name, label in _LABELS.items())
    places = {name: {value: place for place, value in enumerate(known)} for name, known in values.items()}
    return (
        facets,
        tuple(replace(step, marks=tuple(_encoded(marks, places))) for step, marks in zip(steps, of_steps, strict=True)),
        tuple(
            replace(row, marks=tuple(_encoded(marks, places))) for row, marks in zip(findings, of_findings, strict=True)
        ),
    )


def _values(name: str, found: Iterable[set[str]]) -> tuple[str, ...]:
    known = set[str]().union(*found)
    return tuple(word for word in SEVERITIES if word in known) if name == "severity" else tuple(sorted(known))


def _of_step(step: StepRow) -> Marks:
    members = [member for row in step.findings for member in row.members]
    return {
        "severity": {row.severity for row in step.findings},
        "server": {server for change in step.changes for server in change.servers}
        | {member.server for member in members if member.server},
        "directive": {change.what for change in step.changes if change.kind in SETTINGS and change.what},
        "pattern": {row.pattern for row in step.findings},
        "who": {step.commit.actor},
    }


def _of_finding(row: FindingRow, steps: Sequence[StepRow]) -> Marks:
    marks = {member.fingerprint for member in row.members}
    brought = [] if row.introduced is None else [step for step in steps if step.commit.id == row.introduced.id]
    changes = [change for step in brought for change in step.changes if marks & set(change.fingerprints)]
    return {
        "severity": {row.severity},
        "server": {member.server for member in row.members if member.server},
        "directive": {change.what for change in changes if change.kind in SETTINGS and change.what},
        "pattern": {row.pattern},
        "who": set() if row.introduced is None else {row.introduced.actor},
    }


def _encoded(marks: Marks, places: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str]]:
    for name, found in marks.items():
        if found:
            yield name, " ".join(_runs(sorted(places[name][value] for value in found)))


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """Numbers in order as `0-3 7`: a commit that changes every server stays short."""
    begin = 0
    for place, number in enumerate(numbers):
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1:
            yield str(number) if begin == place else f"{numbers[begin]}-{number}"
            begin = place + 1
