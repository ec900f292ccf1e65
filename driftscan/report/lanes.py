"""Servers that were hit by the same findings share a lane: its bars are findings, its dots are commits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from driftscan.report.chart import Bar, Dot, Lane
from driftscan.report.findings import MOMENTARY, OPEN
from driftscan.report.rows import FindingRow, StepRow
from driftscan.report.scale import Scale
from driftscan.report.wording import SEVERITIES, count, some

QUIET = "quiet"
LABEL = 24
"""How high the label of a lane is, in pixels."""
BAR = 14
TRACK = 22
"""How high the track with the dots is."""
MOST_BARS = 5
"""So many bars are drawn beneath each other; what overlaps with all of them is drawn on the last."""
MOST_DOTS = 600
"""From here on dots that would hide each other are drawn as one."""
CLOSE = 0.012
"""As a share of the width."""
WHOLE_HOST = "the whole host, or a socket"
NAMED = 3


@dataclass
class _Story:
    """What happened to one server: by number of the step, the worst finding it brought; numbers of findings.

    Of findings that share a pattern, a beginning and an end, the first one speaks for all.
    """

    steps: dict[int, str] = field(default_factory=dict)
    findings: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Told:
    """What lanes are drawn from."""

    steps: Sequence[StepRow]
    findings: Sequence[FindingRow]
    scale: Scale


def lanes(
    steps: Sequence[StepRow], findings: Sequence[FindingRow], scale: Scale, top: int, most: int
) -> tuple[tuple[Lane, ...], int]:
    """The lanes, those with the worst first, and how many servers share the last one for want of room.

    Args:
        steps: Newest first.
        findings: Every finding, open ones and worst ones first.
        scale: Where moments are.
        top: The pixel at which the first lane begins.
        most: How many lanes there may be.
    """
    alike: dict[tuple[object, ...], list[str]] = {}
    stories = _stories(steps, findings)
    for server, story in sorted(stories.items()):
        # Nobody looks for the day a server was added where all of them were hit by the same.
        key = tuple(sorted(story.findings)), () if story.findings else tuple(sorted(story.steps.items()))
        alike.setdefault(key, []).append(server)
    # The order of findings is the order of their weight, so the lane with the first one comes first.
    groups = sorted(
        ((servers, _joined([(servers, stories[server]) for server in servers])) for servers in alike.values()),
        key=lambda group: (min(group[1].findings, default=len(findings)), -len(group[1].steps), group[0]),
    )
    left_out = 0
    if len(groups) > most:
        rest = groups[most - 1 :]
        left_out = sum(len(servers) for servers, _ in rest)
        groups = [*groups[: most - 1], (sorted(server for servers, _ in rest for server in servers), _joined(rest))]
    drawn = []
    for number, (servers, story) in enumerate(groups):
        lane = _lane(tuple(servers), story, _Told(steps, findings, scale), top)
        is_rest = left_out > 0 and number == most - 1
        drawn.append(replace(lane, label=count(left_out, "more server")) if is_rest else lane)
        top += lane.height
    return _thinned(drawn, scale), left_out


def _stories(steps: Sequence[StepRow], findings: Sequence[FindingRow]) -> dict[str, _Story]:
    stories: dict[str, _Story] = {}
    for number, step in enumerate(steps):
        for server in {server for change in step.changes for server in change.servers or ("",)}:
            stories.setdefault(server, _Story()).steps[number] = QUIET
        for row in reversed(step.findings):
            for member in row.members:
                worst = row.severity if row.state != "resolved" else QUIET
                known = stories.setdefault(member.server, _Story()).steps
                if worst != QUIET or number not in known:
                    known[number] = worst
    first: dict[tuple[object, ...], int] = {}
    for number, row in enumerate(findings):
        fate = (
            row.pattern,
            row.severity,
            row.state,
            row.introduced and row.introduced.id,
            row.resolved and row.resolved.id,
        )
        for member in row.members:
            stories.setdefault(member.server, _Story()).findings.add(first.setdefault(fate, number))
    return stories


def _joined(groups: Iterable[tuple[list[str], _Story]]) -> _Story:
    whole = _Story()
    rank = [QUIET, *reversed(SEVERITIES)]
    for _, story in groups:
        whole.findings |= story.findings
        for number, worst in story.steps.items():
            whole.steps[number] = max(worst, whole.steps.get(number, QUIET), key=rank.index)
    return whole


def _label(servers: Sequence[str]) -> str:
    names = [server or WHOLE_HOST for server in servers]
    return some(names, NAMED) if len(names) <= NAMED + 1 else f"{count(len(names), 'server')}: {some(names, NAMED)}"


def _lane(servers: tuple[str, ...], story: _Story, told: _Told, top: int) -> Lane:
    bars: list[Bar] = []
    ends: list[int] = []
    for number in sorted(story.findings):
        begin, end = _reach(told.findings[number], told.scale)
        line = next((line for line, last in enumerate(ends) if last < begin), len(ends))
        line = min(line, MOST_BARS - 1)
        ends[line : line + 1] = [end]
        bars.append(_bar(told.findings[number], told.scale, top + LABEL + line * BAR))
    track = top + LABEL + len(ends) * BAR + TRACK // 2 - 3
    dots = tuple(
        _dot(told.steps[number], worst, told.scale) for number, worst in sorted(story.steps.items(), reverse=True)
    )
    return Lane(_label(servers), servers, top, track, LABEL + len(ends) * BAR + TRACK, tuple(bars), dots)


def _dot(step: StepRow, worst: str, scale: Scale) -> Dot:
    minute = scale.of(step.commit.time)
    label = f"{step.commit.time.text}, {step.commit.short}: {step.commit.subject}"
    return Dot(minute, scale.x(minute), worst, step.commit.short, label)


def _reach(row: FindingRow, scale: Scale) -> tuple[int, int]:
    """The first and the last minute that a bar may fill."""
    begin, certain, still, end = _times(row, scale)
    return min(begin, certain), max(still, end)


def _times(row: FindingRow, scale: Scale) -> tuple[int, int, int, int]:
    """When it may have begun, had begun for certain, was there for certain the last time, and was over."""
    came = row.since if row.introduced is None else row.introduced.time
    certain = 0 if came is None else scale.of(came)
    earliest = None if row.introduced is None else row.introduced.not_before
    begin = certain if earliest is None else scale.of(earliest)
    if row.resolved is not None:
        end = scale.of(row.resolved.time)
        last = end if row.resolved.not_before is None else scale.of(row.resolved.not_before)
        return begin, certain, max(last, certain), end
    end = scale.minutes if row.state == OPEN else certain
    return begin, certain, end, end


def _bar(row: FindingRow, scale: Scale, y: int) -> Bar:
    begin, certain, still, end = _times(row, scale)
    length = row.lasted or ("open" if row.state == OPEN else row.state)
    return Bar(
        y,
        row.severity,
        "over" if row.state == MOMENTARY else row.state,
        f"{row.severity} {row.pattern}, {row.who}: {length}",
        row.first,
        scale.span(certain, still),
        scale.span(begin, certain) if begin < certain else None,
        scale.span(still, end) if still < end else None,
    )


def _thinned(drawn: Sequence[Lane], scale: Scale) -> tuple[Lane, ...]:
    """The same lanes, where there are very many dots with those taken together that would hide each other."""
    if sum(len(lane.dots) for lane in drawn) <= MOST_DOTS:
        return tuple(drawn)
    close = max(int(scale.minutes * CLOSE), 1)
    return tuple(replace(lane, dots=tuple(_together(lane.dots, close))) for lane in drawn)


def _together(dots: Iterable[Dot], close: int) -> Iterator[Dot]:
    """The worst dot of each stretch, with how many others there are."""
    rank = [*SEVERITIES, QUIET]
    stretches: dict[int, list[Dot]] = {}
    for dot in dots:
        stretches.setdefault(dot.minute // close, []).append(dot)
    for alike in stretches.values():
        worst = min(alike, key=lambda dot: rank.index(dot.shape))
        more = f", and {count(len(alike) - 1, 'more commit')} about then" if len(alike) > 1 else ""
        yield replace(worst, label=worst.label + more)
