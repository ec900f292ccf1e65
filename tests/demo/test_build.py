import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from driftscan.demo.build import build
from driftscan.demo.story import CHANGED_AT, MENDED_AT, SITES
from driftscan.drift.findings import FindingState
from driftscan.drift.scan import Outcome, Scan, finish
from driftscan.errors import DriftscanError, RepositoryError
from driftscan.history.etckeeper import MadeBy, origin
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.patterns.catalogue import catalogue
from tests.etc import ENVIRONMENT

HEAD = "375aaeecfe7ed45238dc61ca5d0c24fa96c83db3"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("demo") / "etc"
    build(directory)
    return directory


@pytest.fixture(scope="module")
def outcome(demo: Path) -> Outcome:
    with Repository.open(demo) as repository:
        matchers = tuple(known.matcher for known in catalogue())
        return finish(Scan(repository, repository.select(Selection()), matchers, Observer(repository.read)))


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_same_commits_everywhere(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    monkeypatch.setenv("TZ", "America/New_York")
    again = demo.parent / "again 'quoted'"
    build(again)
    assert git(again, "rev-parse", "HEAD") == git(demo, "rev-parse", "HEAD") == f"{HEAD}\n"


def test_the_files_are_there_and_nothing_is_uncommitted(demo: Path) -> None:
    assert git(demo, "status", "--porcelain") == ""
    assert (demo / "nginx/sites-enabled/shop.example").resolve() == demo / "nginx/sites-available/shop.example"
    assert git(demo, "fsck", "--strict") == ""


def test_the_story_as_etckeeper_would_have_committed_it(demo: Path) -> None:
    with Repository.open(demo) as repository:
        commits = [revision.commit for revision in repository.revisions(repository.select(Selection()))]
    assert [(origin(commit).made_by, origin(commit).person) for commit in commits] == [
        (MadeBy.INITIAL, None),
        (MadeBy.BEFORE_PACKAGE_RUN, "mina <mina@web1.example>"),
        (MadeBy.PACKAGE_MANAGER, "mina <mina@web1.example>"),
        (MadeBy.PERSON, "mina <mina@web1.example>"),
        (MadeBy.DAILY, None),
        (MadeBy.PACKAGE_MANAGER, "mina <mina@web1.example>"),
        (MadeBy.DAILY, None),
        (MadeBy.PERSON, "mina <mina@web1.example>"),
        (MadeBy.DAILY, None),
        (MadeBy.PERSON, "mina <mina@web1.example>"),
        (MadeBy.PACKAGE_MANAGER, "mina <mina@web1.example>"),
        (MadeBy.DAILY, None),
    ]
    assert git(demo, "symbolic-ref", "HEAD") == "refs/heads/master\n"


def test_what_driftscan_finds_in_it(outcome: Outcome) -> None:
    events = [
        (event.state, event.finding.pattern, str(event.finding.hit.subject), step.commit.committed)
        for step in outcome.steps
        for event in step.findings
    ]
    changed, mended = datetime.fromisoformat(CHANGED_AT), datetime.fromisoformat(MENDED_AT)
    assert events == [
        (state, "session-tickets-mismatch", f"{site}:443", moment)
        for state, moment in ((FindingState.INTRODUCED, changed), (FindingState.RESOLVED, mended))
        for site in sorted(SITES)
    ]
    assert (outcome.open, outcome.gaps) == ((), ())


def test_only_four_commits_change_tls(outcome: Outcome) -> None:
    assert (outcome.commits, [step.commit.subject for step in outcome.steps]) == (
        12,
        [
            "nginx: the shop, the blog, and no answer for anybody else",
            "daily autocommit",
            "daily autocommit",
            "nginx: no session tickets in the default server either",
        ],
    )


def test_what_ran_on_the_host_is_evidence(outcome: Outcome) -> None:
    platform = outcome.steps[2].platform
    assert platform.library is not None
    assert platform.certbot is not None
    versions = (platform.nginx.version, platform.library.version, platform.certbot.version)
    assert [str(version) for version in versions] == ["1.10.3", "OpenSSL 1.0.2g", "0.36.0"]


def test_no_key_material(demo: Path) -> None:
    files = [path.read_text() for suffix in ("pem", "key") for path in demo.rglob(f"*.{suffix}")]
    assert len(files) > 10
    assert not any("PRIVATE KEY" in text for text in files)


def test_certificates_can_be_loaded(outcome: Outcome) -> None:
    assert outcome.state is not None
    assert (outcome.state.load.ok, outcome.state.load.doubts) == (True, ())


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(DriftscanError, match="is not empty; name a new directory"):
        build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DriftscanError, match="file: File exists; name another directory"):
        build(tmp_path / "file")


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing here"))
    with pytest.raises(RepositoryError, match="git was not found"):
        build(tmp_path / "demo")


def test_what_git_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho >&2 'fatal: no space left'\nexit 128\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent))
    with pytest.raises(RepositoryError, match=r"cannot be written.*\(git: fatal: no space left\)"):
        build(tmp_path / "demo")
