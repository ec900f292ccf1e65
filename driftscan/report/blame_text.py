"""The answer of `driftscan blame` for a terminal: the newest commits first, each with the values that it made."""

from collections.abc import Iterator

from driftscan.report.blame import BlameReport, SinceRow
from driftscan.report.terminal import Ink, Palette, wrapped

LINE = "    "
ROW = "  "


def render(report: BlameReport, palette: Palette = Palette.PLAIN) -> str:
    """The report for a terminal."""
    lines = [palette.paint(f"In force: {report.title}", Ink.HEADING), *wrapped(report.platform.line, LINE)]
    lines += [line for sentence in report.load for line in wrapped(sentence, LINE)]
    for place in report.places:
        lines += ["", *(palette.paint(line, Ink.HEADING) for line in wrapped(place.subjects.summary, ""))]
        lines += wrapped(f"server {place.server}, {place.place}", ROW)
        for since in place.sinces:
            lines += _since(since, palette)
    for gap in report.gaps:
        lines += wrapped(f"cannot be read  {gap.text}", ROW, LINE)
    return "\n".join(lines) + "\n"


def _since(since: SinceRow, palette: Palette) -> Iterator[str]:
    if since.commit is None:
        yield from (palette.paint(line, Ink.HEADING) for line in wrapped(since.why, ROW, LINE))
    else:
        commit = since.commit
        head = f"since {commit.time.text}  {commit.short}  {commit.subject}"
        yield from (palette.paint(line, Ink.HEADING) for line in wrapped(head, ROW, LINE))
        yield from wrapped("; ".join(filter(None, [commit.who, commit.window, since.why])), LINE)
    for row in since.values:
        yield from wrapped(f"{row.setting.directive}  {row.setting.value}", LINE, LINE * 2)
        for sentence in row.why:
            yield from wrapped(sentence, LINE * 2, LINE * 2 + ROW)
        for says in filter(None, [*row.lines, row.setting.decided_by]):
            yield from (palette.paint(line, Ink.QUIET) for line in wrapped(says, LINE * 2, LINE * 2 + ROW))
