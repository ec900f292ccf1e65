"""Everything can be reached and done without a mouse, and one sees where one is."""

from typing import TYPE_CHECKING

import pytest

from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Visitor, settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

WHERE = """(() => {
    const at = document.activeElement;
    if (at.id === 'theme' || at.id === 'chart' || at.className === 'skip') { return at.id || at.className; }
    const part = at.closest('.answer, .sections, #filter, #zoom, #timeline, #changes, #findings, #suppressed,'
        + ' #patterns, #start, #effective, #quotes, #examined, #glossary');
    return part ? part.id || part.classList[0] : at.tagName.toLowerCase();
})()"""
OUTLINED = """(() => {
    const look = getComputedStyle(document.activeElement);
    const box = document.activeElement.getBoundingClientRect();
    return look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2 && box.width > 0 && box.height > 0;
})()"""
FOCUSABLE = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')].filter(one =>
    one.tabIndex >= 0 && one.getClientRects().length && !one.closest('[hidden]')).length"""


def walk(page: "Page") -> tuple[list[str], list[str]]:
    """All stops of the Tab key: the parts they are in, in order, and those where nothing shows the focus."""
    parts: list[str] = []
    bare: list[str] = []
    for _ in range(1000):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        where = str(page.evaluate(WHERE))
        if not page.evaluate(OUTLINED):
            bare.append(str(page.evaluate("document.activeElement.outerHTML.slice(0, 90)")))
        if where not in parts[-1:]:
            parts.append(where)
    return parts, bare


def test_the_way_of_the_tab_key(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        parts, bare = walk(page)
        assert parts[:8] == ["skip", "theme", "answer", "sections", "filter", "zoom", "chart", "timeline"]
        assert [part for part in parts[8:] if part not in {"changes", "findings", "suppressed"}] == [
            "patterns",
            "effective",
            "quotes",
        ]
        # The last stop of such a field is chromium's own button, which has its own outline.
        assert [one for one in bare if 'type="datetime-local"' not in one] == []
        assert len(bare) <= 2


def test_the_skip_link_is_seen_and_skips(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        page.keyboard.press("Tab")
        box = page.locator(".skip").bounding_box()
        assert box is not None
        assert (box["x"] >= 0, box["y"] >= 0) == (True, True)
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_nothing_is_for_the_mouse_alone(visitor: Visitor, pages: Pages) -> None:
    """Whatever has a pointer as its cursor can be focused, or is in the timeline, which has keys of its own."""
    with visitor.open(pages["town"]) as page:
        lonely = page.evaluate(
            "[...document.querySelectorAll('body *')].filter(one => getComputedStyle(one).cursor === 'pointer'"
            " && !one.closest('a[href], button, summary, select, label, #chart')).map(one => one.outerHTML)"
        )
        assert lonely == []
        hrefs = page.locator("#chart a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        assert len(hrefs) > 20
        page.focus("#chart")
        seen = set()
        for _ in hrefs:
            page.keyboard.press("ArrowRight")
            seen.add(page.evaluate("document.querySelector('#chart .pointed')?.getAttribute('href')"))
        assert set(hrefs) - seen == set()


def said(page: "Page") -> str:
    return page.inner_text("#cursor")


def test_the_timeline_goes_from_event_to_event(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        page.focus("#chart")
        page.keyboard.press("Home")
        first = said(page)
        page.keyboard.press("ArrowLeft")
        assert said(page) == first
        page.keyboard.press("ArrowRight")
        assert said(page) != first
        page.keyboard.press("End")
        last = said(page)
        assert last.startswith("2024-07-09")
        page.keyboard.press("ArrowRight")
        assert (said(page), page.locator("#chart .pointed").count()) == (last, 1)


def test_enter_follows_to_the_commit(visitor: Visitor, pages: Pages) -> None:
    step = pages.report("town").steps[0]
    with visitor.open(pages["town"], reduced=True) as page:
        page.focus("#chart")
        page.keyboard.press("End")
        while page.evaluate("!document.querySelector('#chart .pointed').getAttribute('href').startsWith('#c-')"):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        settled(page)
        assert page.url.endswith(f"#c-{step.commit.short}")
        assert page.inner_text(":target h3") == step.commit.subject


def test_plus_minus_and_escape_zoom(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        whole = page.locator("#chart .tick").all_text_contents()
        page.focus("#chart")
        page.keyboard.press("+")
        assert page.locator("#chart .tick").all_text_contents() != whole
        begin, end = page.input_value("[name=from]"), page.input_value("[name=to]")
        assert (begin[:10], end[:10]) == ("2024-04-02", "2024-06-07")
        page.keyboard.press("-")
        assert (page.input_value("[name=from]"), page.input_value("[name=to]")) == ("", "")
        page.keyboard.press("+")
        page.keyboard.press("Escape")
        assert (page.input_value("[name=from]"), page.locator("#chart .tick").all_text_contents()) == ("", whole)


@pytest.mark.parametrize("key", ["Control+-", "Control+ArrowLeft", "a", "Tab"])
def test_other_keys_are_left_to_the_browser(visitor: Visitor, pages: Pages, key: str) -> None:
    with visitor.open(pages["town"]) as page:
        page.focus("#chart")
        page.evaluate("document.addEventListener('keydown', event => { window.kept = event.defaultPrevented; })")
        page.keyboard.press(key)
        assert page.evaluate("window.kept") is False


def test_folds_open_by_key_and_the_filter_is_reached(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        fold = page.locator(".step .raw summary").first
        fold.focus()
        page.keyboard.press("Enter")
        assert page.locator(".step .raw pre").first.is_visible()
        page.focus("#filter-clear")
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.name") == "sort"
