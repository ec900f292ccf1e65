"""A history walked with every pattern there is, driftscan's own and the site's, and what people decided set aside."""

from dataclasses import dataclass, replace
from datetime import date

from driftscan.drift.scan import Outcome, Scan, finish
from driftscan.drift.watcher import Watcher
from driftscan.history.observe import Observer, Options
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.snapshot import Snapshot
from driftscan.nginx.includes import Layout
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.site.decided import Decided, decide, without
from driftscan.site.site import Site, read_site, with_comments


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, and what of it somebody has decided to live with."""

    outcome: Outcome
    """Without what is set aside."""
    decided: Decided
    entries: tuple[KnownBreakage, ...]
    """Every pattern that was looked for."""


def examine(  # noqa: PLR0913 - everything that an examination depends on
    repository: Repository,
    selection: Selection,
    today: date,
    layout: Layout,
    versions: Options,
    *,
    witness: Watcher | None = None,
) -> Examined:
    """Walk a part of the history. What people say in the newest commit of all counts for the whole of it.

    Args:
        repository: the history.
        selection: which part of it.
        today: the day that decisions are measured by.
        layout: where things are on the host.
        versions: what the user says about the host.
        witness: is told what the walk does not keep, such as renewals that change nothing else.
    """
    tree = repository.tree(repository.resolve(selection.tip))
    site = site_of(tree)
    entries = (*catalogue(), *site.patterns)
    matchers = tuple(entry.matcher for entry in entries)
    observer = Observer(repository.read, versions)
    scan = Scan(repository, repository.select(selection), matchers, observer, layout, witness or Watcher())
    outcome = finish(scan)
    if outcome.state is not None:
        site = with_comments(site, outcome.state.config.files, tree)
    decided = decide(outcome.open, site.suppressions, today)
    outcome = replace(outcome, gaps=(*outcome.gaps, *site.gaps))
    return Examined(without(outcome, decided, site.suppressions, today), decided, entries)


def site_of(tree: Snapshot) -> Site:
    """What a tree says of the site it is of."""
    return read_site(tree, (entry.id for entry in catalogue()))
