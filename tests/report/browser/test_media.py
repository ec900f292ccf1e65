"""A page on paper, without motion, and in the colours that a reader forces on it."""

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import unavailable
from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Scheme, Visitor, overflow, settled, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

WHITE = "rgb(255, 255, 255)"
MOVING = """[...document.querySelectorAll('*')].filter(one => {
    const look = getComputedStyle(one);
    return look.animationName !== 'none' || parseFloat(look.transitionDuration) > 0;
}).length"""
DARK_GROUNDS = """[...document.querySelectorAll('body, body *')].filter(one => {
    const [red, green, blue, alpha] = getComputedStyle(one).backgroundColor.match(/[\\d.]+/g).map(Number);
    return alpha !== 0 && red + green + blue < 300 && !one.closest('.chip, svg') && one.getClientRects().length;
}).map(one => one.outerHTML.slice(0, 80))"""
CONTROLS = "button:visible, #filter:visible, .zoom:visible, .sections:visible, .skip:visible"


def printed(page: "Page", directory: Path) -> str:
    """The text of the page as a PDF, without its spaces."""
    try:
        import pypdf  # noqa: PLC0415 - a test extra
    except ImportError:
        unavailable("pypdf", "`pip install driftscan[test]`")
        return ""
    file = directory / "page.pdf"
    page.pdf(path=file)
    # Two letters that are printed as one are two again.
    text = unicodedata.normalize("NFKC", "".join(sheet.extract_text() for sheet in pypdf.PdfReader(file).pages))
    return "".join(text.split())


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_paper_has_what_is_folded(visitor: Visitor, pages: Pages, tmp_path: Path, script: bool) -> None:
    report = pages.report("town")
    with visitor.open(pages["town"], scheme="dark", script=script) as page:
        text = printed(page, tmp_path)
    lines = [line.text for step in report.steps for line in step.diff if line.kind in {"added", "removed"}]
    events = report.timeline.events if report.timeline else ()
    wanted = [*lines, *(row.because for row in report.findings), *(event.text for event in events)]
    wanted += [quote.text for quote in report.quotes]
    assert len(lines) > 20
    assert [one for one in wanted if "".join(one.split()) not in text] == []


def test_paper_is_light_and_without_controls(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"], scheme="dark") as page:
        page.evaluate("localStorage.setItem('driftscan-theme', 'dark')")
        page.reload()
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == WHITE
        assert (page.evaluate(DARK_GROUNDS), page.locator(CONTROLS).count()) == ([], 0)


def test_folds_are_as_before_after_printing(visitor: Visitor, pages: Pages, tmp_path: Path) -> None:
    with visitor.open(pages["town"]) as page:
        before = page.locator("details[open]").count()
        printed(page, tmp_path)
        assert page.locator("details[open]").count() == before


@pytest.mark.parametrize("name", ["incident", "town"])
def test_nothing_moves_where_motion_is_not_wanted(visitor: Visitor, pages: Pages, name: str) -> None:
    with visitor.open(pages[name], reduced=True) as page:
        unfold(page)
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        assert page.evaluate(MOVING) == 0
        page.click("[data-zoom=in]")
        settled(page)
        assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_break_nothing(visitor: Visitor, pages: Pages, scheme: Scheme) -> None:
    with visitor.open(pages["town"], scheme=scheme, forced=True) as page:
        unfold(page)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        assert overflow(page) == 0
        # Words say what colours say: chips keep an outline, and the words of the picture can be read on its ground.
        assert page.locator(".chip").first.evaluate("chip => getComputedStyle(chip).borderTopStyle") == "solid"
        page.fill("[name=q]", "draft")
        settled(page)
        assert page.inner_text("#filter-count").startswith("2 of 11")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        inks = page.locator("#chart .lane-label").evaluate_all("all => all.map(one => getComputedStyle(one).fill)")
        assert ground not in inks
