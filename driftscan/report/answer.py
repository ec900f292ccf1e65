"""What a reader asks first: what happened, why, when, whom it hit, what mends it, and how sure that is."""

from collections.abc import Iterator, Sequence

from driftscan.drift.scan import Outcome
from driftscan.report.findings import MOMENTARY, OPEN, RESOLVED
from driftscan.report.pages import Answer
from driftscan.report.rows import ChangeRow, FindingRow, StepRow
from driftscan.report.wording import SEVERITIES, count, enumerate_words, some

URGENT = ("critical", "high")
NAMED = 3
"""So many of those that are hit are named in the first sentence."""


def answer(outcome: Outcome, findings: Sequence[FindingRow], steps: Sequence[StepRow]) -> Answer | None:
    """The answer about one finding; `None` where nothing was found.

    What is open and high or critical comes first. Where nothing of that kind is open, the worst of all is meant: a
    review of what is over does not begin with a trifle that is still there.

    Args:
        outcome: What was examined.
        findings: In the order of the report: open ones first, then the worst.
        steps: Every step of the report.
    """
    if not findings:
        return None
    main = findings[0]
    if main.state != OPEN or main.severity not in URGENT:
        main = min(findings, key=lambda row: SEVERITIES.index(row.severity))
    others = [row for row in findings if row is not main]
    return Answer(
        headline=headline(main),
        finding=main,
        changes=tuple(_changes(main, steps)),
        sure=_sure(main),
        others=_others(others),
        start="" if outcome.start is None else _start(findings),
    )


def headline(row: FindingRow) -> str:
    """Whom it hit, for how long, and whether it is mended: in the configuration, which nginx has to load."""
    names = list(dict.fromkeys(member.subject for member in row.members))
    whom, several = some(names, NAMED), len(names) > 1
    hit = "at risk" if row.visitors.startswith("nobody") else "hit"
    past, present = ("were", "are") if several else ("was", "is")
    sure = row.certainty == "certain"
    if row.state == OPEN:
        verb = f"{present} {hit}" if sure else f"may be {hit}"
        return f"{whom} {verb}{_since(row)}, and nothing has mended it."
    verb = f"{past} {hit}" if sure else f"may have been {hit}"
    if row.state == RESOLVED and row.resolved is not None:
        length = f" for {row.lasted}" if row.lasted else ""
        return f"{whom} {verb}{length}, until {row.resolved.time.text}; the configuration is mended."
    if row.state == MOMENTARY:
        return f"{whom} {verb}{_at(row)}: an event, over at once."
    return f"{whom} seemed to be {hit}{_since(row)}; what became known later says otherwise."


def _since(row: FindingRow) -> str:
    if row.introduced is not None:
        return f" since {row.introduced.time.text}"
    return f" since {row.since.text}" if row.since is not None else " since before the examined history"


def _at(row: FindingRow) -> str:
    return "" if row.introduced is None else f" at {row.introduced.time.text}"


def _changes(row: FindingRow, steps: Sequence[StepRow]) -> Iterator[ChangeRow]:
    """The changes that brought it: those of its commit that are linked with it."""
    if row.introduced is None:
        return
    marks = {member.fingerprint for member in row.members}
    for step in steps:
        if step.commit.id == row.introduced.id:
            yield from (change for change in step.changes if marks & set(change.fingerprints))


def _sure(row: FindingRow) -> str:
    rests = f", judged on {enumerate_words(row.versions)}" if row.versions else ""
    match row.certainty:
        case "certain":
            return f"Certain, as far as files can tell{rests}."
        case "assumed":
            return f"It rests on a version that is assumed{rests}."
        case _:
            return f"It depends on something that is not in the history{rests}."


def _others(rows: Sequence[FindingRow]) -> str:
    """What else there is."""
    parts = []
    for state, rest in (("open", [row for row in rows if row.state == OPEN]), ("past", _past(rows))):
        if rest:
            number = sum(len(row.members) for row in rest)
            parts.append(f"{count(number, f'more finding is {state}', f'more findings are {state}')}, {_worst(rest)}")
    return f"{'; '.join(parts)}." if parts else ""


def _past(rows: Sequence[FindingRow]) -> list[FindingRow]:
    return [row for row in rows if row.state != OPEN]


def _worst(rows: Sequence[FindingRow]) -> str:
    return (
        f"the worst {rows[0].severity}: {rows[0].pattern}"
        if len(rows) > 1
        else f"{rows[0].severity}: {rows[0].pattern}"
    )


def _start(findings: Sequence[FindingRow]) -> str:
    """How many of the findings were there before the range that was asked for."""
    number = sum(len(row.members) for row in findings if row.introduced is None and row.since is None)
    if not number:
        return "Nothing that is told here was there when the range began."
    told = f"{count(number, 'finding was', 'findings were')} already there when the range began"
    return f"{told}; a report that begins earlier says which commit brought {'it' if number == 1 else 'them'}."
