"""The repository is read and never touched, whatever it or the environment says."""

import gc
import hashlib
import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from driftscan.history.commit import BlobId, CommitId
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.snapshot import UnreadableBlob
from tests.etc import EtcHistory


def hashes(top: Path) -> dict[str, tuple[int, int, str]]:
    return {
        str(path.relative_to(top)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(top.rglob("*"))
    }


def read_everything(path: Path) -> list[CommitId]:
    seen = []
    with Repository.open(path) as repository:
        for selection in (Selection(), Selection(limit=2), Selection(after="HEAD~1")):
            for found in repository.revisions(repository.select(selection)):
                seen.append(found.commit.id)
                changed = [change.path for change in found.changes]
                repository.raw_diff(found.commit.id, changed)
                repository.tree(found.commit.id)
                for change in found.changes:
                    if change.after is not None:
                        repository.read(change.after.blob)
    return seen


def test_reading_changes_no_byte_of_it(etc: EtcHistory) -> None:
    for number in range(3):
        etc.commit({"a": str(number), f"b{number}": "x"})
    etc.checkout()
    (etc.path / "a").touch()  # git status would refresh the index now
    before = hashes(etc.path)
    read_everything(etc.path)
    assert hashes(etc.path) == before


PROGRAMS = [
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.sshCommand",
    "core.askPass",
    "core.alternateRefsCommand",
    "core.gitProxy",
    "diff.external",
    "diff.evil.textconv",
    "diff.evil.command",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "gpg.program",
    "gpg.openpgp.program",
    "pager.log",
    "pager.diff-tree",
    "credential.helper",
    "uploadpack.packObjectsHook",
]


def test_no_program_that_the_repository_names_is_run(etc: EtcHistory, tmp_path: Path) -> None:
    etc.commit({".gitattributes": "* diff=evil filter=evil\n", "a": "1"})
    etc.commit({"a": "2"})
    etc.checkout()
    canary = tmp_path / "canary"
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\necho run >> {shlex.quote(str(canary))}\ncat\n")
    program.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        place = etc.path / ".git/hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(program)
    (etc.path / ".git/info").mkdir(exist_ok=True)
    (etc.path / ".git/info/attributes").write_text("* diff=evil filter=evil\n")
    for name in PROGRAMS:
        etc.git("config", name, str(program))
    etc.git("config", "log.showSignature", "true")
    etc.git("config", "core.hooksPath", ".git/hooks")
    signed = etc.git("cat-file", "commit", "HEAD").replace("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n\n", 1)
    commit = etc.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed.encode())
    etc.git("-c", "core.hooksPath=/dev/null", "update-ref", "refs/heads/main", commit)
    canary.unlink(missing_ok=True)
    assert read_everything(etc.path)[1] == commit
    assert not canary.exists()
    # The trap is real: git itself falls into it.
    subprocess.run(
        ["git", "diff", "HEAD~1", "HEAD"], cwd=etc.path, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert canary.exists()


def test_a_missing_blob_is_not_fetched(etc: EtcHistory, tmp_path: Path) -> None:
    etc.commit({"a": "1"})
    blob = BlobId(etc.git("rev-parse", "HEAD:a"))
    canary = tmp_path / "canary"
    etc.git("config", "core.repositoryFormatVersion", "1")
    etc.git("config", "extensions.partialClone", "origin")
    etc.git("config", "remote.origin.promisor", "true")
    etc.git("config", "remote.origin.url", f"ext::sh -c touch% {canary}")
    etc.git("config", "protocol.ext.allow", "always")
    (etc.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with Repository.open(etc.path) as repository, pytest.raises(UnreadableBlob):
        repository.read(blob)
    assert not canary.exists()
    subprocess.run(
        ["git", "cat-file", "-p", blob], cwd=etc.path, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert canary.exists()


def test_attributes_do_not_hide_a_diff(etc: EtcHistory) -> None:
    etc.commit({"a": "1\n"})
    commit = etc.commit({"a": "2\n"})
    info = etc.path / ".git/info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* -diff\n")
    with Repository.open(etc.path) as repository:
        assert repository.raw_diff(commit, ["a"]).splitlines()[-2:] == ["-1", "+2"]
    assert etc.git("diff", "HEAD~1", "HEAD").endswith("Binary files a/a and b/a differ")


def test_replaced_and_grafted_commits_are_read_as_they_were_made(etc: EtcHistory) -> None:
    commits = [etc.commit({"a": str(number)}) for number in range(3)]
    other = etc.commit({"evil": "1"}, branch="other", parents=[])
    etc.git("replace", commits[1], other)
    info = etc.path / ".git/info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text(f"{commits[2]} {other}\n")
    with Repository.open(etc.path) as repository:
        found = list(repository.revisions(repository.select(Selection())))
    assert [each.commit.id for each in found] == commits
    assert [[change.path for change in each.changes] for each in found] == [["a"]] * 3


SETTINGS = {
    "log.showRoot": "false",
    "log.showSignature": "true",
    "log.decorate": "full",
    "log.follow": "true",
    "log.date": "iso",
    "log.mailmap": "true",
    "log.abbrevCommit": "true",
    "format.pretty": "oneline",
    "format.notes": "*",
    "notes.displayRef": "*",
    "diff.renames": "copies",
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.relative": "true",
    "diff.context": "0",
    "diff.wsErrorHighlight": "all",
    "color.ui": "always",
    "color.diff": "always",
    "core.abbrev": "5",
    "core.quotePath": "true",
    "i18n.logOutputEncoding": "UTF-16",
    "diff.ignoreSubmodules": "all",
}


def test_settings_that_change_what_git_prints_change_nothing(etc: EtcHistory) -> None:
    root = etc.commit({"a": "1\n" * 20, "d/b": "1\n"})
    etc.commit({"a": None, "c": "1\n" * 20, "d/b": "2\n"})

    def printed() -> tuple[object, str]:
        with Repository.open(etc.path) as repository:
            return list(repository.revisions(repository.select(Selection()))), repository.raw_diff(root, ["d/b"])

    before = printed()
    orders = etc.path / ".git/orders"
    orders.write_text("d/*\n")
    for name, value in {**SETTINGS, "diff.orderFile": str(orders), "core.attributesFile": str(orders)}.items():
        etc.git("config", name, value)
    etc.git("-c", "user.name=a", "-c", "user.email=a@b", "notes", "add", "-m", "a note", root)
    assert printed() == before


def test_variables_of_a_surrounding_git_hook_do_not_lead_elsewhere(
    etc: EtcHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = [etc.commit({"a": "1"}), etc.commit({"a": "2"})]
    other = EtcHistory(tmp_path / "other")
    other.commit({"other": "1"})
    trace = tmp_path / "trace"
    variables = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": ".git/index",
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git/objects"),
        "GIT_COMMON_DIR": str(other.path / ".git"),
        "GIT_NAMESPACE": "nowhere",
        "GIT_PREFIX": "sub/",
        "GIT_CONFIG_PARAMETERS": "'log.showRoot'='false'",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "nonsense",
        "GIT_EXTERNAL_DIFF": str(tmp_path / "evil"),
        "GIT_SHALLOW_FILE": str(tmp_path / "nowhere"),
        "GIT_CEILING_DIRECTORIES": "/",
        "GIT_TRACE": str(trace),
        "GIT_PYTHON_REFRESH": "raise",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert read_everything(etc.path) == [*commits, *commits, commits[1]]
    assert {name: os.environ.get(name) for name in variables} == variables
    assert not trace.exists()


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split())


def test_a_walk_that_is_left_early_ends_its_git(etc: EtcHistory) -> None:
    for number in range(5):
        etc.commit({f"{number}": "x" * 1000, **{f"{number}/{i}" + "y" * 200: "" for i in range(400)}})
    before = children()
    with Repository.open(etc.path) as repository:
        walk = repository.revisions(repository.select(Selection()))
        next(walk)
        assert len(children() - before) == 1
        walk.close()  # type: ignore[attr-defined]
        assert children() == before
        for _ in repository.revisions(repository.select(Selection())):
            break
        gc.collect()
        assert children() == before


def test_a_repository_that_is_forgotten_ends_its_git(etc: EtcHistory) -> None:
    etc.commit({"a": "1"})
    before = children()
    repository = Repository.open(etc.path)
    assert repository.read(BlobId(etc.git("rev-parse", "HEAD:a"))) == b"1"
    assert len(children() - before) == 1
    del repository
    gc.collect()
    assert children() == before


def test_a_thousand_warnings_do_not_stop_a_walk(etc: EtcHistory) -> None:
    commits = [etc.commit({"a": str(number)}) for number in range(3)]
    (etc.path / ".git/objects/info").mkdir(exist_ok=True)
    lines = "".join(f"/nowhere/{number}/{'x' * 200}\n" for number in range(2000))
    (etc.path / ".git/objects/info/alternates").write_text(lines)
    start = time.monotonic()
    with Repository.open(etc.path) as repository:
        assert [found.commit.id for found in repository.revisions(repository.select(Selection()))] == commits
    assert time.monotonic() - start < 30
