"""README.md shows what driftscan does."""

import re

import msgspec

from driftscan.configuration.settings import Settings
from driftscan.site.patterns import read_patterns
from driftscan.site.suppressions import Suppression, read_comments, read_suppressions
from tests.readme import CATALOGUE, README, catalogue_page, parts, rewritten


def test_what_the_readme_shows_is_what_driftscan_prints() -> None:
    text = README.read_text("utf-8")
    assert rewritten(text) == text, "`make readme` writes it anew"


def test_the_page_about_the_patterns_says_what_their_docstrings_say() -> None:
    assert CATALOGUE.read_text("utf-8") == catalogue_page(), "`make readme` writes it anew"


def test_the_readme_has_every_generated_part() -> None:
    assert set(re.findall(r"<!-- ([a-z ]+) -->", README.read_text("utf-8"))) == {*parts(), "end"}


def blocks(language: str) -> list[bytes]:
    """The examples of a language in the README."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [block.encode() for block in found]


def test_the_examples_of_what_a_site_says_are_understood() -> None:
    settings, pattern, decision = blocks("toml")
    said = msgspec.toml.decode(settings, type=Settings)
    assert (said.hook.notify, said.hook.command[0]) == ("medium", "/usr/local/bin/page-somebody")
    (entry,) = read_patterns(pattern, "example.toml")
    assert entry.id == "site-terminals-need-tls12"
    (entry,) = read_patterns(pattern.replace(b"# before", b"before"), "example.toml")
    assert entry.matcher.events is not None
    (written,) = read_suppressions(decision, "example.toml")
    (comment,) = blocks("nginx")
    (remarked,) = read_comments(comment, "nginx.conf")
    assert isinstance(remarked, Suppression)
    assert (written.pattern, written.until, written.owner, written.reason) == (
        remarked.pattern,
        remarked.until,
        remarked.owner,
        remarked.reason,
    )
