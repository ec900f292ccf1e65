"""Passages of a Markdown document that a history and a state share: findings, what is set aside, open questions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from driftscan.report import markup
from driftscan.report.findings import OPEN
from driftscan.report.rows import FindingRow, GapRow, Member, SuppressedRow
from driftscan.report.wording import count, enumerate_words, some

LIMIT = 65_536
"""So many characters an issue of GitHub holds (the API refuses more: "body is too long")."""
FEW = 8
"""So many rows of a list are shown before the rest is folded."""
FEW_LINKS = 3
MANY = 40
"""So many of what is not told elsewhere are listed, and the others counted."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much of each part is told."""

    changes: int
    """Commits whose changes are told, newest first."""
    moments: int
    """Rows of the timeline: those with findings first, then the newest."""
    whole: int
    """Findings that are told in full, in their order; the others in one line each."""
    aside: int
    """Findings that are set aside."""
    named: int
    """Findings that are told at all."""


STAGES: Final = (
    ("changes", 0),
    ("moments", 40),
    ("whole", 12),
    ("moments", 0),
    ("whole", 0),
    ("aside", 0),
    ("named", 0),
)
"""In which order the parts give way, and how much of each is kept then: what explains an incident stays longest."""


def fitting(written: Callable[[Room], str], whole: Room) -> str:
    """The longest text within the limit: all of it, or less of one part after the other."""
    room = whole
    for part, kept in STAGES:
        text = written(room)
        if len(text) <= LIMIT:
            return text
        room = replace(room, **{part: _most(written, room, part, kept)})
    return written(room)


def _most(written: Callable[[Room], str], room: Room, part: str, kept: int) -> int:
    """How much of a part there is room for, but not less than what is kept of it."""
    most = getattr(room, part)
    least = min(kept, most)
    while least < most:
        middle = (least + most + 1) // 2
        fits = len(written(replace(room, **{part: middle}))) <= LIMIT
        least, most = (middle, most) if fits else (least, middle - 1)
    return int(least)


def left_out(whole: Room, room: Room, asked: str) -> Iterator[str]:
    """What there was no room for, and what to ask for it."""
    left = [
        (whole.changes - room.changes, "the changes of {} older commit", "the changes of {} older commits"),
        (whole.moments - room.moments, "{} row of the timeline", "{} rows of the timeline"),
        (whole.whole - room.whole, "the details of {} finding", "the details of {} findings"),
        (whole.aside - room.aside, "{} finding that is set aside", "{} findings that are set aside"),
        (whole.named - room.named, "{} finding itself", "{} findings themselves"),
    ]
    parts = [(one if number == 1 else several).format(number) for number, one, several in left if number]
    if parts:
        reason = "because an issue holds no more"
        yield f"> Left out, {reason}: {enumerate_words(parts)}. {markup.code(asked)} tells all of it."
        yield ""


def document(lines: Iterable[str]) -> str:
    """The lines as a text, with one empty line at most between any two."""
    told: list[str] = []
    for line in lines:
        if line or (told and told[-1]):
            told.append(line)
    return "\n".join(told).strip("\n") + "\n"


def limited(lines: Sequence[str], noun: str, most: int = MANY) -> Iterator[str]:
    """The first of many lines, and how many are left out."""
    yield from lines[:most]
    if len(lines) > most:
        yield f"- and {count(len(lines) - most, f'more {noun}')}"


# ------------------------------------------------------------------ findings


def findings(rows: Sequence[FindingRow], room: Room) -> Iterator[str]:
    """Findings in their order, the first ones in full."""
    for row in rows[: room.whole]:
        yield from finding(row)
    for row in rows[room.whole : room.named]:
        yield f"- {headed(row)}: {', '.join(markup.code(member.fingerprint) for member in row.members)}"
    left = sum(len(row.members) for row in rows[room.named :])
    if left:
        yield from ("", f"And {count(left, 'finding')} more, which there is no room for.")
    yield ""


def headed(row: FindingRow) -> str:
    """Severity and pattern."""
    return f"**{row.severity}** {markup.code(row.pattern)}"


def finding(row: FindingRow) -> Iterator[str]:
    """All that is known of a finding; of one that is over, nothing about mending it."""
    again = f", {row.again}" if row.again else ""
    yield from (f"### {row.severity}: {markup.code(row.pattern)}{again}", "")
    yield from (markup.inert(row.because or row.title), "")
    facts = [
        ("Who is hit", "; ".join(filter(None, [row.visitors, row.too]))),
        ("Since" if row.state == OPEN else "From", row.began),
        ("Until", "" if row.state == OPEN else row.ended),
        ("For", row.lasted),
        ("It holds", row.certainty_note),
    ]
    yield from (f"- **{label}:** {markup.inert(said)}" for label, said in facts if said)
    yield from _members(row.members)
    if row.state == OPEN and row.remedy_full:
        yield from (f"- **What mends it:** {markup.inert(' '.join(row.remedy_full))}",)
    yield ""
    if row.patch:
        yield from (f"Patch, {markup.inert(row.patch_note)}:", "", *markup.fenced(row.patch, "diff"))
    links = [f"<{address}>" for address in row.references if row.state == OPEN and _is_address(address)]
    if links:
        more = f" and more: {markup.code(f'driftscan patterns {row.pattern}')}" if len(links) > FEW_LINKS else ""
        yield from (f"References: {', '.join(links[:FEW_LINKS])}{more}", "")


def _members(members: Sequence[Member]) -> Iterator[str]:
    """Each subject with its fingerprint and lines; many of them are folded."""
    lines = [f"- {_member(member)}" for member in members]
    if len(lines) == 1:
        yield f"- **Where:** {_member(members[0])}"
    elif len(lines) <= FEW:
        yield "- **Where:**"
        yield from (f"  {line}" for line in lines)
    else:
        yield ""
        yield from markup.folded(f"{count(len(lines), 'place')} where it is found", [*lines, ""])


def _member(member: Member) -> str:
    places = ", ".join(markup.code(markup.clipped(place)) for place in member.places)
    named = f"{markup.code(markup.clipped(member.subject))} ({markup.code(member.fingerprint)})"
    return f"{named} at {places}" if places else named


def _is_address(reference: str) -> bool:
    return reference.startswith(("https://", "http://")) and not set(reference) & set("<> \\`")


# ------------------------------------------------------------------ the rest


def set_aside(rows: Sequence[SuppressedRow], room: Room) -> Iterator[str]:
    """What somebody has decided to live with."""
    for row in rows[: room.aside]:
        who = f", {markup.inert(row.owner)}" if row.owner else ""
        what = f"**{row.severity}** {markup.code(row.pattern)} {markup.code(markup.clipped(row.subject))}"
        where = markup.code(markup.clipped(row.place))
        until = f"until {row.until}{who}: {markup.inert(row.reason)} ({where})"
        yield f"- {what} ({markup.code(row.fingerprint)}), {until}"
    if rows[room.aside :]:
        yield f"- and {count(len(rows) - room.aside, 'finding')} more, which there is no room for"
    yield ""


def questions(rows: Iterable[FindingRow], gaps: Sequence[GapRow], assumed: Iterable[str]) -> Iterator[str]:
    """What is not known, and what would tell."""
    unsure: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.certainty_note:
            unsure.setdefault((row.pattern, row.certainty_note), []).append(markup.code(row.first))
    lines = [
        f"- {markup.code(pattern)} ({some(marks, FEW)}) holds {markup.inert(note)}"
        for (pattern, note), marks in unsure.items()
    ]
    lines += [f"- Not read, so nothing is concluded from it: {markup.inert(gap.text)}" for gap in gaps]
    lines += [f"- {markup.inert(said)}" for said in assumed]
    yield from limited(lines or ["None."], "question")
    yield ""
