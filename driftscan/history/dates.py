"""What people write after `--since` and `--until`, as moments.

The words are git's, the reading is ours: git takes a word it does not know (`yesteday`) silently for *now*, and
a bare date for the time of day at which the command happens to run.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from driftscan.errors import DriftscanError

EXAMPLES = "2026-03-01, 2026-03, 2026-03-01T14:30+01:00, @1700000000, yesterday, 'last friday', '2 weeks ago'"

NUMBERS = {"a": 1, "an": 1, "last": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
NUMBERS |= {"six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600}
DAYS = {"day": 1, "week": 7, "fortnight": 14}
MONTHS = {"month": 1, "year": 12}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = {"midnight": time(0), "noon": time(12), "tea": time(17)}

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(z|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE
)
_UNIT = "|".join([*SECONDS, *DAYS, *MONTHS])
_AGE = re.compile(rf"(?:(\d+)[ .]?|({'|'.join(NUMBERS)})[ .])({_UNIT})s?(?:,? |[.]|$)")
_DAY_AND_TIME = re.compile(rf"(.+?) (\d\d?:\d\d(?::\d\d)?|{'|'.join(HOURS)})")


@dataclass(frozen=True, slots=True)
class Span:
    """What a text stands for, from its first moment to its last: a bare date is all of that local day."""

    first: datetime
    last: datetime


def since(text: str, now: datetime) -> datetime:
    """The first moment that `text` stands for.

    Raises:
        DriftscanError: it is no date.
    """
    return span(text, now).first


def until(text: str, now: datetime) -> datetime:
    """The last moment that `text` stands for, which is still inside.

    Raises:
        DriftscanError: it is no date.
    """
    return span(text, now).last


@dataclass(frozen=True, slots=True)
class Window:
    """A range of time, with both ends inside; `None` is no bound."""

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def parse(cls, first: str | None, last: str | None, now: datetime) -> Self:
        """The range between two texts.

        Raises:
            DriftscanError: one is no date, or they are in the wrong order.
        """
        window = cls(
            since(first, now) if first is not None else None,
            until(last, now) if last is not None else None,
        )
        if window.since and window.until and window.until < window.since:
            raise DriftscanError(f"nothing lies in the {window.describe()}; --since is later than --until")
        return window

    def describe(self) -> str:
        """The range as it was understood, in one line for people."""
        if self.since is None and self.until is None:
            return "range: all commits"
        ends = (f"{end:%Y-%m-%d %H:%M:%S %z}" if end else None for end in (self.since, self.until))
        first, last = ends
        return f"range: {first or 'the first commit'} to {last or 'the newest commit'}"


def span(text: str, now: datetime) -> Span:
    """The time that `text` stands for.

    Args:
        text: As written by a person.
        now: What relative words count from. Days are those of the local zone of this machine.

    Raises:
        DriftscanError: it is no date.
    """
    words = " ".join(text.lower().split())
    now = now.astimezone()
    try:
        for grammar in GRAMMARS:
            found = grammar(words, now)
            if found is not None:
                return found
    except (ValueError, OverflowError, OSError):
        pass  # it has the form of a date, and no calendar has it: 2026-02-30, 99999 years ago
    raise DriftscanError(f"{text!r} is not a date; write it like {EXAMPLES}")


def _local(moment: datetime, fold: int = 0) -> datetime:
    """The instant when local clocks show `moment`; the second time with `fold`, when they do so twice."""
    # Not astimezone(): for a time that clocks skip it answers with an hour before, which is the day before.
    seconds = moment.replace(tzinfo=None, microsecond=0, fold=fold).timestamp()
    return datetime.fromtimestamp(seconds, UTC).astimezone().replace(microsecond=moment.microsecond)


def _whole(first: date, last: date) -> Span:
    return Span(_local(datetime.combine(first, time.min)), _local(datetime.combine(last, time.max), fold=1))


def _point(moment: datetime) -> Span:
    return Span(moment, moment)


def _at(day: date, clock: time) -> Span:
    moment = datetime.combine(day, clock)
    return Span(_local(moment), _local(moment, fold=1))


def _moment(words: str, _now: datetime) -> Span | None:
    found = _MOMENT.fullmatch(words)
    if found is None:
        return None
    day, clock, zone = found.groups()
    if zone is None:
        return _at(date.fromisoformat(day), time.fromisoformat(clock))
    return _point(datetime.fromisoformat(f"{day}T{clock}{zone.upper()}"))


def _epoch(words: str, _now: datetime) -> Span | None:
    found = re.fullmatch(r"@(\d+)", words)
    return found and _point(datetime.fromtimestamp(int(found[1]), UTC).astimezone())


def _month(words: str, _now: datetime) -> Span | None:
    if re.fullmatch(r"\d{4}-\d\d", words) is None:
        return None
    first = date.fromisoformat(f"{words}-01")
    return _whole(first, _months_later(first, 1) - timedelta(days=1))


def _day(words: str, now: datetime) -> Span | None:
    day = _named_day(words, now)
    return None if day is None else _whole(day, day)


def _day_and_time(words: str, now: datetime) -> Span | None:
    found = _DAY_AND_TIME.fullmatch(words)
    day = found and _named_day(found[1], now)
    if not found or not day:
        return None
    return _at(day, HOURS.get(found[2]) or time.fromisoformat(found[2].zfill(5)))


def _named_day(words: str, now: datetime) -> date | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", words):
        return date.fromisoformat(words)
    if words in {"today", "yesterday"}:
        return now.date() - timedelta(days=words == "yesterday")
    weekday = words.removeprefix("last ")
    if weekday not in WEEKDAYS:
        return None
    # On a friday, friday is the one a week ago: the present one is `today`.
    return now.date() - timedelta(days=(now.weekday() - WEEKDAYS.index(weekday) - 1) % 7 + 1)


def _hour(words: str, now: datetime) -> Span | None:
    if words not in HOURS:
        return None
    latest = _at(now.date(), HOURS[words])
    return latest if latest.last <= now else _at(now.date() - timedelta(days=1), HOURS[words])


def _age(words: str, now: datetime) -> Span | None:
    """`now`, `2 weeks ago`, `1.year.2.months`, `last month`: a moment, at this time of day."""
    rest = words.removesuffix(" ago").removesuffix(".ago")
    if rest in {"now", ""}:
        return _point(now) if words == "now" else None
    seconds = days = months = 0
    while rest:
        found = _AGE.match(rest)
        if found is None:
            return None
        digits, word, unit = found.groups()
        number = int(digits) if digits else NUMBERS[word]
        seconds += number * SECONDS.get(unit, 0)
        days += number * DAYS.get(unit, 0)
        months += number * MONTHS.get(unit, 0)
        rest = rest[found.end() :]
    # Days and longer are counted on the wall clock, which may have been set in between.
    day = _months_later(now.date(), -months) - timedelta(days=days)
    there = _local(datetime.combine(day, now.time())) if days or months else now
    return _point((there.astimezone(UTC) - timedelta(seconds=seconds)).astimezone())


def _months_later(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(months)


GRAMMARS: tuple[Callable[[str, datetime], Span | None], ...] = (
    _moment,
    _epoch,
    _month,
    _day,
    _day_and_time,
    _hour,
    _age,
)
