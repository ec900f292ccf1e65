"""A history as Markdown, for an issue or a post-mortem.

An issue holds 65,536 characters. What does not fit gives way part by part: what commits changed, the oldest first; then
rows of the timeline, those without findings and the oldest first; then the details of findings, the least important
first; then what is set aside; in the end findings themselves. The document says what is missing and which command
tells it.
"""

import functools
from collections.abc import Iterator, Sequence
from datetime import datetime

from driftscan.report import markup
from driftscan.report.findings import OPEN
from driftscan.report.markup import code, code_in_cell, in_cell, inert
from driftscan.report.pages import Answer, Report
from driftscan.report.passages import (
    FEW,
    Room,
    document,
    findings,
    fitting,
    headed,
    left_out,
    limited,
    questions,
    set_aside,
)
from driftscan.report.pieces import Delta
from driftscan.report.rows import ChangeRow, FindingRow, StepRow
from driftscan.report.wording import count


def render(report: Report) -> str:
    """The document, as much of it as an issue holds."""
    steps, rows = len(report.steps), len(report.findings)
    whole = Room(steps, steps, rows, len(report.suppressed), rows)
    return fitting(functools.partial(_written, report, whole), whole)


def _written(report: Report, whole: Room, room: Room) -> str:
    still = [row for row in report.findings if row.state == OPEN]
    past = [row for row in report.findings if row.state != OPEN]
    later = Room(
        room.changes, room.moments, max(room.whole - len(still), 0), room.aside, max(room.named - len(still), 0)
    )
    return document(
        [
            *(f"# TLS history of {_host(report)}{code(report.path)}: {inert(report.range_line)}", ""),
            *(inert(report.verdict), ""),
            *(f"- {inert(note)}" for note in report.notes),
            *("", *left_out(whole, room, f"driftscan report -C {report.path} -o html=report.html")),
            *_summary(report.answer),
            *_section("Timeline", _timeline(report, room)),
            *_section("Open findings", findings(still, room), is_told=bool(still)),
            *_section("Findings that are over", findings(past, later), is_told=bool(past)),
            *_section("Changes by commit", _changes(report, room), is_told=bool(report.steps)),
            *_section("Set aside", set_aside(report.suppressed, room), is_told=bool(report.suppressed)),
            *_section("What was examined", _examined(report)),
            *_section("Open questions", questions(report.findings, report.gaps, _assumed(report))),
        ]
    )


def _host(report: Report) -> str:
    return f"{code(report.host)}, " if report.host else ""


def _section(title: str, lines: Iterator[str], *, is_told: bool = True) -> Iterator[str]:
    if is_told:
        yield from (f"## {title}", "", *lines, "")


# ------------------------------------------------------------------ summary and timeline


def _summary(answer: Answer | None) -> Iterator[str]:
    if answer is None:
        return
    row = answer.finding
    facts = [
        ("What", f"{row.title} ({row.severity}: `{row.pattern}`)"),
        ("Why", row.because),
        ("Who is hit", "; ".join(filter(None, [row.visitors, row.too]))),
        ("Since" if row.state == OPEN else "From", row.began),
        ("Until", "" if row.state == OPEN else row.ended),
        ("What mends it" if row.state == OPEN else "What mended it, or would have", row.remedy),
        ("How sure that is", " ".join(filter(None, [answer.sure, _holds(row)]))),
        ("Besides", " ".join(filter(None, [answer.others, answer.start]))),
    ]
    yield from ("## Summary", "", f"**{inert(answer.headline)}**", "")
    yield from (f"- **{label}:** {inert(said)}" for label, said in facts if said)
    if answer.changes:
        yield from (
            "- **What brought it:**",
            *(f"  {line}" for line in limited([*map(_change, answer.changes)], "change", FEW)),
        )
    yield ""


def _holds(row: FindingRow) -> str:
    return f"It holds {row.certainty_note}." if row.certainty_note else ""


def _timeline(report: Report, room: Room) -> Iterator[str]:
    """Oldest first; every time with how much older the change may be. Upgrades and renewals give way first."""
    ranked = sorted(range(len(report.steps)), key=lambda number: (not report.steps[number].findings, number))
    shown = sorted(ranked[: room.moments], reverse=True)
    moments = [(report.steps[number].commit.time, _moment(report.steps[number])) for number in shown]
    if report.timeline is not None and len(shown) == len(report.steps):
        marks = (event for event in report.timeline.events if event.kind in {"upgrade", "renewal"})
        moments += [(event.time, (event.time.text, "", "", in_cell(event.text), "")) for event in marks]
        moments.sort(key=lambda told: datetime.fromisoformat(told[0].iso))
    if not moments:
        yield "Nothing changed TLS." if not report.steps else "There is no room for it."
        return
    head = ("Time", "Commit", "Who", "What happened", "Findings")
    yield from markup.table(head, (row for _, row in moments))
    if len(shown) < len(report.steps):
        yield f"{count(len(report.steps) - len(shown), 'more commit')} changed something."


def _moment(step: StepRow) -> Sequence[str]:
    commit = step.commit
    time = "; ".join(filter(None, [commit.time.text, in_cell(commit.window)]))
    what = f"{code_in_cell(markup.clipped(commit.subject))}; {count(len(step.changes), 'change')}"
    alike: dict[tuple[str, str], list[FindingRow]] = {}
    for row in step.findings:
        alike.setdefault((row.state, headed(row)), []).append(row)
    news = [f"{state}: {head} ({code_in_cell(markup.clipped(_whom(rows)))})" for (state, head), rows in alike.items()]
    return (time, code(commit.short), in_cell(commit.who), what, "; ".join(news))


def _whom(rows: Sequence[FindingRow]) -> str:
    """Whom findings of one pattern hit, however many causes they have."""
    return rows[0].who if len(rows) == 1 else count(sum(len(row.members) for row in rows), "finding")


# ------------------------------------------------------------------ changes


def _changes(report: Report, room: Room) -> Iterator[str]:
    """Newest first, as in every other format."""
    for number, step in enumerate(report.steps[: room.changes]):
        older = report.steps[number + 1] if number + 1 < len(report.steps) else None
        yield from _step(step, older)
    if room.changes < len(report.steps):
        yield f"{count(len(report.steps) - room.changes, 'older commit')} left out."


def _step(step: StepRow, older: StepRow | None) -> Iterator[str]:
    commit = step.commit
    yield from (f"### {commit.time.text}: {code(commit.short)}", "")
    yield from ("; ".join(inert(said) for said in (commit.subject, commit.who, commit.window) if said) + ".", "")
    if older is None or older.platform.line != step.platform.line:
        yield f"- **Versions:** {inert(step.platform.line)}"
    yield from (f"- **Cannot be read:** {inert(gap.text)}" for gap in step.opened)
    yield from (f"- **Can be read again:** {code(gap.path)}" for gap in step.closed)
    lines = [*map(_change, step.changes)]
    if len(lines) > FEW:
        yield from ("", *markup.folded(count(len(lines), "change"), [*lines, ""]))
    yield from lines if len(lines) <= FEW else ()
    yield from ("", f"What was written: {code(step.command)}", "")


def _change(row: ChangeRow) -> str:
    what = " ".join(
        filter(None, [row.label, code(row.what) if row.before or row.after or row.delta else inert(row.what)])
    )
    value = _delta(row.delta) if row.delta is not None else _value(row)
    places = ", ".join(code(markup.clipped(place)) for place in row.places[:FEW])
    tail = "; ".join(filter(None, [inert(row.subjects.summary), places, inert(row.note)]))
    return f"- {': '.join(filter(None, [f'**{what}**', value]))}" + (f"; {tail}" if tail else "")


def _value(row: ChangeRow) -> str:
    if not row.before and not row.after:
        return ""
    return f"{code(markup.clipped(row.before))} to {code(markup.clipped(row.after))}"


def _delta(delta: Delta) -> str:
    parts = [
        f"{word} {', '.join(code(markup.clipped(member)) for member in members)}"
        for word, members in (("without", delta.removed), ("with", delta.added))
        if members
    ]
    kept = f"{delta.kept} kept{', in another order' if delta.reordered else ''}" if delta.kept else ""
    return ", ".join(filter(None, [*parts, kept]))


# ------------------------------------------------------------------ what is known, and what is not


def _examined(report: Report) -> Iterator[str]:
    for fact in report.examined:
        if len(fact.texts) == 1:
            yield f"- **{fact.label}:** {inert(fact.texts[0])}"
        else:
            lines = [f"- {inert(said)}" for said in fact.texts]
            yield from (f"- **{fact.label}:**", *(f"  {line}" for line in limited(lines, "line")))


def _assumed(report: Report) -> Iterator[str]:
    """Versions that nothing in the history proves."""
    for fact in report.examined:
        if fact.label == "Versions":
            yield from (said for said in fact.texts if ": assumed" in said or "not known" in said)
