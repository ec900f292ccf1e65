"""Whole documents of the incident, kept beside the tests.

`python -m tests.report.goldens` writes them anew; then read what changed in them before you commit it.
"""

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from driftscan.drift.findings import Severity
from driftscan.patterns.catalogue import catalogue
from driftscan.report import checklist, html, json, junit, postmortem, sarif, text
from driftscan.report.check import build_check
from driftscan.report.view import build
from tests.report import incident
from tests.report.states import checked, decision

EXPECTED = Path(__file__).with_name("expected")
CURE = "run: python -m tests.report.goldens"


def documents(path: Path) -> Mapping[str, str]:
    """Each document by the name of its file; of the history, and of the commit that broke it."""
    etc = incident.build(path)
    outcome, request = incident.scan(path)
    broken = etc.git("rev-parse", "HEAD~1").strip()
    state, origin = checked(path, broken, decision("session-*", "shop.*"))
    page = build_check(state, show_suppressed=True)
    return {
        "incident.html": without_assets(html.render(build(outcome, request))),
        "incident.md": postmortem.render(build(outcome, request)),
        "incident.json": json.log(outcome, request),
        "incident.sarif": sarif.log(outcome, request),
        "check.md": checklist.render(page),
        "check.json": json.check(state, "0.1.0"),
        "check.txt": text.check(page),
        "check.sarif": sarif.check(state, origin, "0.1.0"),
        "check.xml": junit.render(page, catalogue(), Severity.HIGH),
    }


def without_assets(page: str) -> str:
    """A page without its style sheet and script, and without their hashes: those change with every look of it."""
    page = re.sub(r"(?s)<(style|script)>.*?</\1>", r"<\1></\1>", page)
    return re.sub(r"sha256-[\w+/=]+", "sha256-", page)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for name, document in documents(Path(temporary)).items():
            (EXPECTED / name).write_text(document, "utf-8")
    sys.exit(0)
