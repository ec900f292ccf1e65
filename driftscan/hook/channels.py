"""Where news go besides the terminal: the system's log, and a program of the operator's."""

import contextlib
import errno
import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from driftscan.errors import DriftscanError
from driftscan.hook.supervise import apart
from driftscan.report.entries import SeverityWord
from driftscan.report.printable import printable

SYSTEM_LOG: Final = Path("/dev/log")
"""Where syslogd or systemd's journal listens."""
LONGEST: Final = 900
"""Characters of a message: RFC 3164 lets no packet be longer than 1,024 bytes."""
DAEMON: Final = 3 * 8
"""The facility, and below it the severities (RFC 3164, 4.1.1)."""
LEVELS: Final[dict[SeverityWord, int]] = {"critical": 2, "high": 3, "medium": 4, "low": 5}
INFORMATION: Final = 6
PATIENCE: Final = 2.0
"""Seconds for a log that does not read."""
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class _Because(Struct):
    because: str


class _Said(Struct):
    """What a line of the system's log says of an event."""

    event: str
    pattern: str
    severity: SeverityWord
    fingerprint: str
    subject: str
    finding: _Because | None = None


def to_syslog(events: Sequence[str], log: Path = SYSTEM_LOG) -> None:
    """One message for each event.

    Args:
        events: each as a line of JSON.
        log: the socket to write to.

    Raises:
        DriftscanError: nobody listens there.
    """
    try:
        with _connected(log) as listener:
            for event in events:
                said = msgspec.json.decode(event, type=_Said)
                level = INFORMATION if said.event in {"resolved", "gone"} else LEVELS[said.severity]
                text = f"{said.event} {said.severity} {said.pattern} [{said.fingerprint}] {said.subject}"
                because = "" if said.finding is None else f": {said.finding.because}"
                message = f"<{DAEMON + level}>driftscan: {printable(text + because)[:LONGEST]}"
                listener.sendall(message.encode() + b"\0")
    except OSError as error:
        raise DriftscanError(
            f"the system's log cannot be written ({log}: {error.strerror}); set [hook] syslog = false"
        ) from None


def _connected(log: Path) -> socket.socket:
    """The log, which most systems take packets for and a few a stream."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.settimeout(PATIENCE)
        try:
            listener.connect(str(log))
        except OSError as error:
            listener.close()
            if kind is socket.SOCK_STREAM or error.errno != errno.EPROTOTYPE:
                raise
        else:
            return listener
    raise AssertionError("the last kind returns or raises")


def to_command(command: Sequence[str], events: Sequence[str], report: Path | None, seconds: float) -> None:
    """Run a program that reads the events, one line of JSON each, on its standard input.

    It is run without a shell, at the root directory, with `DRIFTSCAN_REPORT` naming the newest report.

    Raises:
        DriftscanError: it cannot be run, fails, or takes too long; then it is ended, with all that it started.
    """
    environment = {
        "PATH": PATH,
        "HOME": pwd.getpwuid(os.geteuid()).pw_dir,
        "LANG": "C.UTF-8",
        "DRIFTSCAN_REPORT": "" if report is None else str(report),
    }
    name = command[0]
    try:
        process = subprocess.Popen(  # noqa: S603 - the operator's own, from a file that only root can write
            list(command),
            cwd="/",
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=apart(),
        )
    except OSError as error:
        raise DriftscanError(f"[hook] command: {name} cannot be run: {error.strerror}") from None
    with process:
        try:
            process.communicate("".join(f"{event}\n" for event in events).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            raise DriftscanError(f"[hook] command: {name} was ended after {seconds:g} s") from None
        finally:
            # With all that it has left behind; itself too, should it have left the group.
            process.kill()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(apart() or process.pid, signal.SIGKILL)
    if process.returncode:
        raise DriftscanError(f"[hook] command: {name} failed with status {process.returncode}")
