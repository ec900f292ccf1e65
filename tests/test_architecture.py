"""The road has one direction, and every library one door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import driftscan

PACKAGE = Path(driftscan.__file__).parent
TESTS = Path(__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROAD = (
    "history",
    "openssl",
    "nginx",
    "host",
    "tls",
    "drift",
    "evidence",
    "patterns",
    "site",
    "configuration",
    "report",
    "hook",
    "doctor",
    "demo",
    "cli",
)
"""Each folder may import those to its left."""
DOORS = {
    "git": {"history/command.py"},
    "gitdb": set[str](),
    "crossplane": {"nginx/syntax.py"},
    "jinja2": {"report/html.py"},
    "cryptography": {"nginx/certificates.py"},
    "pathspec": {"history/snapshot.py"},
}
LONGEST = 320
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))


def place(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    """The full name of every module that is imported, wherever in the file."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield module
                yield from (f"{module}.{name.name}" for name in names)
            case ast.ImportFrom(level=level) if level:
                yield "." * level
            case _:
                pass


def stage(name: str) -> str:
    """The folder of the road that a module of ours is in; empty for the files beside them."""
    return name.removeprefix("driftscan").lstrip(".").partition(".")[0]


def strays(module: str, tree: ast.AST) -> list[str]:
    """What a module imports against the direction of the road."""
    own = module.partition("/")[0] if "/" in module else ""
    allowed = {"errors", "", *ROAD[: ROAD.index(own) + 1]} if own in ROAD else {*ROAD, own, "errors", ""}
    return sorted(
        {
            name
            for name in imported(tree)
            if (name.partition(".")[0] == "driftscan" and stage(name) in {*ROAD} - allowed) or name.startswith(".")
        }
    )


@every_module
def test_imports_go_down_the_road_only(module: Path) -> None:
    assert strays(place(module), ast.parse(module.read_text())) == []


def test_nothing_imports_the_command_line_but_its_entry() -> None:
    users = {
        place(module)
        for module in MODULES
        if any(stage(name) == "cli" for name in imported(ast.parse(module.read_text())) if name.startswith("driftscan"))
    }
    assert {user for user in users if not user.startswith("cli/")} == {"__main__.py"}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("history/log.py", "from driftscan.nginx.config import Location"),
        ("history/log.py", "import driftscan.nginx.config"),
        ("nginx/servers.py", "from driftscan import tls"),
        ("tls/endpoints.py", "def late():\n    from driftscan.drift.state import State"),
        ("drift/scan.py", "from driftscan.patterns.catalogue import catalogue"),
        ("patterns/base.py", "from driftscan.report.view import Report"),
        ("report/view.py", "from driftscan.cli import main"),
        ("history/log.py", "from . import commit"),
    ],
)
def test_an_import_against_the_direction_is_seen(module: str, line: str) -> None:
    assert strays(module, ast.parse(line)) != []


def test_the_road_is_the_folders() -> None:
    folders = {place(module).partition("/")[0] for module in MODULES if "/" in place(module)}
    assert set(ROAD) <= folders


@pytest.mark.parametrize("library", sorted(DOORS))
def test_every_library_has_one_door(library: str) -> None:
    users = {
        place(module)
        for module in MODULES
        if any(name.partition(".")[0] == library for name in imported(ast.parse(module.read_text())))
    }
    assert users <= DOORS[library]
    assert users or library in {"gitdb", "jinja2"}


@every_module
def test_no_module_is_too_long_to_read(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= LONGEST


@every_module
def test_no_line_is_left_out_of_coverage(module: Path) -> None:
    assert "pragma: no cover" not in module.read_text()


def test_every_folder_has_its_tests() -> None:
    folders = {module.parent.relative_to(PACKAGE) for module in MODULES if module.parent != PACKAGE}
    tops = {Path(folder.parts[0]) for folder in folders}
    missing = {str(folder) for folder in tops if not list((TESTS / folder).glob("test_*.py"))}
    assert missing == set()


def test_every_folder_of_tests_mirrors_a_folder_or_says_why() -> None:
    besides = {"cases", "laws", "oracle", "corpus", "browser", "packaging", "hostile", "fuzz", "canary"}
    folders = {path.name for path in TESTS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    sources = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders - besides - sources == set()
