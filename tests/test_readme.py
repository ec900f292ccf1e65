"""README.md shows what driftscan does."""

import re

from tests.readme import CATALOGUE, README, catalogue_page, parts, rewritten


def test_what_the_readme_shows_is_what_driftscan_prints() -> None:
    text = README.read_text("utf-8")
    assert rewritten(text) == text, "`make readme` writes it anew"


def test_the_page_about_the_patterns_says_what_their_docstrings_say() -> None:
    assert CATALOGUE.read_text("utf-8") == catalogue_page(), "`make readme` writes it anew"


def test_the_readme_has_every_generated_part() -> None:
    assert set(re.findall(r"<!-- ([a-z ]+) -->", README.read_text("utf-8"))) == {*parts(), "end"}
