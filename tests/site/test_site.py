"""What a tree says of its site; what cannot be understood is a gap, and stops nothing."""

from driftscan.nginx.config import GapKind, Location
from driftscan.site.site import Site, read_site, with_comments
from tests.drift.trees import tree
from tests.etc import Content, Link
from tests.site.test_patterns import ENTRY
from tests.site.test_suppressions import ENTRY as DECISION


def test_all_files_of_the_folder_are_read() -> None:
    second = ENTRY.replace("site-terminals", "site-second")
    files = {
        "driftscan/patterns.d/a.toml": ENTRY,
        "driftscan/patterns.d/b.toml": second,
        "driftscan/patterns.d/c.toml.off": "[[",
        "driftscan/suppressions.toml": DECISION,
    }
    site = read_site(tree(files), ())
    assert [entry.id for entry in site.patterns] == ["site-terminals", "site-second"]
    assert [found.pattern for found in site.suppressions] == ["hsts-*"]
    assert site.gaps == ()


def test_a_tree_that_says_nothing_is_no_trouble() -> None:
    assert read_site(tree({"nginx/nginx.conf": ""}), ()) == Site()


def test_what_cannot_be_understood_is_a_gap_and_the_rest_counts() -> None:
    files: dict[str, Content] = {
        "driftscan/patterns.d/a.toml": "[[",
        "driftscan/patterns.d/b.toml": ENTRY,
        "driftscan/patterns.d/c.toml": ENTRY,
        "driftscan/patterns.d/d.toml": Link("/etc/shadow"),
        "driftscan/suppressions.toml": "suppress = 1",
    }
    site = read_site(tree(files), ())
    assert [entry.id for entry in site.patterns] == ["site-terminals"]
    assert [(gap.path, gap.kind, gap.reason.partition(":")[0]) for gap in site.gaps] == [
        ("driftscan/patterns.d/a.toml", GapKind.INVALID, "it is no TOML"),
        (
            "driftscan/patterns.d/c.toml",
            GapKind.INVALID,
            "pattern 'site-terminals' is there twice; give one of them another id",
        ),
        ("driftscan/patterns.d/d.toml", GapKind.INVALID, "it is no plain file, and is not read"),
        ("driftscan/suppressions.toml", GapKind.INVALID, "Expected `array`, got `int` - at `$.suppress`"),
    ]


def test_comments_of_the_files_that_nginx_reads_count_too() -> None:
    text = "server {\n# driftscan: ignore[a] until=2027-01-31 why\n# driftscan: what?\n}\n"
    files = tree({"nginx/a": text, "nginx/b": text})
    entry = files.entry("nginx/a")
    assert entry is not None
    site = with_comments(Site(), {"nginx/a": entry.blob}, files)
    assert [found.at for found in site.suppressions] == [Location("nginx/a", 2)]
    assert [gap.at for gap in site.gaps] == [Location("nginx/a", 3)]
