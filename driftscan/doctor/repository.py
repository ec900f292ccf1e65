"""The repository, and whether etckeeper goes on committing to it."""

import pwd
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from driftscan.doctor.check import Check, cure_in, fails, ok, option, warning
from driftscan.doctor.subject import Subject
from driftscan.errors import DriftscanError
from driftscan.history import modes
from driftscan.history.commit import Commit, Kind
from driftscan.history.gitdir import locate
from driftscan.history.repository import Repository
from driftscan.history.snapshot import Snapshot, UnreadableBlob
from driftscan.host.lines import numbered
from driftscan.report.wording import count, duration, moment

CONF: Final = "etckeeper/etckeeper.conf"
STALE_RUN: Final = timedelta(days=2)
"""etckeeper's daily job takes what is older for left over, and removes it."""
STALE_LOCK: Final = timedelta(minutes=10)
"""No git takes so long to write its index of an /etc."""
AHEAD: Final = timedelta(minutes=5)
"""By how much a commit may seem to come from the future."""


def refused(subject: Subject, error: DriftscanError) -> Check:
    """Why the repository cannot be read, and what helps."""
    text, directory = str(error), subject.directory
    quoted = shlex.quote(str(directory))
    if "safe.directory" in text:
        cure = f"git config --global --add safe.directory {shlex.quote(str(directory.absolute()))}"
    elif above := re.search(r"; use -C (\S+)\Z", text):
        cure = f"driftscan doctor -C {shlex.quote(above[1])}"
    elif "as root" in text:
        cure = f"sudo driftscan doctor{option(directory)}"
    elif "no commit yet" in text:
        cure = f"etckeeper commit -d {quoted} 'first commit'"
    elif "is not a git repository" in text:
        cure = f"etckeeper init -d {quoted}"
    else:
        cure = cure_in(text, f"git -C {quoted} status")
    return fails("repository", text, cure)


def repository(subject: Subject, opened: Repository, commits: int) -> Iterator[Check]:
    """How much history there is, and whose it is."""
    place = locate(subject.directory)
    found = f"{subject.directory}, {count(commits, 'commit')}, kept by user {_user(place.path.stat().st_uid)}"
    if opened.is_shallow:
        deeper = f"git -C {shlex.quote(str(place.top))} fetch --unshallow"
        yield warning("repository", f"{found}; older commits are not here (a shallow clone)", deeper)
    else:
        yield ok("repository", found)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def newest_commit(subject: Subject, newest: Commit) -> Iterator[Check]:
    """How old the newest commit is. That nothing was committed for long may mean that nothing changed."""
    committed = newest.committed
    told = f"{newest.id[:12]} of {moment(committed).text}"
    if committed - subject.now > AHEAD:
        found = f"{told} lies {duration(committed - subject.now)} ahead of this host's clock; one of them is wrong"
        yield warning("newest commit", found, "timedatectl set-ntp true")
    elif committed > subject.now:
        yield ok("newest commit", f"{told}, just now")
    else:
        yield ok("newest commit", f"{told}, {duration(subject.now - committed)} ago")


def etckeeper(subject: Subject, tree: Snapshot) -> Iterator[Check]:
    """Whether etckeeper keeps the directory, and commits daily."""
    entry = tree.entry(modes.PATH)
    if entry is None or entry.kind is not Kind.FILE:
        directory = "" if subject.directory == Path("/etc") else f" -d {shlex.quote(str(subject.directory))}"
        found = f"{modes.PATH} is not in the newest commit: modes and owners of files are not known"
        if subject.is_this_host:
            cure = f"etckeeper init{directory} && etckeeper commit{directory} 'kept by etckeeper'"
            yield warning("etckeeper", found, cure)
        else:
            # `etckeeper init` runs an .etckeeper that is there: no advice for what came from elsewhere.
            yield ok("etckeeper", f"{found}; it is another host's")
    else:
        yield ok("etckeeper", f"keeps it ({modes.PATH} is in the newest commit)")
    line = _no_daily_commits(tree)
    if line:
        edit = f"${{EDITOR:-vi}} +{line} {shlex.quote(str(subject.directory / CONF))}"
        found = f"AVOID_DAILY_AUTOCOMMITS=1 ({CONF}:{line}): changes made by hand are seen late, and as one"
        yield warning("daily commits", found, edit)


def _no_daily_commits(tree: Snapshot) -> int:
    """The line that switches the daily commits off, 0 for none; the piece of shell is read and never run."""
    entry = tree.entry(CONF)
    if entry is None or entry.kind is not Kind.FILE:
        return 0
    try:
        data = tree.read(entry.blob)
    except UnreadableBlob:
        return 0
    found = 0
    for number, line in numbered(data):
        said = re.match(r"\s*(?:export\s+)?AVOID_DAILY_AUTOCOMMITS=[\"']?([^\s\"';#]*)", line)
        if said:
            found = number if said[1] == "1" else 0
    return found


def left_over(subject: Subject) -> Iterator[Check]:
    """What stops commits: the lock of a git that was killed, and the list of a package run that never ended."""
    lock = locate(subject.directory).path / "index.lock"
    age = _age(lock, subject.now)
    if age is not None and age > STALE_LOCK:
        found = f"{lock} is {duration(age)} old: while it is there nothing is committed"
        yield fails("index.lock", found, f"pgrep -a git || rm {shlex.quote(str(lock))}")
    run = subject.surroundings.package_run
    age = _age(run, subject.now) if subject.is_this_host else None
    if age is not None and age > STALE_RUN:
        found = f"{run} is {duration(age)} old: etckeeper's daily job removes such a file, so it does not run"
        yield warning("package run", found, "systemctl status etckeeper.timer cron")


def _age(file: Path, now: datetime) -> timedelta | None:
    try:
        return now - datetime.fromtimestamp(file.lstat().st_mtime, UTC)
    except OSError:
        return None
