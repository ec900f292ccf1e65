import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from driftscan.errors import DriftscanError, RepositoryError
from driftscan.hook.install import Change, Hook, Status, install, status, uninstall
from driftscan.hook.keep import Store, directory_for
from driftscan.hook.places import Where
from tests.etc import ENVIRONMENT, EtcHistory
from tests.hook.conftest import Etc, demo_before_it_broke

PYTHON = Path(sys.executable)
TROUBLE = "CRITICAL session-tickets-mismatch: blog.example:443 has session tickets off"


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    """A python that driftscan seems to be installed for, and that writes down how the hook calls it."""
    python = tmp_path / "recording python's" / "python"
    python.parent.mkdir()
    python.write_text(
        "#!/bin/sh\n"
        'case $* in *"import driftscan"*) exit 0;; esac\n'
        'cd "${0%/*}" || exit\n'
        '{ echo "$*"; env | grep ^GIT_; cat; } >called\n'
        "echo noise; exit 3\n"
    )
    python.chmod(0o755)
    return python


def called(recorder: Path) -> str:
    return (recorder.parent / "called").read_text()


def put(etc: Etc, python: Path) -> Hook:
    """The first of the hooks, post-commit, where the gate is open for every commit."""
    first, *others = install(etc.path, python, etc.path.parent / "state/gate")
    assert [hook.path.name for hook in others] == ["post-merge", "post-rewrite"]
    return first


def put_whole(etc: Etc) -> None:
    """The real thing, with a state of its own."""
    state = etc.path.parent / "state"
    config = etc.path.parent / "driftscan.toml"
    config.write_text(f'[hook]\nstate = "{state}"\n')
    install(etc.path, PYTHON, Store(directory_for(etc.path, str(state))).gate, config=config)


def post_commit(etc: Etc) -> Status:
    return status(etc.path)[0]


def own_hook(etc: Etc, text: str, mode: int = 0o755) -> bytes:
    etc.hook.parent.mkdir(exist_ok=True)
    etc.hook.write_text(text)
    etc.hook.chmod(mode)
    return text.encode()


def test_a_commit_that_breaks_something_says_so(etc: Etc) -> None:
    put_whole(etc)
    assert post_commit(etc) == Status(etc.hook, installed=True)
    etc.break_the_sites()
    told = etc.commit("letsencrypt", message="daily autocommit")
    assert TROUBLE in told
    assert told.count("\n") == 7


@pytest.mark.parametrize(
    ("path", "text"), [("nginx/mime.types", "types {}\n"), ("motd", "hello\n"), ("crontab", "#\n")]
)
def test_any_other_commit_says_nothing(etc: Etc, path: str, text: str) -> None:
    put_whole(etc)
    etc.write(path, text)
    assert etc.commit(path) == ""


def test_the_hook_calls_driftscan_for_the_work_tree_and_with_no_git_variables(etc: Etc, recorder: Path) -> None:
    put(etc, recorder)
    etc.write("motd", "hello\n")
    message = etc.commit("motd", environment={"GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z", "GIT_TRACE_SETUP": "0"})
    assert called(recorder) == f"-I -m driftscan hook run -C {etc.path}\n"
    assert message == "noise\n"


def test_a_lost_python_does_not_lose_the_commit(etc: Etc, recorder: Path) -> None:
    put(etc, recorder)
    recorder.unlink()
    etc.write("motd", "hello\n")
    assert etc.commit("motd") == (
        f"driftscan: {recorder} is gone; run `driftscan hook install` again, or `hook uninstall`\n"
    )
    assert post_commit(etc).trouble == "its python is gone; run `driftscan hook install` again"


def test_a_driftscan_that_fails_does_not_fail_the_commit(etc: Etc, recorder: Path) -> None:
    put(etc, recorder)
    recorder.write_text("#!/bin/sh\nkill -9 $$\n")
    etc.write("motd", "hello\n")
    etc.commit("motd")
    assert etc.git("log", "-1", "--format=%s").stdout == "by hand\n"


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/sh\necho own >&2\n",
        "#!/bin/sh\necho own >&2",
        "#!/bin/sh -eu\necho own >&2\nexit 3\n",
        "#!/bin/sh\nexec echo own >&2\n",
        "#!/usr/bin/env bash\nset -euo pipefail\necho own >&2; false",
        "echo own >&2\n",
        "# no first line\necho own >&2\n",
    ],
)
def test_a_hook_that_was_there_still_runs_and_comes_back(etc: Etc, recorder: Path, script: str) -> None:
    before = own_hook(etc, script, 0o700)
    assert put(etc, recorder) == Hook(etc.hook, Change.CHAINED)
    assert put(etc, recorder) == Hook(etc.hook, Change.UNCHANGED)
    etc.write("motd", "hello\n")
    assert etc.commit("motd") == "noise\nown\n"
    assert uninstall(etc.path)[0] == Hook(etc.hook, Change.RESTORED)
    assert (etc.hook.read_bytes(), etc.hook.stat().st_mode & 0o7777) == (before, 0o700)


@pytest.mark.parametrize("script", ["", "#!/bin/sh", "#!/bin/sh\n", "\n", "#!/bin/sh\n\n\n", "#!/bin/sh\n# \xff"])
def test_uninstalling_leaves_every_byte_as_it_was(etc: Etc, recorder: Path, script: str) -> None:
    before = own_hook(etc, script)
    put(etc, recorder)
    assert put(etc, recorder).change is Change.UNCHANGED
    uninstall(etc.path)
    assert etc.hook.read_bytes() == before


def test_the_status_of_a_hook_that_was_there_is_its_own(etc: Etc, recorder: Path) -> None:
    own_hook(etc, '#!/bin/sh -e\n[ $? = 0 ]\nread -r line\necho "$line"\nexit 7\n')
    put(etc, recorder)
    done = subprocess.run(
        [etc.hook], cwd=etc.path, env=ENVIRONMENT, input="for the hook\n", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (7, "for the hook\n")


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "bash -eu", "bash -o pipefail"])
def test_the_lines_are_for_every_shell(etc: Etc, recorder: Path, shell: str) -> None:
    put(etc, recorder)
    etc.write("motd", "hello\n")
    etc.git("add", "motd")
    etc.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "x")
    done = subprocess.run(
        [*shell.split(), etc.hook], cwd=etc.path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "noise\n")


def test_without_a_hook_before_nothing_is_left(etc: Etc) -> None:
    put(etc, PYTHON)
    assert etc.hook.stat().st_mode & 0o7777 == 0o755
    assert uninstall(etc.path)[0] == Hook(etc.hook, Change.DELETED)
    assert list(etc.hook.parent.iterdir()) == []
    assert uninstall(etc.path) == ()
    assert post_commit(etc) == Status(etc.hook, installed=False)


def test_what_was_added_to_our_hook_is_kept(etc: Etc) -> None:
    put(etc, PYTHON)
    with etc.hook.open("a") as hook:
        hook.write("echo mine\n")
    assert uninstall(etc.path)[0] == Hook(etc.hook, Change.RESTORED)
    assert etc.hook.read_text() == "#!/bin/sh\necho mine\n"


def test_installed_again_for_another_python(etc: Etc, recorder: Path) -> None:
    before = own_hook(etc, "#!/bin/sh\necho own\n")
    put(etc, recorder)
    assert put(etc, PYTHON) == Hook(etc.hook, Change.UPDATED)
    assert str(recorder.parent).encode() not in etc.hook.read_bytes()
    uninstall(etc.path)
    assert etc.hook.read_bytes() == before


@pytest.mark.parametrize("script", ["#!/usr/bin/env python3\nprint()\n", "#!/usr/bin/perl -w\n", "\x7fELF\0"])
def test_a_hook_that_is_no_shell_script_is_left_alone(etc: Etc, script: str) -> None:
    before = own_hook(etc, script)
    with pytest.raises(DriftscanError, match=r"is no shell script.*rename it to post-commit\.own"):
        put(etc, PYTHON)
    assert etc.hook.read_bytes() == before


def test_a_hook_that_git_does_not_run_is_not_woken_up(etc: Etc) -> None:
    own_hook(etc, "#!/bin/sh\nrm -rf /\n", 0o644)
    with pytest.raises(DriftscanError, match="not executable, so git does not run it"):
        put(etc, PYTHON)


@pytest.mark.parametrize("name", ["post-commit", "post-merge"])
def test_a_link_is_left_alone_and_with_it_all_others(etc: Etc, name: str) -> None:
    etc.hook.parent.mkdir()
    link = etc.hook.with_name(name)
    link.symlink_to("/opt/managed")
    with pytest.raises(DriftscanError, match=f"{name} is a link to /opt/managed"):
        put(etc, PYTHON)
    assert list(etc.hook.parent.iterdir()) == [link]
    assert uninstall(etc.path) == ()
    assert not any(found.installed for found in status(etc.path))


@pytest.mark.parametrize("damage", ["# <<< driftscan <<<", "# >>> driftscan >>>"])
def test_edited_markers_are_left_alone(etc: Etc, damage: str) -> None:
    put(etc, PYTHON)
    text = etc.hook.read_text()
    etc.hook.write_text(text.replace(damage, "") if "<" in damage else f"{text}echo\n{damage}\n")
    with pytest.raises(DriftscanError, match="edited; delete them by hand"):
        uninstall(etc.path)


def test_a_hook_that_lost_its_mode_is_noticed(etc: Etc) -> None:
    put(etc, PYTHON)
    etc.hook.chmod(0o644)
    assert str(post_commit(etc)) == f"{etc.hook}: git does not run it; `chmod +x {etc.hook}`"


def test_core_hooks_path_is_obeyed_and_other_repositories_are_left_in_peace(
    etc: Etc, recorder: Path, tmp_path: Path
) -> None:
    hooks = tmp_path / "hooks of all"
    other = Etc(tmp_path / "other", "")
    EtcHistory(other.path)
    for repository in (etc, other):
        repository.git("config", "core.hooksPath", str(hooks))
    assert put(etc, recorder) == Hook(hooks / "post-commit", Change.CREATED)
    other.write("nginx.conf", "events {}")
    assert other.commit("nginx.conf") == ""
    etc.write("motd", "hello\n")
    assert etc.commit("motd") == "noise\n"
    uninstall(etc.path)
    assert list(hooks.iterdir()) == []


def test_spaces_and_quotes_everywhere(tmp_path: Path, recorder: Path) -> None:
    etc = demo_before_it_broke(tmp_path / 'it\'s a "quoted" $HOME `date` \\ etc')
    etc.git("config", "core.hooksPath", "ho'oks")
    put(etc, recorder)
    etc.write("motd", "hello\n")
    etc.commit("motd")
    assert called(recorder) == f"-I -m driftscan hook run -C {etc.path}\n"
    assert post_commit(etc).trouble is None


def test_a_variable_of_git_does_not_lead_elsewhere(etc: Etc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EtcHistory(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    assert put(etc, PYTHON).path == etc.hook


def test_a_linked_work_tree_is_refused(etc: Etc, tmp_path: Path) -> None:
    etc.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    with pytest.raises(RepositoryError, match="is a linked work tree"):
        install(tmp_path / "linked", PYTHON, tmp_path / "gate")


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    EtcHistory(tmp_path / "etc.git", bare=True)
    with pytest.raises(RepositoryError, match="has no work tree"):
        install(tmp_path / "etc.git", PYTHON, tmp_path / "gate")


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="is not a git repository"):
        install(tmp_path, PYTHON, tmp_path / "gate")


def test_a_repository_that_git_refuses(etc: Etc) -> None:
    etc.write(".git/config", "[core")
    with pytest.raises(RepositoryError, match=r"git does not accept .*\(git: fatal: bad config"):
        status(etc.path)


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false", "python3"])
def test_a_python_without_driftscan_is_refused(etc: Etc, python: str) -> None:
    with pytest.raises(DriftscanError, match="cannot run driftscan by itself; install it in a virtual environment"):
        put(etc, Path(python))
    assert not etc.hook.exists()


def test_a_broken_driftscan_is_noticed(etc: Etc, recorder: Path) -> None:
    put(etc, recorder)
    recorder.write_text("#!/bin/sh\nexit 1\n")
    assert post_commit(etc).trouble == (
        f"its python, {recorder}, has no working driftscan any more; run `driftscan hook install` again"
    )


def test_a_repository_that_was_moved_is_noticed(etc: Etc, recorder: Path) -> None:
    put(etc, recorder)
    moved = etc.path.rename(etc.path.with_name("moved"))
    assert status(moved)[0].trouble == "it is for another repository; run `driftscan hook install` again"


def test_a_copy_of_etc_is_left_in_peace(etc: Etc, recorder: Path) -> None:
    put(etc, recorder)
    shutil.copytree(etc.path, etc.path.with_name("copy"), symlinks=True)
    copy = Etc(etc.path.with_name("copy"), "")
    copy.write("motd", "hello\n")
    assert copy.commit("motd") == ""


def test_a_clean_merge_and_the_end_of_a_rebase_are_looked_at(etc: Etc, recorder: Path) -> None:
    etc.git("checkout", "--quiet", "-b", "other", "HEAD^")
    etc.write("motd", "hello\n")
    etc.commit("motd")
    etc.git("checkout", "--quiet", "master")
    put(etc, recorder)
    etc.git("merge", "--quiet", "--no-edit", "--no-ff", "other")
    assert called(recorder) == f"-I -m driftscan hook run -C {etc.path}\n"
    (recorder.parent / "called").unlink()
    recorder.write_text(recorder.read_text().replace(">called", ">>called"))
    etc.git("reset", "--quiet", "--hard", "HEAD^")
    etc.git("rebase", "--quiet", "other")
    assert called(recorder) == f"-I -m driftscan hook run -C {etc.path}\n"


def test_a_script_of_etckeepers(etc: Etc, recorder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETCKEEPER_CONF_DIR", str(tmp_path / "etckeeper"))
    gate = tmp_path / "gate"
    with pytest.raises(DriftscanError, match=r"commit\.d: no such directory; install etckeeper, or use git's hooks"):
        install(etc.path, recorder, gate, where=Where.ETCKEEPER)
    script = tmp_path / "etckeeper/commit.d/60driftscan"
    script.parent.mkdir(parents=True)
    assert install(etc.path, recorder, gate, where=Where.ETCKEEPER) == (Hook(script, Change.CREATED),)
    assert Status(script, installed=True) in status(etc.path)
    done = subprocess.run([script], cwd=etc.path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "noise\n")
    assert uninstall(etc.path) == (Hook(script, Change.DELETED),)
