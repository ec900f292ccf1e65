"""One browser, one visitor, and every page rendered once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from driftscan.cli import output
from driftscan.cli.options import Asked, Place
from driftscan.drift.chronicle import Witness
from driftscan.drift.query import Query
from driftscan.history.dates import Window
from driftscan.history.observe import Options
from driftscan.history.repository import Repository
from driftscan.nginx.includes import Layout
from driftscan.report import html
from driftscan.report.pages import Report
from driftscan.report.rows import Extent
from driftscan.report.view import build
from tests.conftest import unavailable
from tests.report import large
from tests.report.browser import odd, town
from tests.report.browser.visit import Visitor, launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent
TODAY = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a test extra
    except ImportError:
        unavailable("playwright", "`pip install driftscan[test]`")
        return
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def visitor(browser: "Browser") -> Visitor:
    return Visitor(browser)


@dataclass
class Pages:
    """Reports by name, each built and rendered when it is first asked for."""

    directory: Path
    builders: dict[str, Callable[[], Report]]
    reports: dict[str, Report] = field(default_factory=dict)

    def report(self, name: str) -> Report:
        if name not in self.reports:
            self.reports[name] = self.builders[name]()
        return self.reports[name]

    def file(self, name: str) -> Path:
        path = self.directory / f"{name}.html"
        if not path.exists():
            path.write_text(html.render(self.report(name)), "utf-8")
        return path

    def __getitem__(self, name: str) -> str:
        return self.file(name).as_uri()


@pytest.fixture(scope="session")
def pages(report: Report, hostile_report: Report, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    directory = tmp_path_factory.mktemp("pages")
    whole, earlier = directory / "town", directory / "earlier"

    def built(path: Path, commits: int, since: str | None = None) -> Report:
        if not path.exists():
            town.build(path, commits)
        return told(path, since)

    return Pages(
        directory,
        {
            "incident": lambda: report,
            "hostile": lambda: hostile_report,
            "town": lambda: built(whole, town.COMMITS),
            "ranged": lambda: built(whole, town.COMMITS, "2024-05-01"),
            "earlier": lambda: built(earlier, 10),
            "odd": lambda: built_odd(directory / "odd"),
            "large": large.report,
        },
    )


def built_odd(path: Path) -> Report:
    odd.build(path)
    return told(path, None)


def told(path: Path, since: str | None) -> Report:
    """The report as the command line writes it: with patches, and with what people decided."""
    begin = None if since is None else datetime.fromisoformat(since).replace(tzinfo=UTC)
    place, asked = Place(path, Layout(), Options(), root_given=False), Asked(None, Window(begin), None)
    with Repository.open(path) as repository:
        witness = Witness()
        examined = place.examine(repository, asked.selection, date(2026, 1, 2), witness)
        request = output.request(
            place=place,
            repository=repository,
            outcome=examined.outcome,
            asked=asked,
            query=Query(),
            extent=Extent.WHOLE,
        )
    request = replace(request, path="/etc", generated=TODAY, decided=examined.decided, chronicle=witness.chronicle)
    return build(examined.outcome, request)
