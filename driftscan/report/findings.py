"""Findings as rows: one cause that hits many servers is one row, told with the whole of its life."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from driftscan.drift.chronicle import Picture
from driftscan.drift.findings import Finding, Fingerprint, Life, Need
from driftscan.drift.patches import Patch
from driftscan.drift.scan import Outcome, Step
from driftscan.drift.subjects import SocketSubject, ZoneSubject
from driftscan.history.commit import Commit, CommitId
from driftscan.history.platform import Platform
from driftscan.patterns.catalogue import KnownBreakage
from driftscan.report.patch import shown
from driftscan.report.patterns import explained, first_sentence, paragraphs
from driftscan.report.pictures import picture_row
from driftscan.report.rows import CommitRow, FindingRow, Member
from driftscan.report.subjects import server_of, who_is_hit
from driftscan.report.wording import (
    certainty_note,
    commit_row,
    count,
    duration,
    enumerate_words,
    moment,
    not_before,
    platform_row,
)

OPEN = "open"
RESOLVED = "resolved"
MOMENTARY = "over at once"
WITHDRAWN = "withdrawn"
_NO_PATCHES: Final[Mapping[str, Patch]] = MappingProxyType({})
_NO_PICTURES: Final[Mapping[tuple[Fingerprint, CommitId | None], Picture]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it is told in one place: its life, and what is said about it there."""

    life: Life
    state: str


@dataclass(frozen=True, slots=True)
class Fate:
    """When a finding came and went, in words; nothing where no history says so."""

    began: str = ""
    ended: str = ""
    lasted: str = ""
    introduced: CommitRow | None = None
    resolved: CommitRow | None = None


class Lives:
    """Every finding of an outcome with its whole life, also told where it began."""

    def __init__(
        self,
        outcome: Outcome,
        patches: Mapping[str, Patch] = _NO_PATCHES,
        pictures: Mapping[tuple[Fingerprint, CommitId | None], Picture] = _NO_PICTURES,
    ) -> None:
        self._outcome = outcome
        self._patches = patches
        self._pictures = pictures
        self._steps: Mapping[CommitId, Step] = {step.commit.id: step for step in outcome.steps}
        lives: dict[tuple[Fingerprint, CommitId | None], Life] = {}
        for step in outcome.steps:
            for event in step.findings:
                lives[_identity(event.life)] = event.life
        for life in outcome.open:
            lives[_identity(life)] = life
        self._lives = lives
        self._open = {_identity(life) for life in outcome.open}

    def all(self) -> tuple[FindingRow, ...]:
        """Every finding, open ones first, the worst first, the newest first."""
        rows = group(Told(life, self.state(life)) for life in self._lives.values())
        return tuple(_anchored(self.row(told) for told in sorted(rows, key=self._order)))

    def _order(self, told: Sequence[Told]) -> tuple[bool, int, float, str, str]:
        life = told[0].life
        newest = life.introduced.committed.timestamp() if life.introduced else 0.0
        finding = life.finding
        return (told[0].state != OPEN, -finding.severity, -newest, finding.pattern, finding.hit.subject.key)

    def entries(self) -> tuple[KnownBreakage, ...]:
        """The entries of the catalogue that explain all of them, by id."""
        found = (explained(life.finding) for life in self._lives.values())
        return tuple(sorted({entry.id: entry for entry in found if entry}.values(), key=lambda entry: entry.id))

    def of_step(self, step: Step) -> tuple[FindingRow, ...]:
        """What one step did: news first, as the events are ordered."""
        told = group(Told(self.whole(event.life), event.state.value) for event in step.findings)
        return tuple(self.row(rows) for rows in told)

    def whole(self, life: Life) -> Life:
        """The same life to its end, as far as it is known."""
        later = self._lives.get(_identity(life), life)
        return (
            life
            if life.resolved
            else Life(life.finding, life.introduced, life.introduced_not_before, later.resolved, life.times)
        )

    def state(self, life: Life) -> str:
        """How a life stands at the end of what was examined."""
        if _identity(life) in self._open:
            return OPEN
        if life.resolved is not None:
            return RESOLVED
        entry = explained(life.finding)
        lasts = entry is None or entry.matcher.events is None or entry.matcher.mended is not None
        return WITHDRAWN if lasts else MOMENTARY

    def row(self, told: Sequence[Told]) -> FindingRow:
        """One row for findings of one cause."""
        life = told[0].life
        fate = Fate(
            began=self._began(life),
            ended=self._ended(life),
            lasted=self._lasted(life),
            introduced=None if life.introduced is None else commit_row(life.introduced, life.introduced_not_before),
            resolved=None if life.resolved is None else commit_row(life.resolved, self._before(life.resolved)),
        )
        row = finding_row(told, self._platform(life), fate, self._patches if told[0].state == OPEN else _NO_PATCHES)
        picture = next(filter(None, (self._pictures.get(_identity(one.life)) for one in told)), None)
        return row if picture is None else replace(row, picture=picture_row(picture, row))

    def earliest(self, life: Life) -> datetime | None:
        """The earliest moment it may have been there; `None` when that is before the history."""
        if life.introduced is None:
            return life.finding.hit.since
        return not_before(life.introduced, life.introduced_not_before) or life.introduced.committed

    def _before(self, commit: Commit) -> Commit | None:
        step = self._steps.get(commit.id)
        return None if step is None else step.previous

    def _platform(self, life: Life) -> Platform | None:
        if life.introduced is not None and life.introduced.id in self._steps:
            return self._steps[life.introduced.id].platform
        return None if self._outcome.state is None else self._outcome.state.platform

    def _began(self, life: Life) -> str:
        since = life.finding.hit.since
        if life.introduced is None and since is not None:
            return f"{moment(since).text}, by itself"
        if life.introduced is None:
            start = self._outcome.start
            return "there when the examined history began" + (f", on {moment(start.committed).text}" if start else "")
        row = commit_row(life.introduced, life.introduced_not_before)
        window = f", {row.window}" if row.window else ""
        return f"{row.time.text} by {row.short} ({row.who}){window}"

    def _ended(self, life: Life) -> str:
        if life.resolved is not None:
            row = commit_row(life.resolved, self._before(life.resolved))
            window = f", {row.window}" if row.window else ""
            return f"{row.time.text} by {row.short} ({row.who}){window}"
        return {
            OPEN: "still open",
            MOMENTARY: "an event, over at once",
            WITHDRAWN: "no longer found with what became known later about the versions",
        }[self.state(life)]

    def _lasted(self, life: Life) -> str:
        """For how long, as far as the times of the commits say."""
        if life.introduced is None or life.resolved is None:
            return ""
        last = not_before(life.resolved, self._before(life.resolved)) or life.resolved.committed
        earliest = self.earliest(life) or life.introduced.committed
        shortest, longest = last - life.introduced.committed, life.resolved.committed - earliest
        if shortest == longest:
            return duration(longest)
        if shortest <= timedelta(0):
            return f"up to {duration(longest)}"
        return f"{duration(shortest)}, perhaps up to {duration(longest)}"


def _anchored(rows: Iterable[FindingRow]) -> Iterator[FindingRow]:
    """The same rows; the first life of a finding that is told is the one that links lead to."""
    seen: set[str] = set()
    for row in rows:
        members = tuple(replace(member, is_anchor=member.fingerprint not in seen) for member in row.members)
        seen.update(member.fingerprint for member in members)
        yield replace(row, members=members)


def _identity(life: Life) -> tuple[Fingerprint, CommitId | None]:
    return life.finding.fingerprint, None if life.introduced is None else life.introduced.id


def _again(times: int) -> str:
    return "" if times == 1 else f"for the {({2: 'second', 3: 'third'}).get(times, f'{times}th')} time"


def group(told: Iterable[Told]) -> list[list[Told]]:
    """Findings of one pattern, one fate and one cause together, in the order in which they come."""
    groups: dict[tuple[object, ...], list[Told]] = {}
    for one in told:
        finding, life = one.life.finding, one.life
        key = (
            finding.pattern,
            one.state,
            finding.severity,
            finding.certainty,
            finding.hit.variant,
            life.introduced and life.introduced.id,
            life.resolved and life.resolved.id,
            _cause(finding),
        )
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _cause(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The facts of a finding but for those that say what it is about, where that is written, or what to ask for."""
    own = {str(finding.hit.subject), *map(str, finding.hit.evidence)}
    return tuple(fact for fact in finding.hit.facts if fact[1] not in own and fact[0] != "name")


def finding_row(
    told: Sequence[Told], platform: Platform | None, fate: Fate, patches: Mapping[str, Patch] = _NO_PATCHES
) -> FindingRow:
    """Findings of one cause, with what is known about their life."""
    told = sorted(told, key=lambda one: one.life.finding.hit.subject.key)
    first_life = told[0].life
    findings = [one.life.finding for one in told]
    first = findings[0]
    entry = explained(first)
    members = tuple(
        Member(
            finding.fingerprint,
            str(finding.hit.subject),
            because(finding),
            tuple(map(str, finding.hit.evidence)),
            server=server_of(finding.hit.subject),
        )
        for finding in findings
    )
    remedy = () if entry is None else paragraphs(entry.remedy(first.hit))
    patch = _patch(findings, patches)
    return FindingRow(
        pattern=first.pattern,
        title=first.pattern if entry is None else entry.title,
        state=told[0].state,
        severity=str(first.severity),
        members=members,
        who=who_is_hit([finding.hit.subject for finding in findings]),
        because=members[0].because + _likewise(findings),
        visitors="" if entry is None else entry.visitors(first.hit),
        certainty=first.certainty.value,
        certainty_note=certainty_note(first, platform),
        places=tuple(dict.fromkeys(place for member in members for place in member.places)),
        remedy=first_sentence(remedy[0]) if remedy else "",
        remedy_full=remedy,
        references=() if entry is None else entry.references,
        again=_again(first_life.times),
        began=fate.began,
        ended=fate.ended,
        lasted=fate.lasted,
        introduced=fate.introduced,
        resolved=fate.resolved,
        first=members[0].fingerprint,
        patch=patch,
        patch_note=_patch_note(findings, patches) if patch else "",
        category="" if entry is None else entry.pattern.category.value,
        versions=_judged_on(first, platform),
        since=None if first.hit.since is None else moment(first.hit.since),
    )


def _judged_on(finding: Finding, platform: Platform | None) -> tuple[str, ...]:
    """The versions that the finding would not be true without, each with its proof."""
    if platform is None:
        return ()
    nginx, library, *_ = platform_row(platform).versions
    rows = [row for need, row in ((Need.NGINX, nginx), (Need.LIBRARY, library)) if need in finding.hit.needs]
    return tuple(f"{row.program} {row.version}" + (f" ({row.source})" if row.source else "") for row in rows)


def _patch(findings: Sequence[Finding], patches: Mapping[str, Patch]) -> tuple[str, ...]:
    """The lines that mend all of them, or as many as lines can."""
    return next((lines for found in findings if (lines := shown(patches.get(found.fingerprint)))), ())


def _patch_note(findings: Sequence[Finding], patches: Mapping[str, Patch]) -> str:
    mended = [finding for finding in findings if finding.fingerprint in patches]
    whom = (
        f" for {enumerate_words([str(found.hit.subject) for found in mended])}" if len(mended) < len(findings) else ""
    )
    brings = dict.fromkeys(f"{found.pattern} ({found.severity})" for found in patches[mended[0].fingerprint].brings)
    price = f" and brings {enumerate_words([*brings])}" if brings else ""
    return f"tried out: this ends it{whom}{price}. Apply it with `patch -p1` at the top of the tree, then `nginx -t`"


def because(finding: Finding) -> str:
    """Why it is one, in a sentence."""
    entry = explained(finding)
    return "" if entry is None else entry.because(finding.hit)


def _likewise(findings: Sequence[Finding]) -> str:
    others = len(findings) - 1
    if not others:
        return ""
    kinds = {type(finding.hit.subject) for finding in findings}
    noun = "socket" if kinds == {SocketSubject} else "zone" if kinds == {ZoneSubject} else "server"
    return (
        f" The same goes for the other {noun}."
        if others == 1
        else f" The same goes for {count(others, f'other {noun}')}."
    )
