r"""A tree of /etc as one run of bytes, so that whoever invents bytes invents trees.

What comes first is nginx/nginx.conf. A line `@@ PATH` begins another file, and `@@ PATH -> TARGET` is a link. Every
run of bytes is a tree, and none of them leads out of it by a name that git could not hold.
"""

from driftscan.history.snapshot import TreeIndex
from tests.etc import Link
from tests.nginx.trees import MAIN, tree

MARK = b"\n@@ "


def tree_of(data: bytes) -> TreeIndex:
    """The tree that the bytes stand for."""
    main, *others = data.split(MARK)
    files: dict[str, str | bytes | Link] = {MAIN: main}
    for other in others:
        head, _, content = other.partition(b"\n")
        name, arrow, target = head.partition(b" -> ")
        path = "/".join(part for part in _text(name).split("/") if part not in {"", ".", ".."})
        if path:
            files[path] = Link(_text(target)) if arrow else content
    return tree(files)


def _text(name: bytes) -> str:
    return name.replace(b"\0", b"").decode("utf-8", "surrogateescape")
