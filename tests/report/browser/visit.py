"""A page opened in chromium, and a witness of all that it does."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HEIGHT = 900
LONGEST_TIMER = 250
"""Milliseconds; the page itself waits no longer before it writes its address."""
VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('csp ' + e.violatedDirective))"
Scheme = Literal["light", "dark"]


def launch(playwright: "Playwright") -> "Browser":
    """Debian's chromium, which says nothing to anybody."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)


@dataclass
class Witness:
    """What a page did that it should not have."""

    address: str
    noticed: list[str] = field(default_factory=list)

    def watch(self, page: "Page") -> None:
        page.on("request", lambda request: self._requested(request.url))
        page.on("console", lambda message: self.noticed.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.noticed.append(f"error: {error}"))
        page.on("dialog", self._asked)
        page.on("popup", lambda popup: self.noticed.append(f"popup: {popup.url}"))
        page.on("download", lambda download: self.noticed.append(f"download: {download.url}"))
        page.add_init_script(VIOLATIONS)

    def _asked(self, dialog: "Dialog") -> None:
        self.noticed.append(f"dialog: {dialog.message}")
        # A page that is not answered hangs.
        dialog.dismiss()

    def _requested(self, url: str) -> None:
        if url.partition("#")[0] != self.address:
            self.noticed.append(f"request: {url}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Opens pages; when one is closed again, it must have been silent all the time."""

    browser: "Browser"

    @contextmanager
    def open(
        self,
        address: str,
        *,
        scheme: Scheme = "light",
        width: int = 1280,
        script: bool = True,
        reduced: bool = False,
        forced: bool = False,
    ) -> "Iterator[Page]":
        """The page at an address, which may have a fragment."""
        with self._context(scheme, width, script=script, reduced=reduced, forced=forced) as context:
            page = context.new_page()
            witness = Witness(address.partition("#")[0])
            witness.watch(page)
            page.goto(address)
            yield page
            # What the page has done is told before the answer to another question.
            page.evaluate("0")
            assert not witness.noticed, "; ".join(witness.noticed)

    def _context(self, scheme: Scheme, width: int, *, script: bool, reduced: bool, forced: bool) -> "BrowserContext":
        return self.browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme=scheme,
            java_script_enabled=script,
            reduced_motion="reduce" if reduced else "no-preference",
            forced_colors="active" if forced else "none",
        )


def unfold(page: "Page") -> None:
    """Open every fold."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")


def settled(page: "Page") -> None:
    """Wait until what was asked for is painted."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def rested(page: "Page") -> None:
    """Wait until everything that the page has put off is done.

    Timers fire in the order of their times: when this one has, all shorter ones that were set before have fired too.
    """
    page.evaluate(f"new Promise(done => setTimeout(done, {LONGEST_TIMER}))")
    settled(page)


def overflow(page: "Page") -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def shown(page: "Page", rows: str) -> list[str]:
    """The titles of the commits (`article.step`) or findings (`article.finding`) that are shown, in their order."""
    title = "h3" if rows == "article.step" else "h4"
    texts = page.evaluate(
        "([rows, title]) => [...document.querySelectorAll(rows)].filter(row => row.getClientRects().length)"
        ".map(row => row.querySelector(title).textContent)",
        [rows, title],
    )
    return [str(text) for text in texts]
