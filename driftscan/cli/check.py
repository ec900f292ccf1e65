"""`driftscan check`: whether one state is in order, for a person or for a gate."""

from contextlib import AbstractContextManager
from dataclasses import replace

import click

from driftscan.cli import options, output
from driftscan.cli.options import Place
from driftscan.cli.outputs import Forms, Output, chosen, outputs, write_all
from driftscan.cli.states import Opened, opened, work_tree
from driftscan.drift.findings import Fingerprint, Life, Severity
from driftscan.drift.scan import judge_state
from driftscan.errors import DriftscanError
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.report import checklist, json, junit, sarif, text
from driftscan.report.check import Checked, build_check
from driftscan.report.sarif_lives import Origin
from driftscan.report.terminal import Palette
from driftscan.site.decided import decide
from driftscan.site.examine import site_of
from driftscan.site.site import with_comments

NEVER = "none"
FORMS = Forms("check", ("text", "json", "md", "sarif", "junit"), prints=True)


@click.command("check")
@click.argument("state", required=False, metavar="[REV|DIR]")
@click.option("--worktree", is_flag=True, help="The files of the repository as they are now, committed or not.")
@click.option(
    "--fail-on",
    type=click.Choice([*(str(severity) for severity in Severity), NEVER]),
    default=str(Severity.HIGH),
    show_default=True,
    help="Exit 1 when something at least this bad is wrong.",
)
@options.place
@outputs(FORMS)
@options.color
@options.quiet
@options.strict
@options.show_suppressed
def command(
    *,
    state: str | None,
    worktree: bool,
    fail_on: str,
    place: Place,
    form: str | None,
    files: tuple[str, ...],
    color: str,
    quiet: bool,
    strict: bool,
    show_suppressed: bool,
) -> int:
    """What is wrong in one state and how to mend it, with patches that were tried out.

    The state is a revision (HEAD when it is left out) or a directory, as for `effective`. What only a change can show,
    such as a protocol that was dropped, is not looked for: `log` and `diff` tell it. A gate keeps what it found beside
    the text: `-o junit=driftscan.xml`, `-o sarif=driftscan.sarif`.
    """
    to_write = chosen(files, form, FORMS, quiet=quiet)
    with _chosen(state, place, worktree=worktree) as found:
        options.tell(f"range: {found.name}", quiet=quiet)
        known, checked = _check(found)
        origin = _origin(found, place)
    least = None if fail_on == NEVER else Severity[fail_on.upper()]

    def render(one: Output) -> str:
        match one.form:
            case "json":
                return json.check(checked)
            case "sarif":
                return sarif.check(checked, origin)
            case "md":
                return checklist.render(build_check(checked, show_suppressed=True))
            case "junit":
                return junit.render(build_check(checked, show_suppressed=True), known, least)
            case _:
                palette = Palette.PLAIN if one.file else output.palette(color)
                return text.check(build_check(checked, show_suppressed=show_suppressed), palette)

    write_all(to_write, render, quiet=quiet)
    bad = () if least is None else _at_least(checked.decided.open, least)
    return output.exit_code(checked.gaps, bad, strict=strict, fail_on_findings=True)


def _chosen(state: str | None, place: Place, *, worktree: bool) -> AbstractContextManager[Opened]:
    if not worktree:
        return opened(state or "HEAD", place)
    if state is not None:
        raise DriftscanError(f"--worktree looks at {place.directory} as it is now; leave {state} out")
    return work_tree(place)


def _origin(found: Opened, place: Place) -> Origin:
    """Which history the state is of, if of any."""
    has_history = found.commit is not None or found.committed is not None
    return Origin(found.layout.root, str(place.directory) if has_history else "", found.commit or "")


def _check(found: Opened) -> tuple[tuple[KnownBreakage, ...], Checked]:
    """What was looked for, and everything that is wrong, but for what somebody has decided to live with."""
    site = site_of(found.tree)
    entries = (*catalogue(), *site.patterns)
    known = tuple(entry.matcher for entry in entries)
    site = with_comments(site, found.state.config.files, found.tree)
    dated = {life.finding.fingerprint: life for life in found.lives}
    lives = [_dated(life, dated.get(life.finding.fingerprint)) for life in judge_state(found.state, known)]
    decided = decide(lives, site.suppressions, output.now().date())
    uncommitted: frozenset[Fingerprint] = frozenset()
    if found.committed is not None:
        marks = {life.finding.fingerprint for life in decided.open}
        uncommitted = frozenset(marks - {life.finding.fingerprint for life in judge_state(found.committed, known)})
    checked = Checked(
        name=found.name,
        state=found.state,
        decided=decided,
        patches=output.tried_out(decided.open, found.state, found.tree, known, found.layout),
        gaps=(*found.state.gaps, *site.gaps),
        uncommitted=uncommitted,
    )
    return entries, checked


def _dated(life: Life, known: Life | None) -> Life:
    """The same with what the history says of it."""
    if known is None:
        return life
    return replace(life, introduced=known.introduced, introduced_not_before=known.introduced_not_before)


def _at_least(lives: tuple[Life, ...], severity: Severity) -> tuple[Life, ...]:
    return tuple(life for life in lives if life.finding.severity >= severity)
