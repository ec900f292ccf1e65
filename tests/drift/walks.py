"""Walks over real histories, in few words."""

from datetime import datetime

from driftscan.drift.changes import Change, LoadChanged
from driftscan.drift.findings import FindingEvent, PatternId
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.scan import Outcome, Scan, Step, finish
from driftscan.history.observe import NO_OPTIONS, Observer, Options
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.nginx.loadtest import Load
from driftscan.patterns.catalogue import catalogue
from tests.etc import EtcHistory

EVERY_PATTERN = tuple(entry.matcher for entry in catalogue())


def patterns(*ids: str) -> tuple[Matcher, ...]:
    """The entries of the catalogue that a test is about, so that others may see more in its history."""
    wanted = {matcher.id: matcher for matcher in EVERY_PATTERN}
    return tuple(wanted[PatternId(name)] for name in ids)


def walk(
    etc: EtcHistory,
    patterns: tuple[Matcher, ...] = EVERY_PATTERN,
    options: Options = NO_OPTIONS,
    *,
    tip: str = "HEAD",
    after: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int | None = None,
) -> Outcome:
    """Walk a part of the history to its end."""
    days = [datetime.fromisoformat(moment) if moment else None for moment in (since, until)]
    with Repository.open(etc.path) as repository:
        segment = repository.select(Selection(tip, after, days[0], days[1], limit))
        return finish(Scan(repository, segment, patterns, Observer(repository.read, options)))


def told(step: Step) -> list[str]:
    """The changes of a step in a few words each."""
    return [in_words(change) for change in step.changes]


def in_words(change: Change) -> str:
    """A change in a few words: its kind, what it is about, and what nginx would say where that changed."""
    if isinstance(change, LoadChanged):
        return f"LoadChanged {change.subject}: {verdict(change.before)} -> {verdict(change.after)}"
    return " ".join([type(change).__name__, str(change.subject), getattr(change, "directive", "")]).rstrip()


def verdict(load: Load) -> str:
    """What nginx stops at, or that it loads, or that nobody can tell."""
    if load.refusal is not None:
        return str(load.refusal)
    return "loads" if load.ok else "may load"


def said(events: tuple[FindingEvent, ...]) -> list[str]:
    """The findings of a step: what became of which pattern, about what, for the how manieth time."""
    return [
        f"{event.state} {event.finding.pattern} {event.finding.hit.subject} x{event.life.times}" for event in events
    ]
