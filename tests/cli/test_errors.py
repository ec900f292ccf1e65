from pathlib import Path

import pytest

from driftscan.cli import main
from tests.cli.conftest import Incident, Run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["log", "--since", "yesteday"], "'yesteday' is not a date"),
        (["log", "--since", "2026-02-01", "--until", "2026-01-01"], "--since is later than --until"),
        (["log", "--nginx-version", "new"], "'new' is not an nginx version"),
        (["log", "--openssl-version", "-"], "'-' is not a TLS library version"),
        (["log", "--pattern", "nothing"], "`driftscan patterns` lists them"),
        (["log", "A...B"], "write A..B"),
        (["log", "--root", "etc"], "write an absolute path"),
        (["log", "--conf", "../x"], "without .."),
        (["log", "-n", "0"], "Invalid value for '-n'"),
        (["log", "--format", "xml"], "Invalid value for '--format'"),
        (["nothing"], "No such command 'nothing'"),
        (["patterns", "nothing"], "`driftscan patterns` lists them"),
        (["effective", "--directive", "nothing"], "knows no such directive"),
    ],
)
def test_a_wrong_request_is_exit_2_and_one_line_with_the_cure(
    incident: Incident, run: Run, arguments: list[str], said: str
) -> None:
    place = ["-C", incident.path] if arguments[0] in {"log", "effective"} else []
    ran = run(arguments[0], *place, *arguments[1:])
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("verb", [["log"], ["show"], ["report"], ["effective"], ["diff", "HEAD~1"], ["hook", "status"]])
def test_what_is_no_repository_is_exit_4_and_one_line(tmp_path: Path, run: Run, verb: list[str]) -> None:
    ran = run(*verb, "-C", str(tmp_path))
    assert (ran.code, ran.out, ran.err.count("\n")) == (4, "", 1)
    assert ran.err.startswith(f"driftscan: {tmp_path}")


@pytest.mark.parametrize("verb", ["show", "effective", "diff"])
def test_an_unknown_revision_is_exit_4(incident: Incident, run: Run, verb: str) -> None:
    ran = run(verb, "-C", incident.path, "nothing")
    assert (ran.code, ran.out) == (4, "")
    assert "'nothing' is no commit" in ran.err


def test_control_characters_of_a_request_do_not_reach_the_terminal(incident: Incident, run: Run) -> None:
    ran = run("show", "-C", incident.path, "\x1b[2Jx")
    assert "\x1b" not in ran.err


def test_a_bug_is_exit_70_and_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("driftscan.cli.driftscan.main", fail)
    assert main([]) == 70
    assert "this is a bug of driftscan" in capsys.readouterr().err


def test_the_version_is_printed(run: Run) -> None:
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.startswith("driftscan 0.")
