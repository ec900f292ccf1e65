"""`driftscan hook`: run after every commit of /etc."""

import contextlib
import functools
import os
import sys
from datetime import datetime
from pathlib import Path

import click

from driftscan.cli import options
from driftscan.configuration.host import facts_of
from driftscan.configuration.read import DEFAULT, Configured
from driftscan.configuration.settings import DEFAULT_FILE, DEFAULTS
from driftscan.errors import DriftscanError, in_words
from driftscan.history.repository import Repository
from driftscan.hook import install as installer
from driftscan.hook.given import Given
from driftscan.hook.keep import Kept, Store, directory_for
from driftscan.hook.news import Subject
from driftscan.hook.places import Where
from driftscan.hook.run import begin
from driftscan.hook.run import run as run_hook
from driftscan.hook.supervise import Ended, supervised
from driftscan.report.printable import printable

_directory = click.option(
    "-C",
    "directory",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    help="The repository. [default: /etc, or what the settings say]",
)


@click.group("hook")
def command() -> None:
    """Run driftscan after every commit; it speaks only when one broke or mended something."""


@command.command("install")
@_directory
@click.option(
    "--where",
    type=click.Choice([str(where) for where in Where]),
    default=str(Where.GIT),
    show_default=True,
    help="git's own hooks, for every commit; or a script of etckeeper's, which is then kept in /etc.",
)
def install(*, directory: Path | None, where: str) -> int:
    """Write the hooks, show what was written, and take what is open now for known.

    Hooks that are there go on running. Only what comes from now on is told; `driftscan check` tells what is there.
    """
    configured = options.configured(click.get_current_context())
    directory = directory or Path(configured.settings.host.directory)
    given = _given(directory, configured)
    named = None if configured.file in {None, DEFAULT_FILE} else configured.file
    with Repository.open(directory) as repository:
        _ = repository.head  # without a commit there is nothing to begin with, and nothing is written
    done = installer.install(directory, Path(sys.executable), given.store.gate, where=Where(where), config=named)
    opened = begin(given)
    for hook in done:
        click.echo(printable(str(hook)))
    shown = installer.lines_of(done[0].path)
    click.echo(f"\nThe lines in {printable(str(done[0].path))}:\n")
    click.echo("".join(f"    {printable(line)}\n" for line in shown.decode("utf-8", "surrogateescape").splitlines()))
    click.echo(f"Reports and events will be in {printable(str(given.store.path))}.")
    if opened:
        click.echo(f"Open already, and not told: {opened}. `driftscan check` lists what is wrong.")
    return 0


@command.command("uninstall")
@_directory
def uninstall(*, directory: Path | None) -> int:
    """Leave every hook as it was before; reports and events are kept."""
    done = installer.uninstall(directory or _default())
    for hook in done:
        click.echo(printable(str(hook)))
    if not done:
        click.echo("driftscan was not installed")
    return 0


@command.command("status")
@_directory
def status(*, directory: Path | None) -> int:
    """Whether the hooks are there and can run, and what they did last. Exits 1 where something is wrong."""
    configured = options.configured(click.get_current_context())
    directory = directory or Path(configured.settings.host.directory)
    found = installer.status(directory)
    for one in found:
        click.echo(printable(str(one)))
    kept = _given(directory, configured).store.load()
    click.echo(printable(_place(kept)))
    if kept is not None and kept.trouble:
        click.echo(printable(f"trouble in the last run: {kept.trouble}"))
    works = any(one.installed for one in found) and not any(one.trouble for one in found)
    return 0 if works and not (kept and kept.trouble) else 1


def _default() -> Path:
    """Where the hooks are, also when the settings are broken: they must not stand in the way of taking them out."""
    try:
        return Path(options.configured(click.get_current_context()).settings.host.directory)
    except DriftscanError:
        return Path(DEFAULTS.host.directory)


def _place(kept: Kept | None) -> str:
    if kept is None or not kept.examined:
        return "no commit was examined yet"
    when = datetime.fromtimestamp(kept.committed).astimezone()
    waiting = "; not everything of it is told yet" if kept.pending is not None else ""
    return f"examined up to {kept.examined[:12]} of {when:%Y-%m-%d %H:%M %z}: open findings: {len(kept.open)}{waiting}"


@command.command("run")
@_directory
def run(*, directory: Path | None) -> int:
    """What the hooks do: a few lines when something broke or was mended, else nothing. Always exits 0."""
    configured, trouble = DEFAULT, ""
    try:
        configured = options.configured(click.get_current_context())
    except DriftscanError as error:
        trouble = f"{error}; until then every setting is left to its default"
    directory = directory or Path(configured.settings.host.directory)
    limit = configured.settings.hook.time_limit
    # What the operator's own program may take comes on top.
    seconds = limit + (configured.settings.hook.command_time_limit if configured.settings.hook.command else 0)
    again = f"`driftscan log{'' if directory == Path('/etc') else f' -C {directory}'} -n 3`"
    try:
        ended = supervised(functools.partial(_work, directory, configured, trouble), seconds)
    except OSError as error:
        _say(f"driftscan: no process can be started: {error.strerror}")
        return 0
    if ended is Ended.LATE:
        _say(printable(f"driftscan: gave up after {limit} s; {again} has no limit"))
    elif ended is Ended.DIED:
        _say(printable(f"driftscan: was killed while it looked at the new commit; {again} tells what it brought"))
    return 0


def _work(directory: Path, configured: Configured, trouble: str) -> None:
    """In the worker: whatever goes wrong becomes a line."""
    try:
        given = _given(directory, configured)
        if trouble:
            given.note(trouble)
        run_hook(given)
    except Exception as error:
        _say(printable(f"driftscan: could not look at the new commit: {in_words(error)}"))


def _given(directory: Path, configured: Configured) -> Given:
    settings = configured.settings.hook
    facts = facts_of(directory, configured)
    store = Store(directory_for(directory, settings.state))
    return Given(Subject(directory, facts.layout, facts.versions), store, settings, datetime.now().astimezone(), _say)


def _say(line: str) -> None:
    # Nobody may be listening any more: a closed terminal is no reason to stop.
    with contextlib.suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), f"{line}\n".encode("utf-8", "backslashreplace"))
