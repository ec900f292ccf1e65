"""The history as Markdown: complete, small enough for an issue, and nothing in it is markup by accident."""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import pytest

from driftscan.drift.scan import Outcome
from driftscan.patterns.catalogue import catalogue
from driftscan.report import passages, postmortem
from driftscan.report.findings import OPEN
from driftscan.report.pages import Report
from driftscan.report.passages import LIMIT, STAGES, Room
from driftscan.report.rows import GapRow, Request, SuppressedRow
from tests.report.commonmark import Markdown
from tests.report.test_markup import BAD

T = TypeVar("T")
LINKS = frozenset(address for entry in catalogue() for address in entry.references)
OWN_WORDS = frozenset(
    {"state", "severity", "kind", "label", "pattern", "fingerprint", "first", "short", "id", "text", "iso", "again"}
    | {"verdict_kind", "evidence", "certainty", "category", "made_by", "references", "patch", "until", "marks"}
)
"""Fields that hold nothing of a repository; times and texts of facts are treated apart."""
PARTS = (
    "Summary",
    "Timeline",
    "Open findings",
    "Findings that are over",
    "Changes by commit",
    "Set aside",
    "What was examined",
    "Open questions",
)


def poisoned(rows: T, poison: str) -> T:
    """The same rows with a hostile name at the end of every text that could hold one."""
    return cast("T", _poisoned(rows, poison, ""))


def _poisoned(value: Any, poison: str, name: str) -> Any:  # noqa: ANN401 - any tree of rows
    if isinstance(value, str):
        return value if name in OWN_WORDS or not value else f"{value} {poison}"
    if isinstance(value, tuple):
        return tuple(_poisoned(item, poison, name) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: _poisoned(getattr(value, field.name), poison, field.name) for field in fields(value)}
        )
    return value


def parts(text: str) -> list[str]:
    return [title for tag, title in Markdown(text).headings if tag == "h2"]


@pytest.fixture(scope="module")
def full(report: Report) -> Report:
    """The incident with something in every part: one finding open with a patch, gaps, decisions and doubts."""
    (finding,) = report.findings
    still = replace(
        finding,
        state=OPEN,
        certainty="depends",
        certainty_note="only if it rains: `nginx -V` tells",
        patch=("--- a/x", "+++ b/x", "@@ -1 +1 @@", "-```", "+a"),
        patch_note="tried out",
        members=finding.members * 6,
        resolved=None,
    )
    aside = SuppressedRow("hsts-lost", "medium", "a:443", "0123456789ab", "2027-01-31", "mina", "known", "a.toml:1")
    gap = GapRow("nginx/x.conf", "missing", "nginx/x.conf: is missing", remembered=False)
    first, *steps = report.steps
    many = replace(first, changes=first.changes * 5, opened=(gap,), closed=(gap,))
    return replace(report, findings=(still, finding), suppressed=(aside,), gaps=(gap,), steps=(many, *steps))


def test_every_part_is_there_and_in_order(full: Report) -> None:
    assert parts(postmortem.render(full)) == list(PARTS)


def test_a_part_without_anything_is_left_out(report: Report) -> None:
    told = postmortem.render(replace(report, answer=None, findings=(), suppressed=(), steps=(), timeline=None))
    assert parts(told) == ["Timeline", "What was examined", "Open questions"]
    assert "\nNothing changed TLS.\n" in told
    assert told.endswith("## Open questions\n\nNone.\n")


def test_the_timeline_tells_every_commit_oldest_first_with_its_uncertainty(report: Report) -> None:
    ((head, *rows),) = Markdown(postmortem.render(report)).tables
    assert head == ("Time", "Commit", "Who", "What happened", "Findings")
    assert [row[1] for row in rows] == ["", "", *(step.commit.short for step in reversed(report.steps))]
    assert [row[3] for row in rows[:2]] == ["nginx 1.10.3", "OpenSSL 1.0.2g"]
    assert rows[3] == (
        "2019-07-13 03:17 +0900; changed some time after 2019-06-18 06:31, up to 24 days before",
        "1f25ff7d",
        "daily timer",
        "daily autocommit; 2 changes",
        "introduced: critical session-tickets-mismatch (2 servers)",
    )


def test_open_questions_say_what_would_settle_them(full: Report) -> None:
    told = postmortem.render(full).partition("## Open questions\n")[2]
    assert "`session-tickets-mismatch` (`e1ed27dd4808`) holds only if it rains: `nginx -V` tells" in told
    assert "Not read, so nothing is concluded from it: nginx/x.conf: is missing" in told


def test_long_lists_are_folded(full: Report) -> None:
    blocks = [token.content for token in Markdown(postmortem.render(full)).of("html_block")]
    assert blocks == [
        "<details>\n<summary>12 places where it is found</summary>\n",
        "</details>\n",
        "<details>\n<summary>15 changes</summary>\n",
        "</details>\n",
    ]


def test_a_patch_is_a_block_that_can_be_copied(full: Report) -> None:
    (block,) = Markdown(postmortem.render(full)).of("fence")
    assert (block.info, block.content) == ("diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-```\n+a\n")


def test_a_reference_that_is_no_plain_address_is_no_link(full: Report) -> None:
    still, past = full.findings
    bad = replace(still, references=("javascript:alert(1)", "https://a.example/> <b>", "http://b.example/`"))
    told = postmortem.render(replace(full, findings=(bad, past)))
    assert Markdown(told).of("link_open") == ()


def test_nothing_of_a_hostile_history_is_markup(hostile_report: Report) -> None:
    text = postmortem.render(hostile_report)
    Markdown(text).require_inert(LINKS)
    assert [character for character in text if not character.isprintable() and character != "\n"] == []


@pytest.mark.parametrize("poison", [*BAD, "x" * 3000, " ".join(BAD)])
def test_whatever_names_hold_the_document_is_the_same(
    poison: str, full: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "LIMIT", 10**9)
    clean, dirty = Markdown(postmortem.render(full)), Markdown(postmortem.render(poisoned(full, poison)))
    dirty.require_inert(LINKS)
    assert dirty.blocks == clean.blocks
    assert max(len(cell) for rows in dirty.tables for row in rows for cell in row) < 1000
    assert [tag for tag, _ in dirty.headings] == [tag for tag, _ in clean.headings]
    assert [[len(row) for row in rows] for rows in dirty.tables] == [
        [len(row) for row in rows] for rows in clean.tables
    ]


# ------------------------------------------------------------------ the limit


def times(report: Report, findings: int, steps: int, aside: int = 0) -> Report:
    """A report so many times as long; each finding has a fingerprint of its own."""
    many = [
        replace(
            row,
            members=tuple(
                replace(one, fingerprint=f"{number:06d}{place:06d}") for place, one in enumerate(row.members)
            ),
        )
        for row in report.findings
        for number in range(findings)
    ]
    decisions = tuple(
        replace(one, fingerprint=f"a{number:011d}") for one in report.suppressed for number in range(aside)
    )
    return replace(report, findings=tuple(many), steps=report.steps * steps, suppressed=decisions)


@pytest.mark.parametrize(
    ("findings", "steps", "aside", "left"),
    [
        (1, 30, 1, "the changes of"),
        (1, 200, 1, "rows of the timeline"),
        (60, 20, 1, "the details of"),
        (3, 2, 700, "findings that are set aside"),
        (400, 3, 1, "findings themselves"),
    ],
)
def test_what_an_issue_cannot_hold_gives_way_and_is_named(
    findings: int, steps: int, aside: int, left: str, full: Report
) -> None:
    told = times(full, findings, steps, aside)
    text = postmortem.render(told)
    assert len(text) <= LIMIT
    (note,) = [line for line in text.splitlines() if line.startswith("> Left out, because an issue holds no more: ")]
    assert left in note
    assert note.endswith("`driftscan report -C /etc -o html=report.html` tells all of it.")
    assert parts(text) == list(PARTS)
    Markdown(text).require_inert(LINKS)
    in_full = [title for tag, title in Markdown(text).headings if tag == "h3" and title.startswith("critical: ")]
    cut = re.search(r"the details of (\d+) findings", note)
    assert len(in_full) + int(cut[1] if cut else 0) == len(told.findings)
    if left != "findings themselves":
        marks = {member.fingerprint for row in told.findings for member in row.members}
        assert [mark for mark in marks if mark not in text] == []


def test_what_fits_is_told_in_full(full: Report) -> None:
    assert "Left out" not in postmortem.render(full)


def test_the_changes_of_old_commits_give_way_first(full: Report) -> None:
    text = postmortem.render(times(full, 1, 30))
    changes = text.partition("## Changes by commit\n")[2].partition("\n## ")[0]
    shown = [title for tag, title in Markdown(changes).headings if tag == "h3"]
    assert 3 < len(shown) < 90
    assert shown[0] == f"{full.steps[0].commit.time.text}: `{full.steps[0].commit.short}`"
    assert f"{90 - len(shown)} older commits left out." in changes
    assert "the details of" not in text


def test_every_part_that_may_give_way_does() -> None:
    assert {part for part, kept in STAGES if kept == 0} == {name.name for name in fields(Room)}


def test_a_repository_with_a_strange_path_is_only_a_path(scanned: tuple[Outcome, Request], report: Report) -> None:
    text = postmortem.render(replace(report, path="/srv/`x`|<b>"))
    assert scanned[1].path == "/etc"
    assert Markdown(text).headings[0] == ("h1", "TLS history of ``/srv/`x`|<b>``: the whole history")
    Markdown(text).require_inert(LINKS)
