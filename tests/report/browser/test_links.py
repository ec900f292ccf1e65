"""A link leads to what it names: in a longer report of the same history, and whatever is hidden or folded."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Visitor, rested

if TYPE_CHECKING:
    from playwright.sync_api import Page

TARGET = "document.querySelector(':target')"
INSIDE = f"""(() => {{
    const box = {TARGET}?.getBoundingClientRect();
    return !!box && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
}})()"""


def visible(page: "Page") -> bool:
    """Whether the target of the address is in the window, and stays there when everything has come to rest."""
    rested(page)
    return bool(page.evaluate(INSIDE))


def target(page: "Page") -> str:
    return str(page.evaluate(f"({TARGET}.closest('article') || {TARGET}).innerText"))


def test_a_finding_has_the_same_link_in_a_shorter_and_a_longer_report(visitor: Visitor, pages: Pages) -> None:
    marks = [
        [member.fingerprint for row in pages.report(name).findings for member in row.members]
        for name in ("earlier", "town")
    ]
    both = [mark for mark in marks[0] if mark in marks[1]]
    assert (len(both), len(marks[1])) == (4, 5)
    told: dict[str, list[str]] = {"earlier": [], "town": []}
    for name, texts in told.items():
        for mark in both:
            with visitor.open(f"{pages[name]}#f-{mark}") as page:
                assert visible(page)
                texts.append(page.evaluate(f"{TARGET}.closest('article').querySelector('.because').innerText"))
    assert told["earlier"] == told["town"]


@pytest.mark.parametrize("place", [0, 40, 1250, 2499])
def test_a_link_into_years_of_commits_leads_to_the_commit(visitor: Visitor, pages: Pages, place: int) -> None:
    """Commits out of sight are not laid out: where they are is not known before one is there."""
    step = pages.report("large").steps[place]
    with visitor.open(pages["large"]) as page:
        page.evaluate("mark => { location.hash = mark; }", f"#c-{step.commit.short}")
        assert visible(page)
        assert step.commit.short in target(page)


def test_commits_and_patterns_have_links_too(visitor: Visitor, pages: Pages) -> None:
    step = pages.report("town").steps[4]
    with visitor.open(f"{pages['town']}#c-{step.commit.short}") as page:
        assert visible(page)
        assert step.commit.subject in target(page)
    with visitor.open(f"{pages['town']}#p-protocols-narrowed") as page:
        assert visible(page)
        assert "protocols-narrowed" in target(page)


def test_a_link_to_what_a_filter_hides_shows_it(visitor: Visitor, pages: Pages) -> None:
    first = pages.report("town").findings[0].first
    with visitor.open(f"{pages['town']}#?who=daily%20timer") as page:
        assert page.locator("article.finding:visible").count() == 0
        page.evaluate("mark => { location.hash = mark; }", f"#f-{first}")
        assert visible(page)
        assert (page.input_value("[name=who]"), page.inner_text("#filter-count")) == ("", "")


def test_a_link_keeps_a_filter_that_does_not_hide_what_it_leads_to(visitor: Visitor, pages: Pages) -> None:
    first = pages.report("town").findings[0].first
    with visitor.open(f"{pages['town']}#?who=ben") as page:
        page.evaluate("mark => { location.hash = mark; }", f"#f-{first}")
        assert visible(page)
        assert page.input_value("[name=who]") == "ben"


@pytest.mark.parametrize("inside", [".raw pre [id^=d-]", "#quotes [id^=l-]", "#suppressed li"])
def test_a_link_into_a_closed_fold_opens_it(visitor: Visitor, pages: Pages, inside: str) -> None:
    with visitor.open(pages["town"]) as page:
        mark = page.locator(inside).first.get_attribute("id")
        assert not page.locator(f"[id='{mark}']").is_visible()
        page.evaluate("mark => { location.hash = mark; }", f"#{mark}")
        assert visible(page)
    with visitor.open(f"{pages['town']}#{mark}") as page:
        assert visible(page)


def test_a_link_that_is_followed_right_after_a_filter_stays_in_the_address(visitor: Visitor, pages: Pages) -> None:
    first = pages.report("town").findings[0].first
    with visitor.open(pages["town"]) as page:
        page.fill("[name=q]", "blog")
        page.evaluate("mark => { location.hash = mark; }", f"#f-{first}")
        rested(page)
        assert page.url.endswith(f"#f-{first}")


@pytest.mark.parametrize("name", ["incident", "hostile", "town", "ranged", "large"])
def test_ids_are_unique_and_links_lead_somewhere(pages: Pages, name: str) -> None:
    page = pages.file(name).read_text("utf-8")
    marks = re.findall(r'\bid="([^"]+)"', page)
    assert len(marks) == len(set(marks))
    assert set(re.findall(r'\bhref="#([^"]*)"', page)) - set(marks) == set()
