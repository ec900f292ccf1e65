"""Repositories that want to run something, to show a file that is not theirs, or to make git wait."""

import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.etc import EtcHistory
from tests.hostile.conftest import SECRET
from tests.hostile.scanner import assert_refused, assert_sound, driftscan

HOOKS = (
    "post-index-change",
    "reference-transaction",
    "fsmonitor-watchman",
    "query-watchman",
    "post-checkout",
    "pre-auto-gc",
)
PROGRAMS = (
    "alias.log",
    "alias.cat-file",
    "alias.ls-tree",
    "core.alternateRefsCommand",
    "core.editor",
    "core.fsmonitor",
    "core.pager",
    "core.sshCommand",
    "credential.helper",
    "diff.evil.command",
    "diff.evil.textconv",
    "diff.external",
    "filter.evil.clean",
    "filter.evil.process",
    "filter.evil.smudge",
    "gpg.program",
    "gpg.ssh.program",
    "interactive.diffFilter",
    "pager.log",
    "uploadpack.packObjectsHook",
)


def test_nothing_is_run_by_any_verb(victim: EtcHistory, tmp_path: Path) -> None:
    canary, program, settings = tmp_path / "canary", tmp_path / "evil", tmp_path / "settings"
    program.write_text(f"#!/bin/sh\necho run >> {shlex.quote(str(canary))}\ncat\n")
    program.chmod(0o755)
    hooks = victim.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for hook in HOOKS:
        (hooks / hook).symlink_to(program)
    clean = driftscan("log", "-C", victim.path).out
    for name in PROGRAMS:
        victim.git("config", f"--file={settings}", name, f"!{program}" if name.startswith("alias") else str(program))
    victim.git("config", "include.path", str(settings))
    victim.git("config", f"includeIf.gitdir:{victim.path}/.path", str(settings))
    victim.git("config", "core.hooksPath", str(hooks))
    victim.git("config", "log.showSignature", "true")
    victim.git("config", "core.worktree", "/nowhere")
    victim.git("config", "core.attributesFile", str(settings))
    canary.unlink(missing_ok=True)
    elsewhere = {"GIT_EXTERNAL_DIFF": str(program), "GIT_PAGER": str(program), "GIT_SSH_COMMAND": str(program)}
    told = driftscan("log", "-C", victim.path, environment=elsewhere)
    assert (told.code, told.out) == (0, clean)
    for verb in (["report", "-o", "md=-"], ["check", "--worktree"], ["effective"]):
        assert_sound(driftscan(*verb, "-C", victim.path, environment=elsewhere), 0, 1)
    assert not canary.exists()


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


def link(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def loose_objects(git: Path) -> None:
    for file in (git / "objects").glob("??/*"):
        pipe(file)


def lent(git: Path, lender: Path) -> None:
    shutil.copytree(git / "objects", lender)
    (git / "objects/info").mkdir(exist_ok=True)
    (git / "objects/info/alternates").write_text(f"http://nowhere/\n{lender}\n")


def included(git: Path, place: Path) -> None:
    pipe(place)
    with (git / "config").open("a") as settings:
        settings.write(f'[include]\npath = none\n[includeIf "onbranch:*"]\npath = {place}\n')


def instead(git: Path, content: bytes) -> None:
    """A file where the directory was."""
    shutil.rmtree(git)
    git.write_bytes(content)


def loop(git: Path) -> None:
    shutil.rmtree(git)
    git.symlink_to(".git")


def pipe_instead(git: Path) -> None:
    shutil.rmtree(git)
    os.mkfifo(git)


Plant = Callable[[Path, Path], object]


@dataclass(frozen=True)
class Trap:
    """What is done to `.git`, with a path outside of it, and what the refusal must name."""

    name: str
    plant: Plant
    words: Sequence[str] = ()


def piped(name: str) -> Trap:
    return Trap(f"pipe-{name}", lambda git, _: pipe(git / name), [name, "pipe"])


def linked(name: str) -> Trap:
    return Trap(f"link-{name}", lambda git, secret: link(git / name, secret), [name, "link"])


PIPED = (
    *("HEAD", "config", "packed-refs", "shallow", "commondir", "info/attributes"),
    *("objects/info/alternates", "refs/heads/main", f"objects/pack/pack-{'1' * 40}.idx"),
)
LINKED = ("HEAD", "config", "packed-refs", "shallow", "objects/info/alternates", "refs/heads/main")
TRAPS = (
    *map(piped, PIPED),
    *map(linked, LINKED),
    Trap("pipe-objects", lambda git, _: loose_objects(git), ["objects/"]),
    Trap("pipe-included", lambda git, secret: included(git, secret.with_name("pipe")), ["/pipe"]),
    Trap("device", lambda git, _: link(git / "packed-refs", Path("/dev/zero")), ["packed-refs"]),
    Trap("objects-elsewhere", lambda git, secret: link(git / "objects", secret.parent), ["objects", "link"]),
    Trap("alternates", lambda git, secret: lent(git, secret.with_name("lender")), ["alternates", "repack"]),
    Trap("directory-for-shallow", lambda git, _: (git / "shallow").mkdir(), ["shallow"]),
    Trap("shallow-garbage", lambda git, _: (git / "shallow").write_bytes(b"\xff\x1b[31m\n"), []),
    Trap("commondir", lambda git, secret: (git / "commondir").write_text(f"{secret.parent}\n"), ["commondir"]),
    Trap("huge-config", lambda git, _: (git / "config").write_bytes(b"[a]\n" + b"b = c\n" * 300_000), ["config"]),
    Trap("config-garbage", lambda git, _: (git / "config").write_bytes(b"[core\n\x1b[31m\xff"), []),
    Trap("not-a-directory", lambda git, _: pipe_instead(git), ["not a directory"]),
    Trap("loop", lambda git, _: loop(git), ["not a directory"]),
    Trap("gitfile-of-itself", lambda git, _: instead(git, b"gitdir: .git"), ["not a directory"]),
    Trap("gitfile-to-a-file", lambda git, secret: instead(git, b"gitdir: " + bytes(secret)), ["not a directory"]),
    Trap("gitfile-nul", lambda git, _: instead(git, b"gitdir: a\0b"), ["gone"]),
)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_a_repository_with_a_trap_in_it_is_refused(victim: EtcHistory, secret: Path, trap: Trap) -> None:
    trap.plant(victim.path / ".git", secret)
    ran = driftscan("log", "-C", victim.path, patience=20)
    assert_refused(ran, *trap.words)
    assert SECRET not in ran.said


def test_links_inside_of_the_repository_are_no_trap(victim: EtcHistory) -> None:
    git = victim.path / ".git"
    (git / "HEAD").unlink()
    (git / "HEAD").symlink_to("refs/heads/main")
    (git / "hooks").mkdir(exist_ok=True)
    (git / "hooks/post-commit").symlink_to("/usr/bin/true")
    (git / "leftover").symlink_to("/nowhere")
    assert_sound(driftscan("log", "-C", victim.path), 0)


def test_a_linked_work_tree_is_no_trap(victim: EtcHistory, tmp_path: Path) -> None:
    victim.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert_sound(driftscan("log", "-C", tmp_path / "linked"), 0)


def git_object(etc: EtcHistory, kind: str, data: bytes) -> str:
    return etc.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", stdin=data)


def tree(etc: EtcHistory, *entries: tuple[bytes, bytes, str]) -> str:
    return git_object(etc, "tree", b"".join(b"%s %s\0%s" % (m, n, bytes.fromhex(found)) for m, n, found in entries))


def commit(etc: EtcHistory, top: str, message: bytes = b"x") -> None:
    made = git_object(
        etc, "commit", b"tree %s\nauthor a <b> 1 +0\ncommitter a <b> 1 +0\n\n%s" % (top.encode(), message)
    )
    etc.git("update-ref", "refs/heads/main", made)


@pytest.mark.parametrize("verb", ["log", "effective"])
def test_trees_that_hold_each_other_again_and_again(etc: EtcHistory, verb: str) -> None:
    blob = git_object(etc, "blob", b"x")
    top = tree(etc, *((b"100644", b"f%d" % number, blob) for number in range(10)))
    for _ in range(9):
        top = tree(etc, *((b"40000", b"d%d" % number, top) for number in range(10)))
    commit(etc, top)
    ran = driftscan(verb, "-C", etc.path)
    assert_refused(ran)
    assert ran.peak < 1200


def test_a_tree_as_deep_as_no_path_can_be(etc: EtcHistory) -> None:
    top = tree(etc, (b"100644", b"f", git_object(etc, "blob", b"x")))
    for _ in range(2500):
        top = tree(etc, (b"40000", b"d", top))
    commit(etc, top)
    assert_sound(driftscan("log", "-C", etc.path), 0, 4)


def test_names_that_git_would_not_write(etc: EtcHistory) -> None:
    blob = git_object(etc, "blob", b"events {}\nhttp { include ../../x; include a/../b; }")
    names = (b"..", b".", b".git", b"nginx.conf", b"nginx.conf", b"a/b")
    folder = tree(etc, *((b"100644", name, blob) for name in names))
    commit(etc, tree(etc, (b"40000", b"nginx", folder), (b"100644", b"nginx", blob), (b"40000", b"..", folder)))
    assert_sound(driftscan("log", "-C", etc.path), 0, 4)


def test_a_message_that_never_ends(etc: EtcHistory) -> None:
    blob = git_object(etc, "blob", b"events {}")
    message = b"apt run\n\nPackage changes:\n" + b"+nginx 1.2 x\n" * 3_000_000
    commit(etc, tree(etc, (b"100644", b"nginx.conf", blob)), message)
    ran = driftscan("effective", "-C", etc.path)
    assert_sound(ran, 0)
    assert ran.peak < 400
