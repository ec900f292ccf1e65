import ctypes
import locale
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from driftscan.nginx.config import Footprint
from driftscan.nginx.treeglob import File, Folder, Looping, Missing, Outside, Place, TreeView, has_magic
from tests.etc import Gitlink, Link
from tests.nginx.trees import Blobs, Files, tree


def view(files: Files, root: str = "/etc") -> TreeView:
    return TreeView(tree(files), root)


def located(files: Files, path: str, root: str = "/etc") -> Place:
    return view(files, root).locate(path)


def glob(files: Files, pattern: str, root: str = "/etc") -> list[str | Outside]:
    return list(view(files, root).glob(pattern))


HOST: Files = {
    "nginx/a.conf": "a",
    "nginx/relative": Link("a.conf"),
    "nginx/absolute": Link("/etc/nginx/a.conf"),
    "nginx/up": Link("../nginx/./sub/../a.conf"),
    "nginx/chain": Link("relative"),
    "nginx/sub/b.conf": "b",
    "nginx/subdir": Link("sub"),
    "nginx/self": Link("self"),
    "nginx/ping": Link("pong"),
    "nginx/pong": Link("ping"),
    "nginx/dangling": Link("gone/away"),
    "nginx/outside": Link("/usr/share/nginx/x.conf"),
    "nginx/escape": Link("../../usr/x.conf"),
    "nginx/above": Link("/etc/../etc/nginx/a.conf"),
    "nginx/home": Link("/etc"),
    "nginx/through-file": Link("a.conf/x"),
    "nginx/repo": Gitlink("1" * 40),
    "nginx/into-repo": Link("repo/x.conf"),
}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/etc/nginx/a.conf", File("nginx/a.conf")),
        ("/etc//nginx/./a.conf", File("nginx/a.conf")),
        ("/etc/nginx/sub/../a.conf", File("nginx/a.conf")),
        ("/etc/nginx/relative", File("nginx/a.conf")),
        ("/etc/nginx/absolute", File("nginx/a.conf")),
        ("/etc/nginx/up", File("nginx/a.conf")),
        ("/etc/nginx/chain", File("nginx/a.conf")),
        ("/etc/nginx/above", File("nginx/a.conf")),
        ("/etc/nginx/subdir/b.conf", File("nginx/sub/b.conf")),
        ("/etc/nginx/subdir/../a.conf", File("nginx/a.conf")),
        ("/etc/nginx/home/nginx/home/nginx/a.conf", File("nginx/a.conf")),
        ("/etc/nginx/sub", Folder("nginx/sub")),
        ("/etc/nginx/subdir", Folder("nginx/sub")),
        ("/etc", Folder("")),
        ("/etc/nginx/home", Folder("")),
        ("/etc/nginx/repo", Folder("nginx/repo")),
        ("/etc/nginx/none", Missing("nginx/none", None)),
        ("/etc/nginx/none/x/y", Missing("nginx/none/x/y", None)),
        ("/etc/nginx/a.conf/x", Missing("nginx/a.conf/x", None)),
        ("/etc/nginx/dangling", Missing("nginx/gone/away", "nginx/dangling")),
        ("/etc/nginx/through-file", Missing("nginx/a.conf/x", "nginx/through-file")),
        ("/etc/nginx/subdir/none", Missing("nginx/sub/none", "nginx/subdir")),
        ("/etc/nginx/outside", Outside("/usr/share/nginx/x.conf")),
        ("/etc/nginx/escape", Outside("/usr/x.conf")),
        ("/etc/../usr/x", Outside("/usr/x")),
        ("/usr/x", Outside("/usr/x")),
        ("/etcetera", Outside("/etcetera")),
        ("/", Outside("/")),
        ("/etc/nginx/repo/x.conf", Outside("/etc/nginx/repo/x.conf")),
        ("/etc/nginx/into-repo", Outside("/etc/nginx/repo/x.conf")),
        ("/etc/nginx/self", Looping("nginx/self", "too many levels of symbolic links")),
        ("/etc/nginx/ping/x", Looping("nginx/ping", "too many levels of symbolic links")),
    ],
)
def test_a_path_leads_where_open_would_lead(path: str, place: Place) -> None:
    assert located(HOST, path) == place


def test_links_are_followed_forty_times_as_linux_does() -> None:
    chain: Files = {"0": "a", **{str(number): Link(str(number - 1)) for number in range(1, 42)}}
    assert located(chain, "/etc/40") == File("0")
    assert located(chain, "/etc/41") == Looping("1", "too many levels of symbolic links")


def test_the_root_of_the_tree_may_be_anywhere_on_the_host() -> None:
    files: Files = {"a.conf": "a", "x": Link("/etc/nginx/a.conf"), "y": Link("/srv/a.conf"), "z": Link("../a.conf")}
    assert located(files, "/etc/nginx/x", "/etc/nginx") == File("a.conf")
    assert located(files, "/etc/nginx/y", "/etc/nginx/") == Outside("/srv/a.conf")
    assert located(files, "/etc/nginx/z", "/etc/nginx") == Outside("/etc/a.conf")
    assert located(files, "/a.conf", "/") == File("a.conf")


def test_a_link_whose_target_is_lost_leads_nowhere() -> None:
    blobs = Blobs()
    lost = TreeView(tree({"x": Link("y")}, blobs), "/etc")
    blobs.clear()
    assert lost.locate("/etc/x") == Looping("x", "the link's target cannot be read from the repository")


def test_a_link_target_that_is_not_utf8_finds_its_file() -> None:
    assert located({"\udce4": "a", "x": Link(b"\xe4")}, "/etc/x") == File("\udce4")


NAMES = ["10-a", "2-a", "B", "_", "a", "a~", "b.conf", ".hidden", ".b.conf", "ä.conf", "x.dpkg-old", "sub"]
SITES: Files = {f"s/{name}": "a" for name in NAMES[:-1]} | {"s/sub/x": "a", "other/x": "a", "t/sub/y": "a"}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("s/*", ["10-a", "2-a", "B", "_", "a", "a~", "b.conf", "sub", "x.dpkg-old", "ä.conf"]),
        ("s/*.conf", ["b.conf", "ä.conf"]),
        ("s/.*", [".", "..", ".b.conf", ".hidden"]),
        ("s/.*.conf", [".b.conf"]),
        ("s/?", ["B", "_", "a"]),
        ("s/??.conf", ["ä.conf"]),
        ("s/?.conf", ["b.conf"]),
        ("s/[!a-z]*", ["10-a", "2-a", "B", "_", "ä.conf"]),
        ("s/[^a-z]", ["B", "_"]),
        ("s/[0-9]*-a", ["10-a", "2-a"]),
        ("s/[]_]", ["_"]),
        ("s/[!]a]", ["B", "_"]),
        ("s/[a", []),
        ("s/[z-a]*", []),
        ("s/[[:digit:]]*", ["10-a", "2-a"]),
        ("s/[[:upper:]_]", ["B", "_"]),
        ("s/[![:alpha:]]", ["_"]),
        ("s/[--9]*", ["10-a", "2-a"]),
        ("s/[.]*", []),
        ("s/?hidden", []),
        ("s/\\a*", ["a", "a~"]),
        ("s/[\\a]", ["a"]),
        ("s/{a,B}*", []),
        ("s/*a*", ["10-a", "2-a", "a", "a~"]),
        ("none/*", []),
        ("s/a/*", []),
        ("s/*/*", ["sub/x"]),
        ("s/sub/*", ["sub/x"]),
    ],
)
def test_a_pattern_matches_what_glob_matches_in_byte_order(pattern: str, matches: list[str]) -> None:
    assert glob(SITES, f"/etc/{pattern}") == [f"/etc/s/{name}" for name in matches]


def test_a_pattern_may_have_magic_anywhere() -> None:
    assert glob(SITES, "/etc/*/sub/*") == ["/etc/s/sub/x", "/etc/t/sub/y"]
    assert glob(SITES, "/etc/*/x") == ["/etc/other/x"]
    assert glob(SITES, "/etc/s/../oth*/x") == ["/etc/s/../other/x"]
    assert glob(SITES, "/etc/s/su[b]/.") == ["/etc/s/sub"]


def test_links_that_dangle_are_matched_as_lstat_sees_them() -> None:
    files: Files = {"s/a": Link("gone"), "s/b": Link("a"), "s/d": Link("/srv/x"), "t/s": Link("gone"), "u/s/a": "a"}
    assert glob(files, "/etc/s/*") == ["/etc/s/a", "/etc/s/b", "/etc/s/d"]
    assert glob(files, "/etc/*/a") == ["/etc/s/a"]
    assert glob(files, "/etc/*/s/a") == ["/etc/u/s/a"]
    assert glob(files, "/etc/*/s") == ["/etc/t/s", "/etc/u/s"]


def test_a_pattern_goes_through_directory_links_and_keeps_the_name_as_spelled() -> None:
    files: Files = {"real/x": "a", "link": Link("real"), "loop": Link("loop"), "abs": Link("/etc/real")}
    assert glob(files, "/etc/link/*") == ["/etc/link/x"]
    assert glob(files, "/etc/*/x") == ["/etc/abs/x", "/etc/link/x", "/etc/real/x"]
    assert glob(files, "/etc/loop/*") == []
    assert glob(files, "/*tc/loop") == [Outside("/*tc/loop")]
    assert glob({"s/loop": Link("loop")}, "/etc/*/loop") == ["/etc/s/loop"]


def test_what_a_pattern_may_match_outside_the_tree_is_said() -> None:
    files: Files = {"s/x": "a", "out": Link("/srv/sites"), "repo": Gitlink("1" * 40), "r": Link("repo")}
    assert glob(files, "/srv/*.conf") == [Outside("/srv/*.conf")]
    assert glob(files, "/etc/out/*.conf") == [Outside("/srv/sites/*.conf")]
    assert glob(files, "/etc/repo/*.conf") == [Outside("/etc/repo/*.conf")]
    assert glob(files, "/etc/r/*/x") == [Outside("/etc/r/*/x")]
    assert glob(files, "/etc/[or]*/x") == ["/etc/out/x", "/etc/r/x", "/etc/repo/x"]
    assert glob(files, "/etc/re*") == ["/etc/repo"]


def test_an_empty_tree_matches_nothing() -> None:
    assert glob({}, "/etc/*") == []


def test_only_three_characters_make_a_pattern() -> None:
    assert [text for text in ("a", "a*", "a?", "[a", "a]", "{a,b}", "~", "\\a") if has_magic(text)] == [
        "a*",
        "a?",
        "[a",
    ]


def test_everything_looked_up_is_in_the_footprint() -> None:
    looking = view(HOST)
    looking.locate("/etc/nginx/subdir/b.conf")
    looking.locate("/etc/nginx/none/x")
    list(looking.glob("/etc/nginx/s?b/*.conf"))
    assert looking.footprint() == Footprint(
        frozenset({"nginx", "nginx/subdir", "nginx/sub", "nginx/sub/b.conf", "nginx/none"}),
        frozenset({"nginx/none", "nginx", "nginx/sub"}),
    )


class Matches(ctypes.Structure):
    _fields_ = [("count", ctypes.c_size_t), ("paths", ctypes.POINTER(ctypes.c_char_p)), ("rest", ctypes.c_byte * 256)]


@pytest.fixture
def c_locale() -> Iterator[None]:
    """nginx never calls setlocale(3)."""
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C")
    yield
    locale.setlocale(locale.LC_ALL, before)


def libc_glob(pattern: str) -> list[str]:
    libc = ctypes.CDLL(None)
    found = Matches()
    libc.glob(os.fsencode(pattern), 0, None, ctypes.byref(found))
    matches = [os.fsdecode(found.paths[index] or b"") for index in range(found.count)]
    libc.globfree(ctypes.byref(found))
    return matches


PARTS = st.sampled_from(["a", "b", "ab", ".a", "a.b", "-", "]", "[", "!", "\\", "ä", "\udce4", "B", "0"])
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
TARGETS = st.sampled_from(["a", "../a", "b", ".", "..", "a/b", "none"])
GLOBS = st.lists(
    st.lists(
        st.sampled_from(
            [
                *"*?ab.-]!\\^0B",
                "[",
                "[a",
                "[!",
                "[^",
                "[]a]",
                "[a-b]",
                "[!.]",
                "[[:lower:]]",
                "[\\]]",
                "ä",
                "**",
                "[+--]",
            ]
        ),
        min_size=1,
        max_size=4,
    ).map("".join),
    min_size=1,
    max_size=3,
).map("/".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(PATHS, st.just("a") | TARGETS.map(Link), max_size=8), st.lists(GLOBS, min_size=1, max_size=4))
@example({"a": Link("none"), "b/a": Link("none")}, ["*", "*/a"])
@example({"ä": "a", "\udce4": "a"}, ["?", "??", "[!a]*"])
@pytest.mark.usefixtures("c_locale")
def test_patterns_agree_with_the_c_library_on_a_real_directory(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str | Link], patterns: list[str]
) -> None:
    # Nothing can be made below a file or a link, and what leads out of the directory is no question for a tree.
    made = {
        path: content
        for path, content in files.items()
        if not any(other != path and path.startswith(f"{other}/") for other in files)
        and not (isinstance(content, Link) and content.target in {"..", "../a"} and "/" not in path)
    }
    top = tmp_path_factory.mktemp("glob")
    for path, content in made.items():
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            place.symlink_to(os.fsdecode(content.target))
        else:
            place.write_text(content)
    for pattern in patterns:
        if comparable(pattern):
            # `.*` matches `..` as well.
            expected = [match for match in libc_glob(f"{top}/{pattern}") if "/.." not in match]
            assert [match for match in glob(made, f"{top}/{pattern}", str(top)) if "/.." not in str(match)] == expected


def comparable(pattern: str) -> bool:
    """Whether it stays in its directory, and its `.` and `\\` mean the same to the C library as to us."""
    if not has_magic(pattern) or "\\/" in pattern:
        return False
    *above, last = pattern.split("/")
    return last not in {".", ".."} and not any(part == "\\" or part.startswith(".") for part in above)


def test_the_c_library_is_asked_at_all(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    assert libc_glob(f"{tmp_path}/*") == [f"{tmp_path}/x"]
