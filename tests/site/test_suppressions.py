"""Decisions to live with a finding: in a file, in comments, in force and over."""

from datetime import date

import pytest

from driftscan.drift.findings import Hit, PatternId, Severity, judge
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.scan import judge_state
from driftscan.drift.subjects import ZoneSubject
from driftscan.nginx.config import Location
from driftscan.site.decided import decide
from driftscan.site.suppressions import Misspelled, Suppression, read_comments, read_suppressions
from driftscan.site.toml import SiteError
from tests.drift.trees import platform, server, state

PATH = "driftscan/suppressions.toml"
ENTRY = """# why we live with it

[[suppress]]
pattern = "hsts-*"
server = "shop.example"
until = 2027-01-31
owner = "mina"
reason = "the shop sends it itself"
"""
CONF = "nginx/sites-available/shop"
DAY = date(2026, 11, 23)


def finding(pattern: str = "hsts-lost", name: str = "shop.example", line: int = 4) -> Hit:
    return Hit(server(name, 1), (Location(CONF, line),), (("pattern", pattern),))


def test_an_entry_says_what_until_when_who_and_why() -> None:
    assert read_suppressions(ENTRY.encode(), PATH) == (
        Suppression(
            "hsts-*", date(2027, 1, 31), "the shop sends it itself", "mina", Location(PATH, 3), "shop.example", None
        ),
    )


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("hsts-lost", "shop.example", True),
        ("hsts-lost", "blog.example", False),
        ("listen-lost-ssl", "shop.example", False),
    ],
)
def test_it_covers_what_it_names(pattern: str, name: str, covered: bool) -> None:
    (found,) = read_suppressions(ENTRY.encode(), PATH)
    assert found.covers(judge(PatternId(pattern), Severity.LOW, finding(name=name), platform())) is covered


def test_a_fingerprint_is_one_finding() -> None:
    known = judge(PatternId("hsts-lost"), Severity.LOW, finding(), platform())
    other = judge(PatternId("hsts-lost"), Severity.LOW, finding(name="www.shop.example"), platform())
    text = ENTRY.replace('server = "shop.example"', f'fingerprint = "{known.fingerprint}"')
    (found,) = read_suppressions(text.encode(), PATH)
    assert (found.covers(known), found.covers(other)) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('owner = "mina"', 'owner = " "', "driftscan/suppressions.toml:3: say who owns"),
        ('owner = "mina"\n', "", "missing required field `owner`"),
        ("until = 2027-01-31", 'until = "soon"', "Expected `date`, got `str` - at `$.suppress[0].until`"),
        ("reason", "raeson", "did you mean `reason`?"),
    ],
)
def test_a_decision_without_owner_reason_or_day_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(SiteError) as refused:
        read_suppressions(ENTRY.replace(old, new).encode(), PATH)
    assert says in str(refused.value)


UNTIL = date(2027, 1, 31)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "# driftscan: ignore[hsts-lost] until=2027-01-31 sent by the application",
            Suppression(
                "hsts-lost",
                UNTIL,
                "sent by the application",
                "",
                Location(CONF, 2),
                lines=frozenset({Location(CONF, 3)}),
            ),
        ),
        (
            "    listen 443 ssl; # driftscan: ignore[*] until=2027-01-31 owner=mina known",
            Suppression("*", UNTIL, "known", "mina", Location(CONF, 2), lines=frozenset({Location(CONF, 2)})),
        ),
    ],
)
def test_a_comment_speaks_of_its_own_line_or_of_the_one_below(line: str, found: Suppression) -> None:
    assert list(read_comments(f"server {{\n{line}\n}}\n".encode(), CONF)) == [found]


@pytest.mark.parametrize(
    "comment",
    [
        "# driftscan: ignore[hsts-lost] sent by the application",
        "# driftscan: ignore[hsts-lost] until=2027-01-31",
        "# driftscan: ignore[hsts-lost] until=2027-02-30 no such day",
        "# driftscan: ignore hsts-lost until=2027-01-31 why",
    ],
)
def test_a_comment_that_says_too_little_is_told(comment: str) -> None:
    (found,) = read_comments(f"{comment}\n".encode(), CONF)
    assert isinstance(found, Misspelled)
    assert found.at == Location(CONF, 1)
    assert "write `# driftscan: ignore[" in found.reason


def test_what_is_no_comment_says_nothing() -> None:
    assert list(read_comments(b"add_header X-driftscan: ignore[a];\n# see driftscan for more\n", CONF)) == []


ZONE = Hit(ZoneSubject("z"), (Location(CONF, 4),), ())


@pytest.mark.parametrize(
    ("today", "open_", "aside", "over"), [(UNTIL, 0, 1, 0), (date(2027, 2, 1), 1, 0, 1)], ids=["last day", "over"]
)
def test_a_decision_counts_up_to_its_last_day_and_is_told_when_it_is_over(
    today: date, open_: int, aside: int, over: int
) -> None:
    matcher = Matcher(PatternId("p"), Severity.LOW, hazards=lambda _: iter([ZONE]))
    lives = judge_state(state("events {}"), (matcher,))
    by = Suppression("p", UNTIL, "known", "mina", Location(CONF, 3), lines=frozenset({Location(CONF, 4)}))
    decided = decide(lives, [by], today)
    assert (len(decided.open), len(decided.suppressed), len(decided.over)) == (open_, aside, over)
    assert DAY < UNTIL


def test_a_comment_elsewhere_covers_nothing() -> None:
    by = Suppression("p", UNTIL, "known", "", Location(CONF, 8), lines=frozenset({Location(CONF, 9)}))
    assert not by.covers(judge(PatternId("p"), Severity.LOW, ZONE, platform()))
