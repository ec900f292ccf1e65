"""All checks, in the order in which one rests on the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from driftscan.doctor import configuration, hook, program, repository, settings, site, versions
from driftscan.doctor.check import Check, Verdict, guarded
from driftscan.doctor.subject import Subject
from driftscan.drift.scan import Scan, finish
from driftscan.errors import DriftscanError
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection

IN_THE_HISTORY: Final = ("etckeeper", "hook", "nginx", "versions", "what the site says")
"""What cannot be looked at without a repository."""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that was found."""

    checks: tuple[Check, ...]
    unexamined: tuple[str, ...] = ()
    """What was not looked at, because something that it rests on fails."""

    @property
    def works(self) -> bool:
        """Whether nothing fails; there may be warnings."""
        return all(check.verdict is not Verdict.FAILS for check in self.checks)


def examine(subject: Subject) -> Examination:
    """Look at everything. Nothing is written, nothing of the repository is run, and it always comes to an end."""
    checks = [
        *guarded("python", program.python),
        *guarded("libraries", lambda: program.libraries(program.requirements())),
        *guarded("git", program.git),
        *guarded("settings", partial(settings.settings, subject)),
        *guarded("command", partial(settings.command, subject)),
        *guarded("syslog", partial(settings.system_log, subject)),
        *guarded("textfile", partial(settings.textfile, subject)),
    ]
    try:
        opened = Repository.open(subject.directory)
    except DriftscanError as error:
        return Examination((*checks, repository.refused(subject, error)), IN_THE_HISTORY)
    with opened:
        checks += guarded("repository", partial(_history, subject, opened))
    return Examination(tuple(checks))


def _history(subject: Subject, opened: Repository) -> Iterator[Check]:
    segment, facts = opened.select(Selection(limit=1)), subject.facts
    yield from guarded("repository", lambda: repository.repository(subject, opened, len(segment.earlier) + 1))
    yield from guarded("index.lock", lambda: repository.left_over(subject))
    tree = opened.tree(opened.head)
    yield from guarded("etckeeper", lambda: repository.etckeeper(subject, tree))
    yield from guarded("hook", lambda: hook.installed(subject))
    yield from guarded("state directory", lambda: hook.kept(subject, opened))
    outcome = finish(Scan(opened, segment, (), Observer(opened.read, facts.versions), facts.layout))
    state = outcome.state
    assert outcome.last is not None, "a repository that can be opened has a commit"  # noqa: S101
    assert state is not None, "a walk over a commit has read it"  # noqa: S101
    newest = outcome.last
    yield from guarded("newest commit", lambda: repository.newest_commit(subject, newest))
    yield from guarded("nginx", lambda: configuration.configuration(subject, state))
    yield from guarded("versions", lambda: versions.versions(subject, state.platform))
    yield from guarded("driftscan", lambda: site.site(subject, tree, state, subject.now.date()))
