"""The report about what a run of the hook has looked at."""

from datetime import datetime

from driftscan import __version__
from driftscan.drift.chronicle import Witness
from driftscan.history.commit import CommitId
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.hook.news import Subject
from driftscan.report import html
from driftscan.report.about import about
from driftscan.report.rows import Request
from driftscan.report.view import build
from driftscan.site.examine import examine


def page(repository: Repository, subject: Subject, since: CommitId | None, to: CommitId, moment: datetime) -> str:
    """The report about the commits after one, up to another; of that one alone where there is none before."""
    witness = Witness()
    asked = Selection(tip=to, limit=1) if since is None else Selection(tip=to, after=since)
    examined = examine(repository, asked, moment.date(), subject.layout, subject.versions, witness=witness)
    outcome = examined.outcome
    found = about(repository, outcome, subject.layout, tuple(entry.matcher for entry in examined.entries))
    request = Request(
        path=str(subject.path),
        head=to,
        range_line=f"the commit {to[:12]}" if since is None else f"the commits from {since[:12]} to {to[:12]}",
        generated=moment,
        version=__version__,
        diffs=found.diffs,
        patches=found.patches,
        sources=found.sources,
        host=found.host,
        decided=examined.decided,
        chronicle=witness.chronicle,
    )
    return html.render(build(outcome, request))
