"""Everything that driftscan ever writes about a host, run in processes of its own as a user runs it."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from driftscan.cli import main
from tests.etc import ENVIRONMENT, EtcHistory

SITE = "shop.example"
STDOUT = {
    "log": ("log",),
    "log json": ("log", "--format", "json"),
    "show": ("show",),
    "show json": ("show", "HEAD~1", "--format", "json"),
    "show first": ("show", "HEAD~1"),
    "diff": ("diff", "HEAD~2"),
    "diff json": ("diff", "HEAD~1", "--format", "json"),
    "effective": ("effective",),
    "effective all": ("effective", "--all"),
    "effective sni": ("effective", "--sni", SITE, "--all"),
    "effective json": ("effective", "--format", "json"),
    "effective work tree": ("effective", "."),
    "blame": ("blame", "*", "--all"),
    "blame json": ("blame", "*", "--all", "--format", "json"),
    **{f"check {form}": ("check", "--format", form) for form in ("text", "json", "md", "sarif", "junit")},
    "check work tree": ("check", "--worktree"),
    "check work tree json": ("check", "--worktree", "--format", "json"),
    "check against": ("check", "--worktree", "--baseline", "HEAD~1", "--show-suppressed"),
    "suspects": ("suspects", "--at", "2026-01-03", "-n", "50"),
    "suspects json": ("suspects", "--at", "2026-01-03", "-n", "50", "--format", "json"),
    "patterns": ("patterns",),
    "doctor": ("doctor",),
    "doctor json": ("doctor", "--format", "json"),
    "no revision": ("show", "no-such-revision"),
    "no date": ("log", "--since", "gestern"),
    "no repository": ("log", "-C", "nginx"),
    "a directory that is no state": ("check", "./letsencrypt"),
    "a key as a state": ("check", "./nginx/ssl/shop.key"),
    "a key as the main file": ("check", "--conf", "nginx/ssl/shop.key"),
    "passwords as the main file": ("check", "--conf", "nginx/htpasswd"),
    "shadow as the main file": ("effective", "--conf", "shadow"),
    "a token as the main file": ("check", "--conf", "letsencrypt/cloudflare.ini"),
    "help": ("--help",),
}
"""What is printed, by a name for people."""
FILES = ("html", "md", "json", "sarif")
ALWAYS = frozenset({"patterns", "help"})
"""Words that say nothing of a host; the others must say something."""


@dataclass(frozen=True, slots=True)
class Host:
    """A repository, the settings and the places where the hook writes."""

    etc: EtcHistory
    top: Path
    settings: Path
    state: Path

    def run(self, *arguments: str) -> bytes:
        """What a process prints, on both ways."""
        done = subprocess.run(
            [sys.executable, "-B", "-m", "driftscan", "--config", str(self.settings), *arguments],
            cwd=self.etc.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout

    def call(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """The same without a process for each."""
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.etc.path)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", out)
            main(("--config", str(self.settings), *arguments))
        out.flush()
        return raw.getvalue()

    @property
    def environment(self) -> Mapping[str, str]:
        return ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "HOME": str(self.top)}


def printed(host: Host) -> Iterator[tuple[str, bytes]]:
    """What the verbs print about the repository."""
    for name, (verb, *rest) in STDOUT.items():
        where = () if verb in {"--help", "patterns"} or "-C" in rest else ("-C", ".")
        yield name, host.call(verb, *where, *rest)
    yield "settings", host.call("--show-config")
    yield "dump", host.call("check", "-C", ".", "-", stdin=dump(host))


def written(host: Host) -> Iterator[tuple[str, bytes]]:
    """The reports as files."""
    folder = host.top / "reports"
    folder.mkdir()
    host.call("report", "-C", ".", *(word for form in FILES for word in ("-o", f"{form}={folder}/report.{form}")))
    for form in FILES:
        yield f"report {form}", (folder / f"report.{form}").read_bytes()


def hooked(host: Host) -> Iterator[tuple[str, bytes]]:
    """What the hook prints, sends and keeps when it finds the newest commits."""
    log, mailed = host.top / "log", host.top / "mailed"
    head = host.etc.git("rev-parse", "HEAD")
    host.etc.git("update-ref", "refs/heads/main", "HEAD~2")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(log))
        listener.settimeout(0)
        yield "hook install", host.run("hook", "install", "-C", ".")
        for behind in (1, 0):
            host.etc.git("update-ref", "refs/heads/main", f"{head}~{behind}")
            yield f"hook run {behind}", host.run("hook", "run", "-C", ".")
        yield "syslog", b"".join(_received(listener))
    yield "hook status", host.run("hook", "status", "-C", ".")
    yield "doctor with a hook", host.run("doctor", "-C", ".")
    yield "command", mailed.read_bytes() if mailed.exists() else b""
    for file in sorted(host.state.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield f"state {file.name}", file.read_bytes()
    yield "textfile", (host.top / "metrics.prom").read_bytes()


def _received(listener: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield listener.recv(65536)
        except BlockingIOError:
            return


def dump(host: Host) -> bytes:
    """What `nginx -T` prints of it, as far as it matters here."""
    parts = [b"nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"]
    names = ("nginx.conf", "conf.d/headers.conf", "sites-enabled/000-default", "sites-enabled/shop")
    for name in names:
        text = (host.etc.path / "nginx" / name).read_bytes()
        parts.append(b"# configuration file /etc/nginx/" + name.encode() + b":\n" + text + b"\n")
    return b"".join(parts)
