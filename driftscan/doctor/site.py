"""What the people of the host say themselves: patterns of their own, and findings that they live with."""

import shlex
from collections.abc import Iterator
from datetime import date

from driftscan.doctor.check import Check, ok, warning
from driftscan.doctor.subject import Subject
from driftscan.drift.state import State
from driftscan.history.snapshot import Snapshot
from driftscan.report.wording import count
from driftscan.site.examine import site_of
from driftscan.site.site import FOLDER, with_comments


def site(subject: Subject, tree: Snapshot, state: State, today: date) -> Iterator[Check]:
    """Whether all of it can be understood, and still counts; nothing where there is none."""
    found = with_comments(site_of(tree), state.config.files, tree)
    for gap in found.gaps:
        line = "" if gap.at is None else f"+{gap.at.line} "
        edit = f"${{EDITOR:-vi}} {line}{shlex.quote(str(subject.directory / gap.path))}"
        yield warning(FOLDER, f"{gap.at or gap.path}: {gap.reason}", edit)
    for decision in found.suppressions:
        if decision.is_over(today):
            edit = f"${{EDITOR:-vi}} +{decision.at.line} {shlex.quote(str(subject.directory / decision.at.path))}"
            said = f"{decision.at}: to live with {decision.pattern} was decided until {decision.until}, which is over"
            yield warning(FOLDER, said, edit)
    if not found.gaps and (found.patterns or found.suppressions):
        over = sum(decision.is_over(today) for decision in found.suppressions)
        valid = count(len(found.suppressions) - over, "decision that still counts", "decisions that still count")
        yield ok(FOLDER, f"{count(len(found.patterns), 'pattern')} of the site's own, {valid}")
