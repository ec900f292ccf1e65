"""A report as one HTML file that needs nothing else; the only import of jinja2.

The templates get finished rows and escape every one of them. The page brings its own content security policy, which
allows exactly its own style sheet and script, by their hashes, and nothing to be loaded.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from driftscan.report.pages import Report, SettingRow
from driftscan.report.pieces import DiffLine
from driftscan.report.rawdiff import shortened

PACKAGE = Path(__file__).parent.parent
TEMPLATES = (PACKAGE / "templates", PACKAGE.parent / "templates")
"""In an installed driftscan they are inside the package, in a checkout at the top level."""
STYLE = ("style/1-tokens.css", "style/2-page.css", "style/3-socket.css", "style/4-timeline.css", "style/9-media.css")
REPEATED = ("index ", "--- a/", "+++ b/")
SCRIPT = ("script/1-theme.js", "script/2-filter.js", "script/3-timeline.js", "script/4-page.js")


def minutes(iso: str) -> int:
    """A moment as whole minutes since 1970, for scripts."""
    return int(datetime.fromisoformat(iso).timestamp()) // 60


def offset(iso: str) -> int:
    """How many minutes the zone of a moment is ahead of UTC."""
    return int((datetime.fromisoformat(iso).utcoffset() or timedelta()) / timedelta(minutes=1))


def runs(lines: Iterable[DiffLine]) -> Iterator[tuple[str, str, list[str]]]:
    """Lines of a raw difference that look alike, together: kind, what links lead to, and the texts.

    Of the lines above a file's first hunk those are left out that only repeat its name, or name its blobs.
    """
    lines = (line for line in lines if not (line.kind == "file" and line.text.startswith(REPEATED)))
    for (kind, mark), alike in groupby(lines, key=lambda line: (line.kind, line.mark)):
        yield kind, mark, [line.text for line in alike]


def links(lines: Iterable[DiffLine], side: str) -> dict[str, str]:
    """The places of lines in the `new` or the `old` files, and what a link to each leads to."""
    told = [line for line in lines if line.mark]
    return {line.place if side == "new" else line.was: line.mark for line in told}


def own(settings: Sequence[SettingRow], common: Sequence[SettingRow]) -> list[SettingRow]:
    """The settings that are not among the common ones."""
    shared = set(common)
    return [setting for setting in settings if setting not in shared]


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_environment.filters |= {"minutes": minutes, "offset": offset, "runs": runs, "links": links, "own": own}


def render(report: Report) -> str:
    """The page. Of very long raw differences it has the beginnings only, and says so."""
    report = replace(report, steps=shortened(report.steps))
    style, script = _assets(STYLE), _assets(SCRIPT)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return _environment.get_template("report.html.j2").render(
        report=report,
        policy=policy,
        told={step.commit.short for step in report.steps},
        linked={step.commit.short: links(step.diff, "new") for step in report.steps if step.worst},
        quoted={row.place: row.id for row in report.quotes},
        # The only two texts that are not escaped: they are files of driftscan, no data is in them.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
    )


def _assets(names: Iterable[str]) -> str:
    return "".join(_asset(name) for name in names)


def _asset(name: str) -> str:
    source, _, _ = _environment.loader.get_source(_environment, name) if _environment.loader else ("", None, None)
    return source


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
