"""Which part of a history is read, and the names of its commits."""

from datetime import UTC, datetime

import pytest

from driftscan.errors import DriftscanError, RepositoryError
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from tests.etc import EtcHistory
from tests.history.walks import selected


def test_the_whole_history_is_asked_for_without_a_list_of_it(etc: EtcHistory) -> None:
    head = etc.commit({"a": "1"})
    with Repository.open(etc.path) as repository:
        segment = repository.select(Selection())
    assert (segment.last, segment.count, segment.base, segment.earlier, segment.selected) == (
        head,
        None,
        None,
        (),
        None,
    )


def test_the_newest_few_come_with_what_was_before_them(etc: EtcHistory) -> None:
    commits = [etc.commit({"a": str(number)}, message=f"message {number}") for number in range(5)]
    with Repository.open(etc.path) as repository:
        segment = repository.select(Selection(limit=2))
        assert [found.commit.id for found in repository.revisions(segment)] == commits[3:]
        assert repository.select(Selection(limit=9)).base is None
    assert (segment.last, segment.count, segment.base, segment.selected) == (commits[4], 2, commits[2], None)
    assert [(commit.id, commit.message) for commit in segment.earlier] == [
        (commits[number], f"message {number}") for number in range(3)
    ]


def test_dates_are_inclusive_and_by_committer(etc: EtcHistory) -> None:
    days = [f"2026-01-0{day}T12:00:00+0000" for day in range(1, 6)]
    commits = [etc.commit({"a": day}, when=day, authored="2020-01-01T00:00:00+0000") for day in days]
    since, until = datetime(2026, 1, 2, 12, tzinfo=UTC), datetime(2026, 1, 4, 12, tzinfo=UTC)
    with Repository.open(etc.path) as repository:
        assert selected(repository, Selection(since=since, until=until)) == commits[1:4]
        assert selected(repository, Selection(since=since)) == commits[1:]
        assert selected(repository, Selection(until=until)) == commits[:4]
        assert selected(repository, Selection(since=since, until=until, limit=2)) == commits[2:4]
        assert selected(repository, Selection(since=datetime(2027, 1, 1, tzinfo=UTC))) == []
        assert selected(repository, Selection(limit=0)) == []


def test_commits_behind_a_wrong_clock_are_found_and_those_with_one_are_not_wanted(etc: EtcHistory) -> None:
    days = ["2026-01-01", "2026-01-10", "2001-01-01", "2026-01-11", "2038-01-01", "2026-01-12"]
    commits = [etc.commit({"a": day}, when=f"{day}T00:00:00+0000") for day in days]
    window = Selection(since=datetime(2026, 1, 5, tzinfo=UTC), until=datetime(2026, 1, 31, tzinfo=UTC))
    with Repository.open(etc.path) as repository:
        segment = repository.select(window)
        walked = [found.commit.id for found in repository.revisions(segment)]
        assert selected(repository, window) == [commits[1], commits[3], commits[5]]
    assert walked == commits[1:]
    assert (segment.base, segment.selected) == (commits[0], frozenset([commits[1], commits[3], commits[5]]))


def test_a_range_leaves_out_what_its_left_side_reaches(etc: EtcHistory) -> None:
    commits = [etc.commit({"a": str(number)}) for number in range(4)]
    side = etc.commit({"b": "1"}, branch="side", parents=[commits[1]])
    merge = etc.commit({"b": "1"}, parents=[commits[3], side])
    unrelated = etc.commit({"x": "1"}, branch="unrelated", parents=[])
    joined = etc.commit({"y": "1"}, branch="joined", parents=[unrelated, commits[2]])
    with Repository.open(etc.path) as repository:
        assert selected(repository, Selection(after=joined)) == [commits[3], merge]
        assert selected(repository, Selection(after=commits[1])) == [commits[2], commits[3], merge]
        assert selected(repository, Selection(after="side")) == [commits[2], commits[3], merge]
        assert selected(repository, Selection(after="HEAD~1", tip="main")) == [merge]
        assert selected(repository, Selection(after="unrelated", tip=commits[1])) == commits[:2]
        assert selected(repository, Selection(after="main", tip=commits[1])) == []
        assert selected(repository, Selection(tip="unrelated")) == [unrelated]
        assert repository.select(Selection(after="side")).base == commits[1]


def test_a_range_is_right_where_clocks_were_wrong(etc: EtcHistory) -> None:
    root = etc.commit({"a": "0"}, when="2030-01-01T00:00:00+0000")
    old = [etc.commit({"a": str(year)}, when=f"{year}-01-01T00:00:00+0000") for year in range(2001, 2012)]
    side = etc.commit({"b": "1"}, branch="side", parents=[old[-1]], when="1999-01-01T00:00:00+0000")
    tip = etc.commit({"c": "1"}, parents=[old[-1]], when="2031-01-01T00:00:00+0000")
    with Repository.open(etc.path) as repository:
        assert selected(repository, Selection(after=side)) == [tip]
        assert selected(repository, Selection(after=root)) == [*old, tip]


def test_revisions_have_the_names_that_git_gives_them(etc: EtcHistory) -> None:
    first = etc.commit({"a": "1"})
    second = etc.commit({"a": "2"})
    etc.git("tag", "v1", first)
    etc.git("-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "annotated", "v2", first)
    with Repository.open(etc.path) as repository:
        for name in (first, first[:10], "HEAD~1", "HEAD^", "v1", "v2", "main~", "refs/tags/v2^{}"):
            assert repository.resolve(name) == first, name
        assert repository.resolve("HEAD") == repository.resolve("@") == second


def test_a_date_in_braces_is_the_newest_commit_not_after_it(etc: EtcHistory, berlin: None) -> None:  # noqa: ARG001
    days = ["2026-01-30T23:30:00+0000", "2026-01-31T22:30:00+0000", "2026-01-31T23:30:00+0000"]
    commits = [etc.commit({"a": day}, when=day) for day in days]
    etc.git("branch", "old", commits[0])
    with Repository.open(etc.path) as repository:
        assert repository.resolve("@{2026-01-31}") == commits[1]
        assert repository.resolve("@{2026-01}") == commits[1]
        assert repository.resolve("HEAD@{2026-02-01}") == commits[2]
        assert repository.resolve("old@{2026-02-01}") == commits[0]
        assert repository.resolve("@{2026-01-31}~1") == commits[0]
        assert repository.resolve("@{2026-01-31 22:29 Z}") == commits[0]
        with pytest.raises(RepositoryError) as caught:
            repository.resolve("@{2026-01-30}")
        with pytest.raises(DriftscanError, match=r"^'yesteday' is not a date; "):
            repository.resolve("@{yesteday}")
    assert str(caught.value) == f"{etc.path} has no commit on or before 2026-01-30 23:59:59 +0100"


NO_COMMITS = [
    "nope", "", "-n1", "--all", "--output=canary", "HEAD..main", "HEAD:a", "HEAD~9", "a\nb", "a\0b", "^HEAD",
    "HEAD main", "HEAD^{tree}", "@{9}", "1" * 40,
]  # fmt: skip


@pytest.mark.parametrize("name", NO_COMMITS)
def test_what_names_no_commit_is_refused(etc: EtcHistory, name: str) -> None:
    etc.commit({"a": "1"})
    with Repository.open(etc.path) as repository, pytest.raises(RepositoryError) as caught:
        repository.resolve(name)
    assert str(caught.value) == f"{name!r} is no commit of {etc.path}; `git -C {etc.path} log` lists them"
