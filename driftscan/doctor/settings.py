"""The settings of this host, and what they name outside of driftscan."""

import os
import re
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from driftscan.configuration.keys import PREFIX
from driftscan.configuration.settings import DEFAULT_FILE
from driftscan.doctor.check import Check, cure_in, fails, ok, option, warning
from driftscan.doctor.subject import Subject
from driftscan.errors import DriftscanError
from driftscan.hook.keep import Kept, Store, directory_for
from driftscan.report.wording import count

LARGEST_METRICS: Final = 64 * 1024
_EXAMINED: Final = re.compile(r"(?m)^driftscan_examined_commit_timestamp_seconds\{.*\} (-?\d+)$")


def settings(subject: Subject) -> Iterator[Check]:
    """Whether they can be read, and by whom they could have been written."""
    if subject.trouble:
        yield fails("settings", subject.trouble, _cure(subject.trouble))
        return
    configured = subject.configured
    variables = sum(source.startswith(PREFIX) for source in configured.sources.values())
    said = [] if configured.file is None else [f"{configured.file} is read, and only its owner can write it"]
    said += [f"{count(variables, 'setting')} by variables"] if variables else []
    yield ok("settings", "; ".join(said) or f"all left to their defaults ({DEFAULT_FILE} is not there)")


def _cure(trouble: str) -> str:
    """Where to go: the line of the file, or the variable."""
    file = re.match(r"(/.*?)(?::(\d+))?: ", trouble)
    if variable := re.match(r"(DRIFTSCAN_\w+): ", trouble):
        return f"unset {variable[1]}"
    edit = "" if file is None else f"${{EDITOR:-vi}} {f'+{file[2]} ' if file[2] else ''}{shlex.quote(file[1])}"
    return cure_in(trouble, edit or "driftscan --show-config")


def command(subject: Subject) -> Iterator[Check]:
    """Whether the operator's own program can be run."""
    if not subject.settings.command:
        return
    program = Path(subject.settings.command[0])
    quoted = shlex.quote(str(program))
    try:
        mode = program.stat().st_mode
    except OSError as error:
        yield fails("command", f"{program}: {error.strerror}", "driftscan --show-config  # [hook] command")
        return
    if not stat.S_ISREG(mode) or not os.access(program, os.X_OK):
        yield fails("command", f"{program} cannot be run", f"chmod +x {quoted}")
    elif mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield warning("command", f"{program} runs after commits, and others can write it", f"chmod go-w {quoted}")
    else:
        yield ok("command", f"{program} can be run")


def system_log(subject: Subject) -> Iterator[Check]:
    """Whether somebody listens where messages go."""
    if not subject.settings.syslog:
        return
    log = subject.surroundings.system_log
    try:
        is_there = stat.S_ISSOCK(log.stat().st_mode)
    except OSError:
        is_there = False
    if is_there:
        yield ok("syslog", f"{log} is there")
    else:
        start = "systemctl start systemd-journald-dev-log.socket"
        yield fails("syslog", f"{log} is no socket: nobody listens to messages", start)


def textfile(subject: Subject) -> Iterator[Check]:
    """Whether the metrics can be written, and are those of the last run."""
    name = subject.settings.textfile
    if name is None:
        return
    file = Path(name)
    folder = shlex.quote(str(file.parent))
    if not file.parent.is_dir():
        yield fails("textfile", f"{file.parent} is no directory", f"mkdir -p {folder}")
    elif file.parent.resolve().is_relative_to(subject.directory.resolve()):
        found = f"{file} is inside {subject.directory}, where it would be committed"
        yield fails("textfile", found, "driftscan --show-config  # [hook] textfile")
    elif not os.access(file.parent, os.W_OK):
        yield fails("textfile", f"{file.parent} cannot be written", f"sudo chown root {folder}")
    else:
        yield _metrics(subject, file)


def _metrics(subject: Subject, file: Path) -> Check:
    write = f"driftscan hook run{option(subject.directory)}"
    kept = _kept(subject)
    if not file.is_file():  # a pipe would be waited for
        return warning("textfile", f"{file} is not there yet; a run of the hook writes it", write)
    with file.open("rb") as opened:
        text = opened.read(LARGEST_METRICS).decode("utf-8", "replace")
    examined = _EXAMINED.search(text)
    if kept is not None and (examined is None or int(examined[1]) != int(kept.committed)):
        return warning("textfile", f"{file} is not of the last run", write)
    return ok("textfile", f"{file} is of the last run")


def _kept(subject: Subject) -> Kept | None:
    try:
        return Store(directory_for(subject.directory, subject.settings.state)).load()
    except DriftscanError:  # told of where the state is looked at
        return None
