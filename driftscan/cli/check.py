"""`driftscan check`: whether one state is in order, for a person or for a gate."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import click

from driftscan.cli import options, output
from driftscan.cli.options import Place
from driftscan.cli.outputs import Forms, Output, chosen, outputs, write_all
from driftscan.cli.states import Opened, opened, require_apart, together, work_tree
from driftscan.drift.findings import Fingerprint, Life, Severity
from driftscan.drift.knowledge import on_known_versions
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.patches import Patch
from driftscan.drift.scan import judge_state
from driftscan.drift.state import State
from driftscan.errors import DriftscanError
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.report import checklist, json, junit, sarif, text
from driftscan.report.about import tried_out
from driftscan.report.check import Baseline, Checked, build_check
from driftscan.report.findings import NO_PATCHES
from driftscan.report.sarif_lives import Origin
from driftscan.report.terminal import Palette
from driftscan.site.decided import decide
from driftscan.site.examine import site_of
from driftscan.site.site import with_comments

NEVER = "none"
FORMS = Forms("check", ("text", "json", "md", "sarif", "junit"), prints=True)


@click.command("check")
@click.argument("state", required=False, metavar="[REV|DIR|DUMP|-]")
@click.option("--worktree", is_flag=True, help="The files of the repository as they are now, committed or not.")
@click.option(
    "--fail-on",
    type=click.Choice([*(str(severity) for severity in Severity), NEVER]),
    callback=options.unless_given(lambda settings: settings.check.fail_on),
    help="Exit 1 when something at least this bad is wrong. [default: high, or what the settings say]",
)
@click.option(
    "--baseline",
    metavar="STATE",
    help="Only what was not wrong there already counts; any state, such as HEAD for --worktree.",
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
    baseline: str | None,
    place: Place,
    form: str | None,
    files: tuple[str, ...],
    color: str,
    quiet: bool,
    strict: bool,
    show_suppressed: bool,
) -> int:
    """What is wrong in one state and how to mend it, with patches that were tried out.

    The state is a revision (HEAD when it is left out), a directory or a dump (`nginx -T | driftscan check -`), as for
    `effective`. What only a change can show, such as a protocol that was dropped, is not looked for: `log` and `diff`
    tell it. A gate keeps what it found beside the text: `-o junit=driftscan.xml`, `-o sarif=driftscan.sarif`.
    """
    to_write = chosen(files, form, FORMS, quiet=quiet)
    with _chosen(state, baseline, place, worktree=worktree) as (found, earlier):
        options.tell(f"range: {found.name}{'' if earlier is None else f', against {earlier.name}'}", quiet=quiet)
        known, checked = _check(found, earlier)
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
    bad = () if least is None else _at_least(checked.news, least)
    return output.exit_code(checked.gaps, bad, strict=strict, fail_on_findings=True)


@contextmanager
def _chosen(
    state: str | None, baseline: str | None, place: Place, *, worktree: bool
) -> Iterator[tuple[Opened, Opened | None]]:
    """What is checked, and what it is measured by."""
    if worktree and state is not None:
        raise DriftscanError(f"--worktree looks at {place.directory} as it is now; leave {state} out")
    require_apart(state, baseline)
    with ExitStack() as stack:
        found = stack.enter_context(work_tree(place) if worktree else opened(state or "HEAD", place))
        if baseline is None:
            yield found, None
            return
        earlier, found = together(stack.enter_context(opened(baseline, place)), found)
        was, now = on_known_versions(earlier.state, found.state)
        yield replace(found, state=now), replace(earlier, state=was)


def _origin(found: Opened, place: Place) -> Origin:
    """Which history the state is of, if of any."""
    has_history = found.commit is not None or found.committed is not None
    return Origin(found.layout.root, str(place.directory) if has_history else "", found.commit or "")


def _check(found: Opened, earlier: Opened | None) -> tuple[tuple[KnownBreakage, ...], Checked]:
    """What was looked for, and everything that is wrong, but for what somebody has decided to live with."""
    site = site_of(found.site or found.tree)
    entries = (*catalogue(), *site.patterns)
    known = tuple(entry.matcher for entry in entries)
    site = with_comments(site, found.state.config.files, found.tree)
    dated = {life.finding.fingerprint: life for life in found.lives}
    lives = [_dated(life, dated.get(life.finding.fingerprint)) for life in judge_state(found.state, known)]
    decided = decide(lives, site.suppressions, output.now().date())
    uncommitted: frozenset[Fingerprint] = frozenset()
    if found.committed is not None:
        there = _severities(found.committed, known)
        uncommitted = frozenset(life.finding.fingerprint for life in decided.open) - there.keys()
    checked = Checked(
        name=found.name,
        state=found.state,
        decided=decided,
        patches=_patches(decided.open, found, known),
        gaps=(*found.state.gaps, *site.gaps),
        uncommitted=uncommitted,
        baseline=None if earlier is None else Baseline(earlier.name, _severities(earlier.state, known)),
    )
    return entries, checked


def _severities(state: State, known: tuple[Matcher, ...]) -> Mapping[Fingerprint, Severity]:
    """What is wrong in another state, and how bad it is."""
    return {life.finding.fingerprint: life.finding.severity for life in judge_state(state, known)}


def _patches(lives: Sequence[Life], found: Opened, known: Sequence[Matcher]) -> Mapping[str, Patch]:
    """What mends it. A dump does not say which of its files are links, and `patch` changes none through a link."""
    if found.printed is not None:
        return NO_PATCHES
    return tried_out(lives, found.state, found.tree, known, found.layout)


def _dated(life: Life, known: Life | None) -> Life:
    """The same with what the history says of it."""
    if known is None:
        return life
    return replace(life, introduced=known.introduced, introduced_not_before=known.introduced_not_before)


def _at_least(lives: tuple[Life, ...], severity: Severity) -> tuple[Life, ...]:
    return tuple(life for life in lives if life.finding.severity >= severity)
