"""Reports for a terminal: the rows of the view in 80 columns, newest first. No wording of its own but labels."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from driftscan.report.pages import CheckReport, ComparisonReport, EffectiveReport, Report
from driftscan.report.rows import ChangeRow, FindingRow, GapRow, PatternRow, StepRow, SuppressedRow
from driftscan.report.terminal import Ink, Palette, wrapped

LINE = "    "
ROW = "  "
FEW_PLACES = 4
FEW_LINES = 2
"""So many of each text of a finding are told by `log`, and one more where that is all; `show` tells all of it."""
_INKS = {"+": Ink.ADDED, "-": Ink.REMOVED, "@": Ink.QUIET}
"""By the first character of a line of a patch."""


def log(report: Report, palette: Palette = Palette.PLAIN) -> str:
    """The whole history: verdict, steps newest first, what is open."""
    lines = [*_verdict(report, palette), ""]
    for number, step_row in enumerate(report.steps):
        older = report.steps[number + 1] if number + 1 < len(report.steps) else None
        lines += [*_step(step_row, older, palette, FEW_LINES), ""]
    lines += _open(report, palette)
    return _text(lines)


def step(report: Report, palette: Palette = Palette.PLAIN) -> str:
    """The steps of a report in full, for `show`: remedies and raw differences included."""
    if not report.steps:
        return _text(_verdict(report, palette))
    lines: list[str] = []
    for row in report.steps:
        # What helps is told in full below.
        findings = tuple(replace(finding, remedy="") for finding in row.findings)
        lines += [*_step(replace(row, findings=findings), None, palette), ""]
        for finding in row.findings:
            lines += _remedy(finding, palette)
        lines += [f"{ROW}{row.command}", *(f"{LINE}{line}" for line in _diff(row, palette)), ""]
    return _text(lines)


def comparison(report: ComparisonReport, palette: Palette = Palette.PLAIN) -> str:
    """Two states."""
    lines = [palette.paint(report.title, Ink.HEADING), report.verdict]
    if report.before.line == report.after.line:
        lines.append(f"{LINE}{report.after.line}")
    else:
        lines += [f"{LINE}before: {report.before.line}", f"{LINE}after: {report.after.line}"]
    for finding in report.findings:
        lines += _finding(finding, palette)
    lines += _changes(report.changes, palette)
    lines += _gaps(report.opened, report.closed)
    return _text(lines)


def effective(report: EffectiveReport, palette: Palette = Palette.PLAIN) -> str:
    """What is in force, name by name, with who says so."""
    lines = [palette.paint(f"In force: {report.title}", Ink.HEADING), f"{LINE}{report.platform.line}"]
    lines += [line for sentence in report.load for line in wrapped(sentence, LINE)]
    lines.append("")
    for socket in report.sockets:
        options = f" ({socket.options})" if socket.options else ""
        lines += wrapped(f"{socket.address}{options}: default server {socket.default_server}", ROW, LINE)
        lines += wrapped(f"{socket.place}, {socket.chosen}", LINE)
    for endpoint in report.endpoints:
        lines += ["", *(palette.paint(line, Ink.HEADING) for line in wrapped(endpoint.subjects.summary, ""))]
        lines += wrapped(
            "; ".join(filter(None, [f"server {endpoint.server}, {endpoint.place}", endpoint.selected])), ROW
        )
        for setting in endpoint.settings:
            lines += wrapped(f"{setting.directive}  {setting.value}", LINE, LINE * 2)
            says = "; ".join(filter(None, [setting.source, setting.decided_by]))
            lines += (palette.paint(line, Ink.QUIET) for line in wrapped(says, LINE * 2))
        for kind, got in endpoint.clients:
            lines += wrapped(f"{kind}: {got}", LINE, LINE * 2)
    for finding in report.findings:
        lines += ["", *_finding(finding, palette)]
    lines += _gaps(report.gaps, ())
    return _text(lines)


def check(report: CheckReport, palette: Palette = Palette.PLAIN) -> str:
    """What is wrong in one state, worst first, with all that is known of how to mend it."""
    lines = [palette.paint(report.title, Ink.HEADING)]
    lines += [line for sentence in report.verdict for line in wrapped(sentence, "")]
    lines.append(f"{LINE}{report.platform.line}")
    lines += [line for sentence in report.load for line in wrapped(sentence, LINE)]
    for row in report.findings:
        # The remedy is told in full, and before the patch.
        told = _finding(replace(row, remedy="", patch=()), palette)
        lines += ["", *told]
        if row.began:
            lines += wrapped(row.began, LINE, LINE + ROW)
        for number, paragraph in enumerate(row.remedy_full):
            lines += wrapped(f"remedy: {paragraph}" if number == 0 else paragraph, LINE, LINE + ROW)
        lines += _patch(row, palette)
    for part in (list(_suppressed(report.suppressed, palette)), list(_gaps(report.gaps, ()))):
        lines += ["", *part] if part else []
    return _text(lines)


def patterns_list(patterns: Sequence[PatternRow], palette: Palette = Palette.PLAIN) -> str:
    """The catalogue, one entry in two lines."""
    lines: list[str] = []
    for row in patterns:
        lines.append(f"{palette.paint(row.severity.upper(), Ink.of_severity(row.severity))}  {row.id}")
        lines += wrapped(row.title, LINE)
    return _text(lines)


def pattern(row: PatternRow, palette: Palette = Palette.PLAIN) -> str:
    """One entry of the catalogue explained."""
    lines = [
        f"{palette.paint(row.severity.upper(), Ink.of_severity(row.severity))}  {palette.paint(row.id, Ink.HEADING)}",
        *wrapped(f"{row.title}.", ""),
        "",
    ]
    for name, paragraphs in row.prose[:2]:
        lines += [palette.paint(name, Ink.HEADING), *_paragraphs(paragraphs), ""]
    for name, code in row.code:
        lines += [palette.paint(name, Ink.HEADING), *(f"{LINE}{line}".rstrip() for line in code), ""]
    for name, paragraphs in row.prose[2:]:
        lines += [palette.paint(name, Ink.HEADING), *_paragraphs(paragraphs), ""]
    lines += [palette.paint("Seen as", Ink.HEADING), *(f"{LINE}{symptom}" for symptom in row.symptoms), ""]
    lines += [palette.paint("Affects", Ink.HEADING), *wrapped(row.affects, LINE), ""]
    lines += [palette.paint("References", Ink.HEADING), *(f"{LINE}{address}" for address in row.references)]
    return _text(lines)


def _paragraphs(paragraphs: Sequence[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from wrapped(paragraph, LINE)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).strip("\n") + "\n"


def _verdict(report: Report, palette: Palette) -> Iterator[str]:
    for line in wrapped(report.verdict, ""):
        yield palette.paint(line, Ink.HEADING)
    for note in report.notes:
        yield from wrapped(note, ROW, LINE)


def _step(row: StepRow, older: StepRow | None, palette: Palette, most: int | None = None) -> Iterator[str]:
    commit = row.commit
    head = f"{commit.time.text}  {commit.short}"
    for line in wrapped(f"{head}  {commit.subject}", "", LINE):
        yield palette.paint(line, Ink.HEADING)
    yield from wrapped("; ".join(filter(None, [commit.who, commit.window])), LINE)
    # A version that is the same as before is news only where a finding rests on it.
    if older is None or row.findings or older.platform.line != row.platform.line:
        yield from wrapped(row.platform.line, LINE)
    for finding in row.findings:
        yield from _finding(finding, palette, most)
    yield from _changes(row.changes, palette)
    yield from _gaps(row.opened, row.closed)


def _finding(row: FindingRow, palette: Palette, most: int | None = None) -> Iterator[str]:
    is_over = row.state == "resolved"
    severity = palette.paint(row.severity.upper(), Ink.RESOLVED if is_over else Ink.of_severity(row.severity))
    yield "  ".join(filter(None, [f"{ROW}{severity}", row.pattern, row.state, "" if is_over else row.again]))
    who = ", ".join(f"{member.subject}\xa0[{member.fingerprint}]" for member in row.members)
    yield from (line.replace("\xa0", " ") for line in wrapped(who, LINE))
    if is_over:
        if row.began:
            yield from wrapped(f"introduced {row.began}", LINE, LINE + ROW)
        if row.lasted:
            yield from wrapped(f"open for {row.lasted}", LINE)
        return
    yield from _beginning(row.because, most)
    if row.visitors:
        yield from _beginning(f"hits {row.visitors}", most)
    if row.certainty_note:
        yield from wrapped(row.certainty_note, LINE)
    if row.places:
        yield from wrapped(f"see {_few(row.places)}", LINE, LINE + ROW)
    if row.resolved is not None:
        lasted = f": open for {row.lasted}" if row.lasted else ""
        yield from wrapped(f"resolved {row.ended}{lasted}", LINE, LINE + ROW)
    if row.remedy and row.resolved is None:
        yield from wrapped(f"remedy: {row.remedy}", LINE, LINE + ROW)
    yield from _patch(row, palette)


def _beginning(text: str, most: int | None) -> Iterator[str]:
    lines = tuple(wrapped(text, LINE))
    yield from lines if most is None or len(lines) <= most + 1 else wrapped(text, LINE, most=most)


def _patch(row: FindingRow, palette: Palette) -> Iterator[str]:
    """A patch with one indentation for all of it, which patch(1) takes off again."""
    if not row.patch:
        return
    yield from wrapped(f"patch, {row.patch_note}:", LINE, LINE + ROW)
    for line in row.patch:
        yield palette.paint(f"{LINE}{ROW}{line}", _INKS.get(line[:1], Ink.PLAIN))


def _few(places: Sequence[str]) -> str:
    more = len(places) - FEW_PLACES
    return ", ".join(places) if more <= 1 else f"{', '.join(places[:FEW_PLACES])} and {more} more"


def _remedy(row: FindingRow, palette: Palette) -> Iterator[str]:
    if row.state == "resolved":
        return
    yield palette.paint(f"{ROW}What helps against {row.pattern}", Ink.HEADING)
    yield from _paragraphs(row.remedy_full)
    yield f"{LINE}more: driftscan patterns {row.pattern}"
    yield ""


def _changes(rows: Sequence[ChangeRow], palette: Palette) -> Iterator[str]:
    for row in rows:
        yield from _change(row, palette)


def _change(row: ChangeRow, palette: Palette) -> Iterator[str]:
    value = f"{row.before} -> {row.after}" if row.before or row.after else ""
    head = "  ".join(filter(None, [row.label, row.what]))
    if row.delta is None:
        yield from wrapped("  ".join(filter(None, [head, value])), ROW, LINE)
    else:
        yield f"{ROW}{head}"
        yield from _delta(row, palette)
    yield from wrapped(row.subjects.summary, LINE)
    tail = "; ".join(filter(None, [_few(row.places), row.note]))
    if tail:
        yield from (palette.paint(line, Ink.QUIET) for line in wrapped(tail, LINE, LINE + ROW))


def _delta(row: ChangeRow, palette: Palette) -> Iterator[str]:
    if row.delta is None:
        return
    for sign, members, ink in (("-", row.delta.removed, Ink.REMOVED), ("+", row.delta.added, Ink.ADDED)):
        if members:
            text = ", ".join(members)
            yield from (palette.paint(line, ink) for line in wrapped(text, f"{LINE}{sign} ", LINE + ROW))
    kept = f"{row.delta.kept} kept" + (", in another order" if row.delta.reordered else "")
    if row.delta.kept:
        yield f"{LINE}{kept}"


def _gaps(opened: Sequence[GapRow], closed: Sequence[GapRow]) -> Iterator[str]:
    for label, rows in (("cannot be read", opened), ("can be read again", closed)):
        for row in rows:
            text = row.text if rows is opened else row.path
            yield from wrapped(f"{label}  {text}", ROW, LINE)


def _diff(row: StepRow, palette: Palette) -> Iterator[str]:
    inks = {"added": Ink.ADDED, "removed": Ink.REMOVED, "file": Ink.HEADING, "hunk": Ink.QUIET}
    for line in row.diff:
        yield palette.paint(line.text, inks.get(line.kind, Ink.PLAIN))


def _suppressed(rows: Sequence[SuppressedRow], palette: Palette) -> Iterator[str]:
    if rows:
        yield palette.paint("Suppressed", Ink.HEADING)
    for row in rows:
        yield from wrapped(f"{row.severity.upper()}  {row.pattern}  {row.subject} [{row.fingerprint}]", ROW)
        owner = f", {row.owner}" if row.owner else ""
        yield from wrapped(f"until {row.until}{owner}: {row.reason} ({row.place})", LINE, LINE + ROW)


def _open(report: Report, palette: Palette) -> Iterator[str]:
    """What is still open, worst first, and what could not be read."""
    still = [row for row in report.findings if row.state == "open"]
    if still:
        yield palette.paint("Open", Ink.HEADING)
    for row in still:
        severity = palette.paint(row.severity.upper(), Ink.of_severity(row.severity))
        yield f"{ROW}{severity}  {row.pattern}  {row.who}"
        yield from wrapped(f"since {row.began}" if row.introduced else row.began, LINE, LINE + ROW)
        who = ", ".join(f"{member.subject}\xa0[{member.fingerprint}]" for member in row.members)
        yield from (line.replace("\xa0", " ") for line in wrapped(who, LINE))
        yield from _patch(row, palette)
    yield from _suppressed(report.suppressed, palette)
    if report.gaps:
        yield palette.paint("Could not be read", Ink.HEADING)
        for gap in report.gaps:
            yield from wrapped(gap.text, ROW, LINE)
