"""An outcome -> a report: everything that is said about it, worded once for all formats.

The rows are in :mod:`driftscan.report.rows`; each kind of row has a module of its own beside this one.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from driftscan.drift.findings import FindingState
from driftscan.drift.scan import Comparison, Outcome, Step
from driftscan.nginx.config import Gap
from driftscan.report.answer import answer
from driftscan.report.changes import change_rows
from driftscan.report.decided import decided_notes, suppressed_rows
from driftscan.report.effective import build_effective
from driftscan.report.examined import GLOSSARY, examined
from driftscan.report.facets import faceted
from driftscan.report.findings import OPEN, Fate, Told, finding_row, group
from driftscan.report.lives import Lives
from driftscan.report.pages import ComparisonReport, EffectiveReport, Report
from driftscan.report.patterns import pattern_row
from driftscan.report.printable import all_printable
from driftscan.report.quotes import quotes
from driftscan.report.rawdiff import diff_lines, marked
from driftscan.report.rows import CommitRow, Extent, FindingRow, GapRow, Request, StepRow
from driftscan.report.timeline import timeline
from driftscan.report.verdict import counts, notes, verdict, verdict_kind
from driftscan.report.wording import SEVERITIES, SHORT_ID, commit_row, count, gap_row, moment, platform_row

FEW_PATHS = 4


def build(outcome: Outcome, request: Request) -> Report:
    """The whole report, every string of it printable."""
    chronicle = request.chronicle
    lives = Lives(outcome, request.patches, {} if chronicle is None else chronicle.pictures)
    gaps = gap_rows(outcome.gaps)
    told = tuple(_step(step, lives, request) for step in reversed(outcome.steps))
    facets, steps, findings = faceted(told, lives.all())
    effective, start = _effective(outcome, request)
    is_whole = request.extent is Extent.WHOLE
    listed = is_whole or request.show_suppressed
    report = Report(
        title=f"TLS history of {f'{request.host}, ' if request.host else ''}{request.path}: {request.range_line}",
        path=request.path,
        host=request.host,
        range_line=request.range_line,
        verdict=verdict(outcome, findings, request.filters),
        verdict_kind=verdict_kind(findings),
        answer=answer(outcome, findings, steps),
        notes=(*notes(outcome, findings, gaps, request.filters), *decided_notes(request.decided, listed=listed)),
        counts=tuple(counts(outcome, findings)),
        steps=steps,
        findings=findings,
        gaps=gaps,
        timeline=timeline(outcome, steps, findings, chronicle) if is_whole else None,
        suppressed=suppressed_rows(request.decided) if listed else (),
        patterns=tuple(pattern_row(entry) for entry in lives.entries()) if is_whole else (),
        effective=effective,
        start=start,
        quotes=tuple(quotes(_places(findings, effective), request.sources)),
        facets=facets if is_whole else (),
        examined=tuple(examined(outcome, request, gaps)),
        glossary=GLOSSARY,
        generated=moment(request.generated),
        version=request.version,
    )
    return all_printable(report)


def _effective(outcome: Outcome, request: Request) -> tuple[EffectiveReport | None, EffectiveReport | None]:
    """What is in force at the end, and what was when the range began."""
    if request.extent is not Extent.WHOLE or outcome.state is None:
        return None, None
    begin = None if request.chronicle is None else request.chronicle.start
    return build_effective(outcome.state, "now"), None if begin is None else build_effective(begin, "at the start")


def _places(findings: Sequence[FindingRow], effective: EffectiveReport | None) -> Iterator[str]:
    """The lines that are pointed at as they are at the end."""
    for row in findings:
        yield from row.places if row.state == OPEN else ()
    if effective is not None:
        yield from (socket.place for socket in effective.sockets)
        for endpoint in effective.endpoints:
            yield endpoint.place
            yield from (place for setting in endpoint.settings for place in setting.places)


def build_comparison(comparison: Comparison, before: str, after: str) -> ComparisonReport:
    """Two states, called `before` and `after` by whoever asks."""
    was, now = comparison.before, comparison.after
    news = group(Told(life, FindingState.INTRODUCED.value) for life in comparison.introduced)
    over = group(Told(life, FindingState.RESOLVED.value) for life in comparison.resolved)
    findings = (
        *(finding_row(told, now.platform, Fate()) for told in news),
        *(finding_row(told, was.platform, Fate()) for told in over),
    )
    rows = change_rows(comparison.changes, loads=comparison.after.load.ok is not False)
    report = ComparisonReport(
        title=f"From {before} to {after}",
        verdict=_difference(findings, comparison, len(rows)),
        before=platform_row(was.platform),
        after=platform_row(now.platform),
        findings=findings,
        changes=rows,
        opened=gap_rows(comparison.opened),
        closed=gap_rows(comparison.closed),
    )
    return all_printable(report)


def _difference(findings: Sequence[FindingRow], comparison: Comparison, changes: int) -> str:
    introduced, resolved = len(comparison.introduced), len(comparison.resolved)
    if not comparison.changes and not findings:
        return "Nothing changes for any client."
    parts = []
    if introduced:
        parts.append(f"{count(introduced, 'finding')} introduced, worst {findings[0].severity}: {findings[0].pattern}")
    if resolved:
        parts.append(f"{count(resolved, 'finding')} resolved")
    known = "; ".join(parts) or "No known breakage comes or goes"
    return f"{known}. {count(changes, 'change')} of TLS."


def _step(step: Step, lives: Lives, request: Request) -> StepRow:
    findings = lives.of_step(step)
    changes = change_rows(step.changes, step.findings, loads=step.loads is not False)
    told_of = {place for row in changes for place in row.places} | {at for row in findings for at in row.places}
    before = {place for row in changes for place in row.places_before}
    news = {row.severity for row in findings if row.state != FindingState.RESOLVED.value}
    return StepRow(
        commit=_commit(step),
        platform=platform_row(step.platform),
        findings=findings,
        changes=changes,
        opened=gap_rows(step.opened),
        closed=gap_rows(step.closed),
        paths=step.paths,
        command=_command(step, request.path),
        diff=marked(diff_lines(request.diffs.get(step.commit.id, "")), step.commit.id[:SHORT_ID], told_of, before),
        worst=next((severity for severity in SEVERITIES if severity in news), ""),
    )


def _commit(step: Step) -> CommitRow:
    """The commit of a step; one from another branch says when it reached this host."""
    row = commit_row(step.commit, step.previous)
    if step.merged_by is None:
        return row
    merge = commit_row(step.merged_by, None)
    merged = f"made on another branch, which {merge.short} of {merge.time.text} merged"
    return replace(row, window="; ".join(filter(None, [row.window, merged])))


def gap_rows(gaps: Sequence[Gap]) -> tuple[GapRow, ...]:
    """Gaps in their order, without those that read the same."""
    return tuple(dict.fromkeys(gap_row(gap) for gap in gaps))


def _command(step: Step, path: str) -> str:
    """The git command that shows what was written; with many paths, the directories they are in."""
    paths = step.paths
    if len(paths) > FEW_PATHS:
        paths = tuple(dict.fromkeys(path.partition("/")[0] for path in paths))
    words = ["git", "-C", path, "show", step.commit.id[:SHORT_ID], *(["--", *paths] if paths else [])]
    return shlex.join(words)
