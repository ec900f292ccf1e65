"""The real etckeeper on a directory of the test's own, with whatever package manager the test has for it.

Two variables keep it away from this machine's /etc: ETCKEEPER_DIR is where it works, and ETCKEEPER_CONF_DIR has its
scripts, which are copied so that their lists of packages are kept beside them and not in /var/cache/etckeeper. Homes,
where it looks for people's names, are the test's as well.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from driftscan.history.commit import Commit, Revision
from driftscan.history.repository import Repository
from tests.etc import ENVIRONMENT
from tests.history.walks import whole

SCRIPTS = Path("/etc/etckeeper")
CACHE = "/var/cache/etckeeper"
NOW = "2026-01-02T03:04:05+0100"
RUN = "if [ -x /usr/bin/etckeeper ]; then etckeeper {}; fi"
"""What package managers have a shell do, before and after their work."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """An etckeeper, and the directory it keeps."""

    etc: Path
    environment: Mapping[str, str]

    @classmethod
    def make(cls, top: Path, **settings: str) -> "Keeper":
        """A new one below `top`; the settings are those of etckeeper.conf."""
        scripts, etc, programs = top / "etckeeper", top / "etc", top / "programs"
        shutil.copytree(SCRIPTS, scripts, symlinks=True)
        for script in scripts.rglob("*"):
            if script.is_file() and not script.is_symlink():
                script.write_text(script.read_text().replace(CACHE, str(top / "cache")))
        assert str(top / "cache") in (scripts / "pre-install.d/10packagelist").read_text()
        with (scripts / "etckeeper.conf").open("a") as configuration:
            configuration.writelines(f"{name}='{value}'\n" for name, value in settings.items())
        for directory in (etc, programs, top / "managers", top / "cache", top / "home/root"):
            directory.mkdir(parents=True)
        inherited = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("GIT_")}
        keeper = cls(
            etc,
            inherited
            | {
                "PATH": os.pathsep.join([str(programs), "/usr/sbin", "/usr/bin", "/sbin", "/bin"]),
                "GIT_AUTHOR_DATE": NOW,
                "GIT_COMMITTER_DATE": NOW,
                "HOME": str(top / "home/root"),
                "GIT_CONFIG_NOSYSTEM": "1",
                "ETCKEEPER_DIR": str(etc),
                "ETCKEEPER_CONF_DIR": str(scripts),
            },
        )
        keeper.program("getent", f'echo "$2:x:0:0::{top}/home/$2:/bin/sh"')
        keeper.run("etckeeper", "init")
        return keeper

    @property
    def top(self) -> Path:
        return self.etc.parent

    def run(self, *command: str | Path, **environment: str) -> str:
        """What a command prints, with the keeper's environment and these variables."""
        done = subprocess.run(
            command,
            cwd=self.top,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace")

    def write(self, path: str, text: str) -> None:
        place = self.etc / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def commit(self, *message: str, **environment: str) -> None:
        self.run("etckeeper", "commit", *message, **environment)

    def program(self, name: str, *lines: str, directory: str = "programs") -> Path:
        """A shell script that is found before any program of its name."""
        script = self.top / directory / name
        script.write_text("\n".join(["#!/bin/sh -e", *lines, ""]))
        script.chmod(0o755)
        return script

    def package_run(self, manager: str, *arguments: str, work: Iterable[str] = (), **environment: str) -> str:
        """Let a package manager call etckeeper as the real ones do, around this work; what `ps` shows of it."""
        calls = [f"sh -c '{RUN.format(verb)}'" for verb in ("pre-install", "post-install")]
        script = self.program(manager, calls[0], *work, calls[1], directory="managers")
        self.run(script, *arguments, **environment)
        return " ".join(["/bin/sh -e", str(script), *arguments])

    def revisions(self) -> list[Revision]:
        with Repository.open(self.etc) as repository:
            return whole(repository)

    @property
    def last(self) -> Commit:
        return self.revisions()[-1].commit
