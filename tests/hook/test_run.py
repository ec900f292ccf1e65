"""What a run tells, keeps and never tells twice."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from msgspec.structs import replace

from driftscan.configuration.settings import HookSettings, Threshold
from driftscan.errors import DriftscanError, RepositoryError
from driftscan.history.observe import NO_OPTIONS
from driftscan.hook import channels, deliver
from driftscan.hook.given import Given
from driftscan.hook.keep import Store, directory_for
from driftscan.hook.news import Subject
from driftscan.hook.run import begin, run
from driftscan.nginx.includes import Layout
from driftscan.report import schema
from tests.certificates import expand
from tests.etc import EtcHistory, Link
from tests.hook.conftest import Etc

PACKAGES = (
    "committing changes in /etc after apt run\n\nPackage changes:\n+nginx 1.10.3-1 all\n+libssl1.0.0 1.0.2g-1 amd64\n"
)
DEFAULT = "server { listen 443 ssl default_server; server_name _; ssl_certificate c; ssl_certificate_key k; }"
OFF = "ssl_session_tickets off;"
BECAUSE = (
    "blog.example:443 has session tickets off, but the default server of its socket, _:443, has them on: with OpenSSL "
    "1.0.2g, browsers cannot connect."
)
REMEDY = (
    "Write `ssl_session_tickets off;` in the default server _:443 (nginx/sites-available/000-default-https:3), run "
    "`nginx -t` and reload nginx; letsencrypt/options-ssl-nginx.conf:6 can stay as it is."
)
VISITORS = (
    "everybody who asks for blog.example:443 with a client that offers session tickets with TLS 1.2 or older: Chrome, "
    "Firefox, and programs in Python, Ruby or Node.js; curl and Java connect"
)


def site(name: str, *settings: str) -> str:
    lines = " ".join(settings)
    return f"server {{ listen 443 ssl; server_name {name}; {lines} ssl_certificate c; ssl_certificate_key k; }}"


def history(path: Path, *names: str, message: str = PACKAGES) -> EtcHistory:
    etc = EtcHistory(path)
    etc.commit(
        {
            "hostname": "web1\n",
            "nginx/nginx.conf": "events {} http { include sites-enabled/*; }",
            "nginx/sites-enabled/000": DEFAULT,
            **{f"nginx/sites-enabled/{name}": site(name) for name in names},
        },
        message,
    )
    return etc


@dataclass(slots=True)
class Hook:
    """A hook that is run by hand: what it says, and what it keeps."""

    repository: Path
    store: Store
    settings: HookSettings = field(default_factory=HookSettings)
    moment: datetime = datetime(2026, 2, 1, 12, tzinfo=UTC)

    def given(self, said: list[str]) -> Given:
        subject = Subject(self.repository, Layout(), NO_OPTIONS)
        return Given(subject, self.store, self.settings, self.moment, said.append)

    def run(self) -> list[str]:
        said: list[str] = []
        run(self.given(said))
        return said

    def begin(self) -> int:
        return begin(self.given([]))

    @property
    def events(self) -> list[dict[str, Any]]:
        """Each as the published schema has it."""
        lines = self.store.events.read_text().splitlines() if self.store.events.exists() else []
        events = [json.loads(line) for line in lines]
        for event in events:
            jsonschema.validate(event, schema.event_schema())
        return events

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(event["event"], event["subject"]) for event in self.events]


def hook_of(repository: Path) -> Hook:
    return Hook(repository, Store(directory_for(repository, str(repository.parent / "state"))))


@pytest.fixture
def old(tmp_path: Path) -> EtcHistory:
    """A site on an OpenSSL that minds its tickets, and a default server that has them."""
    return history(tmp_path / "etc", "a.example")


@pytest.fixture
def hook(old: EtcHistory) -> Hook:
    """After it was installed."""
    made = hook_of(old.path)
    assert made.begin() == 0
    return made


def turn_off(etc: EtcHistory, *names: str) -> str:
    return etc.commit({f"nginx/sites-enabled/{name}": site(name, OFF) for name in names})


def turn_on(etc: EtcHistory, *names: str) -> str:
    return etc.commit({f"nginx/sites-enabled/{name}": site(name) for name in names})


# ------------------------------------------------------------------ what is told


def test_a_breakage_is_told_and_so_is_its_end(etc: Etc) -> None:
    hook = hook_of(etc.path)
    hook.begin()
    later = etc.git("rev-list", "--reverse", f"{etc.broken_by}^..ORIG_HEAD").stdout.split()
    etc.git("reset", "--quiet", "--hard", later[0])
    assert hook.run() == [
        f"driftscan: CRITICAL session-tickets-mismatch: {BECAUSE}",
        f"driftscan:     hits {VISITORS}",
        "driftscan:     see letsencrypt/options-ssl-nginx.conf:6, nginx/sites-available/000-default-https:3",
        f"driftscan:     remedy: {REMEDY}",
        "driftscan:     the same goes for shop.example:443",
        f"driftscan: `driftscan show -C {etc.path} {etc.broken_by[:12]}` tells more",
        f"driftscan: the report is {hook.store.latest}",
    ]
    etc.git("reset", "--quiet", "--hard", later[1])
    assert hook.run() == [
        "driftscan: resolved: session-tickets-mismatch of blog.example:443 and shop.example:443",
        f"driftscan: the report is {hook.store.latest}",
    ]
    assert hook.told == [
        ("introduced", "blog.example:443"),
        ("introduced", "shop.example:443"),
        ("resolved", "blog.example:443"),
        ("resolved", "shop.example:443"),
    ]


def test_a_change_that_breaks_nothing_is_no_news_but_has_a_report(old: EtcHistory, hook: Hook) -> None:
    old.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_session_timeout 1h;")})
    assert hook.run() == []
    assert hook.events == []
    assert "ssl_session_timeout" in hook.store.latest.read_text()


def test_a_commit_that_changes_nothing_leaves_only_its_place(old: EtcHistory, hook: Hook) -> None:
    head = old.commit({"motd": "hello\n"})
    assert hook.run() == []
    assert sorted(path.name for path in hook.store.path.iterdir()) == ["gate", "lock", "state.json"]
    assert (kept := hook.store.load())
    assert kept.examined == head


def test_what_was_wrong_before_is_no_news(old: EtcHistory) -> None:
    turn_off(old, "a.example")
    hook = hook_of(old.path)
    assert hook.begin() == 1
    old.commit({"nginx/sites-enabled/b.example": site("b.example")})
    assert hook.run() == []


def test_without_a_first_state_the_newest_commit_is_told(old: EtcHistory) -> None:
    turn_off(old, "a.example")
    hook = hook_of(old.path)
    assert "CRITICAL session-tickets-mismatch: a.example:443" in hook.run()[0]
    assert hook.run() == []


def test_the_first_commit_is_no_news(tmp_path: Path) -> None:
    assert hook_of(history(tmp_path / "etc").path).run() == []


def test_of_many_servers_a_few_are_named(tmp_path: Path) -> None:
    names = [f"{letter}.example" for letter in "abcdefghij"]
    etc = history(tmp_path / "etc", *names)
    hook = hook_of(etc.path)
    hook.begin()
    turn_off(etc, *names)
    assert hook.run()[4] == (
        "driftscan:     the same goes for "
        "b.example:443, c.example:443, d.example:443, e.example:443, f.example:443 and 4 more"
    )


def test_nothing_of_a_repository_acts_on_the_terminal(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", "a.example")
    hook = hook_of(etc.path)
    hook.begin()
    name = "evil\x1b[2J\u202e\r.conf"
    etc.commit(
        {
            "nginx/sites-enabled/z": Link(f"../{name}"),
            f"nginx/{name}": site("'\x1b]0;x\x07'", OFF),
        }
    )
    said = "\n".join(hook.run())
    assert r"evil\x1b[2J\u202e\r.conf:1" in said
    assert r"\x1b]0;x\x07:443 has session tickets off" in said
    assert all(line.isprintable() for line in said.splitlines())
    assert all(line.isprintable() for line in hook.store.events.read_text().splitlines())


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    with pytest.raises(RepositoryError, match="is not a git repository"):
        hook_of(tmp_path / "etc").run()


def test_the_release_of_the_host_is_known_from_the_tree_before(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", "a.example", message="daily autocommit")
    hook = hook_of(etc.path)
    hook.settings = HookSettings(notify="low")
    etc.commit({"debian_version": "12.5\n"})
    hook.begin()
    etc.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_protocols TLSv1.3;")})
    assert "but nginx 1.22.1 takes the protocols" in "\n".join(hook.run())
    etc.commit({"apt/sources.list.d/nginx.list": "deb https://nginx.org/packages/debian bookworm nginx\n"})
    hook.run()
    etc.commit({"nginx/sites-enabled/b.example": site("b.example", "ssl_protocols TLSv1.3;")})
    said = "\n".join(hook.run())
    assert "b.example:443 is configured for TLSv1.3, but nginx" in said
    assert "1.22.1" not in said


def test_what_a_finding_depends_on_is_told_with_it(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc", "a.example", message="initial checkin")
    hook = hook_of(etc.path)
    hook.begin()
    turn_off(etc, "a.example")
    assert (
        "driftscan:     this holds only if the TLS library is OpenSSL before 1.0.2l or LibreSSL, "
        "which the history does not say: `nginx -V` tells"
    ) in hook.run()


@pytest.mark.parametrize(("notify", "lines"), [("low", 6), ("critical", 6), ("none", 0)])
def test_only_what_is_bad_enough_is_said_and_all_is_recorded(
    old: EtcHistory, hook: Hook, notify: Threshold, lines: int
) -> None:
    hook.settings = HookSettings(notify=notify)
    turn_off(old, "a.example")
    assert len(hook.run()) == lines
    assert hook.told == [("introduced", "a.example:443")]


def test_less_than_notify_is_recorded_and_not_said(old: EtcHistory, hook: Hook) -> None:
    hook.settings = HookSettings(notify="critical")
    old.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_protocols SSLv3 TLSv1;")})
    assert hook.run() == []
    assert {event["severity"] for event in hook.events} <= {"low", "medium", "high"}
    assert hook.events != []


def test_a_file_that_cannot_be_read_any_more_is_said(old: EtcHistory, hook: Hook) -> None:
    old.commit({"nginx/sites-enabled/b.example": site("b.example")})
    blob = old.git("rev-parse", "HEAD:nginx/sites-enabled/b.example")
    for pack in (old.path / ".git/objects/pack").glob("*.pack"):
        moved = pack.rename(old.path / "moved.pack")
        pack.with_suffix(".idx").unlink()
        old.git("unpack-objects", "-q", stdin=moved.read_bytes())
    (old.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert hook.run() == [
        f"driftscan: cannot read nginx/sites-enabled/b.example any more: cannot be read from the repository: {blob}",
        f"driftscan: the report is {hook.store.latest}",
    ]


def test_what_somebody_lives_with_is_not_told(old: EtcHistory, hook: Hook) -> None:
    decision = '[[suppress]]\npattern = "session-*"\nuntil = 2026-02-01\nowner = "mina"\nreason = "moves"\n'
    old.commit({"nginx/sites-enabled/a.example": site("a.example", OFF), "driftscan/suppressions.toml": decision})
    assert hook.run() == []
    hook.moment += timedelta(days=1)
    old.commit({"motd": "hello\n"})
    assert "CRITICAL session-tickets-mismatch: a.example:443" in hook.run()[0]
    assert hook.told == [("found", "a.example:443")]


def test_a_pattern_of_the_site_is_told(old: EtcHistory, hook: Hook) -> None:
    pattern = (
        '[[pattern]]\nid = "site-tills"\ntitle = "Tills"\nseverity = "high"\ndirective = "ssl_session_tickets"\n'
        'server = "a.example"\nbecause = "The tills resume."\nremedy = "Call."\nafter = { other_than = "on" }\n'
    )
    old.commit({"driftscan/patterns.d/tills.toml": pattern})
    assert hook.run() == []
    turn_off(old, "a.example")
    said = (
        "driftscan: HIGH site-tills: The tills resume: ssl_session_tickets is off (default server: on) for a.example "
        "on 0.0.0.0:443."
    )
    assert said in hook.run()


# ------------------------------------------------------------------ over time


def test_missed_commits_are_caught_up_with(old: EtcHistory, hook: Hook) -> None:
    first = turn_off(old, "a.example")
    old.commit({"motd": "hello\n"})
    second = old.commit({"nginx/sites-enabled/b.example": site("b.example", OFF)})
    said = hook.run()
    assert "the same goes for b.example:443" in said[4]
    assert said[5] == f"driftscan: `driftscan log -C {old.path} {first[:12]}^..{second[:12]}` tells more"
    assert [(event["commit"]["id"], event["subject"]) for event in hook.events] == [
        (first, "a.example:443"),
        (second, "b.example:443"),
    ]
    assert hook.run() == []


def test_what_came_and_went_unseen_is_told_whole(old: EtcHistory, hook: Hook) -> None:
    turn_off(old, "a.example")
    turn_on(old, "a.example")
    said = hook.run()
    assert "CRITICAL" in said[0]
    assert "driftscan: resolved: session-tickets-mismatch of a.example:443" in said
    assert hook.told == [("introduced", "a.example:443"), ("resolved", "a.example:443")]


def test_an_amended_commit_tells_nothing_again(old: EtcHistory, hook: Hook) -> None:
    base = old.git("rev-parse", "HEAD")
    turn_off(old, "a.example")
    assert len(hook.run()) == 6
    old.git("reset", "--quiet", base)
    turn_off(old, "a.example")
    old.commit({"motd": "amended\n"})
    assert hook.run() == []
    assert hook.told == [("introduced", "a.example:443")]


def test_rewritten_history_is_said_with_what_it_hides(old: EtcHistory, hook: Hook) -> None:
    base = old.git("rev-parse", "HEAD")
    old.commit({"motd": "hello\n"})
    hook.run()
    old.git("reset", "--quiet", base)
    turn_off(old, "a.example")
    assert hook.run()[0] == (
        "driftscan: the history was rewritten since the last run; what follows is compared with what was known then"
    )
    assert hook.told == [("introduced", "a.example:443")]


def test_a_commit_that_is_gone_for_ever_is_no_obstacle(old: EtcHistory, hook: Hook) -> None:
    turn_off(old, "a.example")
    hook.run()
    old.git("update-ref", "-d", "refs/heads/main")
    old.commit(
        {
            "nginx/nginx.conf": "events {} http { include sites-enabled/*; }",
            "nginx/sites-enabled/000": DEFAULT,
            "nginx/sites-enabled/b.example": site("b.example", OFF),
        },
        PACKAGES,
        when="2026-01-20T00:00:00Z",
        parents=[],
    )
    old.git("reflog", "expire", "--expire=now", "--all")
    old.git("gc", "--quiet", "--prune=now")
    said = hook.run()
    assert "history was rewritten" in said[0]
    assert hook.told == [("introduced", "a.example:443"), ("found", "b.example:443"), ("gone", "a.example:443")]


def test_a_branch_that_was_set_back_mends_without_a_commit(old: EtcHistory, hook: Hook) -> None:
    turn_off(old, "a.example")
    hook.run()
    old.git("reset", "--quiet", "HEAD^")
    assert hook.run() == []
    assert hook.told == [("introduced", "a.example:443"), ("gone", "a.example:443")]


def test_what_time_brings_is_told(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc")
    certificate = expand("@certificate names: a.example; until: 2026-02-10\n")
    named = "server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; ssl_certificate_key a.key; }"
    etc.commit({"nginx/a.pem": certificate, "nginx/sites-enabled/a.example": named}, when="2026-01-03T00:00:00Z")
    hook = hook_of(etc.path)
    hook.begin()
    etc.commit({"motd": "hello\n"}, when="2026-02-09T00:00:00Z")
    said = hook.run()
    assert "certificate-expired" in said[0]
    assert hook.told == [("found", "nginx/a.pem")]


def test_another_driftscan_finds_more_and_tells_nothing(old: EtcHistory, hook: Hook) -> None:
    turn_off(old, "a.example")
    hook.run()
    kept = hook.store.load()
    assert kept is not None
    hook.store.save(replace(kept, open={}, version="0.0.1"))
    old.commit({"motd": "hello\n"})
    assert hook.run() == []
    assert (now := hook.store.load())
    assert list(now.open) != []


# ------------------------------------------------------------------ what is kept


def test_events_are_whole_and_their_ids_do_not_change(old: EtcHistory, hook: Hook) -> None:
    commit = turn_off(old, "a.example")
    hook.run()
    [event] = hook.events
    assert event["id"] == f"{commit[:12]}-{event['fingerprint']}-introduced"
    assert (event["host"], event["repository"], event["time"]) == ("web1", str(old.path), "2026-02-01T12:00:00+00:00")
    assert (event["severity"], event["pattern"]) == ("critical", "session-tickets-mismatch")
    assert event["commit"]["made_by"] == "daily"
    assert event["finding"]["evidence"][0] == {"path": "nginx/sites-enabled/a.example", "line": 1}
    assert event["shortened"] is False


def test_an_event_is_short_whatever_is_in_it(old: EtcHistory, hook: Hook) -> None:
    names = " ".join(f"{'x' * 60}{number}.example" for number in range(400))
    old.commit(
        {"nginx/sites-enabled/b": site(f"b.example {names}", OFF)},
        message="a very long word: " + "w\u00fcrd" * 9000,
    )
    hook.run()
    for line in hook.store.events.read_bytes().splitlines():
        assert len(line) <= 8192
        assert json.loads(line)["shortened"] is True
        assert json.loads(line)["subject"].startswith("b.example")


def test_reports_are_few_and_the_newest_is_linked(old: EtcHistory, hook: Hook) -> None:
    hook.settings = HookSettings(reports=2)
    commits = []
    for number in range(4):
        changed = site("a.example", f"ssl_session_timeout {number + 1}h;")
        commits.append(old.commit({"nginx/sites-enabled/a.example": changed}))
        # The clock goes backwards: the order in which they were written counts.
        hook.moment -= timedelta(hours=1)
        hook.run()
    names = sorted(path.name for path in (hook.store.path / "reports").iterdir())
    assert [name.partition("-")[2] for name in sorted(names, reverse=True)] == [
        f"{commit[:12]}.html" for commit in commits[2:]
    ]
    assert hook.store.latest.readlink().name == f"20260201T080000Z-{commits[3][:12]}.html"
    modes = {path.stat().st_mode & 0o777 for path in hook.store.path.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert hook.store.path.stat().st_mode & 0o777 == 0o700


def test_no_report_where_none_is_wanted(old: EtcHistory, hook: Hook) -> None:
    hook.settings = HookSettings(reports=0)
    turn_off(old, "a.example")
    assert "the report is" not in "\n".join(hook.run())
    assert not hook.store.latest.exists()


def test_the_state_is_outside_of_what_is_committed(old: EtcHistory) -> None:
    with pytest.raises(DriftscanError, match=r"is inside .*etc; choose a directory outside, such as /var"):
        directory_for(old.path, str(old.path / "state"))


@pytest.mark.parametrize(
    ("top", "name"), [("/etc", "etc"), ("/srv/a/b", "srv-a-b-8fa97b0c"), ("/srv/a-b", "srv-a-b-ca2c6d9e")]
)
def test_every_repository_has_a_directory_of_its_own(top: str, name: str) -> None:
    found = directory_for(Path(top), "/var/lib/x")
    assert found.parent == Path("/var/lib/x")
    assert found.name.rpartition("-")[0] == name.rpartition("-")[0]
    assert len(found.name) == len(name)


def test_numbers_for_prometheus(old: EtcHistory, hook: Hook, tmp_path: Path) -> None:
    hook.settings = HookSettings(textfile=str(tmp_path / "driftscan.prom"))
    turn_off(old, "a.example")
    hook.run()
    text = (tmp_path / "driftscan.prom").read_text()
    assert f'driftscan_open_findings{{repository="{old.path}",severity="critical"}} 1\n' in text
    assert f'driftscan_open_findings{{repository="{old.path}",severity="high"}} 0\n' in text
    assert f'driftscan_last_run_timestamp_seconds{{repository="{old.path}"}} 1769947200\n' in text
    assert f'driftscan_last_run_success{{repository="{old.path}"}} 1\n' in text
    assert (tmp_path / "driftscan.prom").stat().st_mode & 0o777 == 0o644
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


# ------------------------------------------------------------------ where else it is told


def script(path: Path, *lines: str) -> str:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_a_command_reads_the_events(old: EtcHistory, hook: Hook, tmp_path: Path) -> None:
    name = script(tmp_path / "tell", f"cd '{tmp_path}'", 'cat >read; env >environment; echo "$@" >arguments')
    hook.settings = HookSettings(command=[name, "a b", "$(touch x)", ";"])
    turn_off(old, "a.example")
    hook.run()
    assert [json.loads(line) for line in (tmp_path / "read").read_text().splitlines()] == hook.events
    assert (tmp_path / "arguments").read_text() == "a b $(touch x) ;\n"
    names = {line.partition("=")[0] for line in (tmp_path / "environment").read_text().splitlines()}
    assert names <= {"PATH", "HOME", "LANG", "DRIFTSCAN_REPORT", "PWD", "OLDPWD", "SHLVL", "_"}
    assert f"DRIFTSCAN_REPORT={hook.store.latest}\n" in (tmp_path / "environment").read_text()


def test_a_command_is_not_called_for_nothing(old: EtcHistory, hook: Hook, tmp_path: Path) -> None:
    hook.settings = HookSettings(command=[script(tmp_path / "tell", f"touch '{tmp_path}/called'")])
    old.commit({"nginx/sites-enabled/a.example": site("a.example", "ssl_session_timeout 1h;")})
    hook.run()
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("exit 3",), "{name} failed with status 3"),
        (("exec sleep 60",), "{name} was ended after 1 s"),
        (("exec </dev/null", "exit 0"), None),
        (("kill -9 $$",), "{name} failed with status -9"),
    ],
)
def test_a_command_that_fails_is_said_once(
    old: EtcHistory, hook: Hook, tmp_path: Path, lines: Sequence[str], said: str | None
) -> None:
    name = script(tmp_path / "tell", *lines)
    hook.settings = HookSettings(command=[name], command_time_limit=1)
    turn_off(old, "a.example")
    told = hook.run()
    trouble = [line for line in told if "[hook] command" in line]
    assert trouble == ([] if said is None else [f"driftscan: [hook] command: {said.format(name=name)}"])
    assert hook.run() == []


def test_a_command_that_is_not_there(old: EtcHistory, hook: Hook) -> None:
    hook.settings = HookSettings(command=["/nowhere/tell"])
    turn_off(old, "a.example")
    assert hook.run()[-1] == "driftscan: [hook] command: /nowhere/tell cannot be run: No such file or directory"


def test_the_log_of_the_system(old: EtcHistory, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "log"))
        listener.settimeout(5)
        monkeypatch.setattr(deliver, "to_syslog", lambda events: channels.to_syslog(events, tmp_path / "log"))
        hook.settings = HookSettings(syslog=True)
        turn_off(old, "a.example")
        hook.run()
        message = listener.recv(4096).rstrip(b"\0").decode()
    assert message.startswith("<26>driftscan: introduced critical session-tickets-mismatch [")
    assert "] a.example:443: a.example:443 has session tickets off, but the default server" in message


def test_a_system_without_a_log(old: EtcHistory, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "to_syslog", lambda events: channels.to_syslog(events, tmp_path / "no-log"))
    hook.settings = HookSettings(syslog=True)
    turn_off(old, "a.example")
    assert hook.run()[-1].startswith(f"driftscan: the system's log cannot be written ({tmp_path}/no-log: ")
