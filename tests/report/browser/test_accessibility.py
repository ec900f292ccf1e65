"""What axe finds wrong with a page: nothing that is serious or critical, however it is looked at."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.conftest import unavailable
from tests.report.browser.conftest import Pages
from tests.report.browser.visit import Scheme, Visitor, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Whatever lies outside the window is not laid out, and axe would take it for invisible.
LAID_OUT = "document.querySelectorAll('.step').forEach(step => { step.style.contentVisibility = 'visible'; })"
RUN = "axe.run({resultTypes: ['violations']})"
BAD = frozenset({"serious", "critical"})


@pytest.fixture(scope="session")
def axe() -> str:
    """The script, which is run beside the page: its policy stays as it is."""
    try:
        from axe_playwright_python.base import AXE_SCRIPT  # noqa: PLC0415 - a test extra
    except ImportError:
        unavailable("axe", "`pip install driftscan[test]`")
        return ""
    return str(AXE_SCRIPT)


def violations(page: "Page", axe: str) -> list[str]:
    page.evaluate(f"{axe}; 0")
    found = page.evaluate(RUN)
    assert found["passes"], "axe looked at nothing"
    return [
        f"{rule['id']} ({rule['impact']}): {json.dumps(node['target'])}"
        for rule in found["violations"]
        if rule["impact"] in BAD
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("look", [("light", 320), ("light", 1440), ("dark", 320), ("dark", 1440)])
@pytest.mark.parametrize("name", ["incident", "hostile", "ranged"])
def test_a_page_has_no_serious_violation(
    visitor: Visitor, pages: Pages, axe: str, name: str, look: tuple[Scheme, int]
) -> None:
    with visitor.open(pages[name], scheme=look[0], width=look[1]) as page:
        page.evaluate(LAID_OUT)
        folded = violations(page, axe)
        unfold(page)
        assert (folded, violations(page, axe)) == ([], [])


def test_a_narrowed_page_with_nothing_left_has_no_serious_violation(visitor: Visitor, pages: Pages, axe: str) -> None:
    with visitor.open(f"{pages['town']}#?q=nobody-wrote-this") as page:
        assert page.locator(".nothing:visible").count() == 2
        assert violations(page, axe) == []


def test_every_part_that_axe_shall_see_is_there(visitor: Visitor, pages: Pages) -> None:
    """An open finding, a patch, a gap, a decision, and a state at the start."""
    parts = (
        ".finding.is-open",
        ".answer .copied pre",
        ".gaps .chip.gap",
        "#suppressed li",
        "#start .settings",
        ".gap[data-a]",
    )
    with visitor.open(pages["ranged"]) as page:
        assert [part for part in parts if not page.locator(part).count()] == []
