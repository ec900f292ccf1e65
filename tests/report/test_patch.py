"""Patches in every format: what can be copied is exactly what was tried out, and no secret is in it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.cli import main
from driftscan.drift.findings import PatternId, Severity
from driftscan.drift.patches import Patch
from driftscan.drift.scan import Outcome
from driftscan.history.repository import Repository
from driftscan.nginx.includes import Layout
from driftscan.patterns.catalogue import catalogue
from driftscan.report import html, text
from driftscan.report import json as documents
from driftscan.report.about import tried_out
from driftscan.report.patch import carried, shown
from driftscan.report.printable import Verbatim, all_printable
from driftscan.report.rows import Request
from driftscan.report.view import build
from tests.etc import EtcHistory
from tests.report import incident
from tests.report.pages import Page

MARK = "session-tickets-mismatch"
HOSTILE = "\t# <script>alert(1)</script> & \"'\n"


def offered(etc: EtcHistory) -> tuple[Outcome, Request]:
    """A history with patches for what is open at its end."""
    outcome, request = incident.scan(etc.path)
    assert outcome.state is not None
    with Repository.open(etc.path) as repository:
        tree = repository.tree(repository.head)
        known = tuple(entry.matcher for entry in catalogue())
        return outcome, replace(request, patches=tried_out(outcome.open, outcome.state, tree, known, Layout()))


@pytest.fixture
def broken(etc: EtcHistory) -> EtcHistory:
    """The incident, not mended, in a file that is hard to quote."""
    incident.build(etc.path)
    etc.git("reset", "--quiet", "--hard", "HEAD~1")
    server = incident.DEFAULT_SERVER.replace("    ", "\t").replace("{\n", "{\n" + HOSTILE)
    etc.commit({incident.DEFAULT: server}, "tabs", "2019-07-14T00:00:00+09:00")
    etc.checkout()
    return etc


def patch_in_json(outcome: Outcome, request: Request) -> str | None:
    document = json.loads(documents.log(outcome, request))
    assert all(finding["patch"] is None for step in document["steps"] for finding in step["findings"])
    found: Mapping[str, str | None] = {finding["pattern"]: finding["patch"] for finding in document["open"]}
    return found[MARK]


def test_the_document_has_the_patch_of_what_is_open(broken: EtcHistory) -> None:
    found = patch_in_json(*offered(broken))
    assert found is not None
    assert f" {HOSTILE}" in found
    broken.git("apply", "--check", "-", stdin=found.encode())


def test_the_page_has_it_for_copying_and_escapes_it(broken: EtcHistory) -> None:
    outcome, request = offered(broken)
    page = html.render(build(outcome, request))
    assert Page(page).open == []
    assert "\t# &lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;&#39;</span>\n" in page
    assert '<span class="added">+\tssl_session_tickets off;</span>\n' in page
    assert "<script>alert" not in page


def test_a_terminal_has_it_with_one_indentation(broken: EtcHistory) -> None:
    outcome, request = offered(broken)
    told = text.log(build(outcome, request))
    found = patch_in_json(outcome, request)
    assert found is not None
    assert "".join(f"      {line}\n" for line in found.splitlines()) in told


def test_without_being_asked_for_there_is_none(broken: EtcHistory) -> None:
    outcome, request = incident.scan(broken.path)
    assert patch_in_json(outcome, request) is None
    assert "patch, " not in text.log(build(outcome, request))


def test_findings_that_are_told_together_have_one_patch(broken: EtcHistory) -> None:
    outcome, request = offered(broken)
    (row,) = (row for row in build(outcome, request).findings if row.pattern == MARK)
    assert (row.state, len(row.members)) == ("open", 2)
    assert sum(line.startswith("@@") for line in row.patch) == 1
    assert row.patch_note.startswith("tried out: this ends it. ")
    only = replace(request, patches={row.first: request.patches[row.first]})
    (row,) = (row for row in build(outcome, only).findings if row.pattern == MARK)
    assert row.patch_note.startswith("tried out: this ends it for blog.example.jp:443. ")


def test_what_a_patch_brings_is_told_beside_it(broken: EtcHistory) -> None:
    outcome, request = offered(broken)
    brought = replace(outcome.open[0].finding, pattern=PatternId("protocols-narrowed"), severity=Severity.MEDIUM)
    priced = {mark: replace(found, brings=(brought, brought)) for mark, found in request.patches.items()}
    request = replace(request, patches=priced)
    (row,) = (row for row in build(outcome, request).findings if row.pattern == MARK)
    assert row.patch_note.startswith("tried out: this ends it and brings protocols-narrowed (medium). ")
    document = json.loads(documents.log(outcome, request))
    (told, _) = (finding for finding in document["open"] if finding["pattern"] == MARK)
    assert told["patch_brings"] == ["protocols-narrowed"]


def patch(text: str) -> Patch:
    return Patch(text, frozenset())


DIFF = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a {\n+\tb;\n }\n"


def test_tabs_stay_and_nothing_else_that_acts() -> None:
    assert shown(patch(DIFF)) == tuple(DIFF.splitlines())
    assert all_printable(shown(patch(DIFF))) == shown(patch(DIFF))
    assert Verbatim.of("a\x1b") is None
    assert all_printable(("a\tb",)) == ("a\\tb",)


@pytest.mark.parametrize("line", [" a;\r", " # \x1b[31m", " # \u202e", " # \x9b"])
def test_what_copying_would_change_is_left_to_the_document(line: str) -> None:
    text = DIFF.replace(" a {", line)
    assert (shown(patch(text)), carried(patch(text))) == ((), text)


@pytest.mark.parametrize(
    "line",
    [
        " # \udce9",
        ' proxy_set_header Authorization "Basic c2VjcmV0";',
        "     proxy_set_header X-Api-Key c2VjcmV0;",
        " -----BEGIN PRIVATE KEY-----",
    ],
)
def test_what_is_no_text_or_a_secret_is_in_no_format(line: str) -> None:
    text = DIFF.replace(" a {", line)
    assert (shown(patch(text)), carried(patch(text))) == ((), None)


def test_no_patch_is_no_patch() -> None:
    assert (shown(None), carried(None)) == ((), None)


def test_a_whole_report_of_the_command_line_has_it(broken: EtcHistory, tmp_path: Path) -> None:
    written = tmp_path / "report.html"
    assert main(["report", "-q", "-C", str(broken.path), "-o", str(written)]) == 0
    assert "+\tssl_session_tickets off;" in written.read_text("utf-8")
