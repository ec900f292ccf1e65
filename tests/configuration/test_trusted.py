"""A file that is obeyed is one that only root or the user can have written."""

import os
from pathlib import Path

import pytest

from driftscan.configuration.trusted import read_trusted
from driftscan.errors import DriftscanError
from driftscan.site.toml import LARGEST
from tests.configuration.conftest import Write


def test_an_ordinary_file_of_the_user_is_read_also_through_a_link(write: Write, tmp_path: Path) -> None:
    path = write("color = 'never'")
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    assert read_trusted(path) == read_trusted(link) == b"color = 'never'"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused_with_the_cure(write: Write, tmp_path: Path, mode: int) -> None:
    path = write("")
    path.chmod(mode)
    link = tmp_path / "a link.toml"
    link.symlink_to(path)
    for name, quoted in ((path, str(path)), (link, f"'{link}'")):
        with pytest.raises(DriftscanError) as refused:
            read_trusted(name)
        assert str(refused.value).endswith(f"`chmod go-w {quoted}`")
    path.chmod(0o644)
    assert read_trusted(link) == b""


def test_a_file_of_another_user_is_refused_with_the_cure(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("")
    owner = path.stat().st_uid
    really = os.fstat

    def of_somebody(descriptor: int) -> os.stat_result:
        found = really(descriptor)
        return os.stat_result((*found[:4], 4711, *found[5:])) if found.st_ino == path.stat().st_ino else found

    monkeypatch.setattr(os, "fstat", of_somebody)
    with pytest.raises(DriftscanError, match=rf"belongs to user 4711, .*; `chown root {path}`$"):
        read_trusted(path)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert read_trusted(path) == b""
    monkeypatch.setattr(os, "fstat", really)
    if owner == 0:
        assert read_trusted(path) == b"", "root's file is obeyed by everybody"


def test_what_is_no_ordinary_file_is_refused_and_nothing_waits_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (pipe, tmp_path, Path("/dev/null")):
        with pytest.raises(DriftscanError, match="is no ordinary file, and is not obeyed"):
            read_trusted(path)


def test_a_file_has_a_largest_size(write: Write) -> None:
    path = write("#" * LARGEST)
    assert len(read_trusted(path)) == LARGEST
    path.write_text("#" * (LARGEST + 1))
    with pytest.raises(DriftscanError, match=f"has more than {LARGEST} bytes"):
        read_trusted(path)


def test_a_missing_file_is_told_apart_and_other_trouble_has_its_cure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_trusted(tmp_path / "nothing")
    (tmp_path / "file").touch()
    with pytest.raises(DriftscanError, match="Not a directory; run driftscan as root, or name"):
        read_trusted(tmp_path / "file" / "x")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(DriftscanError, match="symbolic links; run driftscan as root, or name"):
        read_trusted(tmp_path / "loop")
