"""What `nginx -T` prints for a tree, without nginx: for trees that no nginx of this machine could load."""

from collections.abc import Iterable, Iterator

from driftscan.history.snapshot import Snapshot
from driftscan.nginx.includes import Layout
from driftscan.nginx.syntax import Broken, Statement, parse
from driftscan.nginx.treeglob import File, TreeView, has_magic


def block(name: str, data: bytes | str) -> bytes:
    """One file of a dump."""
    data = data.encode() if isinstance(data, str) else data
    return b"# configuration file %s:\n%s\n" % (name.encode(), data)


def dump(tree: Snapshot, layout: Layout = Layout(main_files=("nginx/nginx.conf",))) -> bytes:  # noqa: B008 - frozen
    """Every file that nginx would open, by the name it opens it with, each once."""
    view = TreeView(tree, layout.root)
    printed: dict[str, bytes] = {}

    def open_file(name: str) -> None:
        place = view.locate(name)
        entry = tree.entry(place.path) if isinstance(place, File) else None
        if entry is None or name in printed:
            return
        printed[name] = tree.read(entry.blob)
        statements = parse(printed[name])
        for pattern in () if isinstance(statements, Broken) else _includes(statements):
            full = pattern if pattern.startswith("/") else f"{prefix}/{pattern}"
            for match in view.glob(full) if has_magic(full) else [full]:
                if isinstance(match, str):
                    open_file(match)

    for main in layout.main_files:
        path = f"{layout.root.rstrip('/')}/{main}"
        prefix = path.rpartition("/")[0]
        open_file(path)
    return b"".join(block(name, data) for name, data in printed.items())


def _includes(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        if statement.name == "include" and statement.args:
            yield statement.args[0]
        yield from _includes(statement.block or ())
