"""The history as a picture: a lane for servers hit by the same findings, the marks of the host, and the dates.

The commits in it are dots, the findings are bars whose soft edges are the time that nobody knows about.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from driftscan.drift.chronicle import Chronicle
from driftscan.drift.scan import Outcome
from driftscan.report.chart import Event, Mark, Tick, Timeline
from driftscan.report.lanes import lanes
from driftscan.report.rows import CommitRow, FindingRow, StepRow
from driftscan.report.scale import Scale
from driftscan.report.strips import LINE, strips
from driftscan.report.wording import commit_row, count, moment, some

TICKS = 5
MOST_LANES = 14
MARKS = 54
"""How high the track of the host's own marks is, in pixels."""


def timeline(
    outcome: Outcome, steps: Sequence[StepRow], findings: Sequence[FindingRow], chronicle: Chronicle | None
) -> Timeline | None:
    """The picture; `None` when nothing happened at all.

    Args:
        outcome: What was examined.
        steps: Newest first.
        findings: In the order of the report.
        chronicle: What else was seen on the way.
    """
    told = {step.commit.short for step in steps}
    marks = [] if chronicle is None else [*_upgrades(chronicle), *_renewals(chronicle)]
    if outcome.last is None or not (steps or findings or marks):
        return None
    moments = [outcome.last.committed, *(datetime.fromisoformat(step.commit.time.iso) for step in steps)]
    moments += [datetime.fromisoformat(row.time.iso) for _, row, _ in marks]
    scale = Scale(min(moments) if outcome.start is None else outcome.start.committed, max(moments))
    shown, left_out = lanes(steps, findings, scale, MARKS, MOST_LANES)
    policies, strips_left_out = strips(() if chronicle is None else chronicle.policies, scale)
    events = [_change(step) for step in steps]
    events += [Event(row.time, _known(row, told), kind, text, "", "") for kind, row, text in marks]
    events += [
        Event(step.commit.time, step.commit.short, "gap", f"cannot be read: {gap.text}", "", "")
        for step in steps
        for gap in step.opened
    ]
    return Timeline(
        start=moment(scale.start),
        end=moment(scale.end),
        minutes=scale.minutes,
        height=shown[-1].y + shown[-1].height if shown else MARKS,
        lanes=shown,
        marks=(
            *(
                Mark(kind, scale.span(at, at), f"{row.time.text}: {text}", _known(row, told))
                for kind, row, text in marks
                for at in [scale.of(row.time)]
            ),
            *_gaps(steps, scale),
        ),
        ticks=_ticks(scale),
        events=tuple(sorted(events, key=lambda event: datetime.fromisoformat(event.time.iso), reverse=True)),
        left_out=left_out,
        strips=policies,
        strips_height=len(policies) * LINE,
        strips_left_out=strips_left_out,
    )


def _known(row: CommitRow, told: set[str]) -> str:
    return row.short if row.short in told else ""


def _upgrades(chronicle: Chronicle) -> Iterator[tuple[str, CommitRow, str]]:
    for found in chronicle.upgrades:
        was = f"{found.before} -> " if found.before else ""
        yield "upgrade", commit_row(found.commit, found.previous), f"{found.program} {was}{found.after}"


def _renewals(chronicle: Chronicle) -> Iterator[tuple[str, CommitRow, str]]:
    """The certificates that a commit renewed, together."""
    commits: dict[str, list[str]] = {}
    rows: dict[str, CommitRow] = {}
    for found in chronicle.renewals:
        commits.setdefault(found.commit.id, []).append(found.certificate)
        rows[found.commit.id] = commit_row(found.commit, found.previous)
    for mark, names in commits.items():
        noun = "certificate" if len(names) == 1 else "certificates"
        yield "renewal", rows[mark], f"{noun} renewed: {some(names, 3)}"


def _gaps(steps: Sequence[StepRow], scale: Scale) -> Iterator[Mark]:
    """From when to when something could not be read."""
    ends: dict[str, CommitRow] = {}
    for step in steps:
        for gap in step.opened:
            end = ends.pop(gap.path, None)
            span = scale.span(scale.of(step.commit.time), scale.minutes if end is None else scale.of(end.time))
            yield Mark("gap", span, f"{step.commit.time.text}: cannot be read: {gap.text}", step.commit.short)
        ends |= {gap.path: step.commit for gap in step.closed}


def _change(step: StepRow) -> Event:
    servers = sorted({server for change in step.changes for server in change.servers})
    servers = servers or sorted({member.server or member.subject for row in step.findings for member in row.members})
    parts = [count(len(step.changes), "change")] if step.changes else []
    fates: Mapping[str, list[str]] = {}
    for row in step.findings:
        fates = {**fates, row.state: [*fates.get(row.state, []), f"{row.severity} {row.pattern}"]}
    parts += [f"{state} {', '.join(dict.fromkeys(names))}" for state, names in fates.items()]
    return Event(
        step.commit.time,
        step.commit.short,
        "change",
        "; ".join(parts) or "gaps",
        some(servers, 3, "server"),
        step.worst,
    )


def _ticks(scale: Scale) -> tuple[Tick, ...]:
    length = scale.end - scale.start
    pattern = "%Y-%m-%d" if length > timedelta(days=TICKS) else "%m-%d %H:%M"
    ticks = []
    for number in range(TICKS):
        at = scale.start + length * number / (TICKS - 1)
        anchor = "start" if number == 0 else "end" if number == TICKS - 1 else "middle"
        ticks.append(Tick(f"{100 * number / (TICKS - 1):.2f}%", f"{at:{pattern}}", anchor))
    return tuple(ticks)
