import time
from datetime import datetime

import pytest

from driftscan.errors import DriftscanError, ExitCode
from driftscan.history.dates import EXAMPLES, Window, since, span, until

NOW = datetime.fromisoformat("2026-04-10T14:00:00+02:00")  # a Friday

pytestmark = pytest.mark.usefixtures("berlin")

WHOLE = [
    ("2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-29T23:59:59.999999+02:00"),  # clocks go forward
    ("2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-25T23:59:59.999999+01:00"),  # and back
    ("2026-03", "2026-03-01T00:00:00+01:00", "2026-03-31T23:59:59.999999+02:00"),
    ("2025-12", "2025-12-01T00:00:00+01:00", "2025-12-31T23:59:59.999999+01:00"),
    ("today", "2026-04-10T00:00:00+02:00", "2026-04-10T23:59:59.999999+02:00"),
    ("yesterday", "2026-04-09T00:00:00+02:00", "2026-04-09T23:59:59.999999+02:00"),
    ("thursday", "2026-04-09T00:00:00+02:00", "2026-04-09T23:59:59.999999+02:00"),
    ("friday", "2026-04-03T00:00:00+02:00", "2026-04-03T23:59:59.999999+02:00"),
    ("Last  Friday", "2026-04-03T00:00:00+02:00", "2026-04-03T23:59:59.999999+02:00"),
    ("saturday", "2026-04-04T00:00:00+02:00", "2026-04-04T23:59:59.999999+02:00"),
]


@pytest.mark.parametrize(("text", "first", "last"), WHOLE)
def test_a_day_or_month_is_all_of_it_in_local_time(text: str, first: str, last: str) -> None:
    assert (since(text, NOW).isoformat(), until(text, NOW).isoformat()) == (first, last)


POINTS = [
    ("2026-03-01T14:30", "2026-03-01T14:30:00+01:00"),
    ("2026-03-01 14:30:05", "2026-03-01T14:30:05+01:00"),
    ("2026-03-01T14:30:05.25+09:00", "2026-03-01T14:30:05.250000+09:00"),
    ("2026-03-01 14:30:05 +0900", "2026-03-01T14:30:05+09:00"),
    ("2026-03-01t14:30z", "2026-03-01T14:30:00+00:00"),
    ("2026-03-01T14:30+02", "2026-03-01T14:30:00+02:00"),
    ("@1700000000", "2023-11-14T23:13:20+01:00"),
    ("now", "2026-04-10T14:00:00+02:00"),
    ("midnight", "2026-04-10T00:00:00+02:00"),
    ("noon", "2026-04-10T12:00:00+02:00"),
    ("tea", "2026-04-09T17:00:00+02:00"),
    ("yesterday noon", "2026-04-09T12:00:00+02:00"),
    ("today 9:30", "2026-04-10T09:30:00+02:00"),
    ("today midnight", "2026-04-10T00:00:00+02:00"),
    ("last friday 23:59:59", "2026-04-03T23:59:59+02:00"),
    ("2026-03-01 noon", "2026-03-01T12:00:00+01:00"),
    ("2 weeks ago", "2026-03-27T14:00:00+01:00"),  # the same time of day, before the clocks went forward
    ("336 hours ago", "2026-03-27T13:00:00+01:00"),
    ("2.weeks.ago", "2026-03-27T14:00:00+01:00"),
    ("2weeks", "2026-03-27T14:00:00+01:00"),
    ("two weeks", "2026-03-27T14:00:00+01:00"),
    ("a fortnight ago", "2026-03-27T14:00:00+01:00"),
    ("last week", "2026-04-03T14:00:00+02:00"),
    ("1 year 2 months ago", "2025-02-10T14:00:00+01:00"),
    ("1 year, 2 months ago", "2025-02-10T14:00:00+01:00"),
    ("1.day.3.hours.ago", "2026-04-09T11:00:00+02:00"),
    ("90 secs ago", "2026-04-10T13:58:30+02:00"),
    ("an hour ago", "2026-04-10T13:00:00+02:00"),
]


@pytest.mark.parametrize(("text", "moment"), POINTS)
def test_a_moment_is_the_same_at_both_ends(text: str, moment: str) -> None:
    assert (since(text, NOW).isoformat(), until(text, NOW).isoformat()) == (moment, moment)


def test_a_month_ago_from_the_31st_is_the_last_day_of_a_short_month() -> None:
    now = datetime.fromisoformat("2026-03-31T10:00:00+02:00")
    assert since("1 month ago", now).isoformat() == "2026-02-28T10:00:00+01:00"


def test_a_time_that_local_clocks_show_twice_reaches_from_the_first_to_the_second() -> None:
    both = span("2026-10-25T02:30", NOW)
    assert (both.first.isoformat(), both.last.isoformat()) == ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")


def test_a_day_without_a_midnight_begins_when_its_clocks_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    time.tzset()
    assert since("2018-11-04", NOW).isoformat() == "2018-11-04T01:00:00-02:00"


REFUSED = [
    "",
    " ",
    "yesteday",
    "foo",
    "2026",
    "2026-02-30",
    "2026-13",
    "2026-3-1",
    "2026/03/01",
    "01.03.2026",
    "20260301",
    "2026-03-01T25:00",
    "2026-03-01T14:30+99:00",
    "@",
    "@-1",
    "@99999999999999999",
    "99999 years ago",
    "1.5 days ago",
    "-2 days",
    "2 days hence",
    "in 2 days",
    "ago",
    "last",
    "last ago",
    "weeks",
    "2 2 weeks",
    "2 weeksx",
    "lastweek",
    "tomorrow",
    "never",
    "14:30",
    "yesterday 25:00",
    "friday monday",
    "9999999999999999999999 seconds ago",
    "0001-01-01",
    "9999-12-31",
    "--output=x",
    "2 weeks ago x",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_date_is_refused_and_never_taken_for_now(text: str) -> None:
    with pytest.raises(DriftscanError) as caught:
        since(text, NOW)
    assert str(caught.value) == f"{text!r} is not a date; write it like {EXAMPLES}"
    assert caught.value.exit_code is ExitCode.USAGE


def test_control_characters_of_a_refused_date_are_not_printed() -> None:
    with pytest.raises(DriftscanError) as caught:
        since("\x1b[2J\nnow", NOW)
    assert str(caught.value).startswith(r"'\x1b[2J\nnow' is not a date; ")


def test_every_example_of_the_refusal_is_accepted() -> None:
    for example in EXAMPLES.replace("'", "").split(", "):
        assert span(example, NOW).first <= NOW


@pytest.mark.parametrize(
    ("first", "last", "line"),
    [
        ("2026-03", "2026-03", "range: 2026-03-01 00:00:00 +0100 to 2026-03-31 23:59:59 +0200"),
        ("yesterday", None, "range: 2026-04-09 00:00:00 +0200 to the newest commit"),
        (None, "today", "range: the first commit to 2026-04-10 23:59:59 +0200"),
        (None, None, "range: all commits"),
    ],
)
def test_a_window_tells_how_it_was_understood(first: str | None, last: str | None, line: str) -> None:
    assert Window.parse(first, last, NOW).describe() == line


def test_one_day_is_a_window() -> None:
    assert Window.parse("today", "today", NOW) == Window(
        datetime.fromisoformat("2026-04-10T00:00:00+02:00"), datetime.fromisoformat("2026-04-10T23:59:59.999999+02:00")
    )


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(DriftscanError) as caught:
        Window.parse("2026-03-02", "2026-03-01", NOW)
    assert str(caught.value) == (
        "nothing lies in the range: 2026-03-02 00:00:00 +0100 to 2026-03-01 23:59:59 +0100; "
        "--since is later than --until"
    )
