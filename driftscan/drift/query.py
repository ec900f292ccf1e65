"""Which part of an outcome was asked for: pure filters over steps."""

import fnmatch
from dataclasses import dataclass, replace

from driftscan.drift.changes import AddressReleased, AddressTaken, Change, NameMoved, ServerRenamed, SettingChanged
from driftscan.drift.findings import Finding, Life, PatternId, Severity
from driftscan.drift.scan import Outcome, Step
from driftscan.drift.subjects import EndpointSubject, ServerSubject, Subject, UpstreamSubject


@dataclass(frozen=True, slots=True)
class Query:
    """What to keep. Patterns are shell globs; an empty field keeps everything."""

    server: str | None = None
    """A glob that one of a server's names must match, or an address it is on."""
    directive: str | None = None
    """A glob for the directive; findings are kept, they are not about one directive."""
    pattern: PatternId | None = None
    """One known breakage: changes are kept only in steps that have it."""
    severity: Severity | None = None
    """The least bad finding to keep: changes are kept only in steps that have one."""

    @property
    def is_empty(self) -> bool:
        """Whether everything is kept."""
        return self == Query()

    def __str__(self) -> str:
        """The options that say the same."""
        named = {"--server": self.server, "--directive": self.directive, "--pattern": self.pattern}
        words = [f"{option} {value}" for option, value in named.items() if value is not None]
        return " ".join(words + ([] if self.severity is None else [f"--min-severity {self.severity}"]))


def select(outcome: Outcome, query: Query) -> Outcome:
    """The same outcome with only what was asked for; steps that have nothing left are gone."""
    if query.is_empty:
        return outcome
    kept = (_step(step, query) for step in outcome.steps)
    return replace(
        outcome,
        steps=tuple(step for step in kept if step is not None),
        open=tuple(life for life in outcome.open if _keeps_finding(life, query)),
    )


def _step(step: Step, query: Query) -> Step | None:
    findings = tuple(event for event in step.findings if _keeps_finding(event.life, query))
    changes = tuple(change for change in step.changes if keeps_change(change, query))
    if not findings and (query.pattern is not None or query.severity is not None):
        return None
    if not findings and not changes:
        return None
    return replace(step, findings=findings, changes=changes)


def _keeps_finding(life: Life, query: Query) -> bool:
    return keeps(life.finding, query)


def keeps(finding: Finding, query: Query) -> bool:
    """Whether a finding was asked for."""
    return (
        (query.pattern is None or finding.pattern == query.pattern)
        and (query.severity is None or finding.severity >= query.severity)
        and (query.server is None or _matches(finding.hit.subject, query.server))
    )


def keeps_change(change: Change, query: Query) -> bool:
    """Whether a change was asked for."""
    if query.directive is not None and not (
        isinstance(change, SettingChanged) and fnmatch.fnmatchcase(change.directive, query.directive)
    ):
        return False
    if query.server is None:
        return True
    subjects: list[Subject] = [change.subject]
    if isinstance(change, ServerRenamed | NameMoved):
        subjects += [change.before, change.after]
    if isinstance(change, AddressTaken | AddressReleased) and matches(query.server, *filter(None, change.names)):
        return True
    return any(_matches(subject, query.server) for subject in subjects)


def _matches(subject: Subject, glob: str) -> bool:
    match subject:
        case ServerSubject():
            names = (*subject.names, *map(str, subject.sockets), str(subject))
        case EndpointSubject():
            names = (subject.name, *subject.server.names, str(subject.socket))
        case UpstreamSubject():
            names = (*subject.server.names, *map(str, subject.server.sockets), str(subject.server))
        case _:
            names = (str(subject),)
    return matches(glob, *names)


def matches(glob: str, *names: str) -> bool:
    """Whether one of the names fits a shell glob, or is written like it: `[::]:443` is an address and no glob."""
    wanted = glob.lower()
    return any(name == wanted or fnmatch.fnmatchcase(name, wanted) for name in names)
