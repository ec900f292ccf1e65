"""The history as a picture: one lane for each finding, with the part that is only possible, and a mark per commit.

Coordinates are whole numbers in a box of :data:`WIDTH`, so that the same history is always the same bytes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from driftscan.report.pages import Lane, Mark, Tick, Timeline
from driftscan.report.rows import FindingRow, StepRow

WIDTH = 1000
MARGIN = 12
LANE = 40
AXIS = 52
SMALLEST = 6
"""An outage of an hour must be seen beside years."""
MOST_LANES = 12
TICKS = 5


class _Scale:
    """Moments to columns."""

    def __init__(self, moments: Sequence[datetime]) -> None:
        self.start, self.end = min(moments), max(moments)
        self._length = (self.end - self.start) / timedelta(seconds=1)

    def __call__(self, moment: datetime) -> int:
        if not self._length:
            return WIDTH // 2
        share = (moment - self.start) / timedelta(seconds=1) / self._length
        return MARGIN + round(share * (WIDTH - 2 * MARGIN))


def timeline(steps: Sequence[StepRow], findings: Sequence[FindingRow], end: datetime | None) -> Timeline | None:
    """The picture; `None` when there is nothing to show.

    Args:
        steps: Newest first.
        findings: In the order of the report.
        end: The newest commit that was examined.
    """
    if not steps:
        return None
    shown = findings[:MOST_LANES]
    moments = [_moment(row.commit.time.iso) for row in steps] + [_moment(_began(row, steps)) for row in shown]
    scale = _Scale(moments if end is None else [*moments, end])
    lanes = tuple(_lane(number, row, steps, scale) for number, row in enumerate(shown))
    axis = len(lanes) * LANE + 16
    marks = tuple(
        Mark(
            scale(_moment(row.commit.time.iso)),
            axis,
            row.commit.short,
            row.worst or "none",
            f"{row.commit.time.text}, {row.commit.short}: {row.commit.subject}",
        )
        for row in reversed(steps)
    )
    return Timeline(WIDTH, axis + AXIS - 16, axis, lanes, marks, _ticks(scale, axis), len(findings) - len(shown))


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def _began(row: FindingRow, steps: Sequence[StepRow]) -> str:
    """The earliest moment a finding may have been there, as far as the picture reaches."""
    if row.introduced is None:
        return steps[-1].commit.time.iso
    return (row.introduced.not_before or row.introduced.time).iso


def _lane(number: int, row: FindingRow, steps: Sequence[StepRow], scale: _Scale) -> Lane:
    perhaps = scale(_moment(_began(row, steps))) if row.introduced else MARGIN
    start = scale(_moment(row.introduced.time.iso)) if row.introduced else MARGIN
    end = scale(_moment(row.resolved.time.iso)) if row.resolved else scale(scale.end) if row.state == "open" else start
    width = max(end - start, SMALLEST)
    start = min(start, WIDTH - MARGIN - width)
    tail = row.lasted or row.state
    return Lane(
        y=number * LANE + 8,
        perhaps=perhaps,
        start=start,
        width=width,
        severity=row.severity,
        state=row.state,
        label=f"{row.severity}: {row.pattern}, {row.who}",
        detail=tail,
        fingerprint=row.first,
    )


def _ticks(scale: _Scale, axis: int) -> tuple[Tick, ...]:
    if scale.start == scale.end:
        return (Tick(WIDTH // 2, axis, f"{scale.start:%Y-%m-%d}", "middle"),)
    ticks = []
    for number in range(TICKS):
        moment = scale.start + (scale.end - scale.start) * number / (TICKS - 1)
        anchor = "start" if number == 0 else "end" if number == TICKS - 1 else "middle"
        pattern = "%Y-%m-%d" if scale.end - scale.start > timedelta(days=TICKS) else "%m-%d %H:%M"
        ticks.append(Tick(scale(moment), axis, f"{moment:{pattern}}", anchor))
    return tuple(ticks)
