"""nginx's configuration in the newest commit: how much of it can be read, and on which versions it is judged."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from driftscan.doctor.check import Check, fails, ok, option, warning
from driftscan.doctor.subject import Subject
from driftscan.drift.state import State
from driftscan.nginx.config import Directive, Gap, GapKind, Node
from driftscan.nginx.directives.forms import Context
from driftscan.nginx.includes import MAIN_FILE
from driftscan.nginx.loadtest.commands import forms_of, inside
from driftscan.report.wording import count, gap_row

MOST: Final = 3
"""Gaps and names that are listed."""
_KEPT_OUT: Final = frozenset({GapKind.OUTSIDE, GapKind.NO_MAIN_FILE})
"""Gaps that a line of their own tells of."""


def configuration(subject: Subject, state: State) -> Iterator[Check]:
    """The files of nginx."""
    files, mains = state.config.files, subject.facts.layout.main_files or (MAIN_FILE,)
    gaps = tuple(dict.fromkeys(gap for gap in state.gaps if gap.kind not in _KEPT_OUT))
    main = next((gap for gap in state.gaps if gap.kind is GapKind.NO_MAIN_FILE), None)
    if main is not None:
        place = f"driftscan check{option(subject.directory)} --conf nginx/nginx.conf"
        yield warning("nginx", f"{main.path} {main.reason}", f"{place}  # for good: [host] conf in /etc/driftscan.toml")
    if not files:
        find = f"git -C {shlex.quote(str(subject.directory))} ls-files '*nginx*.conf'"
        yield fails("nginx", f"found no {' or '.join(mains)} in the newest commit", find)
        return
    read = f"{count(len(files), 'file')} read, {count(len(state.servers), 'server')}"
    broken = [gap for gap in gaps if not gap.remembered]
    if gaps:
        yield warning("nginx", f"{read}; {count(len(gaps), 'gap')}: {_listed(gaps)}", _cure(subject, broken or gaps))
    else:
        yield ok("nginx", f"{read}, no gaps")
    if state.load.refusal is not None:
        yield warning("nginx", f"it would not load: {state.load.refusal}", "nginx -t")
    yield from _outside(state)
    yield from _unknown(state)


def _listed(gaps: Iterable[Gap]) -> str:
    rows = [gap_row(gap).text for gap in gaps]
    more = [f"and {len(rows) - MOST} more"] if len(rows) > MOST else []
    return "; ".join([*rows[:MOST], *more])


def _cure(subject: Subject, gaps: Iterable[Gap]) -> str:
    """A broken file is mended, what is only missing in the history is put there."""
    kinds = {gap.kind for gap in gaps}
    if kinds <= {GapKind.MISSING, GapKind.DANGLING_LINK, GapKind.UNREADABLE, GapKind.ENCRYPTED}:
        return f"driftscan check{option(subject.directory)} --worktree"
    return "nginx -t"


def _outside(state: State) -> Iterator[Check]:
    outside = dict.fromkeys(gap.path for gap in state.gaps if gap.kind is GapKind.OUTSIDE)
    if outside:
        names = ", ".join(list(outside)[:MOST])
        more = f" and {len(outside) - MOST} more" if len(outside) > MOST else ""
        yield ok("nginx", f"{count(len(outside), 'include')} outside this history, which are never read: {names}{more}")


def _unknown(state: State) -> Iterator[Check]:
    names = Counter(_foreign(state.config.nodes, Context.MAIN))
    if names:
        listed = ", ".join(f"{name} ({number})" for name, number in names.most_common(MOST))
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        found = f"{count(len(names), 'directive')} of other people's modules, which tell nothing here: {listed}{more}"
        yield ok("nginx", found)


def _foreign(nodes: Iterable[Node], context: Context) -> Iterator[str]:
    """The names that no module of nginx itself has."""
    for node in nodes:
        if not isinstance(node, Directive):
            continue
        if not forms_of(node.name):
            yield node.name
        elif (below := inside(node, context)) is not None:
            yield from _foreign(node.inside(), below)
