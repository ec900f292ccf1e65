"""How large the page of a long history is, how soon it is there, and how fast its filters answer.

The page is the one of the tests: years of commits, thousands of changes. A filter is timed inside the page, from the
input to the end of the frame that shows what is left; each figure is the median of several.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from driftscan.report import html
from tests.report import large
from tests.report.browser.visit import launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FILTERS = (("server", "shop.kobe"), ("severity", "high"), ("q", "timeout"))
FIRST_PAINT = """new Promise(done => {
    new PerformanceObserver(list => done(list.getEntries()[0].startTime)).observe({ type: 'paint', buffered: true });
})"""
PARSED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
# The frame is over when a message sent from within it arrives.
FILTER = """([name, value]) => new Promise(done => {
    const field = document.querySelector(`#filter [name=${name}]`);
    const begin = performance.now();
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now() - begin);
        channel.port2.postMessage(0);
    });
})"""
REST = 400
"""Milliseconds until a page has done all that it puts off."""


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    page = html.render(large.report())
    print(f"\na page of {large.COMMITS} commits, median of {asked.runs} runs\n")
    _line("size", f"{len(page.encode()) / 1e6:.2f} MB")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - an extra, as for the tests
    except ImportError:
        print("not timed: playwright is not here; `pip install driftscan[test]`")
        return 0
    if shutil.which("chromium") is None:
        print("not timed: chromium is not here; `apt-get install chromium`")
        return 0
    with tempfile.TemporaryDirectory(prefix="driftscan-bench-") as temporary, sync_playwright() as playwright:
        file = Path(temporary) / "page.html"
        file.write_text(page, "utf-8")
        browser = launch(playwright)
        _measure(browser, file.as_uri(), asked.runs)
        browser.close()
    return 0


def _measure(browser: "Browser", address: str, runs: int) -> None:
    paints, parsed = [], []
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(runs):
        with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
            page = context.new_page()
            page.goto(address)
            paints.append(float(page.evaluate(FIRST_PAINT)))
            parsed.append(float(page.evaluate(PARSED)))
            page.wait_for_timeout(5 * REST)
            for name, value in FILTERS:
                times.setdefault((name, value), []).append(_filtered(page, name, value))
    _line("first paint", _median(paints))
    _line("read and usable", _median(parsed))
    for (name, value), found in times.items():
        _line(f"filter {name}={value}", _median(found))


def _filtered(page: "Page", name: str, value: str) -> float:
    took = float(page.evaluate(FILTER, [name, value]))
    page.evaluate(FILTER, [name, ""])
    page.wait_for_timeout(REST)
    return took


def _median(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.0f} ms"


def _line(what: str, figure: str) -> None:
    print(f"{what:28}{figure:>12}")


if __name__ == "__main__":
    sys.exit(main())
