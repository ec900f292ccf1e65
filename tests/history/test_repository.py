import shutil
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftscan.errors import RepositoryError
from driftscan.history.commit import BlobId, CommitId, Entry, Identity, Kind, PathChange
from driftscan.history.repository import CUT, LARGEST_DIFF, Repository
from driftscan.history.snapshot import TreeIndex, UnreadableBlob
from tests.etc import Content, EtcHistory, Gitlink, Link
from tests.history.walks import blob, paths, whole


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_revision_has_everything_a_commit_says(tmp_path: Path, object_format: str) -> None:
    etc = EtcHistory(tmp_path / "etc", object_format=object_format)
    first = etc.commit({"a": "1", "d/link": Link("../a")}, message="Initial commit", when="2026-01-02T03:04:05+0100")
    second = etc.commit(
        {"a": "2", "d/link": None},
        message="subject\n\nbody\n\nmore",
        when="2026-01-03T03:04:05-0230",
        author=("alice", "alice@example.org"),
        authored="2026-01-03T00:00:00+0900",
    )
    link = Entry(Kind.LINK, BlobId(etc.git("hash-object", "--stdin", stdin=b"../a")))
    with Repository.open(etc.path) as repository:
        before, after = whole(repository)
        assert repository.head == second
        assert repository.path == etc.path
        assert repository.read(link.blob) == b"../a"
    one, two = blob(etc, b"1"), blob(etc, b"2")
    assert (before.commit.id, before.commit.parents, before.commit.message) == (first, (), "Initial commit")
    assert before.changes == (PathChange("a", None, one), PathChange("d/link", None, link))
    assert after.changes == (PathChange("a", one, two), PathChange("d/link", link, None))
    assert after.commit.id == second
    assert after.commit.parents == (first,)
    assert after.commit.author == Identity("alice", "alice@example.org")
    assert after.commit.committer == Identity("root", "root@host.example")
    assert after.commit.authored.isoformat() == "2026-01-03T00:00:00+09:00"
    assert after.commit.committed.isoformat() == "2026-01-03T03:04:05-02:30"
    assert after.commit.message == "subject\n\nbody\n\nmore"
    assert (before.boundary, after.boundary) == (False, False)


def test_names_and_messages_that_are_not_utf8_keep_their_bytes(etc: EtcHistory) -> None:
    names = [b"a\xff", b"line\nbreak", b"quote\"'", b"tab\t", b" :100644 x", "umläut".encode(), b"back\\slash"]
    etc.commit({name: name for name in names}, message=b"caf\xe9\n:100644\n", author=(b"J\xf6rg", b"j\xf6rg@x"))
    with Repository.open(etc.path) as repository:
        (only,) = whole(repository)
        tree = repository.tree(repository.head)
        contents = {change.path: repository.read(change.after.blob) for change in only.changes if change.after}
    assert contents == {name.decode("utf-8", "surrogateescape"): name for name in names}
    assert tree.names("") == frozenset(contents)
    assert only.commit.message == "caf\udce9\n:100644\n"
    assert only.commit.author == Identity("J\udcf6rg", "j\udcf6rg@x")


def test_a_message_with_a_declared_encoding_is_read_with_it(etc: EtcHistory) -> None:
    etc.commit({"a": "1"}, message="für".encode("latin-1"), encoding="ISO-8859-1")
    etc.commit({"a": "2"}, message=b"x\xff", encoding="no-such-encoding")
    with Repository.open(etc.path) as repository:
        assert [found.commit.message for found in whole(repository)] == ["für", "x\udcff"]


def test_empty_commits_and_empty_messages_are_commits(etc: EtcHistory) -> None:
    commits = [etc.commit({"a": "1"}, message=""), etc.commit({}, message=""), etc.commit({}, message="\n\n")]
    with Repository.open(etc.path) as repository:
        assert [(found.commit.id, paths(found)) for found in whole(repository)] == [
            (commits[0], ["a"]),
            (commits[1], []),
            (commits[2], []),
        ]


def test_a_path_can_become_a_link_a_nested_repository_or_a_directory(etc: EtcHistory) -> None:
    etc.commit({"a": "1", "b": "1", "c": "1"})
    etc.commit({"a": Link("b"), "b": Gitlink("1" * 40)})
    etc.commit({"c": None})
    etc.commit({"c/d": "1"})
    etc.commit({"c": "2"})
    one, two = blob(etc, b"1"), blob(etc, b"2")
    link = Entry(Kind.LINK, BlobId(etc.git("hash-object", "--stdin", stdin=b"b")))
    with Repository.open(etc.path) as repository:
        _, changed, removed, directory, file = whole(repository)
        with pytest.raises(UnreadableBlob):
            repository.read(BlobId("1" * 40))
    assert changed.changes == (
        PathChange("a", one, link),
        PathChange("b", one, Entry(Kind.GITLINK, BlobId("1" * 40))),
    )
    assert removed.changes == (PathChange("c", one, None),)
    assert directory.changes == (PathChange("c/d", None, one),)
    assert set(file.changes) == {PathChange("c", None, two), PathChange("c/d", one, None)}


def test_a_merge_is_compared_with_its_first_parent_only(etc: EtcHistory) -> None:
    root = etc.commit({"a": "1"})
    mine = etc.commit({"b": "1"})
    theirs = etc.commit({"c": "1"}, branch="side", parents=[root])
    merge = etc.commit({"c": "1", "a": "2"}, parents=[mine, theirs])
    for setting in ("combined", "separate", "off"):
        etc.git("config", "log.diffMerges", setting)
        with Repository.open(etc.path) as repository:
            found = whole(repository)
        assert [(each.commit.id, paths(each)) for each in found] == [(root, ["a"]), (mine, ["b"]), (merge, ["a", "c"])]
        assert found[-1].commit.parents == (mine, theirs)


def test_a_history_with_several_roots_follows_the_first(etc: EtcHistory) -> None:
    other = etc.commit({"x": "1"}, branch="other", parents=[])
    root = etc.commit({"a": "1"})
    merge = etc.commit({"x": "1"}, parents=[root, other])
    with Repository.open(etc.path) as repository:
        assert [found.commit.id for found in whole(repository)] == [root, merge]


def test_a_detached_head_is_where_the_history_ends(etc: EtcHistory) -> None:
    first = etc.commit({"a": "1"})
    etc.commit({"a": "2"})
    etc.git("update-ref", "--no-deref", "HEAD", first)
    with Repository.open(etc.path) as repository:
        assert repository.head == first
        assert [found.commit.id for found in whole(repository)] == [first]


def test_a_bare_repository_is_read(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path / "etc.git", bare=True)
    head = etc.commit({"a": "1"})
    with Repository.open(etc.path) as repository:
        assert (repository.head, paths(whole(repository)[0])) == (head, ["a"])


def test_linked_work_trees_and_separate_git_directories_are_read(etc: EtcHistory, tmp_path: Path) -> None:
    first = etc.commit({"a": "1"})
    second = etc.commit({"a": "2"})
    etc.git("worktree", "add", "--quiet", "--detach", "../linked", first)
    with Repository.open(tmp_path / "linked") as repository:
        assert repository.head == first
    etc.git("init", "--quiet", "--separate-git-dir", "../elsewhere")
    assert (etc.path / ".git").is_file()
    with Repository.open(etc.path) as repository:
        assert repository.head == second


def test_core_worktree_and_core_bare_do_not_matter(etc: EtcHistory) -> None:
    head = etc.commit({"a": "1"})
    etc.git("config", "core.worktree", "/nowhere/at/all")
    with Repository.open(etc.path) as repository:
        assert [found.commit.id for found in whole(repository)] == [head]


def test_a_shallow_boundary_is_said(etc: EtcHistory, tmp_path: Path) -> None:
    etc.commit({"a": "1"})
    second = etc.commit({"b": "1"})
    third = etc.commit({"a": "2"})
    etc.git("clone", "--quiet", "--depth=2", "--no-checkout", f"file://{etc.path}", str(tmp_path / "clone"))
    with Repository.open(tmp_path / "clone") as repository:
        found = [(each.commit.id, each.commit.parents, paths(each), each.boundary) for each in whole(repository)]
        assert repository.raw_diff(second, ["b"]).splitlines()[-2:] == ["+1", r"\ No newline at end of file"]
    assert found == [(second, (), ["a", "b"], True), (third, (second,), ["a"], False)]


DATES = [
    ("@1700000000 +0545", "2023-11-15T03:58:20+05:45"),
    ("@1700000000 +9900", "2023-11-14T22:13:20+00:00"),
    ("@1700000000 -7777", "2023-11-14T22:13:20+00:00"),
    ("@0 +0000", "1970-01-01T00:00:00+00:00"),
    ("@253402300800 +1400", "9999-12-29T14:00:00+14:00"),
    ("@99999999999999 -1200", "9999-12-28T12:00:00-12:00"),
]


@pytest.mark.parametrize(("raw", "moment"), DATES)
def test_dates_that_no_calendar_has_become_the_nearest(etc: EtcHistory, raw: str, moment: str) -> None:
    etc.commit({"a": "1"}, when=raw)
    with Repository.open(etc.path) as repository:
        (found,) = whole(repository)
    assert (found.commit.committed.isoformat(), found.commit.authored.isoformat()) == (moment, moment)
    assert found.commit.committed.astimezone(timezone(timedelta(hours=14))) == found.commit.committed


def write_commit(etc: EtcHistory, text: bytes) -> CommitId:
    tree = etc.git("write-tree")
    commit = etc.git(
        "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=f"tree {tree}\n".encode() + text
    )
    etc.git("update-ref", "refs/heads/main", commit)
    return CommitId(commit)


def test_a_damaged_commit_header_is_no_crash(etc: EtcHistory) -> None:
    commit = write_commit(etc, b"author nobody\ncommitter <> what when\n\nmessage\n")
    with Repository.open(etc.path) as repository:
        (found,) = whole(repository)
    assert (found.commit.id, found.commit.message) == (commit, "message\n")
    assert found.commit.committed == datetime(1970, 1, 1, tzinfo=UTC)


def test_blobs_are_read_in_any_order_and_size(etc: EtcHistory) -> None:
    contents = [b"", b"\n", b"x" * 200_000, b"a\0b missing\n", b"\xff"]
    etc.commit({str(number): data for number, data in enumerate(contents)})
    missing = BlobId("0" * 39 + "1")
    with Repository.open(etc.path) as repository:
        tree = repository.tree(repository.head)
        for _ in range(2):
            for number, data in reversed([*enumerate(contents)]):
                entry = tree.entry(str(number))
                assert entry is not None
                assert tree.read(entry.blob) == data
            for unreadable in (missing, BlobId(repository.head), BlobId("HEAD"), BlobId(""), BlobId("a\nb")):
                with pytest.raises(UnreadableBlob):
                    repository.read(unreadable)


def test_a_damaged_blob_is_unreadable_and_the_others_are_not(etc: EtcHistory) -> None:
    etc.commit({"a": "1", "b": "2"})
    a, b = blob(etc, b"1").blob, blob(etc, b"2").blob
    file = etc.path / ".git/objects" / a[:2] / a[2:]
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    with Repository.open(etc.path) as repository:
        with pytest.raises(UnreadableBlob):
            repository.read(a)
        assert repository.read(b) == b"2"


def test_a_lost_tree_is_one_clear_error(etc: EtcHistory) -> None:
    etc.commit({"a": "1"})
    etc.commit({"a": "2"})
    tree = etc.git("rev-parse", "HEAD^{tree}")
    (etc.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with Repository.open(etc.path) as repository, pytest.raises(RepositoryError) as caught:
        whole(repository)
    assert str(caught.value) == (
        f"{etc.path} cannot be read; `git -C {etc.path} fsck` tells more (git: fatal: unable to read tree {tree})"
    )


def test_a_diff_is_against_the_first_parent_and_of_the_named_paths(etc: EtcHistory) -> None:
    root = etc.commit({"a": "1\n", "*": "1\n", ":(top)x": "1\n"})
    mine = etc.commit({"a": "2\n", "*": "2\n", ":(top)x": "2\n"})
    theirs = etc.commit({"b": "1\n"}, branch="side", parents=[root])
    merge = etc.commit({"b": "1\n"}, parents=[mine, theirs])
    with Repository.open(etc.path) as repository:
        assert repository.raw_diff(mine, ["*"]).splitlines()[2:] == ["--- a/*", "+++ b/*", "@@ -1 +1 @@", "-1", "+2"]
        assert repository.raw_diff(mine, [":(top)x"]).splitlines()[0] == "diff --git a/:(top)x b/:(top)x"
        assert repository.raw_diff(root, ["a"]).splitlines()[-3:] == ["+++ b/a", "@@ -0,0 +1 @@", "+1"]
        assert [line for line in repository.raw_diff(merge, ["a", "b"]).splitlines() if line[0] == "+"] == [
            "+++ b/b",
            "+1",
        ]
        assert repository.raw_diff(mine, []) == ""


def test_a_long_diff_is_cut_and_says_so(etc: EtcHistory) -> None:
    commit = etc.commit({"a": "x\n" * LARGEST_DIFF})
    with Repository.open(etc.path) as repository:
        diff = repository.raw_diff(commit, ["a"])
    assert (len(diff), diff[-len(CUT) :]) == (LARGEST_DIFF + len(CUT), CUT)


NAMES = st.sampled_from(["a", "b", "a/b", "a/c", "d/e/f", "d/e", "é", "x y"])
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.sampled_from(["", "1", "2"]),
    st.builds(Link, st.sampled_from(["a", "../b"])),
    st.just(Gitlink("1" * 40)),
    st.none(),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.dictionaries(NAMES, CONTENTS, max_size=3), min_size=1, max_size=5))
def test_folding_revisions_gives_the_tree_of_every_commit(tmp_path: Path, steps: list[dict[str, Content]]) -> None:
    place = tmp_path / "etc"
    shutil.rmtree(place, ignore_errors=True)
    etc = EtcHistory(place)
    for step in steps:
        etc.commit({name: step[name] for name in sorted(step, key=lambda name: (step[name] is not None, name))})
    with Repository.open(place) as repository:
        folded = TreeIndex(repository.read)
        for revision in whole(repository):
            folded.apply(revision.changes)
            listed = repository.tree(revision.commit.id)
            assert (folded._entries, folded._children) == (listed._entries, listed._children)


def test_the_order_of_a_walk_is_that_of_the_parents(etc: EtcHistory) -> None:
    for number in range(20):
        etc.commit({"a": str(number)}, when=f"@{1_700_000_000 - number} +0000")
    with Repository.open(etc.path) as repository:
        walked = [found.commit for found in whole(repository)]
    assert len(walked) == 20
    assert all(later.parents == (earlier.id,) for earlier, later in pairwise(walked))


def test_open_files_are_closed(etc: EtcHistory) -> None:
    etc.commit({"a": "1"})
    before = len(list(Path("/proc/self/fd").iterdir()))
    with Repository.open(etc.path) as repository:
        whole(repository)
        repository.read(blob(etc, b"1").blob)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
