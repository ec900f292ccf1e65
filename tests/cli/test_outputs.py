"""Several formats of one run, and where they go."""

import json
import stat
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driftscan.cli import check as check_verb
from driftscan.cli import report as report_verb
from driftscan.cli.outputs import chosen
from driftscan.drift.scan import Scan, Step
from driftscan.errors import DriftscanError
from tests.cli.conftest import Incident, Run

REPORT, CHECK = report_verb.FORMS, check_verb.FORMS


@pytest.mark.parametrize(
    ("wanted", "form", "expected"),
    [
        ([], None, [("html", "driftscan-report.html")]),
        ([], "md", [("md", "driftscan-report.md")]),
        ([], "sarif", [("sarif", "driftscan-report.sarif")]),
        (["a.html"], None, [("html", "a.html")]),
        (["a.JSON"], None, [("json", "a.JSON")]),
        (["a.md"], None, [("md", "a.md")]),
        (["a.sarif"], None, [("sarif", "a.sarif")]),
        (["a.sarif.json"], None, [("sarif", "a.sarif.json")]),
        (["page"], None, [("html", "page")]),
        (["a.json"], "html", [("html", "a.json")]),
        (["-"], None, [("html", None)]),
        (["-"], "sarif", [("sarif", None)]),
        (["md=-", "HTML=x", "sarif=y.html"], None, [("md", None), ("html", "x"), ("sarif", "y.html")]),
        (["md=a=b"], None, [("md", "a=b")]),
        (["./md=a"], None, [("html", "md=a")]),
        (["a.b=c.md"], None, [("md", "a.b=c.md")]),
        (["json=a", "json=b"], None, [("json", "a"), ("json", "b")]),
    ],
)
def test_what_report_writes(wanted: list[str], form: str | None, expected: list[tuple[str, str | None]]) -> None:
    found = chosen(wanted, form, REPORT, quiet=False)
    assert [(one.form, None if one.file is None else str(one.file)) for one in found] == expected


@pytest.mark.parametrize(
    ("wanted", "form", "quiet", "expected"),
    [
        ([], None, False, [("text", None)]),
        ([], None, True, [("text", None)]),
        ([], "junit", False, [("junit", None)]),
        (["sarif=a"], None, False, [("sarif", "a"), ("text", None)]),
        (["sarif=a"], None, True, [("sarif", "a")]),
        (["sarif=a"], "json", False, [("sarif", "a"), ("json", None)]),
        (["a"], "json", False, [("json", "a"), ("text", None)]),
        (["a.xml"], None, False, [("junit", "a.xml"), ("text", None)]),
        (["junit=a", "md=-"], None, False, [("junit", "a"), ("md", None)]),
        (["a.txt"], None, True, [("text", "a.txt")]),
    ],
)
def test_what_check_writes_and_prints(
    wanted: list[str], form: str | None, expected: list[tuple[str, str | None]], *, quiet: bool
) -> None:
    found = chosen(wanted, form, CHECK, quiet=quiet)
    assert [(one.form, None if one.file is None else str(one.file)) for one in found] == expected


@pytest.mark.parametrize(
    ("wanted", "form", "cure"),
    [
        (["pdf=a"], None, "-o pdf=a: there is no format 'pdf'; report writes html, md, json and sarif, and a file of"),
        ([], "pdf", "--format pdf: there is no format 'pdf'; report writes html, md, json and sarif"),
        (["junit=a"], None, "-o junit=a: report writes no junit; `driftscan check -o junit=FILE` writes it"),
        (["a.xml"], None, "-o a.xml: report writes no junit; `driftscan check -o junit=FILE` writes it"),
        ([], "junit", "--format junit: report writes no junit; `driftscan check -o junit=FILE` writes it"),
        (["text=a"], None, "`driftscan log` prints text"),
        (["html="], None, "-o html=: name a file, or - for standard output"),
        ([""], None, "name a file, or - for standard output"),
        (["html=a", "md=./b/../a"], None, "cannot hold two outputs (html and md); give one of them a file of its own"),
        (["html=-", "md=-"], None, "standard output cannot hold two outputs (html and md)"),
        (["=a"], None, "there is no format ''"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_with_the_cure(wanted: list[str], form: str | None, cure: str) -> None:
    with pytest.raises(DriftscanError) as refused:
        chosen(wanted, form, REPORT, quiet=False)
    assert cure in str(refused.value)
    assert "\n" not in str(refused.value)


def test_check_knows_who_writes_html() -> None:
    with pytest.raises(DriftscanError, match=r"`driftscan report -o html=FILE` writes it"):
        chosen(["a.html"], None, CHECK, quiet=False)


def test_one_place_by_two_names_is_one_place(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(DriftscanError, match="cannot hold two outputs"):
        chosen([f"html={tmp_path}/a", f"md={tmp_path}/link/a"], None, REPORT, quiet=False)


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a history was walked."""
    walks: list[Scan] = []
    steps = Scan.steps

    def counted(scan: Scan) -> Iterator[Step]:
        walks.append(scan)
        return steps(scan)

    monkeypatch.setattr(Scan, "steps", counted)
    return lambda: len(walks)


def test_report_writes_every_format_of_one_walk(
    incident: Incident, run: Run, tmp_path: Path, scans: Callable[[], int]
) -> None:
    names = ("a.html", "a.md", "a.json", "a.sarif")
    ran = run("report", "-C", incident.path, *(word for name in names for word in ("-o", str(tmp_path / name))))
    assert (ran.code, ran.out, scans()) == (0, "", 1)
    assert ran.err.splitlines()[1:] == [f"wrote {tmp_path / name}" for name in names]
    for name in names:
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert "session-tickets-mismatch" in (tmp_path / name).read_text()
    assert json.loads((tmp_path / "a.sarif").read_text())["version"] == "2.1.0"
    assert (tmp_path / "a.md").read_text().startswith("# TLS history of ")


def test_report_on_standard_output(incident: Incident, run: Run, tmp_path: Path) -> None:
    ran = run("report", "-C", incident.path, "-o", "md=-", "-o", f"json={tmp_path / 'a'}")
    assert ran.out.startswith("# TLS history of ")
    assert json.loads((tmp_path / "a").read_text())["schema"] == "driftscan/1"


def test_check_writes_files_and_prints_text(incident: Incident, run: Run, tmp_path: Path) -> None:
    ran = run("check", "-C", incident.path, incident.broken, "-o", f"{tmp_path}/a.sarif", "-o", f"{tmp_path}/a.xml")
    plain = run("check", "-C", incident.path, incident.broken)
    assert (ran.code, ran.out) == (1, plain.out)
    log = json.loads((tmp_path / "a.sarif").read_text())
    assert log["runs"][0]["versionControlProvenance"][0]["revisionId"] == incident.broken
    assert log["runs"][0]["versionControlProvenance"][0]["repositoryUri"] == Path(incident.path).as_uri()
    assert int(ET.parse(tmp_path / "a.xml").getroot().attrib["failures"]) > 0  # noqa: S314 - our own file
    quiet = run("check", "-q", "-C", incident.path, incident.broken, "-o", f"{tmp_path}/b.md")
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "")
    assert (tmp_path / "b.md").read_text().startswith("# Checked: ")


def test_check_of_a_work_tree_is_of_no_commit(incident: Incident, run: Run) -> None:
    incident.etc.checkout()
    ran = run("check", "-C", incident.path, "--worktree", "--format", "sarif")
    (details,) = json.loads(ran.out)["runs"][0]["versionControlProvenance"]
    assert "revisionId" not in details


def test_check_of_a_directory_is_of_no_history_and_lies_where_it_lies(incident: Incident, run: Run) -> None:
    incident.etc.checkout()
    for more, root in (((), "file:///etc/"), (("--conf", "nginx/nginx.conf"), f"{Path(incident.path).as_uri()}/")):
        (only,) = json.loads(run("check", incident.path, "--format", "sarif", *more).out)["runs"]
        assert "versionControlProvenance" not in only
        assert only["originalUriBaseIds"]["ETC"]["uri"] == root


def test_nothing_is_walked_for_wishes_that_make_no_sense(
    incident: Incident, run: Run, scans: Callable[[], int]
) -> None:
    for verb in ("report", "check"):
        ran = run(verb, "-C", incident.path, "-o", "pdf=x")
        assert (ran.code, ran.out, scans()) == (2, "", 0)


def test_an_output_that_fails_says_what_was_written(incident: Incident, run: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    ran = run("report", "-C", incident.path, "-o", f"md={tmp_path}/a", "-o", f"json={tmp_path}/link", "-o", "sarif=-")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].endswith(f"remove it or choose another (already written: {tmp_path}/a)")
    ran = run("check", "-C", incident.path, "-o", f"md={tmp_path}/link")
    assert ran.err.splitlines()[-1].endswith("choose another (nothing was written)")
