"""The TAB key, asked in the shells themselves."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from driftscan.cli import completion, driftscan
from driftscan.drift.findings import Severity
from driftscan.patterns.catalogue import catalogue
from tests.cli.conftest import Run
from tests.conftest import unavailable

SHELLS = ("bash", "zsh", "fish")
IDS = {str(entry.id) for entry in catalogue()}
SEVERITIES = {str(severity) for severity in Severity}
COMPLETED: list[tuple[str, set[str]]] = [
    ("rep", {"report"}),
    ("sho", {"show"}),
    ("hook unin", {"uninstall"}),
    ("log --min-sev", {"--min-severity"}),
    ("log --min-severity ", SEVERITIES),
    ("log --min-severity hi", {"high"}),
    ("check --fail-on no", {"none"}),
    ("log --format j", {"json"}),
    ("log --pattern ", IDS),
    ("log --pattern session-tick", {"session-tickets-mismatch"}),
    ("patterns protocols-nar", {"protocols-narrowed"}),
    ("report --format sa", {"sarif"}),
    ("completion fi", {"fish"}),
    ("log HE", set()),
    ("log --since ", set()),
    ("nothing --fo", set()),
]
"""What is typed after `driftscan`, and what is offered."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with driftscan in it; beside it are the scripts that it prints."""
    place = tmp_path_factory.mktemp("bin")
    for shell in SHELLS:
        printed = subprocess.run(
            [sys.executable, "-m", "driftscan", "completion", shell], capture_output=True, check=True
        )
        (place / f"script.{shell}").write_bytes(printed.stdout)
    program = place / "driftscan"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m driftscan "$@"\n')
    program.chmod(0o755)
    return f"{place}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        unavailable(shell, f"`apt-get install {shell}`")


def ask(shell: str, program: str, path: str, *arguments: str) -> list[str]:
    """The lines that a shell prints that runs a program."""
    need(shell)
    without = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    home = str(Path(path.partition(os.pathsep)[0]))
    done = subprocess.run(
        [shell, *without, "-c", program, *arguments],
        env={"PATH": path, "HOME": home, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


IN_BASH = r"""
. ~/script.bash
compopt() { COMPREPLY+=("compopt $1 $2"); }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
[ "$(complete -p driftscan)" = "complete -o nosort -F _driftscan_completion driftscan" ] || exit 1
_driftscan_completion driftscan
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
exit 0
"""


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        *COMPLETED,
        ("log --format = j", {"json"}),  # bash takes the = for a word of its own
        ("report -o re", {"compopt -o default"}),
        ("log -C ", {"compopt -o dirnames"}),
        ("--config ", {"compopt -o default"}),
    ],
)
def test_bash_offers(line: str, offered: set[str], path: str) -> None:
    assert set(ask("bash", IN_BASH, path, "bash", "driftscan", *line.split(" "))) == offered


@pytest.mark.parametrize(("line", "offered"), COMPLETED)
def test_fish_offers(line: str, offered: set[str], path: str) -> None:
    said = ask("fish", "source ~/script.fish; complete -C $argv[1]", path, f"driftscan {line}")
    assert {found.partition("\t")[0] for found in said} == offered


IN_ZSH = r"""
autoload -Uz compinit
compinit -D -u
eval "$(driftscan completion zsh)"
tried() {
    for line in ${(f)LINES_TO_TRY}; do
        BUFFER=$line
        CURSOR=$#BUFFER
        zle complete-word
        print -r -- $BUFFER >>$COMPLETED
    done
    exit
}
zle -N zle-line-init tried
"""


def test_zsh_completes(path: str, tmp_path: Path) -> None:
    need("zsh")
    single = [(line, next(iter(offered))) for line, offered in COMPLETED if len(offered) == 1]
    (tmp_path / ".zshrc").write_text(IN_ZSH)
    environment = {
        "PATH": path,
        "ZDOTDIR": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "LINES_TO_TRY": "\n".join(f"driftscan {line}" for line, _ in single),
        "COMPLETED": str(tmp_path / "completed"),
    }
    terminal, end = pty.openpty()
    with (
        os.fdopen(terminal, "rb", buffering=0) as screen,
        subprocess.Popen(["zsh", "-d", "-i"], env=environment, stdin=end, stdout=end, stderr=end) as zsh,
    ):
        os.close(end)
        shown = b""
        try:
            while read := screen.read(4096):
                shown += read
        except OSError:  # Linux says so when nobody holds the other end any more
            pass
        zsh.wait(timeout=60)
    completed = (tmp_path / "completed").read_text().splitlines()
    assert [line.rstrip(" ") for line in completed] == [
        f"driftscan {line.rpartition(' ')[0]} {word}".replace("  ", " ") for line, word in single
    ], shown.decode(errors="replace")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_that_its_shell_can_read(shell: str, run: Run, tmp_path: Path) -> None:
    need(shell)
    script = tmp_path / "script"
    script.write_text(run("completion", shell).out)
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_words_are_those_of_the_parser() -> None:
    assert completion.FILE.read_text() == completion.text(), "run `python -m driftscan.cli.completion`"


def test_every_verb_and_option_is_offered() -> None:
    def names(command: click.Command, context: click.Context) -> dict[str, Any]:
        """All options by name, and all verbs with theirs."""
        found: dict[str, Any] = {option: None for parameter in command.params for option in parameter.opts}
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                verb = command.get_command(context, name)
                assert verb is not None
                found[name] = names(verb, click.Context(verb, context, name))
        return found

    kept = completion.tree()
    assert names(kept, click.Context(kept)) == names(driftscan, click.Context(driftscan))


def test_an_answer_imports_nothing_but_the_words() -> None:
    program = "import sys; from driftscan.cli import main; main([]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"COMP_WORDS": "driftscan log --", "COMP_CWORD": "2", "_DRIFTSCAN_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "plain,--since" in done.stdout.splitlines()
    own = {name for name in done.stderr.split() if name.startswith("driftscan.")}
    assert own == {
        "driftscan.cli",
        "driftscan.cli.completion",
        "driftscan.cli.interrupt",
        "driftscan.errors",
        "driftscan.history",
        "driftscan.history.redact",
        "driftscan.report",
        "driftscan.report.printable",
    }


@pytest.mark.parametrize("question", ["bash_complete", "bash_nonsense", "csh_complete", "", "complete"])
def test_what_is_no_question_gets_no_answer(question: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_DRIFTSCAN_COMPLETE", question)
    monkeypatch.delenv("COMP_WORDS", raising=False)
    ran = run()
    assert (ran.code, ran.out, ran.err) == (1, "", "")


def test_another_shell_is_refused_with_those_there_are(run: Run) -> None:
    ran = run("completion", "csh")
    assert (ran.code, ran.out) == (2, "")
    assert "'bash', 'zsh', 'fish'" in ran.err
