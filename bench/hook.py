"""How much longer a commit takes with the hook: beside the bare commit of the same change, in the same kind of /etc.

Both are made in turn, several times, so that whatever else the machine does strikes both alike. What is added is the
difference of each pair; its median and its 95th percentile are shown. No commit is made twice.
"""

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import history

COMMITS = 400
SITES = 50
FILES = 1500
"""So many files, with the sites and their certificates."""
FILLED = "default/filled"
MODES = ".etckeeper"
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_{what}": "root@host.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


@dataclass(frozen=True, slots=True)
class Etc:
    """A work tree that is committed to."""

    path: Path

    def commit(self, *files: str) -> float:
        """The seconds that the commit of these files takes; what its hooks print is thrown away."""
        self.git("add", "--", *files)
        begin = time.perf_counter()
        self.git("commit", "--quiet", "-m", "daily autocommit")
        return time.perf_counter() - begin

    def git(self, *arguments: str) -> None:
        """A command that must succeed."""
        command = ("git", *arguments)
        subprocess.run(command, cwd=self.path, env=ENVIRONMENT, capture_output=True, check=True)  # noqa: S603

    def other_file(self, number: int) -> tuple[str, ...]:
        """Something changes that nginx does not read."""
        return self._write("passwd", f"{number}\n")

    def new_file(self, number: int) -> tuple[str, ...]:
        """The same, with a new file, whose mode etckeeper writes down."""
        path = f"default/new-{number}"
        with (self.path / MODES).open("a", encoding="utf-8") as opened:
            opened.write(f"maybe chmod 0644 '{path}'\n")
        return MODES, *self._write(path, "new\n")

    def harmless(self, number: int) -> tuple[str, ...]:
        """A file of nginx changes, and no client can tell."""
        path, text = self._site(number)
        return self._write(path, text.replace("expires 7d;", f"expires {8 + number}d;"))

    def breaking(self, number: int) -> tuple[str, ...]:
        """A site answers without TLS."""
        path, text = self._site(number)
        return self._write(path, text.replace("listen 443 ssl", "listen 443"))

    def _site(self, number: int) -> tuple[str, str]:
        # Not the default server, which is the first.
        path = f"nginx/sites-available/site-{1 + number % (SITES - 1):03}.example"
        return path, (self.path / path).read_text("utf-8")

    def _write(self, path: str, text: str) -> tuple[str, ...]:
        (self.path / path).write_text(text, "utf-8")
        return (path,)


CASES: Sequence[tuple[str, Callable[[Etc, int], tuple[str, ...]]]] = (
    ("no file of nginx", Etc.other_file),
    ("a new file, none of nginx", Etc.new_file),
    ("nginx, nothing in TLS", Etc.harmless),
    ("nginx, and TLS breaks", Etc.breaking),
)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    runs = min(asked.runs, SITES - 1)
    with tempfile.TemporaryDirectory(prefix="driftscan-bench-") as temporary:
        bare, hooked = _twins(Path(temporary))
        print(f"\na commit in an /etc of {FILES} files and {SITES} sites, with {COMMITS} commits; {runs} runs, in ms\n")
        print(f"{'':28}{'bare':>8}{'hooked':>8}{'added':>8}{'p95':>8}")
        for what, change in CASES:
            pairs = [(bare.commit(*change(bare, run)), hooked.commit(*change(hooked, run))) for run in range(runs)]
            without, with_hook = zip(*pairs, strict=True)
            added = [ours - theirs for theirs, ours in pairs]
            figures = (
                statistics.median(without),
                statistics.median(with_hook),
                statistics.median(added),
                _percentile(added),
            )
            print(f"{what:28}" + "".join(f"{figure * 1000:8.0f}" for figure in figures))
    return 0


def _twins(top: Path) -> tuple[Etc, Etc]:
    bare, hooked = Etc(top / "bare"), Etc(top / "hooked")
    bare.path.mkdir()
    history.build(bare.path, COMMITS, SITES)
    bare.git("config", "gc.auto", "0")
    bare.git("reset", "--quiet", "--hard", "master")
    _fill(bare)
    shutil.copytree(bare.path, hooked.path, symlinks=True)
    hooked.git("update-index", "-q", "--refresh")
    settings = top / "driftscan.toml"
    settings.write_text(f'[hook]\nstate = "{top}/state"\n', "utf-8")
    driftscan = (sys.executable, "-I", "-m", "driftscan", "--config", str(settings))
    install = (*driftscan, "hook", "install", "-C", str(hooked.path))
    subprocess.run(install, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - arguments of our own
    return bare, hooked


def _fill(etc: Etc) -> None:
    """Add files until there are enough, and the list of modes that etckeeper keeps of them."""
    (etc.path / FILLED).mkdir()
    there = [file for file in etc.path.rglob("*") if ".git" not in file.parts and not file.is_dir()]
    for number in range(FILES - len(there)):
        (etc.path / FILLED / f"{number}.conf").write_text(f"setting = {number}\n", "utf-8")
    files = sorted(file for file in etc.path.rglob("*") if ".git" not in file.parts and file.is_file())
    modes = "".join(f"maybe chmod 0644 './{file.relative_to(etc.path)}'\n" for file in files)
    (etc.path / MODES).write_text(f"# Generated by etckeeper.  Do not edit.\n\n{modes}", "utf-8")
    etc.commit(".")


def _percentile(times: Sequence[float], part: float = 0.95) -> float:
    """The nearest rank: so many of the times are not longer."""
    return sorted(times)[math.ceil(part * len(times)) - 1]


if __name__ == "__main__":
    sys.exit(main())
