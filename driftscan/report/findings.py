"""Findings as rows: one cause that hits many servers is one row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from driftscan.drift.findings import Finding, Life, Need
from driftscan.drift.patches import Patch
from driftscan.drift.subjects import SocketSubject, ZoneSubject
from driftscan.history.platform import Platform
from driftscan.report.patch import shown
from driftscan.report.patterns import explained, first_sentence, paragraphs
from driftscan.report.rows import CommitRow, FindingRow, Member
from driftscan.report.subjects import server_of, who_is_hit
from driftscan.report.wording import (
    certainty_note,
    count,
    enumerate_words,
    moment,
    platform_row,
)

OPEN = "open"
RESOLVED = "resolved"
MOMENTARY = "over at once"
WITHDRAWN = "withdrawn"
NO_PATCHES: Final[Mapping[str, Patch]] = MappingProxyType({})
"""By fingerprint: nothing was tried out."""


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
    """The facts of a finding but for those that say what it is about, where that is written, or what to ask for.

    A sentence that names what it is about says the same of another server when it is the same but for the name.
    """
    subject = str(finding.hit.subject)
    own = {subject, *map(str, finding.hit.evidence)}
    facts = (fact for fact in finding.hit.facts if fact[1] not in own and fact[0] != "name")
    return tuple((name, value.replace(subject, "\0")) for name, value in facts)


def finding_row(
    told: Sequence[Told], platform: Platform | None, fate: Fate, patches: Mapping[str, Patch] = NO_PATCHES
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
    visitors = "" if entry is None else entry.visitors(first.hit)
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
        visitors=visitors,
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
        too=f"the same for {_others(findings)}" if len(findings) > 1 and str(first.hit.subject) in visitors else "",
    )


def _judged_on(finding: Finding, platform: Platform | None) -> tuple[str, ...]:
    """The versions that the finding would not be true without, each with its proof; not what nobody knows."""
    if platform is None:
        return ()
    nginx, library, *_ = platform_row(platform).versions
    rows = [row for need, row in ((Need.NGINX, nginx), (Need.LIBRARY, library)) if need in finding.hit.needs]
    return tuple(
        f"{row.program} {row.version}" + (f" ({row.source})" if row.source else "") for row in rows if row.evidence
    )


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
    return f" The same goes for {_others(findings)}." if len(findings) > 1 else ""


def _others(findings: Sequence[Finding]) -> str:
    """All but the first: `the other server`, `46 other servers`."""
    others = len(findings) - 1
    kinds = {type(finding.hit.subject) for finding in findings}
    noun = "socket" if kinds == {SocketSubject} else "zone" if kinds == {ZoneSubject} else "server"
    return f"the other {noun}" if others == 1 else count(others, f"other {noun}")
