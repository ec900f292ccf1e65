from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftscan.history.commit import BlobId
from driftscan.history.snapshot import TreeIndex
from driftscan.nginx import includes
from driftscan.nginx.config import Directive, Footprint, Gap, GapKind, Hole, Location, Node, ResolvedConfig
from driftscan.nginx.includes import Layout, Memory, Sources, resolve
from tests.etc import EtcHistory, Gitlink, Link
from tests.nginx.trees import ETC, MAIN, Blobs, Files, differences, line, resolved, tree


def shown(nodes: tuple[Node, ...]) -> list[str]:
    """Every node as `name args @ path:line`, blocks with what is in them, holes by their path."""
    return list(_shown(nodes, ""))


def _shown(nodes: tuple[Node, ...], indent: str) -> Iterator[str]:
    for node in nodes:
        match node:
            case Hole(gap):
                yield f"{indent}{'!' if gap.remembered else '?'} {gap.path}"
            case Directive(name, args, at, block):
                yield f"{indent}{' '.join([name, *args])} @ {at}"
                yield from _shown(block or (), indent + "  ")


def gaps(files: Files, layout: Layout = ETC) -> tuple[Gap, ...]:
    return resolved(files, layout).gaps


def test_an_include_is_replaced_by_the_statements_of_its_file_which_keep_their_own_lines() -> None:
    files: Files = {
        MAIN: "a;\nhttp {\n  include conf.d/x.conf;\n  c;\n}\n",
        "nginx/conf.d/x.conf": "# x\nb { include 'snippets/y'; }",
        "nginx/snippets/y": "\n\ny;",
        "nginx/conf.d/snippets/y": "wrong;",
    }
    assert shown(resolved(files).nodes) == [
        "a @ nginx/nginx.conf:1",
        "http @ nginx/nginx.conf:2",
        "  b @ nginx/conf.d/x.conf:2",
        "    y @ nginx/snippets/y:3",
        "  c @ nginx/nginx.conf:4",
    ]
    assert gaps(files) == ()
    assert list(resolved(files).files) == [MAIN, "nginx/conf.d/x.conf", "nginx/snippets/y"]


def test_relative_names_begin_at_the_directory_of_the_main_file_wherever_that_is() -> None:
    files: Files = {"main.conf": "include sub/x;", "sub/x": "include y;", "y": "y;", "sub/y": "wrong;"}
    assert shown(resolved(files, Layout("/srv/nginx", ("main.conf",))).nodes) == ["y @ y:1"]
    assert shown(resolved(files, Layout("/", ("main.conf",))).nodes) == ["y @ y:1"]
    assert shown(resolved(files, Layout("/srv/nginx", ("/srv/nginx/main.conf",))).nodes) == ["y @ y:1"]


def test_absolute_names_are_the_hosts() -> None:
    files: Files = {MAIN: "include /etc/nginx/x; include /srv/x;", "nginx/x": "x;", "srv/x": "wrong;"}
    assert shown(resolved(files).nodes) == ["x @ nginx/x:1", "? /srv/x"]
    assert shown(resolved(files, Layout("/mnt/etc")).nodes) == ["? /etc/nginx/x", "? /srv/x"]


def test_several_main_files_are_read_one_after_the_other_each_with_its_own_prefix() -> None:
    files: Files = {"a/main": "include x;", "a/x": "a;", "b/main": "include x;", "b/x": "b;"}
    assert shown(resolved(files, Layout("/etc", ("b/main", "a/main"))).nodes) == ["b @ b/x:1", "a @ a/x:1"]


def test_a_pattern_brings_its_files_in_byte_order() -> None:
    files: Files = {
        MAIN: "include conf.d/*.conf;\ninclude sites-enabled/*;",
        **{f"nginx/conf.d/{name}": f"{name[0]};" for name in ("b.conf", "10.conf", "B.conf", "2.conf", "x.conf~")},
        "nginx/sites-enabled/default~": "backup;",
        "nginx/sites-enabled/.site.swp": "hidden;",
        "nginx/sites-enabled/site": Link("../sites-available/site"),
        "nginx/sites-available/site": "site;",
    }
    assert shown(resolved(files).nodes) == [
        "1 @ nginx/conf.d/10.conf:1",
        "2 @ nginx/conf.d/2.conf:1",
        "B @ nginx/conf.d/B.conf:1",
        "b @ nginx/conf.d/b.conf:1",
        "backup @ nginx/sites-enabled/default~:1",
        "site @ nginx/sites-available/site:1",
    ]


def test_a_pattern_without_a_match_is_nothing_at_all() -> None:
    files: Files = {MAIN: "include none/*.conf; include x[y].conf; include nginx.conf/*;", "nginx/x[y].conf": "x;"}
    config = resolved(files)
    assert (config.nodes, config.gaps) == ((), ())


def test_the_same_file_may_be_included_many_times() -> None:
    files: Files = {MAIN: "a { include x; }\nb { include ./x; include ../nginx/x; }", "nginx/x": "x;"}
    assert shown(resolved(files).nodes) == [
        "a @ nginx/nginx.conf:1",
        "  x @ nginx/x:1",
        "b @ nginx/nginx.conf:2",
        "  x @ nginx/x:1",
        "  x @ nginx/x:1",
    ]


def test_a_block_called_include_is_left_for_nginx_to_refuse() -> None:
    assert shown(resolved({MAIN: "include x { include y; }", "nginx/y": "y;"}).nodes) == [
        "include x @ nginx/nginx.conf:1",
        "  y @ nginx/y:1",
    ]


def refused(path: str, says: str, kind: GapKind, at: Location | None = None) -> Gap:
    """What nginx refuses, with these words, on the first line of the main file unless told otherwise."""
    return Gap(path, says, kind, at or line(1), says)


@pytest.mark.parametrize(
    ("files", "gap"),
    [
        (
            {MAIN: "a;\ninclude x;"},
            Gap(
                "nginx/x",
                'open() "/etc/nginx/x" failed (2: No such file or directory)',
                GapKind.MISSING,
                line(2),
            ),
        ),
        (
            {MAIN: "include $host.conf;"},
            Gap(
                "nginx/$host.conf",
                'open() "/etc/nginx/$host.conf" failed (2: No such file or directory)',
                GapKind.MISSING,
                line(1),
            ),
        ),
        (
            {MAIN: "include s/*;", "nginx/s/x": Link("../sites-available/x")},
            Gap(
                "nginx/sites-available/x",
                'open() "/etc/nginx/s/x" failed (2: No such file or directory)',
                GapKind.DANGLING_LINK,
                line(1),
            ),
        ),
        (
            {MAIN: "include s/*;", "nginx/s/dir/x": "x;"},
            refused("nginx/s/dir", 'pread() "/etc/nginx/s/dir" failed (21: Is a directory)', GapKind.DIRECTORY),
        ),
        (
            {MAIN: "include s/;", "nginx/s/x": "x;"},
            refused("nginx/s", 'pread() "/etc/nginx/s/" failed (21: Is a directory)', GapKind.DIRECTORY),
        ),
        (
            {MAIN: "include s/*;", "nginx/s/repo": Gitlink("1" * 40)},
            refused("nginx/s/repo", 'pread() "/etc/nginx/s/repo" failed (21: Is a directory)', GapKind.DIRECTORY),
        ),
        (
            {MAIN: "include s/x;", "nginx/s": Gitlink("1" * 40)},
            Gap("/etc/nginx/s/x", "lies outside this history", GapKind.OUTSIDE, line(1)),
        ),
        (
            {MAIN: "include s/*;", "nginx/s": Gitlink("1" * 40)},
            Gap("/etc/nginx/s/*", "lies outside this history", GapKind.OUTSIDE, line(1)),
        ),
        (
            {MAIN: "\ninclude modules-enabled/*;", "nginx/modules-enabled/x": Link("/usr/share/nginx/x.conf")},
            Gap("/usr/share/nginx/x.conf", "lies outside this history", GapKind.OUTSIDE, line(2)),
        ),
        (
            {MAIN: "include /srv/*.conf;"},
            Gap("/srv/*.conf", "lies outside this history", GapKind.OUTSIDE, line(1)),
        ),
        (
            {MAIN: "include x;", "nginx/x": Link("x")},
            Gap("nginx/x", "too many levels of symbolic links", GapKind.UNREADABLE, line(1)),
        ),
        (
            {MAIN: "a;\ninclude nginx.conf;"},
            Gap(
                MAIN,
                'open() "/etc/nginx/nginx.conf" failed (24: Too many open files): it includes itself',
                GapKind.CYCLE,
                line(2),
                'open() "/etc/nginx/nginx.conf" failed (24: Too many open files)',
            ),
        ),
        (
            {MAIN: "include x;", "nginx/x": "x;\ninclude y;", "nginx/y": Link("x")},
            Gap(
                "nginx/x",
                'open() "/etc/nginx/y" failed (24: Too many open files): it includes itself',
                GapKind.CYCLE,
                Location("nginx/x", 2),
                'open() "/etc/nginx/y" failed (24: Too many open files)',
            ),
        ),
        (
            {MAIN: "include x;", "nginx/x": "a;\nb }\n"},
            refused("nginx/x", 'unexpected "}"', GapKind.UNPARSABLE, Location("nginx/x", 2)),
        ),
        (
            {MAIN: "include x;", "nginx/x": b"\0GITCRYPT\0abc"},
            Gap("nginx/x", "encrypted by git-crypt", GapKind.ENCRYPTED, line(1)),
        ),
        (
            {MAIN: "\ninclude a b;"},
            refused(MAIN, 'invalid number of arguments in "include" directive', GapKind.INVALID, line(2)),
        ),
        ({MAIN: "}"}, refused(MAIN, 'unexpected "}"', GapKind.UNPARSABLE)),
        (
            {MAIN: Link("/srv/nginx.conf")},
            Gap("/srv/nginx.conf", "lies outside this history", GapKind.OUTSIDE, None),
        ),
    ],
)
def test_what_cannot_be_read_is_a_hole_in_its_place(files: Files, gap: Gap) -> None:
    config = resolved(files)
    assert config.gaps == (gap,)
    assert [node for node in _all(config.nodes) if isinstance(node, Hole)] == [Hole(gap)]


def _all(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if isinstance(node, Directive):
            yield from _all(node.inside())


def test_a_hole_stands_between_its_neighbours() -> None:
    files: Files = {MAIN: "a { b; include s/*; c; }", "nginx/s/1": "one;", "nginx/s/2": "two", "nginx/s/3": "three;"}
    assert shown(resolved(files).nodes) == [
        "a @ nginx/nginx.conf:1",
        "  b @ nginx/nginx.conf:1",
        "  one @ nginx/s/1:1",
        "  ? nginx/s/2",
        "  three @ nginx/s/3:1",
        "  c @ nginx/nginx.conf:1",
    ]


def test_a_lost_blob_is_a_gap() -> None:
    blobs = Blobs()
    index = tree({MAIN: "a;"}, blobs)
    (blob,) = blobs
    blobs.clear()
    assert resolve(index, Sources(), ETC).gaps == (
        Gap(MAIN, f"cannot be read from the repository: {blob}", GapKind.UNREADABLE, None),
    )


def test_files_that_multiply_by_including_each_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(includes, "_MOST_STATEMENTS", 50)
    twice = {f"nginx/{number}": f"include {number + 1}; include {number + 1};" for number in range(9)}
    files: Files = {MAIN: "include 0;", "nginx/9": "x;", **twice}
    config = resolved(files)
    assert {gap.kind for gap in config.gaps} == {GapKind.CYCLE}
    assert {gap.reason for gap in config.gaps} == {"more than 50 statements are included"}


# No main file


def test_without_a_main_file_the_known_fragments_are_read_with_a_note() -> None:
    files: Files = {
        "nginx/sites-enabled/s": "server { s; }",
        "nginx/conf.d/c.conf": "c;\ninclude snippets/x;",
        "nginx/conf.d/c.txt": "wrong;",
        "nginx/http.d/h.conf": "h;",
        "nginx/snippets/x": "x;",
    }
    note = Gap(
        MAIN,
        "is not in this history; read conf.d, http.d and sites-enabled as if inside its http block",
        GapKind.NO_MAIN_FILE,
    )
    config = resolved(files)
    assert config.gaps == (note,)
    assert shown(config.nodes) == [
        "http @ nginx/nginx.conf:0",
        "  ? nginx/nginx.conf",
        "  c @ nginx/conf.d/c.conf:1",
        "  x @ nginx/snippets/x:1",
        "  h @ nginx/http.d/h.conf:1",
        "  server @ nginx/sites-enabled/s:1",
        "    s @ nginx/sites-enabled/s:1",
    ]


def test_a_tree_without_nginx_has_no_configuration_and_no_gap() -> None:
    config = resolved({"motd": "hello"})
    assert (config.nodes, config.gaps, config.files) == ((), (), {})
    assert config.footprint.touched_by(differences({}, {MAIN: "a;"}))
    assert config.footprint.touched_by(differences({}, {"nginx/conf.d/a.conf": "a;"}))
    assert not config.footprint.touched_by(differences({}, {"apache2/a.conf": "a;"}))


def test_a_main_file_that_was_asked_for_must_be_there() -> None:
    files: Files = {"nginx/conf.d/c.conf": "c;"}
    assert gaps(files, Layout("/etc", (MAIN,))) == (
        Gap(MAIN, 'open() "/etc/nginx/nginx.conf" failed (2: No such file or directory)', GapKind.MISSING, None),
    )


# What a broken file last held


def remembered(files: Files) -> dict[str, BlobId]:
    return dict(resolved(files).files)


GOOD: Files = {
    MAIN: "include s/*;\ninclude t/z;",
    "nginx/s/x": "x;\ninclude y;",
    "nginx/s/l": Link("../a/l"),
    "nginx/a/l": "l;",
    "nginx/y": "y;",
    "nginx/t/z": "z;",
}


@pytest.mark.parametrize(
    ("after", "reason", "kind"),
    [
        ({"nginx/s/x": "x }"}, 'unexpected "}"', GapKind.UNPARSABLE),
        ({MAIN: ";"}, 'unexpected ";"', GapKind.UNPARSABLE),
        ({"nginx/y": None}, 'open() "/etc/nginx/y" failed (2: No such file or directory)', GapKind.MISSING),
        ({"nginx/t/z": None}, 'open() "/etc/nginx/t/z" failed (2: No such file or directory)', GapKind.MISSING),
        ({"nginx/a/l": None}, 'open() "/etc/nginx/s/l" failed (2: No such file or directory)', GapKind.DANGLING_LINK),
        ({MAIN: None}, 'open() "/etc/nginx/nginx.conf" failed (2: No such file or directory)', GapKind.MISSING),
    ],
)
def test_a_file_that_breaks_or_goes_while_it_is_included_is_read_as_it_last_was(
    after: dict[str, str | None], reason: str, kind: GapKind
) -> None:
    blobs = Blobs()
    before = resolve(tree(GOOD, blobs), Sources(), ETC)
    files = {path: content for path, content in {**GOOD, **after}.items() if content is not None}
    now = resolve(tree(files, blobs), Sources(), ETC, Memory(before.files, frozenset()))
    ((gap),) = now.gaps
    assert [line for line in shown(now.nodes) if not line.endswith(f"! {gap.path}")] == shown(before.nodes)
    assert (gap.reason, gap.kind, gap.remembered) == (reason, kind, True)
    assert gap.path not in now.files


def test_a_new_file_that_is_broken_brings_nothing_to_a_configuration_that_was_read_before() -> None:
    blobs = Blobs()
    before = resolve(tree(GOOD, blobs), Sources(), ETC)
    now = resolve(tree({**GOOD, "nginx/s/new": "server {"}, blobs), Sources(), ETC, Memory(before.files, frozenset()))
    assert [line for line in shown(now.nodes) if line != "! nginx/s/new"] == shown(before.nodes)
    assert [(gap.path, gap.kind, gap.remembered) for gap in now.gaps] == [("nginx/s/new", GapKind.UNPARSABLE, True)]


def test_a_file_that_could_not_be_read_before_either_is_not_known() -> None:
    blobs = Blobs()
    memory = Memory({}, frozenset({"nginx/x"}))
    config = resolve(tree({MAIN: "include x;", "nginx/x": "server {"}, blobs), Sources(), ETC, memory)
    assert (shown(config.nodes), [gap.remembered for gap in config.gaps]) == (["? nginx/x"], [False])


def test_a_new_include_of_a_file_that_is_not_in_the_history_is_not_known() -> None:
    config = resolve(tree({MAIN: "include x;"}), Sources(), ETC, Memory({}, frozenset()))
    assert (shown(config.nodes), [gap.remembered for gap in config.gaps]) == (["? nginx/x"], [False])


def test_what_is_no_longer_included_is_not_remembered() -> None:
    files = {path: content for path, content in GOOD.items() if path != "nginx/s/x"}
    config = resolved(files, remembered=remembered(GOOD))
    assert shown(config.nodes) == ["l @ nginx/a/l:1", "z @ nginx/t/z:1"]
    assert config.gaps == ()


def test_a_memory_that_is_broken_itself_is_no_help() -> None:
    blobs = Blobs()
    broken = blobs.entry("}").blob
    config = resolve(tree({MAIN: "include x;"}, blobs), Sources(), ETC, Memory({"nginx/x": broken}, frozenset()))
    assert [gap.remembered for gap in config.gaps] == [False]
    assert shown(config.nodes) == ["? nginx/x"]


def test_a_file_that_includes_itself_is_not_remembered_into_itself() -> None:
    blobs = Blobs()
    index = tree({MAIN: "include x;", "nginx/x": "}"}, blobs)
    again = blobs.entry("x; include x;").blob
    config = resolve(index, Sources(), ETC, Memory({"nginx/x": again}, frozenset()))
    assert shown(config.nodes) == ["! nginx/x", "x @ nginx/x:1", "? nginx/x"]


def test_a_blob_is_parsed_once_for_all_trees() -> None:
    sources = Sources()
    blobs = Blobs()
    first = resolve(tree({MAIN: "include x;", "nginx/x": "x { y; }"}, blobs), sources, ETC)
    second = resolve(tree({MAIN: "a; include x;", "nginx/x": "x { y; }"}, blobs), sources, ETC)
    assert first.nodes[0] is second.nodes[1]


# The footprint


def footprint(files: Files) -> Footprint:
    return resolved(files).footprint


def test_the_footprint_names_files_links_listings_and_misses() -> None:
    files: Files = {
        MAIN: "include s/*.conf; include none/x; include [m]/*;",
        "nginx/s/a.conf": Link("../real"),
        "nginx/real": "a;",
        "nginx/s/other": "",
        "motd": "",
    }
    assert footprint(files) == Footprint(
        frozenset(
            {"nginx", MAIN, "nginx/s", "nginx/s/a.conf", "nginx/real", "nginx/none"}
            # Whether what is missing is missing on the host too.
            | {".etckeeper", ".gitignore", "nginx/.gitignore", "nginx/none/.gitignore"}
        ),
        frozenset({"nginx/s", "nginx/none", "nginx"}),
    )


PATHS = ["a", "s/a", "s/b.conf", "s/.c", "s/d/e", "t", "t/a", "u/a", "nginx.conf"]
INCLUDES = [
    *("a", "s/a", "s", "s/*", "s/*.conf", "*/a", "s/d/e", "t", "t/a", "u/*", "../nginx/a", "s/../a", "/etc/nginx/u/a"),
    *("u/a/x", "[s]/d/*", "/srv/x", "*", "t/../a", "?", "l/a", "l/*", "/etc/m"),
]
TEXTS = st.lists(
    st.sampled_from([*(f"include {name};" for name in INCLUDES), "x;", "b { include a; }"]), max_size=3
).map("\n".join) | st.sampled_from(["}", "x", ""])
CONTENTS = TEXTS | st.sampled_from(
    [Link(target) for target in ("a", "s", "../a", "s/a", "/etc/nginx/t", "gone", ".", "/srv")] + [Gitlink("1" * 40)]
)
TREES = st.dictionaries(
    st.sampled_from([f"nginx/{path}" for path in [*PATHS, "l"]] + ["m", "other"]), CONTENTS, max_size=7
).map(lambda files: possible({MAIN: "include s/*; include t/a; include l/a;", **files}))


def possible(files: dict[str, str | Link | Gitlink]) -> dict[str, str | Link | Gitlink]:
    """Without what lies below a file or a link, which no tree can hold."""
    return {
        path: content for path, content in files.items() if not any(path.startswith(f"{other}/") for other in files)
    }


@st.composite
def walks(draw: st.DrawFn) -> list[Files]:
    """A few trees, each from the one before by changing one path, or everything."""
    walk = [draw(TREES)]
    for _ in range(draw(st.integers(1, 4))):
        other = draw(TREES)
        paths = [change.path for change in differences(walk[-1], other)]
        one = draw(st.booleans())
        if paths and one:
            path = draw(st.sampled_from(paths))
            kept = {key: content for key, content in walk[-1].items() if key != path}
            other = possible({**kept, path: other[path]} if path in other else kept)
        walk.append(other)
    return list(walk)


@settings(max_examples=max(300, settings().max_examples))
@given(walks())
def test_a_change_outside_the_footprint_never_changes_the_configuration(walk: list[Files]) -> None:
    blobs, sources = Blobs(), Sources()
    memory = Memory(resolve(tree(walk[0], blobs), sources, ETC).files, frozenset())
    known = resolve(tree(walk[0], blobs), sources, ETC, memory)
    for before, after in pairwise(walk):
        now = resolve(tree(after, blobs), sources, ETC, memory)
        # The footprint of a tree some commits ago must still do: what is skipped is not read.
        if known.footprint.touched_by(differences(before, after)):
            known = now
        assert (now.nodes, now.gaps, now.files) == (known.nodes, known.gaps, known.files)


def test_the_footprint_sees_a_directory_come_and_go() -> None:
    files: Files = {MAIN: "include s; include t/x;", "nginx/s/a": "a;"}
    without: Files = {MAIN: files[MAIN]}
    print_ = footprint(files)
    assert print_.touched_by(differences(files, without))
    assert print_.touched_by(differences(files, {**files, "nginx/t/x": "x;"}))
    assert print_.touched_by(differences(files, {**files, "nginx/t/y": "x;"}))
    assert not print_.touched_by(differences(files, {**files, "nginx/u/y": "x;"}))
    assert not print_.touched_by(())


def test_a_commit_is_resolved_like_the_tree_it_holds(tmp_path_factory: pytest.TempPathFactory) -> None:
    etc = EtcHistory(tmp_path_factory.mktemp("host") / "etc")
    etc.commit(GOOD)
    listed = etc.git("ls-tree", "-r", "-z", "HEAD").split("\0")
    blobs = {entry.partition("\t")[2]: entry.split()[2] for entry in listed if entry}
    index = tree(GOOD)
    assert isinstance(index, TreeIndex)
    assert {path: index.entry(path) and index.entry(path).blob for path in blobs} == blobs  # type: ignore[union-attr]


def test_equal_trees_resolve_equally() -> None:
    first, second = resolved(GOOD), resolved(GOOD)
    assert isinstance(first, ResolvedConfig)
    assert first == second
