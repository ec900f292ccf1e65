"""The catalogue: every module of this folder, checked when it is loaded.

A pattern that does not keep the contract stops driftscan with the name of its file, instead of never running.
"""

import functools
import importlib
import inspect
import pkgutil
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

import driftscan.patterns
from driftscan.drift.findings import Hit, PatternId
from driftscan.drift.lifecycle import Matcher
from driftscan.patterns.base import Pattern

SECTIONS = ("Symptom", "Cause", "Before", "After", "Remedy", "References")
_NOT_PATTERNS = frozenset({"base", "catalogue", "search"})


class CatalogueError(Exception):
    """A file of the catalogue does not keep the contract; a defect of driftscan, not of the input."""


@dataclass(frozen=True, slots=True)
class KnownBreakage:
    """One entry of the catalogue."""

    id: PatternId
    title: str
    sections: tuple[tuple[str, str], ...]
    """The docstring's sections in order, without their indentation."""
    pattern: Pattern
    finds: Matcher = field(repr=False)

    @property
    def matcher(self) -> Matcher:
        """What finds it; its findings lead back here."""
        return replace(self.finds, entry=self)

    def section(self, name: str) -> str:
        """The text of one of :data:`SECTIONS`."""
        return dict(self.sections)[name]

    @property
    def references(self) -> tuple[str, ...]:
        """The addresses of the sources."""
        return tuple(self.section("References").split())

    def because(self, hit: Hit) -> str:
        """Why a hit is one, in a sentence."""
        return self.pattern.messages[hit.variant].format(**dict(hit.facts))

    def visitors(self, hit: Hit) -> str:
        """Who is hit, as a noun phrase; empty where the pattern does not say."""
        return _of_variant(self.pattern.visitors, hit)

    def remedy(self, hit: Hit) -> str:
        """What to do about this hit; what helps in general where the pattern says no more."""
        return _of_variant(self.pattern.remedies, hit) or self.section("Remedy")


def _of_variant(templates: Mapping[str, str], hit: Hit) -> str:
    template = templates.get(hit.variant, templates.get("", ""))
    return template.format(**dict(hit.facts))


@functools.cache
def catalogue() -> tuple[KnownBreakage, ...]:
    """Every known breakage, by id."""
    names = sorted(module.name for module in pkgutil.iter_modules(driftscan.patterns.__path__))
    return tuple(load(name) for name in names if name not in _NOT_PATTERNS)


def load(name: str) -> KnownBreakage:
    """One module of this folder as an entry.

    Raises:
        CatalogueError: it does not keep the contract.
    """
    module = importlib.import_module(f"driftscan.patterns.{name}")
    pattern = getattr(module, "PATTERN", None)
    if not isinstance(pattern, Pattern):
        raise CatalogueError(f"{module.__file__}: PATTERN is missing")
    title, sections = _documentation(module)
    for templates in (pattern.messages, pattern.visitors, pattern.remedies):
        for message in templates.values():
            _check_message(module, message)
        if templates.keys() - pattern.messages.keys() - {""}:
            raise CatalogueError(f"{module.__file__}: a text for a variant that has no message")
    return KnownBreakage(
        PatternId(name.replace("_", "-")), title, sections, pattern, _matcher(module, PatternId(name.replace("_", "-")))
    )


def _matcher(module: ModuleType, pattern: PatternId) -> Matcher:
    hazards, events = getattr(module, "hazards", None), getattr(module, "events", None)
    if (hazards is None) == (events is None):
        raise CatalogueError(f"{module.__file__}: it must have either hazards() or events()")
    mended, fix = getattr(module, "mended", None), getattr(module, "fix", None)
    return Matcher(pattern, module.PATTERN.severity, hazards, events, mended, fix)


def _documentation(module: ModuleType) -> tuple[str, tuple[tuple[str, str], ...]]:
    title, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in rest.splitlines():
        if line.endswith(":") and line[:1].isalpha():
            current = sections.setdefault(line[:-1], [])
        else:
            current.append(line)
    if tuple(sections) != SECTIONS or not title:
        raise CatalogueError(f"{module.__file__}: its docstring must have a title and the sections {SECTIONS} in order")
    texts = tuple((name, inspect.cleandoc("\n".join(lines)).strip()) for name, lines in sections.items())
    for name, text in texts:
        if not text:
            raise CatalogueError(f"{module.__file__}: the section {name} is empty")
    return title.rstrip("."), texts


def _check_message(module: ModuleType, message: str) -> None:
    if not all(field is None or field.isidentifier() for _, field, _, _ in string.Formatter().parse(message)):
        raise CatalogueError(f"{module.__file__}: a message may name facts only: {message!r}")
