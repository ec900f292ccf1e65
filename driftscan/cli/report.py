"""`driftscan report`: the incident report as a file, or as several of one run."""

import functools
from dataclasses import replace

import click

from driftscan.cli import options, output, progress
from driftscan.cli.options import Asked, Place
from driftscan.cli.outputs import Forms, Output, chosen, outputs, write_all
from driftscan.drift.chronicle import Witness
from driftscan.drift.query import Query, select
from driftscan.report import json, postmortem, sarif
from driftscan.report.rows import Extent
from driftscan.report.view import build

FORMS = Forms("report", ("html", "md", "json", "sarif"), prints=False)


@click.command("report")
@options.asked
@options.place
@options.query
@outputs(FORMS)
@options.quiet
@options.strict
@options.exit_code
def command(
    *,
    asked: Asked,
    place: Place,
    query: Query,
    form: str | None,
    files: tuple[str, ...],
    quiet: bool,
    strict: bool,
    exit_code: bool,
) -> int:
    """Write the incident report: one HTML file that needs nothing else, mode 0600.

    It holds what changed, what broke and when it was mended, the known breakages explained, the raw differences, and
    what is in force now. The same as Markdown is for an issue or a post-mortem, as JSON for programs, as SARIF for code
    scanning: `-o html=report.html -o md=report.md` writes both of one run.
    """
    to_write = chosen(files, form, FORMS, quiet=quiet)
    with progress.opened(place.directory, quiet=quiet) as repository:
        options.tell(asked.describe(), quiet=quiet)
        witness = Witness()
        examined = place.examine(repository, asked.selection, output.now().date(), witness)
        outcome = examined.outcome
        wanted = select(outcome, query)
        known = tuple(entry.matcher for entry in examined.entries)
        request = output.request(
            place=place,
            repository=repository,
            outcome=wanted,
            asked=asked,
            query=query,
            extent=Extent.WHOLE,
            known=known,
        )
        request = replace(request, decided=examined.decided, chronicle=witness.chronicle)
    page = functools.cache(functools.partial(build, wanted, request))

    def render(one: Output) -> str:
        match one.form:
            case "json":
                return json.log(wanted, request)
            case "sarif":
                return sarif.log(wanted, request, place.layout.root)
            case "md":
                return postmortem.render(page())
            case _:
                # jinja2 is slow to import, and the other formats do not need it.
                from driftscan.report import html  # noqa: PLC0415

                return html.render(page())

    write_all(to_write, render, quiet=quiet)
    return output.exit_code(outcome.gaps, wanted.open, strict=strict, fail_on_findings=exit_code)
