"""The first lines of a report: what somebody who was woken at three in the morning must know."""

from collections.abc import Iterator, Sequence

from driftscan.drift.scan import Outcome
from driftscan.history.platform import Evidence
from driftscan.nginx.config import GapKind
from driftscan.report.findings import OPEN, RESOLVED
from driftscan.report.pages import Count
from driftscan.report.rows import FindingRow, GapRow
from driftscan.report.wording import SEVERITIES, count


def verdict(outcome: Outcome, findings: Sequence[FindingRow], filters: Sequence[str]) -> str:
    """One sentence, two at most."""
    changed = sum(bool(step.changes) for step in outcome.steps)
    if not findings:
        if outcome.state is None:
            return "No commit was selected."
        if filters and not outcome.steps:
            return f"Nothing in {count(outcome.commits, 'commit')} is what was asked for: {' '.join(filters)}."
        if not outcome.state.config.files and not outcome.steps:
            return "No nginx configuration was found in this history. --conf names its main file."
        if outcome.start is None and outcome.commits == 1:
            return "The first commit that there is: nothing to compare it with."
        if not changed:
            return f"No known breakage. Nothing changed TLS in {count(outcome.commits, 'commit')}."
        return f"No known breakage. {count(changed, 'commit')} changed TLS."
    still = [row for row in findings if row.state == OPEN]
    past = [row for row in findings if row.state != OPEN]
    if not still:
        return f"{_number(past)}{_resolved(past)}, {_worst(past)}."
    sentence = f"{_number(still)} open, {_worst(still)}."
    if past:
        number = sum(len(row.members) for row in past)
        sentence += f" {number} more {'is' if number == 1 else 'are'} over, {_worst(past)}."
    return sentence


def verdict_kind(findings: Sequence[FindingRow]) -> str:
    """The severity of the worst open finding; `resolved` when none is open, `none` when there never was one."""
    still = [row for row in findings if row.state == OPEN]
    return still[0].severity if still else "resolved" if findings else "none"


def _number(rows: Sequence[FindingRow]) -> str:
    return count(sum(len(row.members) for row in rows), "finding")


def _resolved(rows: Sequence[FindingRow]) -> str:
    if any(row.state != RESOLVED for row in rows):
        return ", none open"
    number = sum(len(row.members) for row in rows)
    return ", resolved" if number == 1 else ", both resolved" if number == 2 else ", all resolved"


def _worst(rows: Sequence[FindingRow]) -> str:
    """The worst of them: who is hit, and from when to when. Times of one zone say the zone once."""
    row = rows[0]
    worst = "worst " if len(rows) > 1 or len(row.members) > 1 else ""
    what = f"{worst}{row.severity}: {row.pattern} ({row.who})"
    start = None if row.introduced is None else row.introduced.time.text
    end = None if row.resolved is None else row.resolved.time.text
    if end is None:
        if row.state == OPEN:
            return f"{what} since {start or 'before the examined history'}"
        return f"{what} at {start}"
    if start is None:
        return f"{what} until {end}"
    if start.rpartition(" ")[2] == end.rpartition(" ")[2]:
        start = start.rpartition(" ")[0]
    return f"{what} from {start} to {end}"


def notes(
    outcome: Outcome, findings: Sequence[FindingRow], gaps: Sequence[GapRow], filters: Sequence[str]
) -> Iterator[str]:
    """What weakens the verdict."""
    if filters:
        yield f"Only a part is shown, as asked for: {' '.join(filters)}."
    if findings and (first := findings[0].introduced) is not None and first.not_before is not None:
        yield f"It may have begun earlier: {first.short} was made by the {first.who}, {first.window}."
    if findings and findings[0].certainty_note:
        yield f"{findings[0].pattern} holds {findings[0].certainty_note}."
    if gaps:
        paths = {gap.path for gap in gaps}
        outside = len({gap.path for gap in gaps if gap.kind == GapKind.OUTSIDE.value})
        where = "" if not outside else f", {'all' if outside == len(paths) else outside} of them outside this history"
        unknown = f"{count(len(paths), 'file')} could not be read at the end"
        yield f"{unknown}{where}; nothing is concluded from what is hidden there."
    if outcome.shallow:
        yield "The history is cut off (a shallow clone): what was there at its start may be older than it seems."
    if outcome.state is not None and outcome.state.platform.nginx.evidence is Evidence.ASSUMED:
        yield f"The nginx version is assumed: {outcome.state.platform.nginx.version}. --nginx-version says it for sure."
    if outcome.state is not None and outcome.state.platform.library is None:
        yield "The TLS library is not known. --openssl-version says it for sure."


def counts(outcome: Outcome, findings: Sequence[FindingRow]) -> Iterator[Count]:
    """The numbers of the first screen; what there is none of is left out, except for open findings."""
    still = [row for row in findings if row.state == OPEN]
    number = sum(len(row.members) for row in still)
    yield Count(number, "open finding" if number == 1 else "open findings", "open")
    for severity in SEVERITIES:
        alike = sum(len(row.members) for row in still if row.severity == severity)
        if alike:
            yield Count(alike, severity, severity)
    past = sum(len(row.members) for row in findings if row.state != OPEN)
    if past:
        yield Count(past, "past finding" if past == 1 else "past findings", "past")
    changed = sum(bool(step.changes) for step in outcome.steps)
    yield Count(changed, "commit changed TLS" if changed == 1 else "commits changed TLS", "steps")
    yield Count(outcome.commits, "commit walked" if outcome.commits == 1 else "commits walked", "commits")
