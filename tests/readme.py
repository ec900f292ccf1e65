"""The parts of README.md that are made by driftscan itself, and the page about its patterns.

`python -m tests.readme` writes them anew.

A part stands between a comment that names it, `<!-- demo -->`, and `<!-- end -->`. The test compares, so that what a
reader sees is what driftscan does.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest import mock

from driftscan.cli import main
from driftscan.configuration.settings import HookSettings
from driftscan.demo.build import build
from driftscan.demo.story import CHANGED_AT
from driftscan.drift.findings import Severity
from driftscan.history.observe import NO_OPTIONS
from driftscan.hook.given import Given
from driftscan.hook.keep import Store, directory_for
from driftscan.hook.news import Subject
from driftscan.hook.run import begin, run
from driftscan.nginx.includes import Layout
from driftscan.patterns.catalogue import catalogue
from driftscan.report import markdown
from tests.etc import ENVIRONMENT

README = Path(__file__).parent.parent / "README.md"
CATALOGUE = README.parent / "driftscan" / "patterns" / "README.md"
SUSPECTS = (
    "suspects",
    "--at",
    "2019-07-13 09:00 +0900",
    "--symptom",
    "ERR_SSL_PROTOCOL_ERROR",
    "--server",
    "shop.example",
)
CATALOGUE_HEAD = """# Known breakages

Every pattern that driftscan knows, made of the docstrings beside this page by `make readme`. `driftscan patterns ID`
prints one of them, `driftscan patterns --search TEXT` finds those that explain an error.
"""
_PART = re.compile(r"(?P<mark><!-- (?!end)(?P<name>[a-z ]+) -->\n)(?P<text>.*?)(?P<end><!-- end -->\n)", re.DOTALL)


def output(*arguments: str) -> str:
    """What `driftscan ARGUMENTS` prints to stdout, in the language and width of the README."""
    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    plain = {"NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}
    with (
        mock.patch.dict(os.environ, plain),
        contextlib.redirect_stdout(written),
        contextlib.redirect_stderr(io.StringIO()) as complaints,
    ):
        code = main(arguments)
        written.flush()
    assert code == 0, complaints.getvalue()
    return written.buffer.getvalue().decode()


def parts() -> dict[str, str]:
    """Every part as it should be, by name."""
    with tempfile.TemporaryDirectory() as temporary:
        etc = Path(temporary) / "etc"
        build(etc)
        log = output("log", "-C", str(etc))
        shop = output(
            "effective", "-C", str(etc), "--sni", "shop.example", "--port", "443", "--directive", "ssl_session_t*"
        )
        first_suspect = output(SUSPECTS[0], "-C", str(etc), *SUSPECTS[1:], "-n", "1").partition("\n\n")[0]
        told = hook_tells(etc)
    steps = re.split(r"\n(?=\d{4}-\d\d-\d\d)", log)
    incident = next(step for step in steps if "introduced" in step.partition("CRITICAL")[2].partition("\n")[0])
    return {
        "demo": _fenced(incident.rstrip()),
        "effective": _fenced(
            "$ driftscan effective --sni shop.example --port 443 --directive 'ssl_session_t*'\n" + shop.rstrip()
        ),
        "hook": _fenced(told),
        "help driftscan": _fenced(output("--help").rstrip()),
        "suspects": _fenced(f"$ driftscan {shlex.join(SUSPECTS)}\n" + first_suspect),
        "patterns": "\n".join(_by_severity()),
    }


def hook_tells(etc: Path) -> str:
    """What the hook prints for the commit that broke the sites of the demo, as on a host where that is /etc."""
    state, said = etc.parent / "state", list[str]()

    def given() -> Given:
        store = Store(directory_for(etc, str(state)))
        return Given(
            Subject(etc, Layout(), NO_OPTIONS), store, HookSettings(), datetime.fromisoformat(CHANGED_AT), said.append
        )

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=etc, env=ENVIRONMENT, check=True, capture_output=True)

    git("reset", "--soft", "HEAD~4")
    begin(given())
    git("reset", "--soft", "ORIG_HEAD~3")
    run(given())
    return "\n".join(said).replace(f" -C {etc}", "").replace(str(given().store.path), "/var/lib/driftscan/etc")


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```"


def _by_severity() -> Iterator[str]:
    for severity in sorted(Severity, reverse=True):
        known = [f"`{entry.id}`" for entry in catalogue() if entry.pattern.severity is severity]
        yield f"- At worst **{severity}** ({len(known)}): {', '.join(known)}"


def rewritten(text: str) -> str:
    """The README with every part as it should be."""
    made = parts()
    return _PART.sub(lambda found: found["mark"] + made[found["name"]] + "\n" + found["end"], text)


def catalogue_page() -> str:
    """The page about all patterns, which is made of their docstrings."""
    return f"{CATALOGUE_HEAD}\n{markdown.catalogue(catalogue())}"


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text("utf-8")), "utf-8")
    CATALOGUE.write_text(catalogue_page(), "utf-8")
    sys.exit(0)
