"""The hook in repositories that the real etckeeper keeps, beside the same ones without it."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import driftscan
from tests.etc import ENVIRONMENT
from tests.hook.scratch import (
    BROKEN_A,
    BROKEN_B,
    FILES,
    HARMLESS_A,
    INSTALLED,
    OURS,
    PYTHON,
    WHOLE_A,
    A,
    B,
    Done,
    Host,
    Twins,
    broke,
    divide,
    event,
    tree,
)

pytestmark = pytest.mark.etckeeper
NOBODY = 65534
DPKG = "printf 'install ok installed\\tnginx {} all\\n'"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """Twins with a first commit and git's hooks in one; made once, and put back by `twins` for each test."""
    top = tmp_path_factory.mktemp("twins")
    twins = Twins(Host.make(top / "now/plain"), Host.make(top / "now/hooked"))
    assert twins.do("etckeeper", "commit", INSTALLED) == ""
    done = twins.hooked.driftscan("hook", "install", "-C", twins.hooked.etc)
    assert (done.status, done.err) == (0, "")
    shutil.copytree(top / "now", top / "saved", symlinks=True)
    return twins


@pytest.fixture
def twins(installed: Twins) -> Twins:
    now = installed.hooked.keeper.top.parent
    shutil.rmtree(now)
    shutil.copytree(now.with_name("saved"), now, symlinks=True)
    return installed


@pytest.fixture
def hooked(twins: Twins) -> Host:
    return twins.hooked


@pytest.fixture
def side(twins: Twins) -> None:
    """A linked work tree beside each, on a branch of its own, where commits are nobody's news."""
    assert twins.git("worktree", "add", "-q", "-b", "side", "../side") == ""


def examined(host: Host) -> str:
    """The commit that was examined last, which is the one that the gate compares with."""
    kept = host.kept
    assert (kept["pending"], kept["trouble"], host.gate) == (None, "", kept["examined"])
    return str(kept["examined"])


def resolved(host: Host, name: str) -> str:
    return f"{OURS}resolved: session-tickets-mismatch of {name}:443\n{OURS}the report is {host.state}/latest.html\n"


def on_the_side(twins: Twins, path: str, text: str) -> None:
    for host in twins.both:
        (host.keeper.top / "side" / path).write_text(text)
    assert twins.do("git", "commit", "-qam", "on the side", inside="../side") == ""


# What etckeeper does


def test_the_daily_commit_tells_what_it_broke_and_later_that_it_is_over(twins: Twins, hooked: Host) -> None:
    twins.write(A, BROKEN_A)
    said = twins.daily()
    began = hooked.head
    assert said == broke(hooked, "a.example", began)
    twins.write(A, WHOLE_A)
    assert twins.daily() == resolved(hooked, "a.example")
    assert hooked.events == [event("introduced", "a.example", began), event("resolved", "a.example", hooked.head)]
    assert examined(hooked) == hooked.head


def test_a_day_without_news_is_silent(twins: Twins, hooked: Host) -> None:
    first = hooked.head
    assert twins.daily() == ""
    twins.write("motd", "good morning\n")
    assert twins.daily() == ""
    assert hooked.head != first
    assert (examined(hooked), hooked.events) == (first, [])
    twins.write(A, HARMLESS_A)
    assert twins.daily() == ""
    assert (examined(hooked), hooked.events) == (hooked.head, [])
    assert not (hooked.state / "reports").exists()


def test_when_there_is_nothing_to_commit_etckeeper_fails_as_before(twins: Twins, hooked: Host) -> None:
    before = hooked.kept
    assert twins.do("etckeeper", "commit", "nothing", status=1) == ""
    assert hooked.kept == before


def test_a_package_run_is_two_commits(twins: Twins, hooked: Host) -> None:
    for host in twins.both:
        host.keeper.program("dpkg-query", DPKG.format("1.10.3-1"))
    twins.write(A, BROKEN_A)
    said = twins.do("etckeeper", "pre-install")
    began = hooked.head
    assert said == broke(hooked, "a.example", began)
    for host in twins.both:
        host.keeper.program("dpkg-query", DPKG.format("1.10.3-2"))
    twins.write(A, WHOLE_A)
    assert twins.do("etckeeper", "post-install") == resolved(hooked, "a.example")
    assert "+nginx 1.10.3-2 all" in hooked.git("log", "-1", "--format=%B")
    assert hooked.events == [event("introduced", "a.example", began), event("resolved", "a.example", hooked.head)]
    assert examined(hooked) == hooked.head


def test_a_quiet_commit_of_etckeeper(tmp_path: Path) -> None:
    twins = Twins(*(Host.make(tmp_path / name, GIT_COMMIT_OPTIONS="--quiet") for name in ("plain", "hooked")))
    assert twins.do("etckeeper", "commit", INSTALLED) == ""
    assert twins.hooked.driftscan("hook", "install", "-C", twins.hooked.etc).status == 0
    twins.write(A, BROKEN_A)
    assert twins.do("etckeeper", "commit", "by hand") == broke(twins.hooked, "a.example", twins.hooked.head)


# What people do with git


def test_a_commit_by_hand_and_its_amendments(twins: Twins, hooked: Host) -> None:
    twins.write(A, BROKEN_A)
    said = twins.git("commit", "-qam", "by hand")
    began = hooked.head
    assert said == broke(hooked, "a.example", began)
    twins.write("motd", "good morning\n")
    assert twins.git("commit", "-a", "--amend", "-qm", "the same with another message") == ""
    assert examined(hooked) == hooked.head != began
    twins.write(A, WHOLE_A)
    assert twins.git("commit", "-a", "--amend", "-qm", "on second thoughts") == ""
    # No commit of the history as it is now mended anything: it never was broken.
    assert hooked.events == [event("introduced", "a.example", began), event("gone", "a.example", None)]
    assert examined(hooked) == hooked.head


def test_a_commit_from_a_subdirectory(twins: Twins, hooked: Host) -> None:
    twins.write(A, BROKEN_A)
    said = twins.do("git", "commit", "-qam", "from below", inside="nginx/sites-enabled")
    assert said == broke(hooked, "a.example", hooked.head)


def test_an_empty_commit_is_not_even_looked_at(twins: Twins, hooked: Host) -> None:
    first = hooked.head
    assert twins.git("commit", "--allow-empty", "-qm", "empty") == ""
    assert examined(hooked) == first != hooked.head


def test_a_commit_of_nothing_is_refused_as_before(twins: Twins, hooked: Host) -> None:
    assert twins.git("commit", "-qm", "nothing", status=1) == ""
    assert examined(hooked) == hooked.head


def test_a_stash_is_no_commit_of_the_host(twins: Twins, hooked: Host) -> None:
    twins.write(A, BROKEN_A)
    assert twins.git("stash", "-q") == ""
    assert twins.git("stash", "pop", "-q") == ""
    assert (examined(hooked), hooked.events) == (hooked.head, [])
    assert twins.git("commit", "-qam", "after all") == broke(hooked, "a.example", hooked.head)


def test_a_revert_and_its_own_revert(twins: Twins, hooked: Host) -> None:
    twins.write(A, BROKEN_A)
    twins.git("commit", "-qam", "by hand")
    began = hooked.head
    assert twins.git("revert", "--no-edit", "HEAD") == resolved(hooked, "a.example")
    mended = hooked.head
    said = twins.git("revert", "--no-edit", "HEAD")
    assert said == broke(hooked, "a.example", hooked.head)
    assert hooked.events == [
        event("introduced", "a.example", began),
        event("resolved", "a.example", mended),
        event("introduced", "a.example", hooked.head),
    ]
    assert examined(hooked) == hooked.head


@pytest.mark.usefixtures("side")
def test_a_cherry_pick(twins: Twins, hooked: Host) -> None:
    on_the_side(twins, A, BROKEN_A)
    assert twins.git("cherry-pick", "side") == broke(hooked, "a.example", hooked.head)
    assert hooked.events == [event("introduced", "a.example", hooked.head)]


@pytest.mark.usefixtures("side")
def test_what_comes_by_mail_is_told_with_the_next_commit(twins: Twins, hooked: Host) -> None:
    """git runs none of our hooks for `git am`, see githooks(5)."""
    first = hooked.head
    on_the_side(twins, A, BROKEN_A)
    assert twins.do("sh", "-c", "git format-patch -q --stdout HEAD..side >../patch") == ""
    assert twins.git("am", "-q", "../patch") == ""
    came = hooked.head
    assert (examined(hooked), hooked.events) == (first, [])
    twins.write("motd", "good morning\n")
    assert twins.daily() == broke(hooked, "a.example", came)
    assert (examined(hooked), hooked.events) == (hooked.head, [event("introduced", "a.example", came)])


# Branches


@pytest.mark.usefixtures("side")
def test_a_merge_without_a_commit_of_its_own(twins: Twins, hooked: Host) -> None:
    first = hooked.head
    on_the_side(twins, A, BROKEN_A)
    assert (examined(hooked), hooked.events) == (first, [])
    assert twins.git("merge", "-q", "--ff-only", "side") == broke(hooked, "a.example", hooked.head)
    assert hooked.events == [event("introduced", "a.example", hooked.head)]
    assert examined(hooked) == hooked.head


@pytest.mark.usefixtures("side")
def test_a_merge_is_what_it_brings_to_this_branch(twins: Twins, hooked: Host) -> None:
    on_the_side(twins, A, BROKEN_A)
    assert twins.git("merge", "-q", "--no-ff", "-m", "merged", "side") == broke(hooked, "a.example", hooked.head)
    assert hooked.events == [event("introduced", "a.example", hooked.head)]
    assert examined(hooked) == hooked.head


@pytest.mark.usefixtures("side")
def test_a_merge_with_a_conflict(twins: Twins, hooked: Host) -> None:
    on_the_side(twins, A, BROKEN_A)
    twins.write(A, HARMLESS_A)
    assert twins.git("commit", "-qam", "meanwhile") == ""
    before = hooked.head
    assert twins.git("merge", "-q", "side", status=1) == ""
    assert examined(hooked) == before
    twins.write(A, BROKEN_A)
    assert twins.git("commit", "-qam", "settled") == broke(hooked, "a.example", hooked.head)
    assert examined(hooked) == hooked.head


@pytest.mark.usefixtures("side")
def test_a_merge_with_a_conflict_that_is_given_up(twins: Twins, hooked: Host) -> None:
    on_the_side(twins, A, BROKEN_A)
    twins.write(A, HARMLESS_A)
    twins.git("commit", "-qam", "meanwhile")
    assert twins.git("merge", "-q", "side", status=1) == ""
    assert twins.git("merge", "--abort") == ""
    assert (examined(hooked), hooked.events) == (hooked.head, [])


@pytest.mark.parametrize("switch", [("switch", "-q", "-c", "trial"), ("checkout", "-q", "--detach")])
def test_another_branch_and_back(twins: Twins, hooked: Host, switch: tuple[str, ...]) -> None:
    assert twins.git(*switch) == ""
    twins.write(A, BROKEN_A)
    said = twins.git("commit", "-qam", "a trial")
    began = hooked.head
    assert said == broke(hooked, "a.example", began)
    assert twins.git("checkout", "-q", "master") == ""
    twins.write("motd", "good morning\n")
    assert twins.daily() == ""
    assert hooked.events == [event("introduced", "a.example", began), event("gone", "a.example", None)]
    assert examined(hooked) == hooked.head


# Rewritten history


@pytest.fixture
def three(twins: Twins, hooked: Host) -> list[str]:
    """Two commits that break a server each, and one between them; their ids."""
    made = []
    for path, text in ((A, BROKEN_A), ("motd", "good morning\n"), (B, BROKEN_B)):
        twins.write(path, text)
        twins.git("commit", "-qam", f"changed {path}")
        made.append(hooked.head)
    return made


def rebase(twins: Twins, sed: str, status: int = 0) -> str:
    """Rebase the three commits after editing the list of them, which has one on each line."""
    editor = {"GIT_SEQUENCE_EDITOR": f"sed -i '{sed}'", "GIT_EDITOR": "true"}
    return twins.git("rebase", "-q", "-i", "HEAD~3", status=status, environment=editor)


@pytest.mark.parametrize(
    "sed", ["1{h;d};2{G}", "1{h;d};3{G}", "2,3s/^pick/squash/", "2,3s/^pick/fixup/", "1s/^pick/reword/"]
)
def test_a_rebase_to_the_same_end_is_no_news(twins: Twins, hooked: Host, three: list[str], sed: str) -> None:
    before = hooked.events
    assert [told.commit for told in before] == [three[0], three[2]]
    assert rebase(twins, sed) == ""
    assert (examined(hooked), hooked.events) == (hooked.head, before)


def test_a_rebase_that_leaves_everything_as_it_was(twins: Twins, hooked: Host, three: list[str]) -> None:
    assert rebase(twins, "") == ""
    assert examined(hooked) == hooked.head == three[-1]


def test_a_commit_that_is_dropped_takes_its_finding_with_it(twins: Twins, hooked: Host, three: list[str]) -> None:
    before = hooked.events
    assert rebase(twins, "1d") == ""
    assert hooked.events == [*before, event("gone", "a.example", None)]
    assert examined(hooked) == hooked.head != three[-1]


def test_what_a_rebase_passes_through_is_not_told(twins: Twins, hooked: Host) -> None:
    for path, text in ((A, HARMLESS_A), ("motd", "good morning\n"), (B, BROKEN_B)):
        twins.write(path, text)
        twins.git("commit", "-qam", f"changed {path}")
    before = hooked.events
    # Stopped at the second commit, the host seems to be mended of what the third one breaks.
    assert rebase(twins, "2s/^pick/edit/") == ""
    twins.write("motd", "good evening\n")
    assert twins.git("commit", "-qa", "--amend", "--no-edit") == ""
    assert hooked.events == before
    assert twins.git("rebase", "--continue") == ""
    assert (examined(hooked), hooked.events) == (hooked.head, before)


def test_a_rebase_with_a_conflict_that_is_given_up(twins: Twins, hooked: Host) -> None:
    for text in (HARMLESS_A, BROKEN_A, WHOLE_A):
        twins.write(A, text)
        twins.git("commit", "-qam", "another one")
    head, before = hooked.head, hooked.events
    assert rebase(twins, "1d", status=1) == ""
    assert twins.git("rebase", "--abort") == ""
    assert examined(hooked) == hooked.head == head
    assert hooked.events == before


def test_a_rebase_with_a_conflict_that_is_settled(twins: Twins, hooked: Host) -> None:
    for path, text in (("motd", "good morning\n"), (A, HARMLESS_A), (A, HARMLESS_A.replace("5m", "6m"))):
        twins.write(path, text)
        twins.git("commit", "-qam", f"changed {path}")
    assert rebase(twins, "2d", status=1) == ""
    before = examined(hooked)
    twins.write(A, BROKEN_A)
    assert twins.git("add", A) == ""
    assert examined(hooked) == before
    said = twins.git("rebase", "--continue", environment={"GIT_EDITOR": "true"})
    rewritten = "the history was rewritten since the last run; what follows is compared with what was known then"
    assert said == f"{OURS}{rewritten}\n{broke(hooked, 'a.example', hooked.head)}"
    assert hooked.events == [event("introduced", "a.example", hooked.head)]


def test_a_branch_that_is_set_back(twins: Twins, hooked: Host, three: list[str]) -> None:
    before = hooked.events
    assert twins.git("reset", "-q", "--hard", three[0]) == ""
    twins.write("motd", "good night\n")
    assert twins.daily() == ""
    assert hooked.events == [*before, event("gone", "b.example", None)]
    assert examined(hooked) == hooked.head


# Surroundings


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            ("env", "HIGHLEVEL_PACKAGE_MANAGER=apt", "LOWLEVEL_PACKAGE_MANAGER=dpkg", "VCS=git", "LANG=C.UTF-8"),
            id="package manager",
        ),
        pytest.param(
            ("env", "GIT_TRACE=0", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=log.showRoot", "GIT_CONFIG_VALUE_0=false",
             "GIT_OPTIONAL_LOCKS=0", "GIT_LITERAL_PATHSPECS=1", "GIT_DIFF_OPTS=-u9", "GIT_PAGER=false"),
            id="variables of git",
        ),
        pytest.param(
            ("env", "-u", "HOME", "-u", "LC_ALL", "GIT_CONFIG_GLOBAL=/dev/null", "PATH=/usr/bin:/bin"), id="cron"
        ),
        pytest.param(("sh", "-c", 'exec "$@" <&-', "sh"), id="closed input"),
        pytest.param(("sh", "-c", 'umask 077; exec "$@"', "sh"), id="umask 077"),
        pytest.param(("sh", "-c", 'umask 000; exec "$@"', "sh"), id="umask 000"),
        pytest.param(("env", "LC_ALL=tr_TR.UTF-8", "LANG=tr_TR.UTF-8"), id="Turkish"),
        pytest.param(("env", "LC_ALL=C", "LANG=C", "PYTHONHOME=/nowhere", "PYTHONPATH=/nowhere"), id="C"),
        pytest.param(("env", "DRIFTSCAN_HOOK_NOTIFY=none", "DRIFTSCAN_HOOK_STATE=/nowhere"), id="settings of a person"),
    ],
)  # fmt: skip
def test_the_surroundings_change_nothing(twins: Twins, hooked: Host, command: tuple[str, ...]) -> None:
    twins.write(A, BROKEN_A)
    assert twins.do(*command, "etckeeper", "commit", "daily autocommit") == broke(hooked, "a.example", hooked.head)
    assert hooked.events == [event("introduced", "a.example", hooked.head)]
    assert examined(hooked) == hooked.head
    kept = tree(hooked.state)
    assert {mode & 0o077 for mode, _ in kept.values() if not stat.S_ISLNK(mode)} == {0}
    assert not [path for path in kept if Path(path).name.startswith(".")]


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A directory that every user can enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="driftscan-") as top:
        Path(top).chmod(0o755)
        yield Path(top)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root; run the tests as root")
def test_a_user_keeps_a_directory_of_their_own(open_to_all: Path) -> None:
    # setpriv itself runs a program with rights that the user does not have; `env` has lost them.
    become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--ambient-caps=-all", "env")
    python = _python_for_all(open_to_all, become)
    etc, state = open_to_all / "etc", open_to_all / "state"
    for name, text in FILES.items():
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).write_text(text)
    settings = open_to_all / "driftscan.toml"
    settings.write_text(f'[hook]\nstate = "{state}"\n')
    state.mkdir()
    for path in (etc, *etc.rglob("*"), settings, state):
        os.chown(path, NOBODY, NOBODY)

    def do(*command: str | Path) -> Done:
        done = subprocess.run(
            [*become, *command], cwd=etc, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    for command in (("git", "init", "-q"), ("git", "add", "."), ("git", "commit", "-qm", INSTALLED)):
        assert do(*command) == Done(0, "", "")
    installed = do(python, "-I", "-m", "driftscan", "--config", settings, "hook", "install", "-C", etc)
    assert (installed.status, installed.err) == (0, "")
    (etc / A).write_text(BROKEN_A)
    done = do("git", "commit", "-qam", "by hand")
    assert (done.status, done.out) == (0, "")
    assert done.err.startswith(f"{OURS}CRITICAL session-tickets-mismatch: a.example:443")
    assert {path.lstat().st_uid for path in state.rglob("*")} == {NOBODY}


def _python_for_all(top: Path, become: tuple[str, ...]) -> Path:
    """A python that another user can run, with the same packages: that of the tests may lie in root's home."""
    script = "import driftscan.hook.run, sys; print(sys.prefix)"
    made = top / "venv/bin/python"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", made.parent.parent], check=False)
    if made.exists():
        (packages,) = (top / "venv/lib").glob("python*/site-packages")
        (packages / "same.pth").write_text(
            "".join(f"{path}\n" for path in sys.path if path.endswith("site-packages"))
            + f"{Path(driftscan.__file__).parent.parent}\n"
        )
    for python in (PYTHON, made):
        try:
            done = subprocess.run([*become, python, "-I", "-c", script], cwd="/", capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    pytest.skip("no python with these packages that another user can run; make the virtual environment elsewhere")


# The script of etckeeper's

SCRIPT = "etckeeper/commit.d/60driftscan"


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """Twins whose etckeeper is kept with everything else and pushes each commit; one runs driftscan by a script.

    In the other one a script does nothing.
    """
    top = tmp_path_factory.mktemp("scripted") / "now"
    twins = Twins(*(Host.make(top / name, versioned=True, PUSH_REMOTE="elsewhere") for name in ("plain", "hooked")))
    for host in twins.both:
        host.git("init", "-q", "--bare", "../elsewhere")
        host.git("remote", "add", "elsewhere", "../elsewhere")
        host.git("config", "push.default", "current")
        assert host.do("etckeeper", "commit", INSTALLED).status == 0
    done = twins.hooked.driftscan("hook", "install", "--where", "etckeeper", "-C", twins.hooked.etc)
    assert (done.status, done.err) == (0, "")
    twins.plain.keeper.write(SCRIPT, "#!/bin/sh\n")
    (twins.plain.etc / SCRIPT).chmod(0o755)
    shutil.copytree(top, top.with_name("saved"), symlinks=True)
    return twins


@pytest.fixture
def keeping(scripted: Twins) -> Twins:
    now = scripted.hooked.keeper.top.parent
    shutil.rmtree(now)
    shutil.copytree(now.with_name("saved"), now, symlinks=True)
    return scripted


@pytest.fixture
def committed(keeping: Twins) -> Twins:
    """The script has been committed."""
    for host in keeping.both:
        done = host.do("etckeeper", "commit", "driftscan is installed")
        assert done.status == 0
        assert divide(done.err)[1] == ""
    return keeping


def test_its_first_run_is_in_the_commit_that_adds_it(keeping: Twins) -> None:
    hooked = keeping.hooked
    keeping.write(A, BROKEN_A)
    done = hooked.do("etckeeper", "commit", "daily autocommit")
    assert done.status == 0
    assert SCRIPT in hooked.git("show", "--name-only", "--format=", "HEAD").splitlines()
    assert divide(done.err)[1] == broke(hooked, "a.example", hooked.head)
    assert (examined(hooked), hooked.events) == (hooked.head, [event("introduced", "a.example", hooked.head)])


def test_its_run_is_before_the_push(committed: Twins) -> None:
    hooked = committed.hooked
    committed.write(A, BROKEN_A)
    done = hooked.do("etckeeper", "commit", "daily autocommit")
    theirs, ours = divide(done.err)
    assert ours == broke(hooked, "a.example", hooked.head)
    assert done.err == ours + theirs
    assert theirs.startswith("To ../elsewhere\n")
    assert hooked.git("rev-parse", "elsewhere/master") == hooked.head


def test_a_day_of_etckeeper_with_its_script(committed: Twins) -> None:
    hooked = committed.hooked
    committed.write("motd", "good morning\n")
    assert committed.daily() == ""
    assert committed.do("etckeeper", "commit", "nothing", status=1) == ""
    committed.write(A, BROKEN_A)
    assert committed.daily() == broke(hooked, "a.example", hooked.head)
    began = hooked.head
    committed.write(A, WHOLE_A)
    assert committed.daily() == resolved(hooked, "a.example")
    assert hooked.events == [event("introduced", "a.example", began), event("resolved", "a.example", hooked.head)]


def test_a_commit_by_hand_is_told_with_the_next_one_of_etckeeper(committed: Twins) -> None:
    hooked = committed.hooked
    before = examined(hooked)
    committed.write(A, BROKEN_A)
    assert committed.git("commit", "-qam", "by hand") == ""
    by_hand = hooked.head
    assert (examined(hooked), hooked.events) == (before, [])
    committed.write("motd", "good morning\n")
    assert committed.daily() == broke(hooked, "a.example", by_hand)
    assert hooked.events == [event("introduced", "a.example", by_hand)]


@pytest.mark.parametrize("lines", [None, ["exit 3"], ["kill -9 $$"]], ids=["gone", "fails", "killed"])
def test_a_broken_driftscan_stops_neither_the_commit_nor_the_push(committed: Twins, lines: list[str] | None) -> None:
    hooked = committed.hooked
    python = hooked.keeper.top / "programs/python"
    if lines is not None:
        hooked.keeper.program("python", *lines)
    script = hooked.etc / SCRIPT
    script.write_text(script.read_text().replace(f"python={PYTHON}\n", f"python={python}\n"))
    committed.write(A, BROKEN_A)
    done = hooked.do("etckeeper", "commit", "daily autocommit")
    assert done.status == 0
    assert hooked.git("rev-parse", "elsewhere/master") == hooked.head
