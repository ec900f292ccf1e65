"""The page of years of history answers like a small one. How fast, `make bench` tells."""

from tests.report import large
from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Visitor, overflow, rested, settled


def test_its_filters_count_right(visitor: Visitor, pages: Pages) -> None:
    report = pages.report("large")
    name = f"{large.NAMES[3]}:443"
    hit = [step for step in report.steps if any(name in change.servers for change in step.changes)]
    told = [row for row in report.findings if any(member.server == name for member in row.members)]
    with visitor.open(pages["large"]) as page:
        page.fill("[name=server]", name)
        settled(page)
        brought = {row.introduced.id for row in told if row.introduced} | {
            row.resolved.id for row in told if row.resolved
        }
        steps = {step.commit.id for step in hit} | brought
        assert page.inner_text("#filter-count") == (
            f"{len(steps)} of {large.COMMITS} commits, {len(told)} of {len(report.findings)} findings"
        )
        page.click("#filter-clear")
        assert (page.inner_text("#filter-count"), overflow(page)) == ("", 0)


def test_the_timeline_fades_what_a_filter_hides(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["large"]) as page:
        page.fill("[name=q]", "nobody-wrote-this")
        rested(page)
        dots = page.locator("#chart a[href^='#c-']").count()
        assert dots > 100
        assert page.locator("#chart a.faded").count() == dots
        page.click("#filter-clear")
        rested(page)
        assert page.locator("#chart a.faded").count() == 0
