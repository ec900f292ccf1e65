"""How long before its end a short-lived certificate is renewed."""

from datetime import timedelta

import pytest

from driftscan.evidence.renewal_time import interval, renewal_time, told
from tests.drift.hosts import NAME, host, lineage, renewal

FILE = f"letsencrypt/renewal/{NAME}.conf"
WEEK = "; from: 2026-01-01; until: 2026-01-08"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("30 days", timedelta(days=30)),
        ("1 day", timedelta(days=1)),
        ("30", timedelta(days=30)),
        ("3 weeks", timedelta(weeks=3)),
        ("36 Hours", timedelta(hours=36)),
        ("3 days 12 hours", timedelta(days=3, hours=12)),
        ("1 month", timedelta(days=30)),
        ("soon", None),
        ("", None),
        ("3 moons", None),
        ("-3 days", None),
        ("9999999999 days", None),
    ],
)
def test_a_time_in_words(text: str, time: timedelta | None) -> None:
    assert interval(text) == time


@pytest.mark.parametrize(
    ("time", "words"),
    [(timedelta(hours=36), "36 hours"), (timedelta(days=2), "2 days"), (timedelta(days=6, hours=16), "7 days")],
)
def test_a_time_is_told(time: timedelta, words: str) -> None:
    assert told(time) == words


@pytest.mark.parametrize(
    ("top", "words", "before"),
    [
        ("version = 2.1.0", WEEK, timedelta(days=30)),
        ("version = 3.3.0", WEEK, timedelta(days=30)),
        ("version = 4.0.0", WEEK, None),
        ("version = 5.1.0\nrenew_before_expiry = 5 days", WEEK, timedelta(days=5)),
        ("renew_before_expiry = soon", WEEK, None),
        ("version = two", WEEK, None),
        ("", WEEK, None),
        ("version = 2.1.0", "; from: 2026-01-01; until: 2026-04-01", None),
        ("version = 2.1.0", "; from: 2026-01-01; until: 2026-02-17", timedelta(days=30)),
    ],
)
def test_the_time_of_a_lineage(top: str, words: str, before: timedelta | None) -> None:
    state = host(files={**lineage(1, words), FILE: renewal("authenticator = nginx", top=top)})
    found = renewal_time(state.host.lineages[NAME], state)
    assert (None if found is None else found.before) == before
