"""A report as one HTML file that needs nothing else; the only import of jinja2.

The templates get finished rows and escape every one of them. The page brings its own content security policy, which
allows exactly its own style sheet and script, by their hashes, and nothing to be loaded.
"""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from driftscan.report.pages import Report

PACKAGE = Path(__file__).parent.parent
TEMPLATES = (PACKAGE / "templates", PACKAGE.parent / "templates")
"""In an installed driftscan they are inside the package, in a checkout at the top level."""

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def render(report: Report) -> str:
    """The page."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    # The only two texts that are not escaped: they are files of driftscan, no data is in them.
    assets = {"style": Markup(style), "script": Markup(script)}  # noqa: S704
    return _environment.get_template("report.html.j2").render(report=report, policy=policy, **assets)


def _asset(name: str) -> str:
    source, _, _ = _environment.loader.get_source(_environment, name) if _environment.loader else ("", None, None)
    return source


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
