"""News in a few lines for a terminal and a mail: what began first, then what is over."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from driftscan.drift.findings import PatternId, Severity
from driftscan.hook.news import Told
from driftscan.nginx.config import Gap
from driftscan.report.findings import because
from driftscan.report.patterns import explained, first_sentence
from driftscan.report.printable import printable
from driftscan.report.wording import certainty_note, count, some

MOST_SUBJECTS: Final = 5
MOST_BREAKAGES: Final = 3
ETC: Final = Path("/etc")


def lines(told: Sequence[Told], unread: Sequence[Gap], rewritten: str, where: Path) -> Iterator[str]:
    """What is printed, line by line, with nothing in them that acts on a terminal.

    Args:
        told: what is loud enough.
        unread: files that cannot be read any more.
        rewritten: what to say of a history that is another one than before; empty: it is the same.
        where: the repository.
    """
    said = list(_lines(told, unread, rewritten, where))
    yield from (f"driftscan: {printable(line)}" for line in said)


def _lines(told: Sequence[Told], unread: Sequence[Gap], rewritten: str, where: Path) -> Iterator[str]:
    if rewritten:
        yield rewritten
    begun = [one for one in told if one.fate != "resolved"]
    groups = [list(alike) for _, alike in groupby(sorted(begun, key=_worst_first), key=_kind)]
    for alike in groups[:MOST_BREAKAGES]:
        yield from _breakage(alike)
    if groups[MOST_BREAKAGES:]:
        yield f"and {count(sum(map(len, groups[MOST_BREAKAGES:])), 'more finding')}"
    over = sorted((one for one in told if one.fate == "resolved"), key=_worst_first)
    ended = [(alike[0], alike) for _, group in groupby(over, key=_kind) if (alike := list(group))]
    for first, alike in ended[:MOST_BREAKAGES]:
        yield f"resolved: {first.finding.pattern} of {_subjects(alike)}"
    if ended[MOST_BREAKAGES:]:
        yield f"resolved as well: {count(sum(len(alike) for _, alike in ended[MOST_BREAKAGES:]), 'more finding')}"
    for gap in unread[:MOST_BREAKAGES]:
        yield f"cannot read {gap.path} any more: {gap.reason}"
    commits = list(dict.fromkeys(one.commit.id[:12] for one in begun if one.commit is not None))
    option = "" if where == ETC else f" -C {where}"
    if len(commits) == 1:
        yield f"`driftscan show{option} {commits[0]}` tells more"
    elif commits:
        yield f"`driftscan log{option} {commits[0]}^..{commits[-1]}` tells more"
    elif begun:
        yield f"`driftscan check{option}` tells more"


def _worst_first(one: Told) -> tuple[int, str, str]:
    return (-one.finding.severity, one.finding.pattern, one.finding.hit.variant)


def _kind(one: Told) -> tuple[PatternId, str, Severity]:
    return one.finding.pattern, one.finding.hit.variant, one.finding.severity


def _breakage(alike: Sequence[Told]) -> Iterator[str]:
    first, *others = alike
    finding = first.finding
    yield f"{str(finding.severity).upper()} {finding.pattern}: {because(finding)}"
    entry = explained(finding)
    visitors = "" if entry is None else entry.visitors(finding.hit)
    if visitors:
        yield f"    hits {visitors}"
    if note := certainty_note(finding, first.platform):
        yield f"    this holds {note}"
    yield f"    see {', '.join(str(place) for place in finding.hit.evidence)}"
    if entry is not None:
        remedy = " ".join(entry.remedy(finding.hit).split())
        yield f"    remedy: {first_sentence(remedy)}"
    if others:
        yield f"    the same goes for {_subjects(others)}"


def _subjects(told: Sequence[Told]) -> str:
    return some([str(one.finding.hit.subject) for one in told], MOST_SUBJECTS)
