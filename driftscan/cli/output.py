"""Results to stdout or to a file, everything else to stderr, and the exit code."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from driftscan import __version__
from driftscan.cli.options import Asked, Place, matchers
from driftscan.drift.findings import FindingEvent, FindingState, Life
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.query import Query
from driftscan.drift.scan import Outcome
from driftscan.errors import DriftscanError, ExitCode
from driftscan.history.repository import Repository
from driftscan.nginx.config import Gap, GapKind
from driftscan.report.about import About, about
from driftscan.report.rows import Extent, Request
from driftscan.report.terminal import Palette


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
    told = About()
    if extent is Extent.WHOLE:
        told = about(repository, outcome, place.layout, known or matchers())
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
        diffs=told.diffs,
        patches=told.patches,
        sources=told.sources,
        host=told.host,
    )


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
