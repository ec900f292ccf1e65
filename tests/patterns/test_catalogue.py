"""What every pattern must have, and that a broken one stops driftscan with its file's name."""

import ast
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import driftscan.patterns
from driftscan.drift.findings import Severity
from driftscan.drift.scan import compare_states
from driftscan.drift.state import State, build_state
from driftscan.history.directory import Directory
from driftscan.history.observe import Options, assumed
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.syntax import Statement, parse
from driftscan.patterns.catalogue import SECTIONS, CatalogueError, KnownBreakage, catalogue, load
from tests.case_files import all_cases, found
from tests.etc import FIRST_DAY
from tests.patterns.conftest import Play

FOLDER = Path(driftscan.patterns.__file__ or "").parent
FILES = sorted(file for file in FOLDER.glob("*.py") if file.stem not in {"__init__", "base", "catalogue", "search"})
every_entry = pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.id)


def test_every_file_of_the_folder_is_an_entry_and_the_file_is_its_id() -> None:
    assert [entry.id for entry in catalogue()] == [file.stem.replace("_", "-") for file in FILES]


@every_entry
def test_the_title_is_one_sentence_without_its_full_stop(entry: KnownBreakage) -> None:
    assert entry.title == entry.title.strip().rstrip(".")
    assert len(entry.title) <= 100
    assert "\n" not in entry.title


@every_entry
def test_the_sections_are_all_there_in_order(entry: KnownBreakage) -> None:
    assert tuple(name for name, _ in entry.sections) == SECTIONS
    assert all(text == text.strip() and text for _, text in entry.sections)


@every_entry
def test_references_are_https_addresses_on_lines_of_their_own(entry: KnownBreakage) -> None:
    assert entry.references == tuple(entry.section("References").splitlines())
    assert len(set(entry.references)) == len(entry.references) >= 1
    for reference in entry.references:
        parts = urlsplit(reference)
        assert (parts.scheme, bool(parts.netloc), parts.geturl()) == ("https", True, reference)


@every_entry
def test_it_names_symptoms_as_people_paste_them(entry: KnownBreakage) -> None:
    assert entry.pattern.symptoms
    assert len(set(entry.pattern.symptoms)) == len(entry.pattern.symptoms)
    assert all(symptom == symptom.strip() for symptom in entry.pattern.symptoms)


@every_entry
def test_every_hit_of_every_case_can_be_put_into_words(entry: KnownBreakage, played: Play) -> None:
    hits = [
        event.finding.hit
        for case in all_cases()
        for _, event in found(played(case).steps)
        if event.finding.pattern == entry.id
    ]
    for hit in hits:
        because = entry.because(hit)
        assert because.endswith(".")
        # nginx speaks of braces itself; of the message's own none is left.
        assert "\n" not in because
        assert not re.search(r"\{\w", because)
        assert all(value for name, value in hit.facts if f"{{{name}}}" in entry.pattern.messages[hit.variant])
    assert {hit.variant for hit in hits} == set(entry.pattern.messages), "a message that no case shows"


@every_entry
def test_no_fact_is_computed_and_never_said(entry: KnownBreakage, played: Play) -> None:
    said = {
        field
        for texts in (entry.pattern.messages, entry.pattern.visitors, entry.pattern.remedies)
        for message in texts.values()
        for _, field, _, _ in string.Formatter().parse(message)
        if field
    }
    facts = {
        name
        for case in all_cases()
        for _, event in found(played(case).steps)
        if event.finding.pattern == entry.id
        for name, _ in event.finding.hit.facts
    }
    assert facts == said


@every_entry
def test_no_hit_is_worse_than_its_pattern_says(entry: KnownBreakage, played: Play) -> None:
    severities = {
        event.finding.severity
        for case in all_cases()
        for _, event in found(played(case).steps)
        if event.finding.pattern == entry.id
    }
    assert max(severities) == entry.pattern.severity <= Severity.CRITICAL


# ---------------------------------------------------------------------- the examples are true


def _in_http(example: str) -> bytes:
    """An example as a whole configuration: with a certificate for its servers, as every real one has, elsewhere."""
    if not example.startswith("http"):
        example = f"http {{\nssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key;\n{example}\n}}"
    return f"events {{}}\n{example}\n".encode()


@every_entry
@pytest.mark.parametrize("section", ["Before", "After"])
def test_the_examples_are_configuration(entry: KnownBreakage, section: str) -> None:
    statements = parse(_in_http(entry.section(section)))
    assert isinstance(statements, tuple)
    assert [statement.name for statement in statements][:2] == ["events", "http"]
    assert "server" in {inner.name for statement in statements for inner in _inside(statement)}


def _inside(statement: Statement) -> Iterator[Statement]:
    for inner in statement.block or ():
        yield inner
        yield from _inside(inner)


def _tells_of_files(entry: KnownBreakage) -> bool:
    """Whether a comment in an example says what is in a certificate or another file; its cases show that it is true."""
    return "#" in entry.section("Before") + entry.section("After")


@pytest.mark.parametrize(
    "entry", [entry for entry in catalogue() if not _tells_of_files(entry)], ids=lambda entry: entry.id
)
def test_what_the_examples_show_is_what_fires(entry: KnownBreakage, tmp_path: Path) -> None:
    states = [_state(_in_http(entry.section(section)), tmp_path / section) for section in ("Before", "After")]
    comparison = compare_states(states[0], states[1], (entry.matcher,))
    assert [life.finding.pattern for life in comparison.introduced] == [entry.id]
    assert comparison.resolved == ()


def _state(text: bytes, top: Path) -> State:
    (top / "nginx").mkdir(parents=True)
    (top / "nginx/nginx.conf").write_bytes(text)
    # Versions for which every example is true: an old library, and an nginx that lets the default server decide.
    platform = assumed(FIRST_DAY.date(), Options(NginxVersion(1, 18, 0), Library.parse("1.0.2k")))
    return build_state(resolve(Directory.open(top), Sources(), Layout()), platform)


# ---------------------------------------------------------------------- patterns look at the typed model only

MODELS = {"drift", "evidence", "host", "nginx", "openssl", "tls"}
"""The stages that hold the model. What has to look at text does so there, and says what it means in types."""
SINGLE_MODULES = {"driftscan.history.platform", "driftscan.history.versions", "driftscan.patterns.base"}
PLAIN = {"collections.abc", "dataclasses", "datetime", "enum", "functools", "itertools", "operator", "typing"}
READERS = {
    "driftscan.drift.scan",
    "driftscan.host.lines",
    "driftscan.host.read",
    "driftscan.nginx.includes",
    "driftscan.nginx.syntax",
    "driftscan.nginx.treeglob",
}
"""Modules of these stages that make the model out of files."""
REACHING_OUT = {"__import__", "compile", "eval", "exec", "getattr", "input", "open", "print", "setattr"}
RAW = {"args", "block", "nodes"}
"""What a directive is made of, before it is a setting."""


def _strays(tree: ast.Module) -> Iterator[str]:
    """Everything in a module that is no work for a pattern.

    Methods of strings are: a finding remembers its facts as text, and `mended` reads them. The text of a file is out
    of reach without a reader or the raw tree.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"import {name.name}" for name in names)
            case ast.ImportFrom(module=module, level=level, names=names):
                origin = f"{'.' * level}{module or ''}"
                if not _is_model(origin) or any(f"{origin}.{name.name}" in READERS for name in names):
                    yield f"from {origin}"
            case ast.Attribute(attr=attr) if attr in RAW:
                yield f".{attr}"
            case ast.Name(id=name) if name in REACHING_OUT:
                yield name
            case _:
                pass


def _is_model(module: str) -> bool:
    top, _, rest = module.partition(".")
    known = module in PLAIN | SINGLE_MODULES or (top == "driftscan" and rest.partition(".")[0] in MODELS)
    return known and module not in READERS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_pattern_works_on_the_typed_model_and_never_on_text(file: Path) -> None:
    assert set(_strays(ast.parse(file.read_text()))) == set()


@pytest.mark.parametrize(
    ("line", "stray"),
    [
        ("import re", "import re"),
        ("import driftscan.nginx.syntax", "import driftscan.nginx.syntax"),
        ("from re import compile", "from re"),
        ("from pathlib import Path", "from pathlib"),
        ("from crossplane import parse", "from crossplane"),
        ("from driftscan.history.repository import Repository", "from driftscan.history.repository"),
        ("from driftscan.nginx.syntax import parse", "from driftscan.nginx.syntax"),
        ("from driftscan.nginx import syntax", "from driftscan.nginx"),
        ("from driftscan.patterns.hsts_lost import hazards", "from driftscan.patterns.hsts_lost"),
        ("from driftscan.report.view import build", "from driftscan.report.view"),
        ("from . import hsts_lost", "from ."),
        ("text = open(path).read()", "open"),
        ("lines = server.block", ".block"),
    ],
)
def test_what_is_no_work_for_a_pattern_is_seen(line: str, stray: str) -> None:
    assert list(_strays(ast.parse(line))) == [stray]


def test_the_readers_are_modules_that_there_are() -> None:
    package = FOLDER.parent.parent
    assert [name for name in READERS if not (package / f"{name.replace('.', '/')}.py").is_file()] == []


# ---------------------------------------------------------------------- a module that breaks the contract

GOOD = '''"""A title.

Symptom:
    One.

Cause:
    Two.

Before:
    server { }

After:
    server { }

Remedy:
    Three.

References:
    https://example.org/
"""

from driftscan.drift.findings import Severity
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(Category.OUTAGE, Severity.LOW, {"": "{fact} is so."}, ("symptom",), "every nginx")


def hazards(state):
    return ()
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that is found as one more module of the folder."""
    monkeypatch.setattr(driftscan.patterns, "__path__", [*driftscan.patterns.__path__, str(tmp_path)])
    yield tmp_path / "made_up.py"
    sys.modules.pop("driftscan.patterns.made_up", None)


def test_a_good_module_becomes_an_entry(module: Path) -> None:
    module.write_text(GOOD)
    entry = load("made_up")
    assert (entry.id, entry.title, entry.section("Remedy")) == ("made-up", "A title", "Three.")
    assert entry.references == ("https://example.org/",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("PATTERN = ", "PATTERNS = ", "PATTERN is missing"),
        ("PATTERN = ", "PATTERN = 1 or ", "PATTERN is missing"),
        ("def hazards", "def hazard", "either hazards"),
        ("def hazards", "def events(transition):\n    return ()\n\n\ndef hazards", "either hazards"),
        ("Remedy:\n    Three.\n\n", "", "sections"),
        ("Remedy:", "Cure:", "sections"),
        ("Cause:\n    Two.", "Cause:", "Cause is empty"),
        ('"""A title.\n', '"""\n', "title"),
        ("{fact}", "{fact.name}", "facts only"),
        ("{fact}", "{fact[0]}", "facts only"),
        ("{fact}", "{}", "facts only"),
    ],
)
def test_a_module_that_breaks_the_contract_is_named(module: Path, old: str, new: str, reason: str) -> None:
    assert old in GOOD
    module.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(CatalogueError, match=reason) as caught:
        load("made_up")
    assert "made_up.py" in str(caught.value)


def test_swapped_sections_are_refused(module: Path) -> None:
    module.write_text(GOOD.replace("Symptom:", "X:").replace("Cause:", "Symptom:").replace("X:", "Cause:"))
    with pytest.raises(CatalogueError, match="in order"):
        load("made_up")


def test_the_whole_catalogue_stops_at_a_broken_module(module: Path) -> None:
    module.write_text("'''Nothing.'''\n")
    catalogue.cache_clear()
    with pytest.raises(CatalogueError, match="PATTERN is missing"):
        catalogue()
    catalogue.cache_clear()
