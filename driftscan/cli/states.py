"""A state by its name: a revision, or a directory that is in no repository."""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from driftscan.cli.options import Place
from driftscan.drift.scan import finish
from driftscan.drift.state import State, build_state
from driftscan.errors import DriftscanError
from driftscan.history import observe
from driftscan.history.directory import Directory
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.host.read import read_host
from driftscan.nginx.includes import Sources, resolve
from driftscan.nginx.treeglob import TreeView


@dataclass(frozen=True, slots=True)
class Named:
    """A state and what it was asked for as."""

    name: str
    """The commit's short id with the revision, or the directory."""
    state: State


def open_state(text: str, place: Place) -> Named:
    """The state that `text` names.

    What starts with `/` or `.`, or names a directory with a `/` in it, is a directory; everything else is a revision
    of the repository, `@{2026-01-31}` among them, as in `git diff`.
    """
    path = Path(text)
    if text.startswith(("/", ".")) or (os.sep in text and path.is_dir()):
        return _directory(path, place)
    with Repository.open(place.directory) as repository:
        commit = repository.resolve(text)
        # The commit before is read too, so that a file this one broke is known as it last was.
        outcome = finish(place.scan(repository, Selection(tip=commit, limit=1)))
    if outcome.state is None:
        raise DriftscanError(f"{text}: no commit is selected")
    return Named(f"{commit[:12]} ({text})", outcome.state)


def _directory(path: Path, place: Place) -> Named:
    layout = place.layout
    if not place.root_given and layout.main_files:
        # A prefix of its own, not a copy of /etc: its configuration names its files by where they are now.
        layout = replace(layout, root=str(path.resolve()))
    directory = Directory.open(path)
    now = datetime.now(UTC).astimezone()
    platform = observe.assumed(now.date(), place.versions)
    sources = Sources()
    host = read_host(TreeView(directory, layout.root, sources.targets), directory.read, {})
    state = build_state(resolve(directory, sources, layout), platform, host=host, when=now)
    if not state.config.files and not layout.main_files:
        raise DriftscanError(f"{path}: found no nginx/nginx.conf there; name the main file with --conf")
    return Named(str(path), state)
