"""A state by its name: a revision, a directory that is in no repository, or a dump of what nginx reads."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from driftscan.cli.dumps import STDIN, printed
from driftscan.cli.options import Place
from driftscan.drift.findings import Life
from driftscan.drift.scan import finish
from driftscan.drift.state import State, build_state
from driftscan.errors import DriftscanError, RepositoryError
from driftscan.history import observe
from driftscan.history.commit import CommitId
from driftscan.history.directory import Directory
from driftscan.history.dump import Dump, Printed, within
from driftscan.history.platform import Platform
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.snapshot import Snapshot
from driftscan.host.host import UNSEEN
from driftscan.host.read import read_host
from driftscan.nginx.beside import beside
from driftscan.nginx.config import GapKind
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.treeglob import TreeView


@dataclass(frozen=True, slots=True)
class Named:
    """A state and what it was asked for as."""

    name: str
    """The commit's short id with the revision, the directory, or the dump with nginx's main file."""
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
    """What holds the state; `None` for a work tree, for a directory and for a dump."""
    printed: Printed | None = None
    """Of a dump the files of it."""
    site: Snapshot | None = None
    """Where people say what holds for the site; `None`: in the tree itself."""


def open_state(text: str, place: Place) -> Named:
    """The state that `text` names.

    `-` is a dump on standard input. What starts with `/` or `.`, or has a `/` in it and is there, is a directory or a
    dump in a file; everything else is a revision of the repository, `@{2026-01-31}` among them, as in `git diff`.
    """
    if _is_path(text):
        found = _of_path(text, place)
        return Named(found.name, found.state)
    with Repository.open(place.directory) as repository:
        name, _, walked = _walked(text, place, repository)
    return Named(name, walked.state)


@contextmanager
def opened(text: str, place: Place) -> Iterator[Opened]:
    """The same state as of :func:`open_state`, with its tree."""
    if _is_path(text):
        yield _of_path(text, place)
        return
    with Repository.open(place.directory) as repository:
        name, commit, walked = _walked(text, place, repository)
        yield Opened(name, walked.state, repository.tree(commit), place.layout, walked.lives, commit=commit)


@contextmanager
def opened_both(before: str, after: str, place: Place) -> Iterator[tuple[Opened, Opened]]:
    """Two states to be compared; see :func:`together`.

    Raises:
        DriftscanError: one of them cannot be read, or both are to come from standard input.
    """
    require_apart(before, after)
    with ExitStack() as stack:
        yield together(stack.enter_context(opened(before, place)), stack.enter_context(opened(after, place)))


def require_apart(before: str | None, after: str | None) -> None:
    """Refuse to read standard input twice."""
    if before == after == STDIN:
        raise DriftscanError(f"{STDIN} is one dump, and is read once; write the other one into a file")


def together(before: Opened, after: Opened) -> tuple[Opened, Opened]:
    """Two states in such a way that nothing differs only because a dump has nginx's own files and no others.

    A dump borrows from the other state what it cannot have, as if its files lay in that tree: certificates, modes,
    certbot's and OpenSSL's files, and the moment that is judged. Two dumps are read below one directory.
    """
    was, now = before.printed, after.printed
    if was is not None and now is not None:
        root = was.root if was.root == now.root else "/"
        return _rooted(before, was, root), _rooted(after, now, root)
    if was is not None:
        return _beside(before, was, after), after
    return before, after if now is None else _beside(after, now, before)


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


def _is_path(text: str) -> bool:
    return text == STDIN or text.startswith(("/", ".")) or (os.sep in text and _is_there(text))


def _is_there(text: str) -> bool:
    try:
        return text != "" and Path(text).exists()
    except OSError:  # a directory on the way that nobody may enter, a name that is too long
        return False


def _of_path(text: str, place: Place) -> Opened:
    if text == STDIN:
        return _dump(text, place.elsewhere)
    try:
        mode = Path(text).stat().st_mode
    except OSError as error:
        raise DriftscanError(f"{text}: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        return _directory(Path(text), place.at(Path(text)))
    return _dump(text, place.elsewhere)


def _walked(text: str, place: Place, repository: Repository) -> tuple[str, CommitId, _Walked]:
    """The name of a revision, its commit, and what was found there."""
    try:
        commit = repository.resolve(text)
    except RepositoryError as error:
        if not _is_there(text):
            raise
        raise DriftscanError(f"{error}; to read what is here under that name, write ./{text}") from None
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
    is_empty = not state.config.files and all(gap.kind is GapKind.NO_MAIN_FILE for gap in state.config.gaps)
    if is_empty and not layout.main_files:
        raise DriftscanError(f"{path}: found no nginx/nginx.conf there; name the main file with --conf")
    return Opened(str(path), state, directory, layout)


def _judged_now(directory: Directory, layout: Layout, platform: Platform) -> State:
    sources = Sources()
    host = read_host(TreeView(directory, layout.root, sources.targets), directory.read, {})
    config = resolve(directory, sources, layout)
    return build_state(config, platform, host=host, when=datetime.now(UTC).astimezone())


# ---------------------------------------------------------------------- dumps


def _dump(text: str, place: Place) -> Opened:
    """A dump by itself: all that is not in it is unknown."""
    found = printed(text)
    root = place.layout.root if place.root_given and within(found.main, place.layout.root) else found.root
    today = datetime.now(UTC).astimezone()
    platform = observe.assumed(today.date(), place.versions)
    if place.versions.nginx is None and found.nginx is not None:
        platform = replace(platform, nginx=found.nginx)
    if place.versions.library is None and found.library is not None:
        platform = replace(platform, library=found.library)
    platform = replace(platform, family=found.family)
    tree, layout = Dump.of(found, root), _layout(found, root)
    state = build_state(resolve(tree, Sources(), layout), platform, host=UNSEEN, when=today)
    name = f"{'standard input' if text == STDIN else text} (nginx -T of {found.main})"
    return Opened(name, state, tree, layout, printed=found)


def _layout(found: Printed, root: str) -> Layout:
    """A dump names its main file itself."""
    return Layout(root, (within(found.main, root) or found.main,))


def _rooted(dump: Opened, found: Printed, root: str) -> Opened:
    """The same dump below another directory."""
    if dump.layout.root == root:
        return dump
    tree, layout = Dump.of(found, root), _layout(found, root)
    state = build_state(resolve(tree, Sources(), layout), dump.state.platform, host=UNSEEN, when=dump.state.when)
    return replace(dump, state=state, tree=tree, layout=layout)


def _beside(dump: Opened, found: Printed, other: Opened) -> Opened:
    """The same dump as if its files lay in the tree of another state of the host."""
    below = within(found.main, other.layout.root) is not None
    dump = _rooted(dump, found, other.layout.root) if below else dump
    config = beside(dump.state.config, other.tree, other.layout.root, Sources())
    state = build_state(config, dump.state.platform, host=other.state.host, when=other.state.when)
    return replace(dump, state=state, site=other.tree)
