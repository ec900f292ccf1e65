"""`driftscan diff`: two states compared."""

import click

from driftscan.cli import options, output
from driftscan.cli.options import Place, matchers
from driftscan.cli.states import opened_both
from driftscan.drift.scan import compare_states
from driftscan.report import json, text
from driftscan.report.view import build_comparison


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", default="HEAD", metavar="[B]")
@options.place
@options.formats("text", "json")
@options.color
@options.quiet
@options.strict
@options.exit_code
def command(
    *, before: str, after: str, place: Place, form: str, color: str, quiet: bool, strict: bool, exit_code: bool
) -> int:
    """What is different in B from A, for clients and as configured. B is HEAD when it is left out.

    Each is a revision (`@{yesterday}` among them), a directory, a file that `nginx -T` was written to, or `-` for what
    it prints: `nginx -T | driftscan diff HEAD -`. What a dump has not, such as certificates, is taken to be as it is
    on the other side.
    """
    with opened_both(before, after, place) as (was, now):
        options.tell(f"range: {was.name} to {now.name}", quiet=quiet)
        comparison = compare_states(was.state, now.state, matchers())
    if form == "json":
        output.emit(json.comparison(comparison, was.name, now.name))
    else:
        output.emit(text.comparison(build_comparison(comparison, was.name, now.name), output.palette(color)))
    gaps = (*was.state.gaps, *now.state.gaps)
    return output.exit_code(gaps, comparison.introduced, strict=strict, fail_on_findings=exit_code)
