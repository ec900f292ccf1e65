"""Search, filters and order: exactly what was asked for is shown, and the address says what was asked for."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Visitor, rested, settled, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

APT = "committing changes in /etc after apt run"
STEPS = (
    *("shop: like the package", "blog: new clients", "no draft", "a draft", "shop: ciphers", "daily autocommit", APT),
    *("blog: tidy up", "shop: all clients", "shop: new clients", "both sites"),
)
"""Newest first, as tests/report/browser/town.py tells."""
NARROWED, REFUSED = "protocols-narrowed", "nginx-refuses-configuration"
CIPHERS, LIBRARY = "ciphers-narrowed", "library-replaced"
FINDINGS = (f"{NARROWED} blog", f"{CIPHERS} shop", f"{REFUSED} host", f"{NARROWED} shop", f"{LIBRARY} host")
"""Open ones first, worst first."""

ONE_FIELD: tuple[tuple[Mapping[str, str], Sequence[str], Sequence[str]], ...] = (
    ({"q": "partner"}, (), ()),
    ({"q": "TLS_1.2"}, (), ()),
    ({"q": "draft"}, ("no draft", "a draft"), (FINDINGS[2],)),
    ({"q": "DRAFT  no"}, ("no draft", "a draft"), (FINDINGS[2],)),
    ({"severity": "critical"}, ("no draft", "a draft"), (FINDINGS[2],)),
    (
        {"severity": "high"},
        ("blog: new clients", "no draft", "a draft", "shop: all clients", "shop: new clients"),
        (FINDINGS[0], FINDINGS[2], FINDINGS[3]),
    ),
    ({"severity": "low"}, (*STEPS[1:5], APT, *STEPS[8:10]), FINDINGS),
    (
        {"server": "shop.example:443"},
        ("shop: ciphers", "daily autocommit", "shop: all clients", "shop: new clients", "both sites"),
        (FINDINGS[1], FINDINGS[3]),
    ),
    ({"server": "BLOG"}, ("blog: new clients", "blog: tidy up", "both sites"), (FINDINGS[0],)),
    ({"server": "example"}, (STEPS[1], *STEPS[4:6], *STEPS[7:]), (FINDINGS[0], FINDINGS[1], FINDINGS[3])),
    ({"server": "nobody"}, (), ()),
    (
        {"directive": "ssl_protocols"},
        ("blog: new clients", "shop: all clients", "shop: new clients"),
        (FINDINGS[0], FINDINGS[3]),
    ),
    ({"directive": "ssl_session_timeout"}, ("daily autocommit",), ()),
    ({"pattern": REFUSED}, ("no draft", "a draft"), (FINDINGS[2],)),
    ({"pattern": LIBRARY}, (APT,), (FINDINGS[4],)),
    ({"who": "ana"}, ("shop: like the package", "shop: ciphers", "shop: all clients", "both sites"), (FINDINGS[1],)),
    (
        {"who": "ben"},
        ("blog: new clients", "no draft", "a draft", "blog: tidy up", "shop: new clients"),
        (FINDINGS[0], FINDINGS[2], FINDINGS[3]),
    ),
    ({"who": "package manager"}, (APT,), (FINDINGS[4],)),
    ({"who": "daily timer"}, ("daily autocommit",), ()),
    # A commit is at its time, a finding is there from when it came until it was mended.
    ({"from": "2024-07-04T15:00"}, STEPS[:3], FINDINGS[:3]),
    ({"from": "2024-07-04T15:01"}, STEPS[:2], FINDINGS[:2]),
    ({"to": "2024-04-10T11:00"}, STEPS[9:], (FINDINGS[3],)),
    ({"to": "2024-04-10T10:59"}, STEPS[10:], ()),
)
TWO_FIELDS: tuple[tuple[Mapping[str, str], Sequence[str], Sequence[str]], ...] = (
    ({"severity": "high", "server": "shop"}, ("shop: all clients", "shop: new clients"), (FINDINGS[3],)),
    ({"severity": "critical", "server": "shop"}, (), ()),
    ({"directive": "ssl_protocols", "who": "ana"}, ("shop: all clients",), ()),
    ({"pattern": NARROWED, "q": "blog"}, ("blog: new clients",), (FINDINGS[0],)),
    ({"from": "2024-04-11T00:00", "to": "2024-04-30T00:00"}, ("shop: all clients",), (FINDINGS[3],)),
    ({"who": "ben", "from": "2024-07-03T00:00"}, ("blog: new clients", "no draft"), (FINDINGS[0], FINDINGS[2])),
)


def choose(page: "Page", fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        field = page.locator(f"#filter [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    settled(page)


def lists(page: "Page") -> tuple[list[str], list[str]]:
    """The commits and the findings that are shown, by what this module calls them."""
    texts = page.locator("article.finding").evaluate_all(
        "rows => rows.filter(row => row.getClientRects().length).map(row => [row.querySelector('.id').innerText,"
        " row.querySelector('.members').innerText])"
    )
    whose = [(pattern, next((name for name in ("shop", "blog") if name in who), "host")) for pattern, who in texts]
    return shown(page, "article.step"), [f"{pattern.strip()} {name}" for pattern, name in whose]


def counted(steps: Sequence[str], findings: Sequence[str]) -> str:
    return f"{len(steps)} of {len(STEPS)} commits, {len(findings)} of {len(FINDINGS)} findings"


def said(page: "Page") -> str:
    return page.inner_text("#filter-count")


def hash_of(page: "Page") -> str:
    """The fragment of the address, which follows when nobody types any more."""
    rested(page)
    return page.url.partition("#")[2]


def address(fields: Mapping[str, str]) -> str:
    return "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())


def test_without_a_filter_everything_is_shown(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        assert lists(page) == (list(STEPS), list(FINDINGS))
        assert (said(page), hash_of(page)) == ("", "")


def test_each_field_alone_and_two_together(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        for fields, steps, findings in (*ONE_FIELD, *TWO_FIELDS):
            choose(page, fields)
            assert (fields, *lists(page)) == (fields, list(steps), list(findings))
            assert (fields, said(page)) == (fields, counted(steps, findings))
            page.click("#filter-clear")
        assert lists(page) == (list(STEPS), list(FINDINGS))
        assert (said(page), hash_of(page)) == ("", "")


def test_the_state_is_in_the_address_and_comes_back_with_it(visitor: Visitor, pages: Pages) -> None:
    wanted = {"q": "clients & 100%", "severity": "high", "server": "shop", "who": "ana", "from": "2024-01-01T00:00"}
    with visitor.open(pages["town"]) as page:
        choose(page, wanted)
        choose(page, {"q": "clients", "sort": "oldest"})
        before, now = lists(page), hash_of(page)
        assert now == "?q=clients&severity=high&server=shop&who=ana&from=2024-01-01T00%3A00&sort=oldest"
        assert before == (["shop: all clients"], [])
        page.reload()
        assert (lists(page), hash_of(page), page.input_value("[name=who]")) == (before, now, "ana")


@pytest.mark.parametrize(("fields", "steps", "findings"), [ONE_FIELD[5], ONE_FIELD[17], *TWO_FIELDS[2:5]])
def test_an_address_typed_in_is_understood(
    visitor: Visitor, pages: Pages, fields: Mapping[str, str], steps: Sequence[str], findings: Sequence[str]
) -> None:
    with visitor.open(f"{pages['town']}#{address(fields)}") as page:
        assert lists(page) == (list(steps), list(findings))
        page.evaluate("location.hash = '#?who=ben&q=draft'")
        settled(page)
        assert lists(page)[0] == ["no draft", "a draft"]


@pytest.mark.parametrize(
    "nonsense",
    [
        "?",
        "?&&==&=1",
        "?severity=purple&who=nobody&directive=%00&sort=upwards&pattern=*",
        "?q=%E0%A4%A&from=yesterday&to=2024-13-45T99:99",
        "?constructor=1&__proto__=2&hasOwnProperty=3&toString=4",
        "?<script>alert(1)</script>",
        "%",
        "\"]') > *",
        "c-00000000",
        "__proto__",
    ],
)
def test_nonsense_in_the_address_does_no_harm(visitor: Visitor, pages: Pages, nonsense: str) -> None:
    with visitor.open(f"{pages['town']}#{nonsense}") as page:
        assert lists(page) == (list(STEPS), list(FINDINGS))
        choose(page, {"who": "daily timer"})
        assert (lists(page)[0], hash_of(page)) == (["daily autocommit"], "?who=daily%20timer")


def test_nothing_left_is_said_and_show_all_brings_everything_back(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(f"{pages['town']}#?q=nobody-wrote-this") as page:
        assert lists(page) == ([], [])
        assert said(page) == counted((), ())
        assert page.locator(".nothing:visible").all_inner_texts() == [
            "No commit is what you look for.",
            "No finding is what you look for.",
        ]
        assert page.locator(".group:visible").count() == 0
        page.click("#filter-clear")
        assert (page.locator(".nothing:visible").count(), page.input_value("[name=q]")) == (0, "")
        assert lists(page) == (list(STEPS), list(FINDINGS))


def test_the_orders(visitor: Visitor, pages: Pages) -> None:
    worst = ("no draft", "a draft", *STEPS[1:2], *STEPS[8:10], "shop: ciphers", APT)
    rest = ("shop: like the package", "daily autocommit", "blog: tidy up", "both sites")
    with visitor.open(pages["town"]) as page:
        choose(page, {"sort": "oldest"})
        assert lists(page) == (list(reversed(STEPS)), [FINDINGS[1], FINDINGS[0], FINDINGS[3], FINDINGS[4], FINDINGS[2]])
        choose(page, {"sort": "worst"})
        assert lists(page) == ([*worst, *rest], list(FINDINGS))
        choose(page, {"sort": "newest"})
        assert lists(page) == (list(STEPS), [FINDINGS[0], FINDINGS[1], FINDINGS[2], FINDINGS[4], FINDINGS[3]])
        choose(page, {"sort": "oldest", "who": "ana"})
        assert lists(page)[0] == ["both sites", "shop: all clients", "shop: ciphers", "shop: like the package"]
        choose(page, {"sort": "", "who": ""})
        assert (lists(page), hash_of(page)) == ((list(STEPS), list(FINDINGS)), "")


def test_the_range_of_the_timeline_narrows_both_lists(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        page.click("[data-zoom=in]")
        page.click("[data-zoom=later]")
        settled(page)
        begin, end = page.input_value("[name=from]"), page.input_value("[name=to]")
        assert (begin[:10], end) == ("2024-05-05", "2024-07-09T17:00")
        assert lists(page) == (list(STEPS[:8]), [*FINDINGS[:3], FINDINGS[4]])
        assert hash_of(page) == f"?from={quote(begin, safe='')}&to=2024-07-09T17%3A00"
        page.click("[data-zoom=all]")
        assert (lists(page), hash_of(page)) == ((list(STEPS), list(FINDINGS)), "")


def test_a_drag_over_the_timeline_narrows_both_lists(visitor: Visitor, pages: Pages) -> None:
    with visitor.open(pages["town"]) as page:
        chart = page.locator("#chart svg.chart")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.40, box["y"] + 20, steps=4)
        page.mouse.up()
        settled(page)
        # From the second fifth of the 130 days on that begin with the first package.
        assert (page.input_value("[name=from]")[:10], page.input_value("[name=to]")[:10]) == (
            "2024-03-27",
            "2024-04-22",
        )
        assert lists(page) == (["shop: all clients", "shop: new clients"], [FINDINGS[3]])
