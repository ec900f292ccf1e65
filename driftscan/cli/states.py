"""A state by its name: a revision, or a directory that is in no repository."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from driftscan.cli.options import Place
from driftscan.drift.findings import Life
from driftscan.drift.scan import finish
from driftscan.drift.state import State, build_state
from driftscan.errors import DriftscanError
from driftscan.history import observe
from driftscan.history.commit import CommitId
from driftscan.history.directory import Directory
from driftscan.history.platform import Platform
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.snapshot import Snapshot
from driftscan.host.read import read_host
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.treeglob import TreeView


@dataclass(frozen=True, slots=True)
class Named:
    """A state and what it was asked for as."""

    name: str
    """The commit's short id with the revision, or the directory."""
    state: State


@dataclass(frozen=True, slots=True)
class Opened:
    """A state with the tree that it was read from, which can be read as long as its repository is open."""

    name: str
    state: State
    tree: Snapshot
    layout: Layout
    lives: tuple[Life, ...] = ()
    """What was open at the commit; what this very commit introduced says so."""
    committed: State | None = None
    """Of a work tree the state of its newest commit."""
    commit: CommitId | None = None
    """What holds the state; `None` for a work tree and for a directory."""


def open_state(text: str, place: Place) -> Named:
    """The state that `text` names.

    What starts with `/` or `.`, or names a directory with a `/` in it, is a directory; everything else is a revision
    of the repository, `@{2026-01-31}` among them, as in `git diff`.
    """
    if _is_directory(text):
        found = _directory(Path(text), place)
        return Named(found.name, found.state)
    with Repository.open(place.directory) as repository:
        name, _, walked = _walked(text, place, repository)
    return Named(name, walked.state)


@contextmanager
def opened(text: str, place: Place) -> Iterator[Opened]:
    """The same state as of :func:`open_state`, with its tree."""
    if _is_directory(text):
        yield _directory(Path(text), place)
        return
    with Repository.open(place.directory) as repository:
        name, commit, walked = _walked(text, place, repository)
        yield Opened(name, walked.state, repository.tree(commit), place.layout, walked.lives, commit=commit)


@contextmanager
def work_tree(place: Place) -> Iterator[Opened]:
    """The files of a repository as they are now, on the versions that its history knows."""
    with Repository.open(place.directory) as repository:
        _, _, walked = _walked("HEAD", place, repository)
    directory = Directory.open(place.directory)
    state = _judged_now(directory, place.layout, walked.state.platform)
    yield Opened(f"{place.directory} (work tree)", state, directory, place.layout, walked.lives, walked.state)


@dataclass(frozen=True, slots=True)
class _Walked:
    """The end of a walk that saw something."""

    state: State
    lives: tuple[Life, ...]


def _is_directory(text: str) -> bool:
    return text.startswith(("/", ".")) or (os.sep in text and Path(text).is_dir())


def _walked(text: str, place: Place, repository: Repository) -> tuple[str, CommitId, _Walked]:
    """The name of a revision, its commit, and what was found there."""
    commit = repository.resolve(text)
    # The commit before is read too, so that a file this one broke is known as it last was.
    outcome = finish(place.scan(repository, Selection(tip=commit, limit=1)))
    if outcome.state is None:
        raise DriftscanError(f"{text}: no commit is selected")
    return f"{commit[:12]} ({text})", commit, _Walked(outcome.state, outcome.open)


def _directory(path: Path, place: Place) -> Opened:
    layout = place.layout
    if not place.root_given and layout.main_files:
        # A prefix of its own, not a copy of /etc: its configuration names its files by where they are now.
        layout = replace(layout, root=str(path.resolve()))
    directory = Directory.open(path)
    state = _judged_now(directory, layout, observe.assumed(datetime.now(UTC).astimezone().date(), place.versions))
    if not state.config.files and not layout.main_files:
        raise DriftscanError(f"{path}: found no nginx/nginx.conf there; name the main file with --conf")
    return Opened(str(path), state, directory, layout)


def _judged_now(directory: Directory, layout: Layout, platform: Platform) -> State:
    sources = Sources()
    host = read_host(TreeView(directory, layout.root, sources.targets), directory.read, {})
    config = resolve(directory, sources, layout)
    return build_state(config, platform, host=host, when=datetime.now(UTC).astimezone())
