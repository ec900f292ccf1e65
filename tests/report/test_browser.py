"""The page in a real browser, from a file: nothing is loaded, nothing is refused, nothing scrolls sideways."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from driftscan.report import html
from driftscan.report.pages import Report
from tests.conftest import unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NARROW = {"width": 320, "height": 800}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a test extra
    except ImportError:
        unavailable("playwright", "`pip install driftscan[test]`")
        return
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(report: Report, hostile_report: Report, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory: Path = tmp_path_factory.mktemp("pages")
    found = {}
    for name, rows in (("incident", report), ("hostile", hostile_report)):
        (directory / f"{name}.html").write_text(html.render(rows), "utf-8")
        found[name] = (directory / f"{name}.html").as_uri()
    return found


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["incident", "hostile"])
def address(request: pytest.FixtureRequest, pages: dict[str, str]) -> str:
    return pages[request.param]


class Witness:
    """What a page did that it should not have."""

    def __init__(self, page: "Page") -> None:
        self.requests: list[str] = []
        self.messages: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("dialog", lambda dialog: self.messages.append(dialog.message))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('csp ' + e.violatedDirective))"
        )


def open_all(page: "Page") -> None:
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")


def overflow(page: "Page") -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def context(browser: "Browser", scheme: str, size: dict[str, int], *, script: bool = True) -> "BrowserContext":
    return browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=script,
    )


def test_it_loads_nothing_and_nothing_is_refused(browser: "Browser", address: str, scheme: str) -> None:
    with context(browser, scheme, WIDE) as opened:
        page = opened.new_page()
        witness = Witness(page)
        page.goto(address)
        open_all(page)
        page.click("#theme")
        assert (witness.requests, witness.messages) == ([address], [])


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_it_does_not_scroll_sideways(browser: "Browser", address: str, scheme: str, size: dict[str, int]) -> None:
    with context(browser, scheme, size) as opened:
        page = opened.new_page()
        page.goto(address)
        folded = overflow(page)
        open_all(page)
        assert (folded, overflow(page)) == (0, 0)


def test_it_is_complete_without_javascript(browser: "Browser", pages: dict[str, str], report: Report) -> None:
    with context(browser, "light", WIDE, script=False) as opened:
        page = opened.new_page()
        page.goto(pages["incident"])
        told = page.inner_text("main")
        assert [row.because for row in report.findings if row.because not in told] == []
        assert [step.commit.subject for step in report.steps if step.commit.subject not in told] == []
        assert (page.is_visible("#theme"), page.is_visible("#filter")) == (False, False)


def test_the_scheme_is_the_one_of_the_reader(browser: "Browser", pages: dict[str, str]) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        with context(browser, scheme, WIDE) as opened:
            page = opened.new_page()
            page.goto(pages["incident"])
            colours[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours == {"light": "rgb(244, 245, 247)", "dark": "rgb(16, 20, 26)"}


def test_the_filter_keeps_the_commits_that_say_it(browser: "Browser", pages: dict[str, str]) -> None:
    with context(browser, "light", WIDE) as opened:
        page = opened.new_page()
        page.goto(pages["incident"])
        page.fill("#filter-text", "introduced CRITICAL")
        assert (page.locator("article.step:visible").count(), page.inner_text("#filter-count")) == (1, "1 of 3")
        assert page.url.endswith("#q=introduced%20CRITICAL")


def test_a_filter_comes_with_the_address(browser: "Browser", pages: dict[str, str]) -> None:
    with context(browser, "light", WIDE) as opened:
        page = opened.new_page()
        page.goto(f"{pages['incident']}#q=mina")
        assert (page.input_value("#filter-text"), page.inner_text("#filter-count")) == ("mina", "2 of 3")


def test_a_link_to_a_finding_leads_to_it(browser: "Browser", pages: dict[str, str]) -> None:
    with context(browser, "light", WIDE) as opened:
        page = opened.new_page()
        page.goto(f"{pages['incident']}#f-960540dde214")
        assert page.inner_text(":target").startswith("shop.example.jp:443")


def test_every_control_shows_its_focus(browser: "Browser", pages: dict[str, str]) -> None:
    with context(browser, "light", WIDE) as opened:
        page = opened.new_page()
        page.goto(pages["incident"])
        seen = []
        for _ in range(12):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
        assert seen == ["solid"] * 12


def test_paper_shows_what_is_folded(browser: "Browser", pages: dict[str, str]) -> None:
    with context(browser, "dark", WIDE, script=False) as opened:
        page = opened.new_page()
        page.goto(pages["incident"])
        page.emulate_media(media="print")
        assert page.locator(".raw pre").first.is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
