"""The settings, and what they name."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.doctor import settings
from driftscan.doctor.check import fails, ok, warning
from driftscan.doctor.subject import Subject
from driftscan.hook.keep import Kept, Store, directory_for
from driftscan.hook.metrics import render

Make = Callable[..., Subject]


def test_settings_that_are_read(subject: Make, tmp_path: Path) -> None:
    found = f"{tmp_path}/driftscan.toml is read, and only its owner can write it"
    assert list(settings.settings(subject())) == [ok("settings", found)]


def test_no_settings(subject: Make) -> None:
    plain = Subject(Path("/etc"), subject().now)
    found = "all left to their defaults (/etc/driftscan.toml is not there)"
    assert list(settings.settings(plain)) == [ok("settings", found)]


@pytest.mark.parametrize(
    ("trouble", "cure"),
    [
        ("/etc/driftscan.toml:7: hook.notfy: there is no such key", "${EDITOR:-vi} +7 /etc/driftscan.toml"),
        ("/etc/drift scan.toml: it is no TOML", "${EDITOR:-vi} '/etc/drift scan.toml'"),
        ("/x.toml can be written by others, who are not asked; `chmod go-w /x.toml`", "chmod go-w /x.toml"),
        ("DRIFTSCAN_HOOK_NOTFY: there is no such setting", "unset DRIFTSCAN_HOOK_NOTFY"),
    ],
)
def test_settings_that_cannot_be_read(subject: Make, trouble: str, cure: str) -> None:
    broken = replace(subject(), trouble=trouble)
    assert list(settings.settings(broken)) == [fails("settings", trouble, cure)]


def test_a_command(subject: Make, tmp_path: Path) -> None:
    program = tmp_path / "tell"
    asked = subject(f'command = ["{program}", "--token=x"]\n')
    absent = fails("command", f"{program}: No such file or directory", "driftscan --show-config  # [hook] command")
    assert list(settings.command(asked)) == [absent]
    program.write_text("#!/bin/sh\n")
    program.chmod(0o644)
    assert list(settings.command(asked)) == [fails("command", f"{program} cannot be run", f"chmod +x {program}")]
    program.chmod(0o777)
    loose = f"{program} runs after commits, and others can write it"
    assert list(settings.command(asked)) == [warning("command", loose, f"chmod go-w {program}")]
    program.chmod(0o755)
    assert list(settings.command(asked)) == [ok("command", f"{program} can be run")]
    assert list(settings.command(subject())) == []


def test_the_system_log(subject: Make, tmp_path: Path) -> None:
    asked, log = subject("syslog = true\n"), tmp_path / "log"
    start = "systemctl start systemd-journald-dev-log.socket"
    nobody = fails("syslog", f"{log} is no socket: nobody listens to messages", start)
    assert list(settings.system_log(asked)) == [nobody]
    log.touch()
    assert list(settings.system_log(asked)) == [nobody]
    log.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(log))
        assert list(settings.system_log(asked)) == [ok("syslog", f"{log} is there")]
    assert list(settings.system_log(subject())) == []


def test_a_textfile(subject: Make, tmp_path: Path) -> None:
    etc, file = tmp_path / "etc", tmp_path / "metrics/driftscan.prom"
    etc.mkdir()
    asked = subject(f'textfile = "{file}"\n')
    missing = fails("textfile", f"{file.parent} is no directory", f"mkdir -p {file.parent}")
    assert list(settings.textfile(asked)) == [missing]
    file.parent.mkdir()
    run = f"driftscan hook run -C {etc}"
    unwritten = warning("textfile", f"{file} is not there yet; a run of the hook writes it", run)
    assert list(settings.textfile(asked)) == [unwritten]
    kept = Kept("0.1.0", "a" * 40, committed=1_700_000_000.5)
    store = Store(directory_for(etc, asked.settings.state))
    with store.locked():
        store.save(kept)
    file.write_text(render(kept, etc, 1.0, healthy=True))
    assert list(settings.textfile(asked)) == [ok("textfile", f"{file} is of the last run")]
    file.write_text(render(Kept("0.1.0", committed=1.0), etc, 1.0, healthy=True))
    assert list(settings.textfile(asked)) == [warning("textfile", f"{file} is not of the last run", run)]
    inside = subject(f'textfile = "{etc}/x.prom"\n')
    found = f"{etc}/x.prom is inside {etc}, where it would be committed"
    assert list(settings.textfile(inside)) == [fails("textfile", found, "driftscan --show-config  # [hook] textfile")]
