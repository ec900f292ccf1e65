"""An examination as a whole: it always comes to its end, and leaves nothing behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driftscan.demo.build import build
from driftscan.doctor import program, render
from driftscan.doctor.check import Check, Verdict, fails, guarded, ok, warning
from driftscan.doctor.examine import Examination, examine
from driftscan.doctor.subject import Subject
from driftscan.errors import DriftscanError
from driftscan.report.terminal import Palette
from tests.hook.scratch import tree

Make = Callable[..., Subject]


def raising(error: Exception) -> Iterator[Check]:
    yield ok("this", "fine")
    raise error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DriftscanError("it is wrong; run `mend it`"), fails("this", "it is wrong; run `mend it`", "mend it")),
        (DriftscanError("it is wrong"), fails("this", "it is wrong", "driftscan --show-config")),
        (
            PermissionError(13, "Permission denied", "/x"),
            fails("this", "/x: Permission denied", "sudo driftscan doctor"),
        ),
        (
            ValueError("no"),
            fails(
                "this",
                "this check did not come to an end (ValueError: no), which is a bug of driftscan",
                "driftscan --version  # please report it with the line above",
            ),
        ),
    ],
)
def test_a_check_that_breaks_is_a_check_that_fails(error: Exception, expected: Check) -> None:
    assert list(guarded("this", lambda: raising(error))) == [ok("this", "fine"), expected]


def test_one_check_that_breaks_does_not_stop_the_others(subject: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "python", lambda: raising(ValueError("no")))
    names = [check.about for check in examine(subject()).checks]
    assert names[:2] == ["this", "python"]
    assert names[-1] == "repository"


def test_nothing_is_written(subject: Make, tmp_path: Path) -> None:
    build(tmp_path / "etc")
    examined = subject()
    before = tree(tmp_path)
    found = examine(examined)
    assert found.unexamined == ()
    assert tree(tmp_path) == before


def test_warnings_are_no_failure() -> None:
    assert Examination((ok("a", "b"), warning("a", "b", "c"))).works
    assert not Examination((ok("a", "b"), fails("a", "b", "c"))).works


def test_every_check_that_is_not_ok_has_a_cure(subject: Make) -> None:
    found = examine(subject()).checks
    assert [check.about for check in found if (check.verdict is Verdict.OK) is bool(check.cure)] == []


def test_the_lines_of_an_examination() -> None:
    found = Examination(
        (ok("git", "2.39"), warning("hook", "x\x1b[31m", "mend"), fails("nginx", "no", "find")), ("hook",)
    )
    assert render.text(found, Palette.PLAIN) == (
        "+ ok       git              2.39\n"
        "! warning  hook             x\\x1b[31m\n"
        "           cure:            mend\n"
        "x fails    nginx            no\n"
        "           cure:            find\n"
        "Not looked at, for want of a repository: hook.\n"
        "1 check fails and 1 warning, 1 ok.\n"
    )


def test_colour_is_beside_the_word() -> None:
    found = Examination((warning("hook", "x", "mend"),))
    assert render.text(found, Palette.COLOUR).startswith("\x1b[1;33m! warning\x1b[0m  hook")
