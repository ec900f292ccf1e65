"""What is left of an outcome when the findings are set aside that somebody has decided to live with."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from driftscan.drift.findings import Finding, Life
from driftscan.drift.scan import Outcome, Step
from driftscan.site.suppressions import Suppression


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An open finding, and the decision that it is set aside by."""

    life: Life
    by: Suppression


@dataclass(frozen=True, slots=True)
class Decided:
    """The open findings, parted by what people decided."""

    open: tuple[Life, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    over: tuple[Suppression, ...] = ()
    """The decisions whose last day has passed: what they set aside is told again."""


def decide(lives: Iterable[Life], suppressions: Iterable[Suppression], today: date) -> Decided:
    """Set aside what a decision speaks of that still counts today."""
    suppressions = tuple(suppressions)
    valid = [found for found in suppressions if not found.is_over(today)]
    left: list[Life] = []
    aside: list[Suppressed] = []
    for life in lives:
        by = next((found for found in valid if found.covers(life.finding)), None)
        if by is None:
            left.append(life)
        else:
            aside.append(Suppressed(life, by))
    over = tuple(found for found in suppressions if found.is_over(today))
    return Decided(tuple(left), tuple(aside), over)


def without(outcome: Outcome, decided: Decided, suppressions: Iterable[Suppression], today: date) -> Outcome:
    """The same outcome with only what is left; a comment counts for the whole life of what it set aside."""
    valid = [found for found in suppressions if not found.is_over(today)]
    marks = {found.life.finding.fingerprint for found in decided.suppressed}

    def is_aside(finding: Finding) -> bool:
        return finding.fingerprint in marks or any(found.covers(finding) for found in valid)

    return replace(outcome, open=decided.open, steps=tuple(_left(outcome.steps, is_aside)))


def _left(steps: Iterable[Step], is_aside: Callable[[Finding], bool]) -> Iterator[Step]:
    for step in steps:
        findings = tuple(event for event in step.findings if not is_aside(event.finding))
        if findings or step.changes or step.opened or step.closed:
            yield replace(step, findings=findings)
