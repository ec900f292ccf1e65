import os
from pathlib import Path

import pytest

from driftscan.errors import DriftscanError
from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.directory import Directory
from driftscan.history.repository import Repository
from driftscan.history.snapshot import UnreadableBlob
from tests.etc import EtcHistory, Link


def test_a_directory_is_the_tree_that_a_commit_of_it_would_have(etc: EtcHistory) -> None:
    etc.commit({"nginx/a": "1", "nginx/link": Link("../x"), "nginx/absolute": Link("/etc/passwd"), "empty": ""})
    etc.checkout()
    directory = Directory.open(etc.path)
    with Repository.open(etc.path) as repository:
        tree = repository.tree(repository.head)
        for path in ("nginx/a", "nginx/link", "nginx/absolute", "empty", "nginx", "missing", "nginx/a/b"):
            assert directory.entry(path) == tree.entry(path), path
            entry = tree.entry(path)
            if entry is not None:
                assert directory.read(entry.blob) == tree.read(entry.blob)
    assert directory.names("nginx") == tree.names("nginx")
    assert directory.names("") == frozenset({"nginx", "empty", ".git"})
    assert (directory.names("missing"), directory.names("empty"), directory.names("nginx/a")) == (None, None, None)


def test_what_is_there_is_told_without_opening_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("x" * 48)
    (tmp_path / "link").symlink_to("key")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    def refuse(path: Path) -> bytes:
        raise AssertionError(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    directory = Directory.open(tmp_path)
    assert {
        name: (directory.kind(name), directory.size(name)) for name in ("key", "link", "folder", "pipe", "x/y")
    } == {
        "key": (Kind.FILE, 48),
        "link": (Kind.LINK, None),
        "folder": (None, None),
        "pipe": (None, None),
        "x/y": (None, None),
    }


def test_a_directory_lacks_nothing_that_the_host_has(tmp_path: Path) -> None:
    assert not Directory.open(tmp_path).may_lack("nginx/nginx.conf")


def test_a_linked_directory_is_a_link_and_not_entered(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    directory = Directory.open(tmp_path)
    link = directory.entry("link")
    assert link is not None
    assert (link.kind, directory.read(link.blob), directory.names("link")) == (Kind.LINK, b"real", None)


def test_a_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    directory = Directory.open(tmp_path)
    entry = directory.entry("a")
    (tmp_path / "a").write_text("2")
    assert directory.entry("a") == entry
    assert entry is not None
    assert directory.read(entry.blob) == b"1"


def test_what_is_neither_file_nor_link_is_absent(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    directory = Directory.open(tmp_path)
    assert (directory.entry("pipe"), directory.names("")) == (None, frozenset({"pipe"}))


def test_a_file_that_may_not_be_read_is_there_and_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("1")

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    directory = Directory.open(tmp_path)
    assert directory.entry("a") == Entry(Kind.FILE, BlobId("unreadable: Permission denied"))
    with pytest.raises(UnreadableBlob):
        directory.read(BlobId("unreadable: Permission denied"))


@pytest.mark.parametrize("name", ["file", "missing"])
def test_what_is_no_directory_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DriftscanError) as caught:
        Directory.open(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: not a directory that can be read"
