"""Whatever a reader does, a page loads nothing, says nothing to the console, and nothing in it is refused.

That it is silent is asserted by the visitor, when a page is closed.
"""

from typing import TYPE_CHECKING

import pytest

from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Scheme, Visitor, rested, settled, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

BUTTONS = "document.querySelectorAll('button').forEach(button => button.click())"
KEYS = ("Home", "ArrowRight", "ArrowLeft", "End", "+", "+", "-", "Enter", "Escape")


def use_everything(page: "Page") -> None:
    """Press, choose, type, zoom and drag whatever there is."""
    page.evaluate(BUTTONS)
    for choice in page.locator("#filter select").all():
        for value in choice.locator("option").evaluate_all("options => options.map(option => option.value)")[:4]:
            choice.select_option(value)
    page.locator("#filter-clear").click()
    for field, text in (
        ("q", "nginx <b>"),
        ("server", "example"),
        ("from", "2019-06-01T00:00"),
        ("to", "2030-01-01T00:00"),
    ):
        found = page.locator(f"#filter [name={field}]")
        if found.count():
            found.fill(text)
    page.locator("#filter-clear").click()
    chart = page.locator("#chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 30)
    page.mouse.up()
    chart.focus()
    for key in KEYS:
        page.keyboard.press(key)
    settled(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["incident", "hostile", "town"])
def test_nothing_is_loaded_or_refused_whatever_is_done(
    visitor: Visitor, pages: Pages, name: str, scheme: Scheme
) -> None:
    with visitor.open(pages[name], scheme=scheme) as page:
        use_everything(page)
        unfold(page)
        settled(page)


def test_an_address_can_be_left_and_come_back_to(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["incident"]) as page:
        page.locator(".sections a").first.click()
        page.go_back()
        page.reload()


@pytest.mark.parametrize(
    ("said", "script"),
    [
        ("console: hello", "console.log('hello')"),
        ("csp script-src-elem", "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"),
        ("csp style-src-attr", "document.body.setAttribute('style', 'color: red')"),
        ("csp img-src", "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))"),
        ("dialog: 1", "setTimeout(() => alert(1))"),
        ("error: broken", "setTimeout(() => { throw new Error('broken') })"),
    ],
)
def test_the_visitor_would_have_noticed(visitor: Visitor, pages: Pages, said: str, script: str) -> None:
    with pytest.raises(AssertionError, match=said):
        do(visitor, pages["incident"], script)


def do(visitor: Visitor, address: str, script: str) -> None:
    with visitor.open(address) as page:
        page.evaluate(f"{{ {script} }}")
        rested(page)


def test_the_theme_goes_round_and_is_remembered(visitor: Visitor, pages: Pages) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(244, 245, 247)", "rgb(16, 20, 26)"
    with visitor.open(pages["incident"], scheme="dark") as page:
        button = page.locator("#theme")
        seen = []
        for _ in range(4):
            seen.append((button.inner_text(), page.evaluate(ground)))
            button.click()
        assert seen == [
            ("Theme: auto", dark),
            ("Theme: light", light),
            ("Theme: dark", dark),
            ("Theme: auto", dark),
        ]
        page.reload()
        assert (button.inner_text(), page.evaluate(ground)) == ("Theme: light", light)
