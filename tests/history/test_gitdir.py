import os
from pathlib import Path

import pytest

from driftscan.errors import ExitCode, RepositoryError
from driftscan.history.repository import Repository
from tests.etc import EtcHistory

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")


def refusal(path: Path) -> str:
    with pytest.raises(RepositoryError) as caught:
        Repository.open(path)
    assert caught.value.exit_code is ExitCode.REPOSITORY
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_directory_without_a_repository(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} is not a git repository; run `etckeeper init`, or name another with -C DIR"


def test_a_directory_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "etc"
    assert refusal(path) == f"{path}: no such directory; name the one that etckeeper keeps with -C DIR"


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "etc"
    path.touch()
    assert refusal(path) == f"{path}: not a directory; name the one that etckeeper keeps with -C DIR"
    assert refusal(path / "x") == f"{path / 'x'}: no such directory; name the one that etckeeper keeps with -C DIR"


@pytest.mark.parametrize(("name", "system"), [(".hg", "mercurial"), ("_darcs", "darcs"), (".bzr", "bazaar")])
def test_another_version_control_system(tmp_path: Path, name: str, system: str) -> None:
    (tmp_path / name).mkdir()
    assert refusal(tmp_path) == f"{tmp_path} is kept in {system} (found {tmp_path / name}); driftscan reads git only"


def test_git_comes_first_where_there_are_two(etc: EtcHistory) -> None:
    head = etc.commit({"a": "1"})
    (etc.path / ".hg").mkdir()
    with Repository.open(etc.path) as repository:
        assert repository.head == head


def test_a_directory_inside_a_repository(etc: EtcHistory) -> None:
    etc.commit({"nginx/a": "1"})
    inside = etc.path / "nginx/sites"
    inside.mkdir(parents=True)
    assert refusal(inside) == f"{inside} is inside the repository of {etc.path}; use -C {etc.path}"


def test_a_repository_without_a_commit(etc: EtcHistory) -> None:
    assert refusal(etc.path) == f"{etc.path} has no commit yet; run `etckeeper commit` first"


def test_a_git_directory_that_is_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert refusal(tmp_path) == f"{tmp_path} is not a git repository; run `etckeeper init`"


def test_a_git_file_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert refusal(tmp_path) == f"{tmp_path / 'elsewhere'} is gone; run `git worktree repair` or `etckeeper init`"
    (tmp_path / ".git").write_text("nonsense\n")
    assert refusal(tmp_path) == (
        f"{tmp_path / '.git'} does not lead to a git directory; run `git worktree repair` or `etckeeper init`"
    )


def test_settings_that_git_cannot_read(etc: EtcHistory) -> None:
    etc.commit({"a": "1"})
    (etc.path / ".git/config").write_text("[core\n\x1b[31m")
    message = refusal(etc.path)
    assert message.startswith(
        f"{etc.path} cannot be read; `git -C {etc.path} fsck` tells more (git: fatal: bad config line 1 "
    )


def test_a_relative_path(etc: EtcHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    head = etc.commit({"a": "1"})
    monkeypatch.chdir(etc.path)
    with Repository.open(Path()) as repository:
        assert (repository.head, repository.path) == (head, Path())


def fake_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    place = tmp_path / "bin"
    place.mkdir()
    if version is not None:
        (place / "git").write_text(f"#!/bin/sh\necho 'git version {version}'\n")
        (place / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(place))


def test_git_is_not_installed(etc: EtcHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    etc.commit({"a": "1"})
    fake_git(tmp_path, monkeypatch, None)
    assert refusal(etc.path) == "git was not found; install it (`apt-get install git`)"


@pytest.mark.parametrize("version", ["2.29.3", "1.8.3.1"])
def test_git_is_too_old(etc: EtcHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    etc.commit({"a": "1"})
    fake_git(tmp_path, monkeypatch, version)
    assert refusal(etc.path) == f"driftscan needs git 2.30 or newer, found 'git version {version}'"


# Whose it is


def dubious(path: Path) -> str:
    return (
        f"{path} belongs to another user, whose settings git would obey; if you trust them, run "
        f"`git config --global --add safe.directory {path}`"
    )


@as_root
def test_a_repository_of_another_user_is_refused(etc: EtcHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    head = etc.commit({"a": "1"})
    os.chown(etc.path / ".git", NOBODY, NOBODY)
    monkeypatch.delenv("SUDO_UID", raising=False)
    assert refusal(etc.path) == dubious(etc.path)
    monkeypatch.setenv("SUDO_UID", "1")
    assert refusal(etc.path) == dubious(etc.path)
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    with Repository.open(etc.path) as repository:
        assert repository.head == head


SAFE = [
    ("{top}", True),
    ("{top}/", True),
    ("*", True),
    ("~/etc", True),
    ("{top}/sub", False),
    ("/", False),
    ("", False),
]


@as_root
@pytest.mark.parametrize(("setting", "accepted"), SAFE)
def test_the_users_own_settings_may_declare_it_safe(
    etc: EtcHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, accepted: bool
) -> None:
    head = etc.commit({"a": "1"})
    os.chown(etc.path / ".git", NOBODY, NOBODY)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(f'[safe]\n\tdirectory = "{setting.format(top=etc.path)}"\n')
    if accepted:
        with Repository.open(etc.path) as repository:
            assert repository.head == head
    else:
        assert refusal(etc.path) == dubious(etc.path)


@as_root
def test_an_empty_setting_takes_back_those_before_it(
    etc: EtcHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc.commit({"a": "1"})
    os.chown(etc.path / ".git", NOBODY, NOBODY)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[safe]\n\tdirectory = *\n\tdirectory =\n")
    assert refusal(etc.path) == dubious(etc.path)


@as_root
def test_the_repositorys_own_settings_do_not_make_it_safe(etc: EtcHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    etc.commit({"a": "1"})
    etc.git("config", "safe.directory", "*")
    os.chown(etc.path / ".git", NOBODY, NOBODY)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.chdir(etc.path)
    assert refusal(etc.path) == dubious(etc.path)


def opened_by_nobody(path: Path) -> str:
    """What opening says in a child without root's rights; a new python could not read this one's files."""
    answer, question = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            said = str(Repository.open(path).head)
        except RepositoryError as error:
            said = str(error)
        finally:
            os.write(question, said.encode())
            os._exit(0)
    os.close(question)
    os.waitpid(child, 0)
    with os.fdopen(answer) as opened:
        return opened.read()


@as_root
def test_a_git_directory_that_only_root_may_enter(etc: EtcHistory) -> None:
    head = etc.commit({"a": "1"})
    for above in (etc.path, *etc.path.parents):
        if above.stat().st_mode & 0o5 != 0o5:
            above.chmod(0o755)
    Repository.open(etc.path).close()  # imports what the child needs
    assert opened_by_nobody(etc.path) == head  # root's own repository is trusted
    (etc.path / ".git").chmod(0o700)
    cure = "permission denied; run driftscan as root (etckeeper keeps /etc/.git to root)"
    assert opened_by_nobody(etc.path) == f"{etc.path}: {cure}"
    etc.path.chmod(0o700)
    assert opened_by_nobody(etc.path) == f"{etc.path}: {cure}"
