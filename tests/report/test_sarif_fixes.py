"""Replacements of regions do to a file what the patch does that they are made of."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftscan.drift.patches import _file_diff
from driftscan.report import sarif
from driftscan.report.sarif_fixes import replacements
from driftscan.report.sarif_log import Replacement
from tests.report import incident
from tests.report.states import checked


def applied(text: str, changes: list[Replacement]) -> str:
    """The text with regions replaced, the last one first, as an editor does it."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for change in reversed(changes):
        region = change.deleted_region
        assert region.start_column is not None
        assert region.end_line is not None
        assert region.end_column is not None
        start = starts[region.start_line - 1] + region.start_column - 1
        end = starts[region.end_line - 1] + region.end_column - 1
        assert start <= end <= len(text)
        text = text[:start] + (change.inserted_content.text if change.inserted_content else "") + text[end:]
    return text


lines = st.lists(st.sampled_from(["a\n", "b\n", "  c {\n", "}\n", "-- a/x\n", "++ b\n", "@@ -1 +1 @@\n", "\n"]))
endings = st.sampled_from(["", "last", "-", "\\ No newline"])


@given(lines, endings, lines, endings)
@example([], "", ["a\n"], "")
def test_the_replacements_are_the_patch(old: list[str], end: str, new: list[str], other: str) -> None:
    before, after = "".join(old) + end, "".join(new) + other
    diff = b"".join(_file_diff("nginx/a b.conf", before.encode(), after.encode())).decode()
    made = dict(replacements(diff))
    assert list(made) == ["nginx/a b.conf"]
    assert applied(before, made["nginx/a b.conf"]) == after


def test_every_file_of_a_patch_has_its_own() -> None:
    one = b"".join(_file_diff("a.conf", b"x\n", b"y\n")).decode()
    two = b"".join(_file_diff("b.conf", b"--- a/c\nx\n", b"x\n")).decode()
    made = dict(replacements(one + two))
    assert list(made) == ["a.conf", "b.conf"]
    assert applied("--- a/c\nx\n", made["b.conf"]) == "x\n"


@pytest.fixture(scope="module")
def fixes(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - JSON
    path = tmp_path_factory.mktemp("fixes")
    etc = incident.build(path)
    log = json.loads(sarif.check(*checked(path, etc.git("rev-parse", "HEAD~1").strip())))
    return log["runs"][0]["results"][0]["fixes"]


def test_a_finding_with_a_patch_has_a_fix_that_says_what_it_does(fixes: Any) -> None:  # noqa: ANN401 - JSON
    (fix,) = fixes
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": incident.DEFAULT, "uriBaseId": "ETC"}
    assert [one["insertedContent"]["text"] for one in change["replacements"]] == ["    ssl_session_tickets off;\n"]
    assert fix["description"]["text"].startswith("Write `ssl_session_tickets off;`")
