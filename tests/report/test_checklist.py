"""A state as Markdown: what is to be done, and nothing that is markup by accident."""

from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.report import checklist, passages
from driftscan.report.check import build_check
from driftscan.report.pages import CheckReport
from driftscan.report.passages import LIMIT
from driftscan.report.rows import GapRow
from tests.report import hostile, incident
from tests.report.commonmark import Markdown
from tests.report.states import checked, decision
from tests.report.test_markup import BAD
from tests.report.test_postmortem import LINKS, parts, poisoned


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    path: Path = tmp_path_factory.mktemp("checklist")
    broken = incident.build(path).git("rev-parse", "HEAD~1").strip()
    found, _ = checked(path, broken, decision("session-*", "shop.*"))
    gap = GapRow("nginx/x.conf", "missing", "nginx/x.conf: is missing", remembered=False)
    return replace(build_check(found, show_suppressed=True), gaps=(gap,))


def test_every_finding_is_something_to_do(page: CheckReport) -> None:
    text = checklist.render(page)
    assert parts(text) == ["To do", "Findings", "Set aside", "Open questions"]
    (line,) = [line for line in text.splitlines() if line.startswith("- [ ] ")]
    assert line.startswith(
        "- [ ] **critical** `session-tickets-mismatch` of `blog.example.jp:443`: Write `ssl_session_tickets off;` in"
    )
    assert "- Not read, so nothing is concluded from it: nginx/x.conf: is missing\n" in text


def test_what_is_set_aside_says_until_when_and_why(page: CheckReport) -> None:
    told = checklist.render(page).partition("## Set aside\n\n")[2].partition("\n")[0]
    assert told == (
        "- **critical** `session-tickets-mismatch` `shop.example.jp:443` (`960540dde214`), until 2027-01-31, mina: "
        "known \\| \\<b\\>bad\\</b\\> `@mina` `#1` (`driftscan/suppressions.toml:1`)"
    )


def test_a_state_in_order_is_told_to_be(page: CheckReport) -> None:
    quiet = replace(page, verdict=("No known breakage is open.",), findings=(), suppressed=(), gaps=())
    text = checklist.render(quiet)
    assert parts(text) == ["Open questions"]
    assert "- No known breakage is open.\n" in text


def test_a_version_that_is_not_known_is_an_open_question(tmp_path: Path) -> None:
    hostile.build(tmp_path)
    text = checklist.render(build_check(checked(tmp_path, "HEAD")[0], show_suppressed=True))
    questions = text.partition("## Open questions\n")[2]
    assert "- Which nginx runs is not known, and 1.16.0 is assumed: `nginx -v` tells.\n" in questions
    assert "- Which TLS library runs is not known: `nginx -V` tells.\n" in questions
    Markdown(text).require_inert(LINKS)
    assert [character for character in text if not character.isprintable() and character != "\n"] == []


@pytest.mark.parametrize("poison", [*BAD, " ".join(BAD)])
def test_whatever_names_hold_the_document_is_the_same(
    poison: str, page: CheckReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "LIMIT", 10**9)
    clean, dirty = Markdown(checklist.render(page)), Markdown(checklist.render(poisoned(page, poison)))
    dirty.require_inert(LINKS)
    assert dirty.blocks == clean.blocks
    assert [tag for tag, _ in dirty.headings] == [tag for tag, _ in clean.headings]


@pytest.mark.parametrize(("findings", "left"), [(100, "the details of"), (1000, "findings themselves")])
def test_what_an_issue_cannot_hold_gives_way_and_is_named(findings: int, left: str, page: CheckReport) -> None:
    text = checklist.render(replace(page, findings=page.findings * findings))
    assert len(text) <= LIMIT
    (note,) = [line for line in text.splitlines() if line.startswith("> Left out, because an issue holds no more: ")]
    assert left in note
    assert note.endswith("`driftscan check --show-suppressed` tells all of it.")
    assert parts(text) == ["To do", "Findings", "Set aside", "Open questions"]


def test_what_fits_is_told_in_full(page: CheckReport) -> None:
    assert "Left out" not in checklist.render(page)
