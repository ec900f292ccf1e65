"""The hook as the doctor sees it."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.configuration.read import Configured, load
from driftscan.doctor import hook
from driftscan.doctor.check import Check, Verdict, fails, ok, warning
from driftscan.doctor.subject import Subject
from driftscan.hook import install as installer
from driftscan.hook.given import Given
from driftscan.hook.keep import Kept, Pending, Store, directory_for
from driftscan.hook.news import Subject as Examined
from driftscan.hook.run import begin
from tests.doctor.conftest import about
from tests.etc import EtcHistory

Make = Callable[..., Subject]
SERVER = "server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; ssl_certificate_key a.key; }\n"
NGINX = {"nginx/nginx.conf": "events {}\nhttp {\n    include conf.d/*.conf;\n}\n", "nginx/conf.d/a.conf": SERVER}
ALL = ("hook", "state directory", "last run", "kept")


def store_of(subject: Subject) -> Store:
    return Store(directory_for(subject.directory, subject.settings.state))


@pytest.fixture
def here(subject: Make, etc: EtcHistory) -> Subject:
    """A host with one commit, on which the hook was installed just now."""
    etc.commit(NGINX)
    found = subject()
    store = store_of(found)
    installer.install(etc.path, Path(sys.executable), store.gate)
    facts = found.facts
    examined = Examined(etc.path, facts.layout, facts.versions)
    begin(Given(examined, store, found.settings, found.now, lambda _: None))
    return found


def kept(subject: Subject, **changes: object) -> None:
    """Change what the last run left."""
    store = store_of(subject)
    known = store.load()
    assert known is not None
    fields = {name: getattr(known, name) for name in Kept.__struct_fields__}
    store.save(Kept(**(fields | changes)))


def found(subject: Subject, *names: str) -> Sequence[Check]:
    return about(subject, *(names or ALL))


def test_no_hook(subject: Make, etc: EtcHistory) -> None:
    etc.commit(NGINX)
    said = "not installed: nobody hears of trouble after the commit that brings it"
    assert found(subject()) == [warning("hook", said, f"driftscan hook install -C {etc.path}")]


def test_a_hook_that_works(here: Subject, etc: EtcHistory) -> None:
    store = store_of(here)
    room = os.statvfs(store.path)
    names = "post-commit, post-merge and post-rewrite"
    head = etc.git("rev-parse", "HEAD")
    state, *others = found(here, "state directory", "hook", "last run", "kept")[1:]
    assert found(here, "hook") == [ok("hook", f"installed in {names}, and can run")]
    assert state.verdict is Verdict.OK
    assert state.found.startswith(f"{store.path}, mode 0700, ")
    assert abs(int(state.found.split()[-3]) - room.f_bavail * room.f_frsize // hook.MIB) < 1024
    assert others == [
        ok("last run", f"examined up to {head[:12]}, the newest commit; 0 findings open"),
        ok("kept", "0 bytes of events, 0 reports of 0 bytes"),
    ]


def test_a_hook_whose_python_is_gone(here: Subject, etc: EtcHistory) -> None:
    script = etc.path / ".git/hooks/post-merge"
    script.write_bytes(script.read_bytes().replace(os.fsencode(sys.executable), b"/nonexistent/python"))
    said = f"{script}: its python is gone; run `driftscan hook install` again"
    assert found(here, "hook") == [fails("hook", said, f"driftscan hook install -C {etc.path}")]


def test_what_a_copy_of_another_host_names_is_not_run(subject: Make, etc: EtcHistory, tmp_path: Path) -> None:
    etc.commit(NGINX)
    evil = tmp_path / "python"
    installer.install(etc.path, Path(sys.executable), tmp_path / "gate")
    for script in (etc.path / ".git/hooks").iterdir():
        script.write_bytes(script.read_bytes().replace(os.fsencode(sys.executable), os.fsencode(evil)))
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    evil.chmod(0o755)
    elsewhere = tmp_path / "copy"
    etc.path.rename(elsewhere)
    said = "its lines are in post-commit, post-merge and post-rewrite; not tried out, this is not this host's /etc"
    assert found(subject(directory=elsewhere)) == [ok("hook", said)]
    assert not (tmp_path / "ran").exists()


def test_a_bare_repository(subject: Make, tmp_path: Path) -> None:
    bare = EtcHistory(tmp_path / "etc", bare=True)
    bare.commit(NGINX)
    said = "there is no work tree of its own here, so no commit is made here"
    assert found(subject()) == [ok("hook", said)]


def test_a_state_directory_that_others_can_look_into(here: Subject) -> None:
    path = store_of(here).path
    path.chmod(0o755)
    said = f"{path} has mode 0755: others can see what is wrong"
    assert found(here, "state directory") == [warning("state directory", said, f"chmod 700 {path}")]


def test_a_state_directory_that_is_none(here: Subject) -> None:
    path = store_of(here).path
    path.rename(path.with_name("aside"))
    path.touch()
    first = found(here, "state directory")[0]
    assert first == fails("state directory", f"{path} is no directory", f"rm {path}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_state_directory_of_somebody_else(here: Subject) -> None:
    path = store_of(here).path
    os.chown(path, 4711, 4711)
    said = f"{path} belongs to user 4711, who is not the one that asks"
    assert found(here, "state directory") == [fails("state directory", said, f"sudo chown -R $(id -u) {path}")]


@pytest.mark.parametrize(
    ("free", "verdict"), [(0, Verdict.FAILS), (hook.MIB, Verdict.WARNING), (hook.ROOM, Verdict.OK)]
)
def test_room_for_the_state(here: Subject, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    # f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail, f_flag, f_namemax
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((1, 1, 1, free, free, 9, 9, 9, 0, 255)))
    assert [check.verdict for check in found(here, "state directory")] == [verdict]


def test_a_state_inside_the_repository(subject: Make, etc: EtcHistory) -> None:
    etc.commit(NGINX)
    plain = subject()
    inside = replace(plain, configured=_with_state(plain, f"{etc.path}/state"))
    (check,) = found(inside, "state directory")
    assert check.verdict is Verdict.FAILS
    assert check.cure == "driftscan --show-config"


def _with_state(subject: Subject, state: str) -> Configured:
    file = subject.configured.file
    assert file is not None
    file.write_text(f'[host]\ndirectory = "{subject.directory}"\n[hook]\nstate = "{state}"\n')
    return load(file, {})


def test_a_damaged_state(here: Subject) -> None:
    state = store_of(here).path / "state.json"
    state.write_text("{")
    said = f"{state} cannot be understood; the next run begins anew"
    assert found(here, "last run") == [warning("last run", said, f"mv {state} {state}.damaged")]


def test_trouble_in_the_last_run_and_news_that_wait(here: Subject, etc: EtcHistory) -> None:
    head = etc.git("rev-parse", "HEAD")
    kept(here, trouble="the log is full", pending=Pending(None, head, [], [], [], ["syslog", "command"]))
    run = f"driftscan hook run -C {etc.path}"
    assert found(here, "last run") == [
        warning("last run", "it said: the log is full", run),
        warning("last run", f"news of {head[:12]} are still to be told: syslog, command", run),
    ]


def test_later_commits_that_the_gate_let_pass(here: Subject, etc: EtcHistory) -> None:
    head = etc.git("rev-parse", "HEAD")
    etc.commit({"motd": "x"})
    said = f"examined up to {head[:12]}; 1 later commit of no concern to TLS; 0 findings open"
    assert found(here, "last run") == [ok("last run", said)]


def test_later_commits_that_no_run_has_looked_at(here: Subject, etc: EtcHistory) -> None:
    head = etc.git("rev-parse", "HEAD")
    etc.commit({"motd": "x"})
    etc.commit({"nginx/conf.d/a.conf": SERVER.replace("a.example", "b.example")})
    said = f"examined up to {head[:12]}; 1 later commit touches the configuration, and no run has looked at it"
    assert found(here, "last run") == [warning("last run", said, f"driftscan hook run -C {etc.path}")]


def test_history_that_was_rewritten(here: Subject, etc: EtcHistory) -> None:
    kept(here, examined="a" * 40)
    said = "examined up to aaaaaaaaaaaa, which is not in this history any more"
    assert found(here, "last run") == [warning("last run", said, f"driftscan hook run -C {etc.path}")]


def test_how_much_is_kept(here: Subject) -> None:
    store = store_of(here)
    store.events.write_bytes(b"x" * 3000)
    (store.path / "reports").mkdir()
    (store.path / "reports/a.html").write_bytes(b"x" * 2 * hook.MIB)
    assert found(here, "kept") == [ok("kept", "3 KiB of events, 1 report of 2.0 MiB")]
