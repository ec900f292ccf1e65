"""Two directories that the real etckeeper keeps and that differ in one thing: driftscan is installed in one of them.

Whatever is done is done in both. Then every byte that the commands print must be the same, and their status; what is
left over in the one is what driftscan said.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from driftscan.hook.keep import directory_for
from tests.history.keeper import Keeper

PYTHON: Final = Path(sys.executable)
INSTALLED: Final = (
    "committing changes in /etc after apt run\n\nPackage changes:\n+libssl1.0.0 1.0.2g-1 amd64\n+nginx 1.10.3-1 all\n"
)
NGINX_CONF: Final = "events {}\nhttp {\n    include sites-enabled/*;\n}\n"
SITE: Final = """\
server {{
    listen 443 ssl{default};
    server_name {name};
    ssl_certificate /srv/tls/{name}.pem;
    ssl_certificate_key /srv/tls/{name}.key;
{settings}}}
"""
A: Final = "nginx/sites-enabled/a"
B: Final = "nginx/sites-enabled/b"
OURS: Final = "driftscan: "


def site(name: str, *settings: str, default: bool = False) -> str:
    """A server of TLS; its certificate lies outside the tree."""
    lines = "".join(f"    {setting};\n" for setting in settings)
    return SITE.format(name=name, default=" default_server" if default else "", settings=lines)


WHOLE_A: Final = site("a.example")
BROKEN_A: Final = site("a.example", "ssl_session_tickets off")
HARMLESS_A: Final = site("a.example", "client_max_body_size 5m")
WHOLE_B: Final = site("b.example")
BROKEN_B: Final = site("b.example", "ssl_session_tickets off")
FILES: Final = {
    "motd": "hello\n",
    "nginx/nginx.conf": NGINX_CONF,
    "nginx/sites-enabled/000": site("_", default=True),
    A: WHOLE_A,
    B: WHOLE_B,
}


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the events, as far as the tests care."""

    event: str
    pattern: str
    subject: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class Host:
    """A directory that etckeeper keeps, and where a hook in it would keep what it knows."""

    keeper: Keeper
    environment: Mapping[str, str]

    @classmethod
    def make(cls, top: Path, *, versioned: bool = False, settings: str = "", **etckeeper: str) -> "Host":
        """A new one, not committed to yet.

        Args:
            top: below which everything of it lies.
            versioned: etckeeper's scripts are in the directory it keeps, as they are in /etc.
            settings: more lines of `[hook]` in the configuration file.
            etckeeper: settings of etckeeper.conf.
        """
        keeper = Keeper.make(top, **etckeeper)
        environment = dict(keeper.environment)
        if versioned:
            environment["ETCKEEPER_CONF_DIR"] = str((top / "etckeeper").rename(top / "etc/etckeeper"))
        for path, text in FILES.items():
            keeper.write(path, text)
        host = cls(keeper, environment)
        host.configuration.write_text(f'[hook]\nstate = "{top}/state"\n{settings}')
        return host

    @property
    def etc(self) -> Path:
        return self.keeper.etc

    @property
    def configuration(self) -> Path:
        return self.keeper.top / "driftscan.toml"

    def do(
        self,
        *command: str | Path,
        inside: str = ".",
        environment: Mapping[str, str] | None = None,
    ) -> Done:
        """Run a command in the directory, or in another one relative to it."""
        done = subprocess.run(
            command,
            cwd=self.etc / inside,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            umask=0o022,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def driftscan(self, *arguments: str | Path) -> Done:
        """Run driftscan as its hook does, with the configuration file of this host."""
        return self.do(PYTHON, "-I", "-m", "driftscan", "--config", self.configuration, *arguments, inside="..")

    def git(self, *arguments: str) -> str:
        """The answer of git to a question."""
        done = self.do("git", *arguments)
        assert done.status == 0, done.err
        return done.out.removesuffix("\n")

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    @property
    def state(self) -> Path:
        return directory_for(self.etc, str(self.keeper.top / "state"))

    @property
    def events(self) -> list[Event]:
        """Everything that was told so far, oldest first."""
        file = self.state / "events.ndjson"
        lines = file.read_text().splitlines() if file.exists() else []
        return [_event(msgspec.json.decode(line)) for line in lines]

    @property
    def kept(self) -> dict[str, Any]:
        """The state of the hook."""
        found = msgspec.json.decode((self.state / "state.json").read_bytes())
        assert isinstance(found, dict)
        return found

    @property
    def gate(self) -> str:
        """The commit that the gate compares with."""
        return (self.state / "gate").read_text().partition("\n")[0]


def _event(found: dict[str, Any]) -> Event:
    commit = found["commit"]
    return Event(found["event"], found["pattern"], found["subject"], commit["id"] if commit else None)


@dataclass(frozen=True, slots=True)
class Twins:
    """One with driftscan, one without."""

    plain: Host
    hooked: Host

    @property
    def both(self) -> tuple[Host, Host]:
        return self.plain, self.hooked

    def write(self, path: str, text: str) -> None:
        for host in self.both:
            host.keeper.write(path, text)

    def do(
        self,
        *command: str,
        status: int = 0,
        inside: str = ".",
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run the same in both, and say what driftscan printed; `{etc}` in a word is the directory.

        Whatever else is printed and the status are compared, and so are the commits that are there afterwards.
        """
        plain, hooked = (
            host.do(
                *(word.replace("{etc}", str(host.etc)) for word in command),
                inside=inside,
                environment=environment,
            )
            for host in self.both
        )
        assert plain.status == status, plain.err
        assert hooked.status == status, hooked.err
        theirs, ours = divide(hooked.err)
        assert self._alike(self.hooked, hooked.out) == self._alike(self.plain, plain.out)
        assert self._alike(self.hooked, theirs) == self._alike(self.plain, plain.err)
        same = ("log", "--all", "--format=%an %ae %ad %cn %ce %cd %s %d", "--date-order", "--name-status")
        assert self._alike(self.hooked, self.hooked.git(*same)) == self._alike(self.plain, self.plain.git(*same))
        assert self.hooked.git("status", "--porcelain") == self.plain.git("status", "--porcelain")
        return ours

    def git(self, *arguments: str, status: int = 0, environment: Mapping[str, str] | None = None) -> str:
        return self.do("git", *arguments, status=status, environment=environment)

    def daily(self) -> str:
        """What etckeeper's timer runs."""
        return self.do("sh", "-c", '"$ETCKEEPER_CONF_DIR/daily"')

    def _alike(self, host: Host, text: str) -> str:
        """Without what must differ: where the directory is, and the ids of commits that contain what differs."""
        return re.sub(r"\b[0-9a-f]{7,40}\b", "ID", text.replace(str(host.keeper.top), "TOP"))


def divide(printed: str) -> tuple[str, str]:
    """What others printed, and what driftscan did."""
    lines = printed.splitlines(keepends=True)
    theirs = "".join(line for line in lines if not line.startswith(OURS))
    return theirs, "".join(line for line in lines if line.startswith(OURS))


TOLD: Final = """\
driftscan: CRITICAL session-tickets-mismatch: {name}:443 has session tickets off, but the default server of its \
socket, _:443, has them on: with OpenSSL 1.0.2g, browsers cannot connect.
driftscan:     hits everybody who asks for {name}:443 with a client that offers session tickets with TLS 1.2 or older: \
Chrome, Firefox, and programs in Python, Ruby or Node.js; curl and Java connect
driftscan:     see {site}:6, {default}:2
driftscan:     remedy: Write `ssl_session_tickets off;` in the default server _:443 ({default}:2), run `nginx -t` and \
reload nginx; {site}:6 can stay as it is.
driftscan: `{command}` tells more
driftscan: the report is {report}
"""


def told(name: str, see: tuple[str, str], command: str, report: str) -> str:
    """What is printed of a server whose session tickets were switched off."""
    return TOLD.format(name=name, site=see[0], default=see[1], command=command, report=report)


def broke(host: Host, name: str, commit: str, *, at: str = A) -> str:
    """The same of one of a host's servers, when a commit did it."""
    command = f"driftscan show -C {host.etc} {commit[:12]}"
    return told(name, (at, "nginx/sites-enabled/000"), command, f"{host.state}/latest.html")


def event(fate: str, name: str, commit: str | None) -> Event:
    """The event of a server whose tickets were switched."""
    return Event(fate, "session-tickets-mismatch", f"{name}:443", commit)


def tree(top: Path, skipped: Sequence[Path] = ()) -> dict[str, tuple[int, bytes]]:
    """Every file below a directory, by its path: its mode and what is in it, or where it leads."""
    found = {}
    for directory, folders, names in os.walk(top):
        folders[:] = [folder for folder in folders if Path(directory, folder) not in skipped]
        for path in (Path(directory, name) for name in [*folders, *names]):
            status = path.lstat()
            content = os.fsencode(path.readlink()) if path.is_symlink() else b"" if path.is_dir() else path.read_bytes()
            found[str(path.relative_to(top))] = (status.st_mode, content)
    return found
