"""Files, lines and text as SARIF has them."""

import re
from typing import Final
from urllib.parse import quote

from driftscan.drift.findings import Finding
from driftscan.drift.subjects import ConfigurationSubject, EndpointSubject, FileSubject, ServerSubject, UpstreamSubject
from driftscan.nginx.config import Location
from driftscan.report.sarif_log import ArtifactLocation, Message, PhysicalLocation, Region

BASE: Final = "ETC"
"""What all relative addresses are relative to."""


def places(finding: Finding) -> list[PhysicalLocation]:
    """The deciding line first; where no line decides, the file that it is about, or else the whole tree."""
    if finding.hit.evidence:
        return [place(at) for at in dict.fromkeys(finding.hit.evidence)]
    match finding.hit.subject:
        case ServerSubject() as server:
            return [place(server.at)]
        case EndpointSubject(server=server) | UpstreamSubject(server=server):
            return [place(server.at)]
        case ConfigurationSubject(path) | FileSubject(path):
            return [PhysicalLocation(artifact(path))]
        case _:
            return [PhysicalLocation(artifact("./"))]


def place(at: Location) -> PhysicalLocation:
    """A line."""
    return PhysicalLocation(artifact(at.path), Region(at.line) if at.line > 0 else None)


def artifact(path: str) -> ArtifactLocation:
    """A file of the tree, or of its host outside of it."""
    if path.startswith("/"):
        return ArtifactLocation(file_uri(path))
    return ArtifactLocation(_quoted(path), BASE)


def file_uri(path: str) -> str:
    """The address of an absolute path."""
    return f"file://{_quoted(path)}"


def _quoted(path: str) -> str:
    """Percent-encoded bytes: a name that is no UTF-8 comes back as what it was."""
    return quote(path.encode("utf-8", "surrogateescape"))


_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\](?=\()")


def message(sentences: str) -> Message:
    """Plain text; nothing in it is a placeholder (section 3.11.5 of the standard) or a link (3.11.6)."""
    braces = sentences.replace("{", "{{").replace("}", "}}")
    return Message(_LINK.sub(r"\\[\g<text>\\]", braces))
