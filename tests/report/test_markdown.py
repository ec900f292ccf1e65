"""The catalogue as Markdown: complete, and nothing in it is markup by accident."""

from dataclasses import replace

import pytest

from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.report import markdown

every_entry = pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.id)


@every_entry
def test_an_entry_has_all_that_the_catalogue_says(entry: KnownBreakage) -> None:
    page = markdown.entry(entry)
    assert page.startswith(f"## {entry.id}\n")
    for symptom in entry.pattern.symptoms:
        assert f"`{symptom}`" in page or "`" in symptom
    for reference in entry.references:
        assert f"- <{reference}>\n" in page + "\n"
    for name in ("Before", "After"):
        assert f"```nginx\n{entry.section(name)}\n```" in page


def test_the_table_leads_to_every_entry() -> None:
    page = markdown.catalogue(catalogue())
    for entry in catalogue():
        assert f"| [`{entry.id}`](#{entry.id}) | {entry.pattern.severity} |" in page
        assert f"\n## {entry.id}\n" in page


def test_what_is_no_code_is_no_markup() -> None:
    entry = catalogue()[0]
    hostile = replace(
        entry,
        title="<b>*bold*</b> | [x](javascript:1)",
        pattern=replace(entry.pattern, symptoms=("a `tick` b",), affects="`odd"),
    )
    page = markdown.catalogue([hostile])
    assert "<b>" not in page.replace("\\<b\\>", "")
    assert "\\<b\\>\\*bold\\*\\</b\\> \\| \\[x\\](javascript:1)" in page
    assert "- ``a `tick` b``" in page
    assert "Affects: \\`odd." in page
