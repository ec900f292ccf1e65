import stat
from pathlib import Path

import pytest

from driftscan.errors import DriftscanError
from driftscan.report.file import write


def test_a_report_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write(path, "é")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"\xc3\xa9", 0o600)


def test_an_older_report_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    path.chmod(0o644)
    write(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


def test_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "report.html", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("target", ["victim", "missing"])
def test_nothing_is_written_through_a_link(tmp_path: Path, target: str) -> None:
    (tmp_path / "victim").write_text("precious")
    link = tmp_path / "report.html"
    link.symlink_to(tmp_path / target)
    with pytest.raises(DriftscanError, match="is a symbolic link"):
        write(link, "new")
    assert (link.is_symlink(), (tmp_path / "victim").read_text()) == (True, "precious")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftscanError, match="is no ordinary file; choose another one with -o"):
        write(tmp_path, "new")


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(DriftscanError, match="cannot be written: No such file or directory"):
        write(tmp_path / "missing" / "report.html", "new")


def test_a_file_in_place_of_a_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DriftscanError, match="cannot be written: Not a directory"):
        write(tmp_path / "file" / "report.html", "new")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DriftscanError, match="No space left on device"):
        write(path, "new")
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("report.html", "old")]
