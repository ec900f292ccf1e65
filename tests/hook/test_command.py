"""`driftscan hook install`, `status` and `uninstall` on repositories as they are found, with the real etckeeper."""

import os
import re
from pathlib import Path

import pytest

from tests.hook.scratch import BROKEN_A, INSTALLED, PYTHON, A, Done, Host, divide, tree

pytestmark = pytest.mark.etckeeper
HOOKS = ("post-commit", "post-merge", "post-rewrite")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host.make(tmp_path / "host")
    assert made.do("etckeeper", "commit", INSTALLED).status == 0
    return made


def hook(host: Host, *arguments: str) -> Done:
    return host.driftscan("hook", *arguments, "-C", host.etc)


def hooks(host: Host, what: str, directory: str = ".git/hooks") -> str:
    return "".join(f"{host.etc / directory / name}: {what}\n" for name in HOOKS)


def everything(host: Host) -> dict[str, tuple[int, bytes]]:
    """Every file of the directory with its mode, those of git included, but not git's own record of file times."""
    return {path: found for path, found in tree(host.etc).items() if path != ".git/index"}


def without(prefixes: tuple[str, ...], files: dict[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    return {path: found for path, found in files.items() if not path.startswith(prefixes)}


def shown(script: Path) -> str:
    """How the lines in a script are shown."""
    lines = script.read_text().splitlines()
    begin, end = lines.index("# >>> driftscan >>>"), lines.index("# <<< driftscan <<<")
    return f"\nThe lines in {script}:\n\n" + "".join(f"    {line}\n" for line in lines[begin : end + 1]) + "\n"


def test_a_fresh_repository_from_installation_to_its_end(host: Host) -> None:
    before = everything(host)
    absent = hooks(host, "not installed") + "no commit was examined yet\n"
    assert hook(host, "status") == Done(1, absent, "")

    done = hook(host, "install")
    kept = f"Reports and events will be in {host.state}.\n"
    assert done == Done(0, hooks(host, "installed") + shown(host.etc / ".git/hooks/post-commit") + kept, "")
    assert {path for path in everything(host) if path not in before} == {f".git/hooks/{name}" for name in HOOKS}
    assert hook(host, "install").out.startswith(hooks(host, "was installed already"))

    when = "2026-01-02 "
    status = hook(host, "status")
    assert (status.status, status.err) == (0, "")
    assert status.out.startswith(f"{hooks(host, 'installed')}examined up to {host.head[:12]} of {when}")

    assert hook(host, "uninstall") == Done(0, hooks(host, "deleted"), "")
    assert everything(host) == before
    assert hook(host, "uninstall") == Done(0, "driftscan was not installed\n", "")
    assert hook(host, "status").status == 1
    assert (host.state / "state.json").exists()


def test_what_is_open_already_is_not_told(host: Host) -> None:
    host.keeper.write(A, BROKEN_A)
    assert host.do("etckeeper", "commit", "before driftscan").err == ""
    done = hook(host, "install")
    assert done.status == 0
    assert done.out.endswith("`driftscan check` lists what is wrong.\n")
    host.keeper.write("motd", "good morning\n")
    assert host.do("etckeeper", "commit", "after it").err == ""
    assert host.events == []


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    """etckeeper init was run, and nothing was committed yet: what comes first is nobody's fault."""
    host = Host.make(tmp_path / "host")
    before = everything(host)
    done = hook(host, "install")
    assert (done.status, done.out) == (4, "")
    assert done.err == f"driftscan: {host.etc} has no commit yet; run `etckeeper commit` first\n"
    assert everything(host) == before


@pytest.mark.parametrize("text", ["#!/bin/sh\necho own >&2\n", "#!/bin/bash\nset -eu\necho own >&2", "echo own >&2\n"])
def test_a_hook_of_somebody_else_goes_on_running(host: Host, text: str) -> None:
    own = host.etc / ".git/hooks/post-commit"
    own.write_text(text)
    own.chmod(0o750)
    before = everything(host)
    done = hook(host, "install")
    assert done.status == 0
    assert done.out.startswith(f"{own}: installed in front of the hook that was there\n")
    assert f"\nThe lines in {own}:\n" in done.out
    host.keeper.write(A, BROKEN_A)
    told = host.do("etckeeper", "commit", "daily autocommit").err
    assert divide(told)[0] == "own\n"
    assert "session-tickets-mismatch" in divide(told)[1]
    host.git("reset", "--quiet", "--hard", "HEAD^")
    assert hook(host, "uninstall").out.startswith(f"{own}: as it was before driftscan\n")
    after = everything(host)
    committed = (".git/logs", ".git/objects", ".git/COMMIT_EDITMSG", ".git/ORIG_HEAD")
    assert without(committed, after) == without(committed, before)


@pytest.mark.parametrize("where", ["hooks", "../hooks"])
def test_the_configured_directory_of_hooks(host: Host, where: str) -> None:
    host.git("config", "core.hooksPath", where)
    before = everything(host)
    directory = (host.etc / where).resolve()
    assert hook(host, "install").out.startswith(hooks(host, "installed", str(directory)))
    host.keeper.write(A, BROKEN_A)
    assert "session-tickets-mismatch" in host.do("git", "commit", "-qam", "by hand").err
    assert hook(host, "status").out.startswith(hooks(host, "installed", str(directory)))
    assert hook(host, "uninstall") == Done(0, hooks(host, "deleted", str(directory)), "")
    assert list(directory.iterdir()) == []
    assert not [path for path in everything(host) if path not in before and not path.startswith((".git/", "hooks"))]


def test_a_hook_that_is_a_link_is_left_to_what_made_it(host: Host) -> None:
    """Managers of hooks link them into a directory of their own; what is written there would go into each of them."""
    managed = host.keeper.top / "managed"
    managed.write_text("#!/bin/sh\necho managed >&2\n")
    managed.chmod(0o755)
    (host.etc / ".git/hooks/post-commit").symlink_to(managed)
    before = (everything(host), managed.read_bytes())
    done = hook(host, "install")
    assert done == Done(
        2,
        "",
        f"driftscan: {host.etc}/.git/hooks/post-commit is a link to {managed}, which something else manages; "
        "remove the link\n",
    )
    assert hook(host, "status") == Done(1, hooks(host, "not installed") + "no commit was examined yet\n", "")
    assert hook(host, "uninstall") == Done(0, "driftscan was not installed\n", "")
    assert (everything(host), managed.read_bytes()) == before


def test_etckeeper_can_be_initialised_again(host: Host) -> None:
    assert hook(host, "install").status == 0
    before = hook(host, "status")
    done = host.do("etckeeper", "init")
    assert (done.status, done.err) == (0, "")
    assert hook(host, "status") == before
    host.keeper.write(A, BROKEN_A)
    assert "session-tickets-mismatch" in host.do("etckeeper", "commit", "daily autocommit").err


def test_etckeeper_takes_the_hooks_away_with_the_history(host: Host) -> None:
    assert hook(host, "install").status == 0
    assert host.do("etckeeper", "uninit", "-f").status == 0
    for verb in ("status", "uninstall", "install"):
        done = hook(host, verb)
        assert (done.status, done.out) == (4, "")
        assert re.fullmatch(r"driftscan: [^\n]*is not a git repository[^\n]*\n", done.err)
    # A new history begins without them, and status says so.
    assert host.do("etckeeper", "init").status == 0
    assert host.do("etckeeper", "commit", INSTALLED).status == 0
    status = hook(host, "status")
    assert (status.status, status.err) == (1, "")
    assert status.out.startswith(hooks(host, "not installed"))


def test_a_lost_python_is_seen(host: Host) -> None:
    assert hook(host, "install").status == 0
    script = host.etc / ".git/hooks/post-commit"
    script.write_text(script.read_text().replace(f"python={PYTHON}\n", "python=/nowhere/python\n"))
    done = hook(host, "status")
    assert (done.status, done.err) == (1, "")
    assert done.out.startswith(f"{script}: its python is gone; run `driftscan hook install` again\n")
    assert hook(host, "install").out.startswith(f"{script}: installed anew\n")
    assert hook(host, "status").status == 0


def test_a_script_of_etckeepers_from_installation_to_its_end(tmp_path: Path) -> None:
    host = Host.make(tmp_path / "host", versioned=True)
    assert host.do("etckeeper", "commit", INSTALLED).status == 0
    script = host.etc / "etckeeper/commit.d/60driftscan"
    before = everything(host)
    done = hook(host, "install", "--where", "etckeeper")
    kept = f"Reports and events will be in {host.state}.\n"
    assert done == Done(0, f"{script}: installed\n{shown(script)}{kept}", "")
    assert {path for path in everything(host) if path not in before} == {"etckeeper/commit.d/60driftscan"}
    assert script.stat().st_mode & 0o7777 == 0o755
    status = hook(host, "status")
    assert status.status == 0
    assert f"{script}: installed\n" in status.out
    assert hook(host, "uninstall") == Done(0, f"{script}: deleted\n", "")
    assert everything(host) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody; run the tests as root")
def test_the_owner_of_a_hook_stays_its_owner(host: Host) -> None:
    own = host.etc / ".git/hooks/post-merge"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o700)
    os.chown(own, 65534, 65534)
    for verb in ("install", "uninstall"):
        assert hook(host, verb).status == 0
        found = own.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (65534, 65534, 0o700)
