import pytest

from driftscan.history.commit import BlobId, Entry, Kind, PathChange
from driftscan.history.snapshot import TreeIndex, UnreadableBlob

ONE, TWO = Entry(Kind.FILE, BlobId("1" * 40)), Entry(Kind.FILE, BlobId("2" * 40))


def read(blob: BlobId) -> bytes:
    if blob != ONE.blob:
        raise UnreadableBlob(blob)
    return b"one"


def names(*found: str) -> frozenset[str]:
    return frozenset(found)


def tree(*paths: str) -> TreeIndex:
    index = TreeIndex(read)
    index.apply(PathChange(path, None, ONE) for path in paths)
    return index


def test_an_empty_tree_has_no_directory_at_all() -> None:
    assert (tree().names(""), tree().entry(""), tree().entry("a")) == (None, None, None)


def test_names_are_those_directly_below() -> None:
    index = tree("a", "d/b", "d/e/c", "d/e/d")
    assert index.names("") == names("a", "d")
    assert index.names("d") == names("b", "e")
    assert index.names("d/e") == names("c", "d")
    assert (index.names("a"), index.names("x"), index.names("d/e/c")) == (None, None, None)
    assert (index.entry("d/e/c"), index.entry("d/e"), index.entry("d")) == (ONE, None, None)


def test_a_directory_is_gone_with_its_last_entry() -> None:
    index = tree("d/e/c", "d/e/d")
    index.apply([PathChange("d/e/c", ONE, None)])
    assert (index.names("d/e"), index.names("d"), index.names("")) == (names("d"), names("e"), names("d"))
    index.apply([PathChange("d/e/d", ONE, None)])
    assert (index.names("d/e"), index.names("d"), index.names("")) == (None, None, None)


def test_a_changed_entry_is_counted_once() -> None:
    index = tree("d/a")
    index.apply([PathChange("d/a", ONE, TWO)])
    assert index.entry("d/a") == TWO
    index.apply([PathChange("d/a", TWO, None), PathChange("never/there", ONE, None)])
    assert (index.names("d"), index.names("never"), index.names("")) == (None, None, None)


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_may_become_a_directory_in_either_order(order: int) -> None:
    index = tree("a")
    index.apply([PathChange("a", ONE, None), PathChange("a/b", None, TWO)][::order])
    assert (index.names(""), index.names("a"), index.entry("a"), index.entry("a/b")) == (
        names("a"),
        names("b"),
        None,
        TWO,
    )


def test_blobs_come_from_the_repository() -> None:
    assert tree().read(ONE.blob) == b"one"
    with pytest.raises(UnreadableBlob):
        tree().read(TWO.blob)


def test_what_is_there_is_told_without_reading_it() -> None:
    index = TreeIndex(read, {ONE.blob: 3}.get)
    link, nested = Entry(Kind.LINK, BlobId("3" * 40)), Entry(Kind.GITLINK, BlobId("4" * 40))
    entries = {"a": ONE, "b": TWO, "link": link, "nested": nested, "d/c": ONE}
    index.apply(PathChange(path, None, entry) for path, entry in entries.items())
    assert {path: index.kind(path) for path in (*entries, "d", "x")} == {
        "a": Kind.FILE,
        "b": Kind.FILE,
        "link": Kind.LINK,
        "nested": Kind.GITLINK,
        "d/c": Kind.FILE,
        "d": None,
        "x": None,
    }
    assert {path: index.size(path) for path in (*entries, "d", "x")} == {
        "a": 3,
        "b": None,
        "link": None,
        "nested": None,
        "d/c": 3,
        "d": None,
        "x": None,
    }


def test_without_a_way_to_measure_no_size_is_known() -> None:
    assert tree("a").size("a") is None
