"""The hook: whether it is there and can run, what it did last, and where it keeps what it knows."""

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from driftscan.doctor.check import Check, fails, ok, option, warning
from driftscan.doctor.subject import Subject
from driftscan.drift.scan import Scan, finish
from driftscan.errors import RepositoryError
from driftscan.history.commit import CommitId
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.hook import install as installer
from driftscan.hook.block import BEGIN
from driftscan.hook.keep import DamagedError, Kept, Store, directory_for
from driftscan.hook.places import Places
from driftscan.hook.published import FOLDER
from driftscan.report.wording import count, enumerate_words

ROOM: Final = 64 * 1024 * 1024
"""Bytes that should be free where reports and events are kept."""
MIB: Final = 1024 * 1024


def installed(subject: Subject) -> Iterator[Check]:
    """Whether the hooks are there. What they call is only tried out on the host that they are for."""
    again = f"driftscan hook install{option(subject.directory)}"
    try:
        places = Places.of(subject.directory)
    except RepositoryError:
        yield ok("hook", "there is no work tree of its own here, so no commit is made here")
        return
    if not subject.is_this_host:
        there = [script.name for script in places.all_scripts if _has_lines(script)]
        if there:
            yield ok("hook", f"its lines are in {enumerate_words(there)}; not tried out, this is not this host's /etc")
        return
    found = installer.status(subject.directory)
    there = [one.path.name for one in found if one.installed]
    for one in found:
        if one.installed and one.trouble:
            yield fails("hook", f"{one.path}: {one.trouble}", again)
    if not there:
        yield warning("hook", "not installed: nobody hears of trouble after the commit that brings it", again)
    elif not any(one.trouble for one in found):
        yield ok("hook", f"installed in {enumerate_words(there)}, and can run")


def _has_lines(script: Path) -> bool:
    try:
        if script.is_symlink() or not script.is_file():
            return False
        with script.open("rb") as opened:
            return BEGIN in opened.read(MIB)
    except OSError:
        return False


def kept(subject: Subject, repository: Repository) -> Iterator[Check]:
    """What the hook keeps, and how its last run ended; nothing where it never ran."""
    store = Store(directory_for(subject.directory, subject.settings.state))
    if not os.path.lexists(store.path):
        return
    yield from _directory(store.path)
    try:
        known = store.load()
    except DamagedError as error:
        aside = shlex.quote(str(store.path / "state.json"))
        yield warning("last run", f"{error}; the next run begins anew", f"mv {aside} {aside}.damaged")
        return
    if known is not None:
        yield from _last_run(subject, repository, known)
    yield from _sizes(store)


def _directory(path: Path) -> Iterator[Check]:
    quoted = shlex.quote(str(path))
    status = path.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISDIR(status.st_mode):
        yield fails("state directory", f"{path} is no directory", f"rm {quoted}")
    elif status.st_uid != os.geteuid():
        cure = "sudo driftscan doctor" if status.st_uid == 0 else f"sudo chown -R $(id -u) {quoted}"
        yield fails("state directory", f"{path} belongs to user {status.st_uid}, who is not the one that asks", cure)
    elif mode != 0o700:
        yield warning(
            "state directory", f"{path} has mode {mode:04o}: others can see what is wrong", f"chmod 700 {quoted}"
        )
    else:
        yield from _room(path)


def _room(path: Path) -> Iterator[Check]:
    room = os.statvfs(path)
    free = room.f_bavail * room.f_frsize
    is_full = room.f_files > 0 and room.f_favail == 0
    if is_full or free < MIB:
        yield fails(
            "state directory",
            f"{path} is on a full file system: nothing can be kept",
            f"df -h {shlex.quote(str(path))}",
        )
    elif free < ROOM:
        found = f"{path} is on a file system with {free // MIB} MiB left"
        yield warning("state directory", found, f"df -h {shlex.quote(str(path))}")
    else:
        yield ok("state directory", f"{path}, mode 0700, {free // MIB} MiB free")


def _last_run(subject: Subject, repository: Repository, known: Kept) -> Iterator[Check]:
    run = f"driftscan hook run{option(subject.directory)}"
    if known.trouble:
        yield warning("last run", f"it said: {known.trouble}", run)
    if known.pending is not None:
        left = ", ".join(known.pending.left)
        yield warning("last run", f"news of {known.pending.to[:12]} are still to be told: {left}", run)
    if not known.examined:
        yield warning("last run", "no commit was examined yet", run)
        return
    examined = CommitId(known.examined)
    place = f"examined up to {examined[:12]}"
    if not repository.has(examined) or not repository.leads_to(examined, repository.head):
        yield warning("last run", f"{place}, which is not in this history any more", run)
        return
    behind, missed = _since(subject, repository, examined)
    if missed:
        touching = count(missed, "later commit touches", "later commits touch")
        yield warning("last run", f"{place}; {touching} the configuration, and no run has looked at it", run)
    elif not known.trouble and known.pending is None:
        passed = f"; {count(behind, 'later commit')} of no concern to TLS" if behind else ", the newest commit"
        yield ok("last run", f"{place}{passed}; {count(len(known.open), 'finding')} open")


def _since(subject: Subject, repository: Repository, examined: CommitId) -> tuple[int, int]:
    """How many commits came later, and how many of them the gate should have let through."""
    if examined == repository.head:
        return 0, 0
    facts = subject.facts
    segment = repository.select(Selection(tip="HEAD", after=examined))
    scan = Scan(repository, segment, (), Observer(repository.read, facts.versions), facts.layout)
    outcome = finish(scan)
    return outcome.commits, outcome.read


def _sizes(store: Store) -> Iterator[Check]:
    """How much is kept; it is all limited, so that is never too much."""
    events = sum(_size(file) for file in (store.events, store.path / "events.ndjson.1"))
    reports = [_size(file) for file in (store.path / FOLDER).glob("*.html")]
    yield ok("kept", f"{_bytes(events)} of events, {count(len(reports), 'report')} of {_bytes(sum(reports))}")


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def _bytes(number: int) -> str:
    return (
        f"{number} bytes"
        if number < 1024
        else f"{number / 1024:.0f} KiB"
        if number < MIB
        else f"{number / MIB:.1f} MiB"
    )
