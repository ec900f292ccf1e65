from datetime import datetime, timedelta

import pytest

from driftscan.drift.findings import Hit, Need, PatternId, Severity, judge
from driftscan.drift.scan import Outcome
from driftscan.drift.subjects import ZoneSubject
from driftscan.history.commit import Commit, CommitId, Identity
from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.versions import Library, NginxVersion
from driftscan.report.printable import all_printable, printable
from driftscan.report.rows import GapRow
from driftscan.report.timeline import timeline
from driftscan.report.values import delta
from driftscan.report.wording import (
    certainty_note,
    commit_row,
    count,
    duration,
    enumerate_words,
    platform_row,
    some,
    who,
)

ROOT = Identity("root", "root@host")
ALICE = Identity("alice", "alice@host")


def commit(message: str, when: str = "2026-01-02T06:25:00+01:00", author: Identity = ROOT) -> Commit:
    moment = datetime.fromisoformat(when)
    return Commit(CommitId("c" * 40), (), author, ROOT, moment, moment, message)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0, "less than a minute"),
        (31, "31 min"),
        (60, "1 h"),
        (451, "7 h 31 min"),
        (24 * 60, "1 day"),
        (25 * 60, "1 day 1 h"),
        (24 * 24 * 60 + 1244, "24 days"),
    ],
)
def test_durations_have_two_units_at_most(minutes: int, told: str) -> None:
    assert duration(timedelta(minutes=minutes)) == told


def test_a_clock_that_went_backwards_is_no_negative_duration() -> None:
    assert duration(timedelta(days=-3)) == "less than a minute"


def test_lists_read_like_english() -> None:
    assert [enumerate_words(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_long_list_says_how_much_it_leaves_out() -> None:
    assert some(["a", "b", "c", "d", "e"], 3, "name") == "a, b, c and 2 more names"


def test_a_list_is_not_shortened_by_one() -> None:
    assert some(["a", "b", "c", "d"], 3) == "a, b, c and d"


def test_nouns_are_counted() -> None:
    assert (count(1, "server"), count(47, "server")) == ("1 server", "47 servers")


@pytest.mark.parametrize(
    ("message", "author", "told"),
    [
        ("daily autocommit", ROOT, "daily timer"),
        ("saving uncommitted changes in /etc prior to apt run", ROOT, "before a package run"),
        ("saving uncommitted changes in /etc prior to apt run", ALICE, "before a package run (called by alice)"),
        ("committing changes in /etc after apt run", ROOT, "package manager: apt"),
        (
            'committing changes in /etc made by "apt upgrade -y"',
            ALICE,
            "package manager: apt upgrade -y (called by alice)",
        ),
        ("Initial commit", ROOT, "initial commit"),
        ("nginx: curves", ALICE, "alice"),
        ("nginx: curves", ROOT, "root"),
    ],
)
def test_who_made_a_commit(message: str, author: Identity, told: str) -> None:
    assert who(commit(message, author=author)) == told


def test_the_daily_timer_says_only_some_time_since_the_commit_before() -> None:
    row = commit_row(commit("daily autocommit"), commit("x", "2026-01-01T06:25:00+01:00"))
    assert (row.time.text, row.window) == (
        "2026-01-02 06:25 +0100",
        "changed some time after 2026-01-01 06:25, up to 1 day before",
    )


def test_a_time_of_another_zone_says_its_zone() -> None:
    row = commit_row(commit("daily autocommit"), commit("x", "2026-01-01T06:25:00+09:00"))
    assert row.window == "changed some time after 2026-01-01 06:25 +0900, up to 1 day 8 h before"


def test_a_person_commits_when_the_change_is_made() -> None:
    assert commit_row(commit("x", author=ALICE), commit("y", "2026-01-01T06:25:00+01:00")).window == ""


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain é 日本", "plain é 日本"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\tb\nc\r", "a\\tb\\nc\\r"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("\u202e\u2066\u200e\u061c", "\\u202e\\u2066\\u200e\\u061c"),
        ("\u2028\u2029\u200b\ufeff", "\\u2028\\u2029\\u200b\\ufeff"),
        ("\udce9", "\\xe9"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("~^(?<user>[^.]+)\\.example$", "~^(?<user>[^.]+)\\.example$"),
    ],
)
def test_printable_makes_acting_characters_visible(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_all_printable_reaches_every_string_of_a_row() -> None:
    assert all_printable((GapRow("\x1b", "k", "\n", remembered=True), ("\t",), 3)) == (
        GapRow("\\x1b", "k", "\\n", remembered=True),
        ("\\t",),
        3,
    )


def test_short_values_need_no_difference() -> None:
    assert delta("HIGH:!aNULL", "HIGH") is None


def test_long_lists_are_told_by_what_they_do_not_share() -> None:
    before, after = (f"{first}:" + ":".join(f"CIPHER-{n}" for n in range(10)) for first in ("OLD", "NEW"))
    found = delta(before, after)
    assert found is not None
    assert (found.removed, found.added, found.kept, found.reordered) == (("OLD",), ("NEW",), 10, False)


def test_a_new_order_is_a_difference_of_its_own() -> None:
    names = [f"CIPHER-{n}" for n in range(10)]
    found = delta(":".join(names), ":".join(reversed(names)))
    assert found is not None
    assert (found.removed, found.added, found.kept, found.reordered) == ((), (), 10, True)


def test_no_steps_make_no_picture() -> None:
    assert timeline(Outcome((), (), (), None, None, None, 0, 0, shallow=False), (), (), None) is None


# ---------------------------------------------------------------------- platforms


def debian(evidence: Evidence, source: str) -> Platform:
    return Platform(
        Known(NginxVersion(1, 22, 1), evidence, source),
        Known(Library.parse("3.0.9"), evidence, source),
        Known("1.28.0 or later", Evidence.CERTBOT, "letsencrypt/options-ssl-nginx.conf in commit c"),
    )


def test_a_platform_says_how_each_version_is_known() -> None:
    platform = debian(Evidence.DISTRIBUTION, "debian_version 12.5 in commit c")
    assert platform_row(platform).line == (
        "nginx 1.22.1 (distribution), OpenSSL 3.0.9 (distribution), certbot 1.28.0 or later"
    )


@pytest.mark.parametrize(
    ("evidence", "note"),
    [
        (Evidence.PACKAGE, ""),
        (
            Evidence.DISTRIBUTION,
            "only if nginx is 1.22.1, which is what the distribution ships (said so): `nginx -v` tells",
        ),
        (Evidence.ASSUMED, "only if nginx is 1.22.1, which is a guess (said so): `nginx -v` tells"),
    ],
)
def test_a_finding_that_needs_nginx_says_how_sure_its_version_is(evidence: Evidence, note: str) -> None:
    platform = debian(evidence, "said so")
    hit = Hit(ZoneSubject("SSL"), (), (), needs=frozenset({Need.NGINX, Need.LIBRARY}))
    assert certainty_note(judge(PatternId("p"), Severity.LOW, hit, platform), platform) == note


def test_the_source_of_another_version_is_not_given() -> None:
    """A finding that lasts is judged anew on what ran later; the platform is that of the commit that brought it."""
    hit = Hit(ZoneSubject("SSL"), (), (("nginx", "1.26.3"),), needs=frozenset({Need.NGINX}))
    platform = debian(Evidence.DISTRIBUTION, "said so")
    assert certainty_note(judge(PatternId("p"), Severity.LOW, hit, platform), platform) == (
        "only if nginx is 1.26.3, which is what the distribution ships: `nginx -v` tells"
    )
