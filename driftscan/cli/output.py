"""Results to stdout or to a file, everything else to stderr, and the exit code."""

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from driftscan import __version__
from driftscan.cli.options import Asked, Place, matchers
from driftscan.drift.findings import FindingEvent, FindingState, Life
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.patches import Patch
from driftscan.drift.patches import patches as patches_of
from driftscan.drift.query import Query
from driftscan.drift.scan import Outcome
from driftscan.drift.state import State
from driftscan.errors import DriftscanError, ExitCode
from driftscan.history.commit import Kind
from driftscan.history.repository import Repository
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.nginx.config import Gap, GapKind
from driftscan.nginx.includes import Layout
from driftscan.report.findings import OPEN, Told, group
from driftscan.report.rows import Extent, Request
from driftscan.report.terminal import Palette

LONGEST_NAME = 253
"""Of a host, in the DNS (RFC 1035)."""


def palette(color: str) -> Palette:
    """Whether to colour: as asked, and by itself only on a terminal that does not mind (no-color.org)."""
    if color == "auto":
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty()
        return Palette.PLAIN if plain else Palette.COLOUR
    return Palette.COLOUR if color == "always" else Palette.PLAIN


def emit(text: str) -> None:
    """Results, as UTF-8 whatever the locale says: what could not be shown was made visible before."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DriftscanError(f"standard output cannot be written: {error.strerror}") from None


def now() -> datetime:
    """The moment of the report; fixed by SOURCE_DATE_EPOCH for the same bytes every time."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC).astimezone()


def request(
    *,
    place: Place,
    repository: Repository,
    outcome: Outcome,
    asked: Asked,
    query: Query,
    extent: Extent,
    known: Sequence[Matcher] | None = None,
) -> Request:
    """What the report says about itself; raw differences and patches are only there for a whole report.

    `known` is everything that was looked for, so that no patch brings any of it; the catalogue if it is left out.
    """
    diffs: dict[str, str] = {}
    if extent is Extent.WHOLE:
        diffs = {
            step.commit.id: repository.raw_diff(step.commit.id, step.paths) for step in outcome.steps if step.paths
        }
    patches: Mapping[str, Patch] = {}
    sources: Mapping[str, Sequence[str]] = {}
    host = ""
    if extent is Extent.WHOLE and outcome.state is not None and outcome.last is not None:
        tree = repository.tree(outcome.last.id)
        host = host_of(tree)
        sources = lines_of(outcome.state, tree)
        patches = tried_out(outcome.open, outcome.state, tree, known or matchers(), place.layout)
    return Request(
        path=str(place.directory),
        head=outcome.last.id if outcome.last else repository.head,
        range_line=asked.describe().removeprefix("range: "),
        generated=now(),
        version=__version__,
        since=asked.window.since,
        until=asked.window.until,
        filters=() if query.is_empty else (str(query),),
        extent=extent,
        diffs=diffs,
        patches=patches,
        sources=sources,
        host=host,
    )


def host_of(tree: Snapshot) -> str:
    """What the host calls itself in /etc/hostname; empty where that is not in the history (hostname(5))."""
    entry = tree.entry("hostname")
    if entry is None or entry.kind is not Kind.FILE:
        return ""
    with contextlib.suppress(UnreadableBlob):
        lines = tree.read(entry.blob).decode("utf-8", "surrogateescape").split("\n")
        return next((line.strip()[:LONGEST_NAME] for line in lines if line.strip() and not line.startswith("#")), "")
    return ""


def lines_of(state: State, tree: Snapshot) -> Mapping[str, Sequence[str]]:
    """The lines of nginx's files, by path; without those that cannot be read."""
    lines: dict[str, Sequence[str]] = {}
    for path, blob in state.config.files.items():
        with contextlib.suppress(UnreadableBlob):
            lines[path] = tree.read(blob).decode("utf-8", "surrogateescape").split("\n")
    return lines


def tried_out(
    lives: Iterable[Life], state: State, tree: Snapshot, known: Sequence[Matcher], layout: Layout
) -> Mapping[str, Patch]:
    """The patches of the findings of a state that have one; findings that are told together share theirs."""
    groups = [[told.life.finding for told in rows] for rows in group(Told(life, OPEN) for life in lives)]
    return {str(mark): patch for mark, patch in patches_of(groups, state, tree, known, layout).items()}


def exit_code(
    gaps: Iterable[Gap], findings: Iterable[FindingEvent | Life], *, strict: bool, fail_on_findings: bool
) -> int:
    """The exit code of a verb that worked.

    What lies outside the history, such as a package's own files in /usr, is no failure to read it.
    """
    news = (
        found for found in findings if not isinstance(found, FindingEvent) or found.state is not FindingState.RESOLVED
    )
    if fail_on_findings and any(True for _ in news):
        return ExitCode.FINDINGS
    if strict and any(gap.kind is not GapKind.OUTSIDE for gap in gaps):
        return ExitCode.INCOMPLETE
    return ExitCode.DONE
