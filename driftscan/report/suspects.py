"""The ranked changes before an incident, worded: as rows, and as text for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from driftscan.drift.findings import Life, Severity
from driftscan.drift.suspects import Incident, Reason, Suspect
from driftscan.report.changes import change_rows
from driftscan.report.findings import because
from driftscan.report.patterns import explained
from driftscan.report.printable import all_printable
from driftscan.report.rows import CommitRow
from driftscan.report.terminal import Ink, Palette, wrapped
from driftscan.report.wording import certainty_note, commit_row, count, duration, moment, some

LINE = "    "
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class SuspectRow:
    """One change that may be the cause, with every reason for its rank."""

    rank: int
    score: float
    """From 0 to 1: it orders, and is no probability."""
    commit: CommitRow | None
    began: str
    """When, where no commit brought it; else empty."""
    pattern: str
    """Empty where no known breakage tells of the change."""
    severity: str
    title: str
    because: str
    who: str
    """What it hits."""
    visitors: str
    changes: tuple[str, ...]
    """What was changed, where no finding says so."""
    why: tuple[str, ...]
    """One sentence for each part of the rank."""
    remedy: str
    fingerprint: str
    beside: tuple[str, ...] = ()
    """What else the same commit brought: severity and pattern."""


def suspect_rows(suspects: Iterable[Suspect], incident: Incident) -> tuple[SuspectRow, ...]:
    """The suspects in their order."""
    return tuple(all_printable(_row(rank, suspect, incident)) for rank, suspect in enumerate(suspects, 1))


def _row(rank: int, suspect: Suspect, incident: Incident) -> SuspectRow:
    step, life = suspect.step, suspect.life
    commit = None if step is None else commit_row(step.commit, step.previous)
    why = tuple(sentence for reason in suspect.reasons if (sentence := _sentence(reason, suspect, incident)))
    if life is None:
        return SuspectRow(
            rank, suspect.score, commit, "", "", "", "", "", "", "", tuple(_changed(suspect)), why, "", ""
        )
    finding = life.finding
    entry = explained(finding)
    return SuspectRow(
        rank,
        suspect.score,
        commit,
        "" if commit else _since(finding.hit.since),
        finding.pattern,
        str(finding.severity),
        finding.pattern if entry is None else entry.title,
        because(finding),
        _who(life, [one for one in suspect.others if one.finding.pattern == finding.pattern]),
        "" if entry is None else entry.visitors(finding.hit),
        (),
        why,
        "" if entry is None else " ".join(entry.remedy(finding.hit).split()),
        finding.fingerprint,
        tuple(_beside(life, suspect.others)),
    )


def _beside(life: Life, others: Sequence[Life]) -> Iterator[str]:
    """Each other pattern once, the worst first."""
    worst: dict[str, Severity] = {}
    for one in others:
        if one.finding.pattern != life.finding.pattern:
            worst[one.finding.pattern] = max(one.finding.severity, worst.get(one.finding.pattern, one.finding.severity))
    for pattern, severity in sorted(worst.items(), key=lambda one: (-one[1], one[0])):
        yield f"{pattern} ({severity})"


def _since(since: datetime | None) -> str:
    return "was there before the history that was looked at" if since is None else f"by itself, {moment(since).text}"


def _who(life: Life, others: Sequence[Life]) -> str:
    return some([str(one.finding.hit.subject) for one in (life, *others)], MOST_NAMED)


def _changed(suspect: Suspect) -> Iterator[str]:
    for row in change_rows(suspect.changes)[: MOST_NAMED + 1]:
        value = f"{row.before} -> {row.after}" if row.before or row.after else ""
        what = "  ".join(filter(None, [row.label, row.what, value if len(value) < 100 else ""]))
        yield f"{what}: {row.subjects.summary}"


def _sentence(reason: Reason, suspect: Suspect, incident: Incident) -> str:
    match reason.kind:
        case "explains":
            return _explains(reason, suspect)
        case "hits":
            return f"hits {reason.detail}" if reason.detail else ""
        case "time":
            return _time(reason, suspect, incident)
        case _:
            return _certainty(suspect)


def _explains(reason: Reason, suspect: Suspect) -> str:
    if suspect.life is None:
        return "no known breakage tells of it"
    severity = suspect.life.finding.severity
    match reason.detail:
        case "the symptom":
            return f"explains the symptom, and is {severity}"
        case "another symptom":
            return f"is {severity}, but is not known to show that symptom"
        case _:
            return f"is {severity}"


def _time(reason: Reason, suspect: Suspect, incident: Incident) -> str:
    if reason.detail:
        return f"was there {reason.detail} that was looked at"
    since = suspect.step.commit.committed if suspect.step else suspect.life and suspect.life.finding.hit.since
    if not isinstance(since, datetime):
        return ""
    if since > incident.at:
        return "was committed after it, and may have been made before"
    return f"came {duration(incident.at - since)} before it"


def _certainty(suspect: Suspect) -> str:
    if suspect.life is None:
        return ""
    platform = None if suspect.step is None else suspect.step.platform
    note = certainty_note(suspect.life.finding, platform)
    return note or "is certain"


# ---------------------------------------------------------------------- text


def render(rows: Sequence[SuspectRow], more: int, palette: Palette = Palette.PLAIN) -> str:
    """The ranked list for a terminal; `more` is how many were left out at its end."""
    lines: list[str] = []
    for row in rows:
        lines += [*_lines(row, palette), ""]
    if not rows:
        lines.append("Nothing that was committed up to then changed anything that visitors meet.")
    if more:
        lines.append(f"{count(more, 'less likely change')} not shown; -n shows more")
    return "\n".join(lines).rstrip("\n") + "\n"


def _lines(row: SuspectRow, palette: Palette) -> Iterator[str]:
    if row.commit is None:
        head = f"{row.rank}.  {row.began}"
    else:
        head = f"{row.rank}.  {row.commit.time.text}  {row.commit.short}  {row.commit.subject}"
    yield from (palette.paint(line, Ink.HEADING) for line in wrapped(head, "", LINE))
    if row.commit is not None:
        yield from wrapped("; ".join(filter(None, [row.commit.who, row.commit.window])), LINE)
    if row.pattern:
        severity = palette.paint(row.severity.upper(), Ink.of_severity(row.severity))
        yield f"{LINE}{severity}  {row.pattern}  [{row.fingerprint}]"
        yield from wrapped(row.because, LINE)
        yield from wrapped(f"hits {row.who}" + (f": {row.visitors}" if row.visitors else ""), LINE)
    if row.beside:
        yield from wrapped(f"the same commit brought {', '.join(row.beside)}", LINE, LINE + "  ")
    for change in row.changes:
        yield from wrapped(change, LINE, LINE + "  ")
    yield from (palette.paint(line, Ink.QUIET) for line in wrapped(f"why: {'; '.join(row.why)}", LINE, LINE + "  "))
    if row.remedy:
        yield from wrapped(f"remedy: {row.remedy}", LINE, LINE + "  ")
