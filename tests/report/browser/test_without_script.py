"""Without JavaScript a page tells everything, and shows no control that does nothing."""

from collections.abc import Iterator

import pytest

from driftscan.report.pages import Report
from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Visitor


def steps(report: Report) -> Iterator[str]:
    """What `#changes` says."""
    for step in report.steps:
        yield from (step.commit.short, step.commit.time.text, step.commit.subject, step.commit.who, step.command)
        yield from (change.what for change in step.changes)
        yield from (text for change in step.changes if change.delta is None for text in (change.before, change.after))
        yield from (name for change in step.changes for name in change.subjects.complete if change.subjects.hidden)
        yield from (change.note for change in step.changes)
        yield from (gap.text for gap in step.opened)
        yield from (row.because for row in step.findings if row.state != "resolved")
        yield from (line.text for line in step.diff if line.kind != "file")


def findings(report: Report) -> Iterator[str]:
    """What `#findings` says."""
    for row in report.findings:
        yield from (row.title, row.pattern, row.severity, row.because, row.lasted, row.certainty_note, *row.versions)
        yield from (text for member in row.members for text in (member.subject, member.fingerprint))
        yield from (*row.remedy_full, *row.patch, *row.places)
    for aside in report.suppressed:
        yield from (aside.fingerprint, aside.reason, aside.until, aside.owner)


def picture(report: Report) -> Iterator[str]:
    """What the tables of `#timeline` say."""
    if report.timeline is not None:
        for event in report.timeline.events:
            yield from (event.time.text, event.text, event.servers)
        for strip in report.timeline.strips:
            yield from (text for segment in strip.segments for text in (segment.label, segment.since.text))


def the_rest(report: Report) -> Iterator[str]:
    """What stands somewhere else."""
    yield from (report.verdict, *report.notes)
    yield from (text for quote in report.quotes for text in (quote.place, quote.text))
    for state in filter(None, (report.start, report.effective)):
        yield from (text for socket in state.sockets for text in (socket.address, socket.default_server, socket.chosen))
        yield from (setting.value for endpoint in state.endpoints for setting in endpoint.settings)
    yield from (text for fact in report.examined for text in fact.texts)
    yield from (text for term in report.glossary for text in term)


PARTS = (("#changes", steps), ("#findings", findings), ("#timeline .timetable", picture), ("main", the_rest))


@pytest.mark.parametrize("name", ["incident", "hostile", "town", "ranged"])
def test_every_fact_is_in_the_text(visitor: Visitor, pages: Pages, name: str) -> None:
    with visitor.open(pages[name], script=False) as page:
        # Folds are closed: this is what a search in the page, which opens them, has to look through.
        for part, facts in PARTS:
            text = "".join("".join(page.locator(part).all_text_contents()).split())
            wanted = [fact for fact in facts(pages.report(name)) if fact]
            assert wanted
            missing = [fact for fact in wanted if "".join(fact.replace("`", "").split()) not in text]
            assert (part, missing) == (part, [])


@pytest.mark.parametrize("name", ["incident", "town"])
def test_no_control_is_there_that_does_nothing(visitor: Visitor, pages: Pages, name: str) -> None:
    with visitor.open(pages[name], script=False) as page:
        for fold in page.locator("details:not([open])").all():
            if fold.is_visible():
                fold.locator("> summary").click()
        assert page.locator("button:visible, input:visible, select:visible, output:visible").count() == 0
        leading = page.locator("a[href^='#']").evaluate_all(
            "all => all.map(one => one.getAttribute('href').slice(1)).filter(mark => !document.getElementById(mark))"
        )
        assert leading == []


def test_folds_open_by_themselves(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"], script=False) as page:
        fold = page.locator("article.step details.raw").first
        assert not fold.locator("pre, .command").first.is_visible()
        fold.locator("summary").click()
        assert fold.locator("pre, .command").first.is_visible()


def test_links_lead_to_what_is_not_in_a_fold(visitor: Visitor, pages: Pages) -> None:
    first = pages.report("town").findings[0].first
    with visitor.open(f"{pages['town']}#f-{first}", script=False) as page:
        assert page.locator(":target").is_visible()
