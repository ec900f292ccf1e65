"""Whatever a repository calls things, it is text on the page, and the page goes on working with it."""

from typing import TYPE_CHECKING

import pytest

from tests.report.browser import odd
from tests.report.browser.conftest import Pages
from tests.report.browser.test_silence import use_everything
from tests.report.browser.visit import Visitor, overflow, rested, settled, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = ("hostile", "odd")
CONTROL = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069"
ACTING = f"/[{CONTROL}]/.test(document.documentElement.outerHTML)"
MARKUP = """[document.scripts.length, document.querySelectorAll('img, iframe, object, embed, form').length,
    document.querySelectorAll('[onclick], [onload], [onerror], [style]').length]"""


def servers(page: "Page") -> list[str]:
    return [str(value) for value in page.locator("#servers option").evaluate_all("all => all.map(one => one.value)")]


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_inert(visitor: Visitor, pages: Pages, name: str) -> None:
    with visitor.open(pages[name]) as page:
        assert page.evaluate(MARKUP) == [1, 0, 0]
        assert page.evaluate(ACTING) is False
        use_everything(page)
        unfold(page)
        settled(page)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_filter_finds_each_server_by_its_name(visitor: Visitor, pages: Pages, name: str) -> None:
    with visitor.open(pages[name]) as page:
        known = servers(page)
        assert len(known) == {"hostile": 1, "odd": len(odd.NAMES)}[name]
        for server in known:
            page.fill("[name=server]", server)
            settled(page)
            steps = page.locator("article.step:visible").count()
            assert (server, steps >= 1) == (server, True)
            rested(page)
            address = page.url
            page.evaluate("history.replaceState(null, '', location.pathname)")
            page.fill("[name=server]", "")
            page.evaluate("hash => { location.hash = hash; }", address.partition("#")[2])
            settled(page)
            assert page.input_value("[name=server]") == server
            assert page.locator("article.step:visible").count() == steps
            page.click("#filter-clear")


def test_people_are_found_by_their_names(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["odd"]) as page:
        values = page.locator("[name=who] option").evaluate_all("all => all.map(one => one.value)")
        assert len(values) > 12
        for value in values[1:]:
            page.select_option("[name=who]", value)
            settled(page)
            assert (value, page.locator("article.step:visible").count() >= 1) == (value, True)


@pytest.mark.parametrize("text", ["</option>", '"]', "onload", "&amp;quot;", "{{ 7 * 7 }}"])
def test_the_search_finds_what_is_written(visitor: Visitor, pages: Pages, text: str) -> None:
    with visitor.open(pages["odd"]) as page:
        page.fill("[name=q]", text)
        settled(page)
        assert 1 <= page.locator("article.step:visible").count() < 14


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("name", ["incident", *HOSTILE, "ranged"])
def test_nothing_scrolls_sideways(visitor: Visitor, pages: Pages, name: str, width: int) -> None:
    with visitor.open(pages[name], width=width) as page:
        page.evaluate("document.querySelectorAll('.step').forEach(one => { one.style.contentVisibility = 'visible'; })")
        folded = overflow(page)
        unfold(page)
        assert (folded, overflow(page)) == (0, 0)
