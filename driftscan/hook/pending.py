"""News as what is written down before any of it is told."""

from collections.abc import Sequence
from typing import Final

from driftscan.drift.findings import FindingState, Severity
from driftscan.hook.given import Given
from driftscan.hook.keep import Channel, Pending
from driftscan.hook.news import Before, News, Told
from driftscan.hook.telling import lines
from driftscan.report import events, records
from driftscan.report.entries import SEVERITY_WORDS, SeverityWord

STATES: Final = {"introduced": FindingState.INTRODUCED, "returned": FindingState.RETURNED}


def pending(given: Given, found: News, before: Before | None, host: str) -> Pending | None:
    """What is to be told, and where; `None` when there is nothing."""
    every = [(given.is_loud(one.finding.severity), _event(given, found, one, host)) for one in found.told]
    gone = [_gone(given, found, mark, host) for mark in found.gone]
    loud = [line for is_loud, line in every if is_loud]
    printed = printed_lines(given, found, [one for one in found.told if given.is_loud(one.finding.severity)])
    reported = found.changed and given.settings.reports > 0
    if reported and printed:
        printed.append(f"driftscan: the report is {given.store.latest}")
    wanted: dict[Channel, bool] = {
        "events": bool(every or gone),
        "print": bool(printed),
        "report": reported,
        "syslog": given.settings.syslog and bool(loud),
        "command": bool(given.settings.command and loud),
    }
    left = [channel for channel, is_wanted in wanted.items() if is_wanted]
    if not left:
        return None
    since = None if before is None else before.examined
    return Pending(since, found.head, [line for _, line in every] + gone, loud, printed, left)


def printed_lines(given: Given, found: News, loud: Sequence[Told]) -> list[str]:
    """The lines for a terminal; none when nothing is loud enough."""
    wants_any = given.settings.notify != "none"
    unread = found.unread if wants_any else ()
    # People who rewrite history know it; where that hides what this run compares with, they are told.
    rewritten = "" if not found.rewritten or not (loud or unread or found.lost) else (
        "the history was rewritten since the last run; what follows is compared with what was known then"
    )  # fmt: skip
    return list(lines(loud, unread, rewritten if wants_any else "", given.subject.path))


def _event(given: Given, found: News, told: Told, host: str) -> str:
    finding = told.finding
    commit = found.head if told.commit is None else told.commit.id
    state = STATES.get(told.fate, FindingState.RESOLVED if told.fate == "resolved" else FindingState.INTRODUCED)
    return events.line(
        events.Event(
            id=events.event_id(commit, finding.fingerprint, told.fate),
            time=events.told_at(given.moment),
            host=host,
            repository=str(given.subject.path),
            event=told.fate,
            pattern=finding.pattern,
            severity=_word(finding.severity),
            fingerprint=finding.fingerprint,
            subject=str(finding.hit.subject),
            commit=None if told.commit is None else records.commit(told.commit, told.previous),
            finding=records.finding(told.life, state, told.platform),
        )
    )


def _gone(given: Given, found: News, mark: str, host: str) -> str:
    known = found.gone[mark]
    return events.line(
        events.Event(
            id=events.event_id(found.head, mark, "gone"),
            time=events.told_at(given.moment),
            host=host,
            repository=str(given.subject.path),
            event="gone",
            pattern=known.pattern,
            severity=known.severity,
            fingerprint=mark,
            subject=known.subject,
            commit=None,
            finding=None,
        )
    )


def _word(severity: Severity) -> SeverityWord:
    return SEVERITY_WORDS[severity - 1]
